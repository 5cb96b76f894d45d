# METADATA
# title: Well-Architected review, reliability
# description: The 24 reliability principles of the guideline; titles, severities and remedies are in config/wellarchitected.
# scope: package
# custom:
#   id: wellarchitected.reliability
#   severity: high
#   applies_to: [workload]
#   automation: partial
#   statuses: []
#   remediation:
#     en: See the remedy of each principle.
#     zh: 参见各原则的整改建议。
package yumen.checks.wellarchitected.reliability

import data.yumen.checks.wellarchitected.workload as w

claims["reliability.scheduling.1"] := w.yes(["compute.scheduling.redundancy", "compute.scheduling.automatic_switch_over"])

claims["reliability.scheduling.2"] := w.each_choice("compute.clusters", "accelerator", {"gpu", "npu", "tpu", "cpu"}) | mixture

# Two kinds of accelerators, or interruptible capacity where the work allows it.
mixture := {w.claim("compute.clusters", mixed, sort(kinds | billing))} if count(w.items("compute.clusters")) > 0

mixture := set() if count(w.items("compute.clusters")) == 0

kinds contains kind if {
	some cluster in w.items("compute.clusters")
	kind := w.field(cluster, "accelerator")
	is_string(kind)
}

billing contains way if {
	some cluster in w.items("compute.clusters")
	some way in w.elements(w.field(cluster, "purchase"))
	is_string(way)
}

default mixed := "fail"

mixed := "pass" if count(kinds) > 1

mixed := "pass" if "spot" in billing

claims["reliability.scheduling.3"] := w.each_yes("compute.clusters", ["autoscaling"]) | w.each_filled("compute.clusters", ["scaling_signal"])

claims["reliability.scheduling.4"] := w.yes(["compute.scheduling.quotas", "compute.scheduling.guarantees", "compute.scheduling.low_priority_caps"])

claims["reliability.scheduling.5"] := w.includes("compute.health.thresholds", {"utilisation", "memory", "bandwidth"}) | w.yes(["compute.health.alerts", "compute.health.expansion"])

claims["reliability.inference.1"] := ((w.at_least("inference.replicas", 2) | w.at_least("inference.zones", 2)) | w.yes(["inference.gateway_failover"])) | regions

regions := w.at_least("inference.regions", 2) if w.critical

regions := set() if w.at("tier") in {"standard", "experimental"}

regions := w.one_of("tier", {"critical", "standard", "experimental"}) if not known_tier

known_tier if w.at("tier") in {"critical", "standard", "experimental"}

claims["reliability.inference.2"] := w.recent("inference.load_test.date", 183) | w.filled(["inference.load_test.report"])

claims["reliability.inference.3"] := w.yes(["inference.recovery.retry", "inference.recovery.fallback", "inference.recovery.degradation"])

claims["reliability.inference.4"] := ((w.at_least("inference.measured.ttft_ms", 0.001) | w.at_least("inference.measured.tokens_per_second", 0.001)) | w.at_least("inference.measured.latency_ms", 0.001)) | w.at_least("inference.measured.requests_per_second", 0.001)

claims["reliability.inference.5"] := w.yes(["inference.release.staged", "inference.release.rollback", "inference.release.observable"])

claims["reliability.training.1"] := w.at_most("training.checkpoints.interval_minutes", 120) | w.recent("training.checkpoints.restore_tested", 183)

claims["reliability.training.2"] := w.yes(["training.node_fault_isolation", "training.rescheduling"])

claims["reliability.training.3"] := w.includes("training.checkpoints.tiers", {"hot", "archive"})

claims["reliability.training.4"] := w.recent("training.scalability.date", 366) | w.includes("training.scalability.measured", {"gradient_sync", "latency", "loader"})

claims["reliability.training.5"] := w.recent("training.fault_drill.date", 183) | w.filled(["training.fault_drill.evidence"])

claims["reliability.observability.1"] := w.includes("observability.metrics", {"business", "application", "model", "infrastructure"})

claims["reliability.observability.2"] := w.includes("observability.tracing", hops)

# Only hops that the workload has can be traced.
hops := {"front_end", "gateway", "model"} | (agent_hop | store_hop)

agent_hop := {"agent"} if w.does("agents")

agent_hop := set() if not w.does("agents")

store_hop := {"vector_store"} if w.does("rag")

store_hop := set() if not w.does("rag")

claims["reliability.observability.3"] := w.yes(["observability.logs.one_schema", "observability.logs.requests", "observability.logs.results"])

claims["reliability.observability.4"] := w.yes(["observability.inference_log.stored", "observability.inference_log.analysed"]) | w.at_least("observability.inference_log.retention_days", 180)

claims["reliability.disaster.1"] := w.includes("disaster.layers", {"infrastructure", "data", "model"})

claims["reliability.disaster.2"] := w.yes(["disaster.version_store", "disaster.warm_instances"])

claims["reliability.disaster.3"] := (w.yes(["disaster.drills.scheduled"]) | w.recent("disaster.drills.last", 183)) | w.filled(["disaster.drills.evidence"])

claims["reliability.disaster.4"] := w.at_least("disaster.active_regions", 2)

claims["reliability.disaster.5"] := w.filled(["disaster.fallback_model"]) | w.yes(["disaster.automatic_fallback"])

serves := {"inference", "rag", "agents"}

trains := {"training", "fine_tuning"}

not_applicable[id] := "The workload serves no inference" if {
	some id, _ in claims
	startswith(id, "reliability.inference.")
	w.does_not(serves)
}

not_applicable[id] := "The workload trains nothing" if {
	some id, _ in claims
	startswith(id, "reliability.training.")
	w.does_not(trains)
}

not_applicable["reliability.observability.4"] := "The workload serves no inference" if w.does_not(serves)

not_applicable["reliability.disaster.5"] := "The workload serves no inference" if w.does_not(serves)

not_applicable["reliability.disaster.4"] := "The workload is declared as not critical" if w.at("tier") in {"standard", "experimental"}
