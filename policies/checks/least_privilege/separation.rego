# METADATA
# title: Duties that one principal must not join
# description: Pairs of actions, and pairs of roles, that together let one principal act and hide or approve it.
# scope: package
# custom:
#   id: least_privilege.separation
#   severity: high
#   applies_to: [grants]
#   automation: full
#   remediation:
#     en: Give one of the two duties to another principal.
#     zh: 将两项职责之一交给其他主体。
#   references:
#     - NIST SP 800-53 AC-5
#     - GB/T 22239-2019 8.1.7.1
#     - 45 CFR 164.308(a)(3)
package yumen.checks.least_privilege.separation

import data.yumen.checks.least_privilege.grants
import data.yumen.checks.least_privilege.reach
import data.yumen.checks.least_privilege.wildcards

examined := wildcards.examined

missing := grants.missing

among(can, actions) := {action |
	some action in grants.texts(actions)
	lower(action) in can
}

deny contains {
	"rule": sprintf("least_privilege.separation.%s", [duty.id]),
	"severity": "high",
	"system": pair[0],
	"principal": pair[1],
	"message": sprintf("%s %s (%s with %s)", [pair[1], duty.title, concat(", ", sort(left)), concat(", ", sort(right))]),
	"at": "grants",
	"remedy": "Give one of the two duties to another principal",
} if {
	some pair in grants.principals
	can := reach.may_do[grants.key_of(pair[0], pair[1])]
	some duty in reach.duties
	duty.system == pair[0]
	left := among(can, duty.left)
	count(left) > 0
	right := among(can, duty.right)
	count(right) > 0
}

deny contains {
	"rule": sprintf("least_privilege.separation.%s", [conflict.id]),
	"severity": "high",
	"system": "mcp",
	"principal": grant.principal,
	"message": sprintf("%s %s", [grant.principal, conflict.title]),
	"at": sprintf("grants[%d].roles", [i]),
	"remedy": sprintf("Take one of these roles away: %s", [concat(", ", conflict.roles)]),
} if {
	some i, grant in grants.listed("grants")
	some conflict in grants.config.conflicting_roles
	every role in conflict.roles {
		role in grants.as_array(grant.roles)
	}
}

warn := set()
