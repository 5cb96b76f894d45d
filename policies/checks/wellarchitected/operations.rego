# METADATA
# title: Well-Architected review, operational efficiency
# description: The 17 operational principles of the guideline; titles, severities and remedies are in config/wellarchitected.
# scope: package
# custom:
#   id: wellarchitected.operations
#   severity: medium
#   applies_to: [workload]
#   automation: partial
#   statuses: []
#   remediation:
#     en: See the remedy of each principle.
#     zh: 参见各原则的整改建议。
package yumen.checks.wellarchitected.operations

import data.yumen.checks.wellarchitected.workload as w

stages := {"data", "model", "deployment", "iteration"}

claims["operations.lifecycle.1"] := w.includes("operations.lifecycle.stages", stages)

claims["operations.lifecycle.2"] := w.yes(["operations.lifecycle.pipelines"]) | w.at_most("operations.lifecycle.manual_steps", 0)

claims["operations.lifecycle.3"] := w.yes(["operations.lifecycle.monitoring_triggers"]) | w.filled(["operations.lifecycle.trigger_action"])

claims["operations.lifecycle.4"] := w.includes("operations.lifecycle.audited_stages", stages)

claims["operations.devops.1"] := w.yes(["operations.devops.one_flow"]) | w.filled(["operations.devops.pipeline"])

claims["operations.devops.2"] := w.attested("operations.devops.2")

claims["operations.devops.3"] := w.includes("operations.devops.versioned", {"code", "data", "model"}) | w.yes(["operations.devops.canary", "operations.devops.rollback"])

claims["operations.devops.4"] := w.at_most("operations.devops.lead_time_hours", 168)

claims["operations.governance.1"] := w.yes(["operations.interfaces.one_layer"])

claims["operations.governance.2"] := w.yes(["operations.interfaces.authentication", "operations.interfaces.access_control", "operations.interfaces.audit"])

claims["operations.governance.3"] := w.some_of("operations.interfaces.protocols", {"mcp", "openapi", "a2a", "sdk"}, 1)

claims["operations.governance.4"] := w.yes(["operations.interfaces.plugin_admission"]) | w.at_most("operations.interfaces.plugin_admission_days", 10)

claims["operations.governance.5"] := w.yes(["operations.interfaces.traces", "operations.interfaces.logs"])

claims["operations.audit.1"] := w.includes("operations.compliance.mapped_stages", {"collection", "storage", "training", "inference", "archive"}) | w.attested("operations.audit.1")

claims["operations.audit.2"] := w.yes(["operations.compliance.resource_rules", "operations.compliance.behaviour_rules"])

claims["operations.audit.3"] := w.at_most("operations.compliance.detection_minutes", 15) | w.at_most("operations.compliance.remediation_minutes", 1440)

claims["operations.audit.4"] := w.yes(["operations.compliance.calls_logged", "operations.compliance.operations_logged", "operations.compliance.tamper_evident"])

not_applicable := {}
