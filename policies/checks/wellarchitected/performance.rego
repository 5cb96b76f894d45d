# METADATA
# title: Well-Architected review, performance
# description: The 18 performance principles of the guideline; titles, severities and remedies are in config/wellarchitected.
# scope: package
# custom:
#   id: wellarchitected.performance
#   severity: medium
#   applies_to: [workload]
#   automation: partial
#   statuses: []
#   remediation:
#     en: See the remedy of each principle.
#     zh: 参见各原则的整改建议。
package yumen.checks.wellarchitected.performance

import data.yumen.checks.wellarchitected.workload as w

claims["performance.data.1"] := w.one_of("performance.data.training_storage", {"parallel_file_system", "object_store", "accelerated_object_store"}) | w.at_least("performance.data.throughput_gb_per_second", 1)

claims["performance.data.2"] := w.one_of("performance.data.hot_media", {"nvme", "ssd", "memory"})

claims["performance.data.3"] := w.yes(["performance.data.locality"])

claims["performance.data.4"] := w.yes(["performance.data.replica_checks", "performance.data.version_checks"])

claims["performance.training.1"] := w.some_of("training.communication", {"compression", "fusion", "hierarchical"}, 1)

claims["performance.training.2"] := w.yes(["training.elastic"])

claims["performance.training.3"] := w.one_of("training.strategy", {"data_parallel", "sharded", "tensor_parallel", "pipeline_parallel", "hybrid"}) | fit

# Weights, gradients and optimiser state of a large model do not fit one device: data parallelism alone cannot train it.
fit contains w.claim(w.named(model, "parameters_billions"), "fail", size) if {
	w.at("training.strategy") == "data_parallel"
	some model in w.items("models")
	size := w.field(model, "parameters_billions")
	is_number(size)
	size > 10
}

claims["performance.training.4"] := w.recent("training.profiling.date", 183) | w.filled(["training.profiling.report"])

claims["performance.inference.1"] := w.each_some_of("models", "lightened", {"quantised", "distilled", "pruned"}, 1)

claims["performance.inference.2"] := w.one_of("inference.hardware", {"gpu", "npu", "tpu"})

claims["performance.inference.3"] := w.yes(["inference.as_service", "inference.tenants", "inference.autoscaling"])

claims["performance.inference.4"] := w.some_of("inference.architecture", {"kv_cache", "prefill_decode_split", "continuous_batching", "paged_attention", "speculative_decoding"}, 1)

claims["performance.inference.5"] := (w.yes(["inference.slo.drives_resources"]) | goal("ttft_ms")) | goal("latency_ms")

# A goal counts when it is set and what was measured meets it.
goal(name) := w.at_most(sprintf("inference.measured.%s", [name]), w.at(sprintf("inference.slo.%s", [name]))) if {
	is_number(w.at(sprintf("inference.slo.%s", [name])))
} else := w.at_least(sprintf("inference.slo.%s", [name]), 0.001)

claims["performance.scheduling.1"] := w.yes(["performance.scheduling.one_orchestrator", "performance.scheduling.heterogeneous_pool"])

claims["performance.scheduling.2"] := w.yes(["performance.scheduling.by_priority", "performance.scheduling.by_sla"])

claims["performance.scheduling.3"] := w.each_yes("compute.clusters", ["autoscaling"])

claims["performance.scheduling.4"] := w.recent("performance.scheduling.profiled", 183)

claims["performance.scheduling.5"] := w.at_least("performance.scheduling.utilisation_percent", 50)

not_applicable[id] := "The workload trains nothing" if {
	some id, _ in claims
	startswith(id, "performance.training.")
	w.does_not({"training", "fine_tuning"})
}

not_applicable["performance.data.1"] := "The workload trains nothing" if w.does_not({"training", "fine_tuning"})

not_applicable[id] := "The workload serves no inference" if {
	some id, _ in claims
	startswith(id, "performance.inference.")
	w.does_not({"inference", "rag", "agents"})
}
