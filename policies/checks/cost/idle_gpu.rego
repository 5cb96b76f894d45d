# METADATA
# title: Idle GPUs
# description: A GPU below the idle percentage for the whole idle window costs money for nothing.
# scope: package
# custom:
#   id: cost.idle_gpu
#   severity: medium
#   applies_to: [metrics]
#   automation: full
#   remediation:
#     en: Release it, or move it into a shared pool.
#     zh: 释放该资源或并入共享池。
package yumen.checks.cost.idle_gpu

import data.yumen.checks.health.metrics

deny contains metrics.finding("cost.idle_gpu", "medium", entry, sprintf("was at or below %v %% for %v minutes", [metrics.config.idle_percent, metrics.config.idle_minutes]), "Release it, or move it into a shared pool", "释放该资源或并入共享池", ["cost.observability.4", "cost.tiering.2"]) if {
	some entry in metrics.of_kind("gpu")
	metrics.readable(entry, "gpu")
	values := metrics.window(entry, "gpu", metrics.config.idle_minutes)
	max(values) <= metrics.config.idle_percent
}

warn := set()

missing contains path if some path in metrics.lacking

missing contains sprintf("%s: samples of gpu", [entry.id]) if {
	some entry in metrics.of_kind("gpu")
	not metrics.readable(entry, "gpu")
}

# A shorter window shows use when there is any; without any it shows nothing yet.
missing contains sprintf("%s: %v minutes of samples", [entry.id, metrics.config.idle_minutes]) if {
	some entry in metrics.of_kind("gpu")
	metrics.readable(entry, "gpu")
	not metrics.window(entry, "gpu", metrics.config.idle_minutes)
	max(metrics.series(entry, "gpu")) <= metrics.config.idle_percent
}

examined contains entry.id if {
	some entry in metrics.of_kind("gpu")
	metrics.readable(entry, "gpu")
}
