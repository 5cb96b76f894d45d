# METADATA
# title: Well-Architected review, security
# description: The 21 security principles of the guideline; titles, severities and remedies are in config/wellarchitected.
# scope: package
# custom:
#   id: wellarchitected.security
#   severity: high
#   applies_to: [workload]
#   automation: partial
#   statuses: []
#   remediation:
#     en: See the remedy of each principle.
#     zh: 参见各原则的整改建议。
package yumen.checks.wellarchitected.security

import data.yumen.checks.wellarchitected.workload as w

claims["security.data.1"] := (w.each_filled("data.sources", ["licence", "lawful_basis"]) | w.each_yes("data.sources", ["tls", "authenticated"])) | w.each_yes_when("data.sources", "personal_data", ["masked_before_entry"])

claims["security.data.2"] := (w.each_yes("data.stores", ["encrypted", "least_privilege", "private_network", "tenant_isolated"]) | w.each_choice("data.stores", "key_custody", {"kms", "hsm", "customer"})) | w.each_most("data.stores", "key_rotation_days", 366)

claims["security.data.3"] := w.yes(["data.training.quality_checks", "data.training.poisoning_defence", "data.training.drift_monitoring"]) | collaboration

# Sharing training data with others asks for a technique that keeps it private.
collaboration := w.filled(["data.training.privacy_techniques"]) if w.at("data.training.collaborative") == true

collaboration := w.yes(["data.training.collaborative"]) if not is_boolean(w.at("data.training.collaborative"))

collaboration := set() if w.at("data.training.collaborative") == false

claims["security.data.4"] := w.yes(["inference.guard.input_validation", "inference.guard.content_filter", "inference.guard.output_audit"]) | retrieval

retrieval := w.yes(["inference.guard.trusted_sources_only"]) if w.does("rag")

retrieval := set() if not w.does("rag")

claims["security.data.5"] := ((w.yes(["data.retention.tiered", "data.retention.certificates"]) | w.at_least("data.retention.days", 1)) | w.one_of("data.retention.destruction", {"crypto_erasure", "overwrite"})) | w.at_least("data.retention.log_days", 180)

claims["security.compute.1"] := w.each_yes("compute.clusters", ["tenant_isolation"]) | w.each_yes_when("compute.clusters", "sensitive", ["dedicated"])

claims["security.compute.2"] := ((w.each_yes("compute.images", ["signed", "sandboxed"]) | w.each_recent("compute.images", "scanned", 30)) | w.listed("compute.images")) | pinned

# A tag can be moved; only a digest names an image.
pinned contains w.claim(w.named(image, "reference"), by_digest(reference), reference) if {
	some image in w.items("compute.images")
	reference := w.field(image, "reference")
}

by_digest(reference) := "missing" if not is_string(reference)

by_digest(reference) := "pass" if {
	is_string(reference)
	regex.match(`@sha256:[0-9a-f]{64}$`, reference)
}

by_digest(reference) := "fail" if {
	is_string(reference)
	not regex.match(`@sha256:[0-9a-f]{64}$`, reference)
}

claims["security.compute.3"] := (w.at_most("compute.vulnerabilities.scan_interval_days", 7) | w.at_most("compute.vulnerabilities.critical_patch_days", 14)) | w.yes(["compute.vulnerabilities.resource_health"])

claims["security.compute.4"] := ((w.one_of("compute.credentials.store", {"kms", "vault", "secret_manager", "workload_identity"}) | w.at_most("compute.credentials.lifetime_hours", 24)) | w.at_most("compute.credentials.plain_text_findings", 0)) | w.yes(["compute.credentials.least_privilege"])

claims["security.compute.5"] := w.one_of("compute.confidential.technology", {"tee", "mpc", "he", "federated"}) | w.attested("security.compute.5")

claims["security.compute.6"] := w.yes(["compute.monitoring.runtime"]) | w.includes("compute.monitoring.anomaly_rules", {"mining", "exhaustion", "dos"})

claims["security.model.1"] := w.each_filled("models", ["source"]) | w.each_yes("models", ["allow_listed", "dependencies_allow_listed", "verified"])

claims["security.model.2"] := w.each_filled("models", ["digest"]) | w.each_yes("models", ["weights_encrypted", "integrity_checked", "access_logged"])

claims["security.model.3"] := w.yes(["inference.guard.injection_filter", "inference.guard.adversarial_defence", "inference.guard.rate_limits", "inference.guard.output_audit"])

claims["security.model.4"] := w.each_some_of("models", "lineage", {"training_data", "hyper_parameters", "dependencies", "service_versions"}, 4)

claims["security.rai.1"] := w.each_recent("models", "fairness.measured", 366) | w.each_yes("models", ["fairness.mitigated"])

claims["security.rai.2"] := (w.each_filled("models", ["explanation"]) | w.each_yes("models", ["registered", "versions_traced"])) | w.attested("security.rai.2")

claims["security.rai.3"] := w.yes(["rai.labels", "rai.watermark", "rai.audit"])

claims["security.rai.4"] := w.yes(["inference.guard.privilege_checks", "inference.guard.injection_filter", "inference.guard.harmful_output_blocked"])

claims["security.rai.5"] := w.yes(["rai.plugins.admission", "rai.plugins.least_privilege", "rai.plugins.sandboxed", "rai.plugins.behaviour_audited"])

claims["security.rai.6"] := (w.at_least("rai.content_tiers", 2) | w.yes(["rai.human_review", "rai.feedback"])) | w.attested("security.rai.6")

not_applicable["security.data.3"] := "The workload trains nothing" if w.does_not({"training", "fine_tuning"})

not_applicable["security.data.4"] := "The workload serves no inference" if w.does_not({"inference", "rag", "agents"})

not_applicable["security.compute.5"] := "The workload declares that it handles nothing sensitive" if w.at("sensitive") == false

not_applicable["security.model.3"] := "The workload serves no inference" if w.does_not({"inference", "rag", "agents"})

not_applicable["security.rai.1"] := "The workload declares that no decision affects people" if w.at("affects_people") == false

not_applicable["security.rai.4"] := "The workload serves no inference" if w.does_not({"inference", "rag", "agents"})

not_applicable["security.rai.5"] := "The workload uses no plug-ins or agents" if w.does_not({"agents"})
