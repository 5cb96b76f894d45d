# METADATA
# title: Failover
# description: A serving endpoint has two ready replicas, and a standby.
# scope: package
# custom:
#   id: health.failover
#   severity: high
#   applies_to: [metrics]
#   automation: full
#   remediation:
#     en: Add replicas and a standby.
#     zh: 增加副本与备用实例。
package yumen.checks.health.failover

import data.yumen.checks.health.metrics

deny contains metrics.finding("health.failover", "high", entry, "has fewer than two ready replicas", "Add replicas", "增加副本", ["reliability.inference.1"]) if {
	some entry in metrics.of_kind("inference")
	is_number(entry.ready_replicas)
	entry.ready_replicas < 2
}

deny contains metrics.finding("health.failover", "high", entry, "has no standby", "Add a standby", "增加备用实例", ["reliability.disaster.5"]) if {
	some entry in metrics.of_kind("inference")
	entry.standby == false
}

warn := set()

missing contains path if some path in metrics.lacking

missing contains sprintf("%s: ready_replicas", [entry.id]) if {
	some entry in metrics.of_kind("inference")
	not is_number(object.get(entry, "ready_replicas", null))
}

missing contains sprintf("%s: standby", [entry.id]) if {
	some entry in metrics.of_kind("inference")
	not is_boolean(object.get(entry, "standby", null))
}

examined contains entry.id if some entry in metrics.of_kind("inference")
