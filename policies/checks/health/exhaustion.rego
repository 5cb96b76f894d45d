# METADATA
# title: Exhaustion
# description: Memory, GPU memory or CPU at the limit in the last samples.
# scope: package
# custom:
#   id: health.exhaustion
#   severity: high
#   applies_to: [metrics]
#   automation: full
#   remediation:
#     en: Expand, shed load, or find the leak.
#     zh: 扩容、削减负载或排查泄漏。
package yumen.checks.health.exhaustion

import data.yumen.checks.health.metrics

measured := ["memory", "gpu_memory", "cpu"]

deny contains metrics.finding("health.exhaustion", "high", entry, sprintf("had %s at or above %v %% in the last %v samples", [name, metrics.config.exhausted_percent, metrics.config.exhausted_samples]), "Expand, shed load, or find the leak", "扩容、削减负载或排查泄漏", ["reliability.scheduling.5", "security.compute.6"]) if {
	some entry in metrics.resources
	some name in measured
	values := metrics.series(entry, name)
	count(values) >= metrics.config.exhausted_samples
	last := array.slice(values, count(values) - metrics.config.exhausted_samples, count(values))
	min(last) >= metrics.config.exhausted_percent
}

warn := set()

missing contains path if some path in metrics.lacking

missing contains sprintf("%s: samples of memory, gpu_memory or cpu", [entry.id]) if {
	some entry in metrics.resources
	entry.kind in {"gpu", "node"}
	every name in measured {
		count(metrics.series(entry, name)) == 0
	}
}

missing contains sprintf("%s: %s", [entry.id, name]) if {
	some entry in metrics.resources
	some name in measured
	metrics.garbled(entry, name)
}

# Too few samples, every one of them at the limit: that shows no room.
missing contains sprintf("%s: %v samples of %s", [entry.id, metrics.config.exhausted_samples, name]) if {
	some entry in metrics.resources
	some name in measured
	values := metrics.series(entry, name)
	count(values) > 0
	count(values) < metrics.config.exhausted_samples
	min(values) >= metrics.config.exhausted_percent
}

examined contains entry.id if {
	some entry in metrics.resources
	some name in measured
	count(metrics.series(entry, name)) > 0
}
