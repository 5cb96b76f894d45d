# METADATA
# title: Well-Architected review, cost
# description: The 22 cost principles of the guideline; titles, severities and remedies are in config/wellarchitected.
# scope: package
# custom:
#   id: wellarchitected.cost
#   severity: medium
#   applies_to: [workload]
#   automation: partial
#   statuses: []
#   remediation:
#     en: See the remedy of each principle.
#     zh: 参见各原则的整改建议。
package yumen.checks.wellarchitected.cost

import data.yumen.checks.wellarchitected.workload as w

claims["cost.gpu.1"] := w.each_filled("compute.clusters", ["alternatives"])

claims["cost.gpu.2"] := w.each_yes("compute.clusters", ["shared"]) | w.each_least("compute.clusters", "utilisation_percent", 40)

claims["cost.gpu.3"] := w.yes(["compute.scheduling.priorities", "compute.scheduling.sla_aware"])

claims["cost.gpu.4"] := w.some_of("cost.api_optimisations", {"model_choice", "batching", "context_cache", "merged_requests"}, 2)

claims["cost.gpu.5"] := w.yes(["cost.stable_for_key_work", "cost.cheap_for_the_rest"])

claims["cost.tiering.1"] := w.each_choice("data.stores", "tier", {"hot", "warm", "cold", "archive"}) | w.each_yes("data.stores", ["lifecycle_rule"])

claims["cost.tiering.2"] := w.each_most("compute.clusters", "idle_release_minutes", 60)

claims["cost.tiering.3"] := w.some_of("cost.billing", {"reserved", "on_demand", "spot"}, 2)

claims["cost.tiering.4"] := w.yes(["cost.key_work_protected"])

claims["cost.observability.1"] := w.includes("cost.visibility", {"compute", "storage", "network"})

claims["cost.observability.2"] := w.yes(["cost.visible_by_team"])

claims["cost.observability.3"] := w.yes(["cost.monitoring_drives_action"]) | w.recent("cost.last_review", 92)

claims["cost.observability.4"] := w.yes(["cost.idle_detection", "cost.overuse_detection"])

claims["cost.reuse.1"] := w.listed("models") | reuse

# Training from scratch is allowed with a reason that a person has written down.
reuse contains claim if {
	some model in w.items("models")
	w.field(model, "base") != "from_scratch"
	claim := w.claim(w.named(model, "base"), w.choice(w.field(model, "base"), {"pretrained", "fine_tuned", "prompted", "distilled"}), w.field(model, "base"))
}

reuse contains claim if {
	some model in w.items("models")
	w.field(model, "base") == "from_scratch"
	some claim in w.attested("cost.reuse.1")
}

claims["cost.reuse.2"] := w.each_some_of("models", "lightened", {"quantised", "distilled", "pruned"}, 1)

claims["cost.reuse.3"] := w.each_filled("models", ["base_model"])

claims["cost.reuse.4"] := w.yes(["cost.model_platform"])

claims["cost.platform.1"] := w.yes(["cost.platform.hybrid"]) | w.filled(["cost.platform.frameworks"])

claims["cost.platform.2"] := w.includes("cost.metering", {"namespace", "label", "model", "task"}) | w.at_least("cost.unit_cost_per_1000_tokens", 0)

claims["cost.platform.3"] := w.includes("cost.automation", {"monitor", "analyse", "decide", "act"})

claims["cost.platform.4"] := w.yes(["cost.drill_down", "cost.showback"])

claims["cost.platform.5"] := w.yes(["cost.platform.one"]) | w.attested("cost.platform.5")

not_applicable := {}
