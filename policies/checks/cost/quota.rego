# METADATA
# title: Quotas
# description: Each tenant's share of the accelerators is capped.
# scope: package
# custom:
#   id: cost.quota
#   severity: medium
#   applies_to: [metrics]
#   automation: full
#   remediation:
#     en: Set a quota for the tenant.
#     zh: 为租户设置配额。
package yumen.checks.cost.quota

import data.yumen.checks.health.metrics

deny contains metrics.finding("cost.quota", "medium", entry, "has no quota", "Set a quota for the tenant", "为租户设置配额", ["reliability.scheduling.4"]) if {
	some entry in metrics.of_kind("tenant")
	entry.quota == null
}

deny contains metrics.finding("cost.quota", "medium", entry, "uses more than its quota", "Raise the quota by decision, or stop the excess", "经审批提高配额或终止超用", ["reliability.scheduling.4"]) if {
	some entry in metrics.of_kind("tenant")
	is_number(entry.quota)
	is_number(entry.used)
	entry.used > entry.quota
}

warn := set()

missing contains path if some path in metrics.lacking

missing contains sprintf("%s: quota", [entry.id]) if {
	some entry in metrics.of_kind("tenant")
	quota := object.get(entry, "quota", "absent")
	quota != null
	not amount(quota)
}

amount(value) if {
	is_number(value)
	value >= 0
}

missing contains sprintf("%s: used", [entry.id]) if {
	some entry in metrics.of_kind("tenant")
	is_number(entry.quota)
	not amount(object.get(entry, "used", null))
}

examined contains entry.id if {
	some entry in metrics.of_kind("tenant")
	is_number(entry.quota)
}

examined contains entry.id if {
	some entry in metrics.of_kind("tenant")
	entry.quota == null
}
