# METADATA
# title: Paths by which a principal can become stronger than it is
# description: |
#   Known combinations of actions (config/least_privilege), and roles that can be assumed one after another until one of
#   them is an administrator or can escalate.
# scope: package
# custom:
#   id: least_privilege.escalation
#   severity: critical
#   applies_to: [grants]
#   automation: full
#   remediation:
#     en: Remove one action of the combination, or confine it to resources that hold no stronger rights.
#     zh: 移除组合中的任一操作，或将其限制在不含更高权限的资源上。
#   references:
#     - MITRE ATT&CK T1098, T1548
#     - NIST SP 800-53 AC-6
#     - Kubernetes RBAC Good Practices
package yumen.checks.least_privilege.escalation

import data.yumen.checks.least_privilege.grants
import data.yumen.checks.least_privilege.reach
import data.yumen.checks.least_privilege.wildcards

examined := wildcards.examined

missing := grants.missing

administrators contains [entry.system, entry.principal] if {
	some entry in wildcards.wide
	entry.except == []
	wildcards.everything(entry)
	wildcards.everywhere(entry)
}

# The direct ones. Administrators are told once, as administrators, not once a path.
direct contains {"pair": pair, "path": path, "words": words[weight], "weight": weight} if {
	some pair in grants.principals
	not pair in administrators
	can := reach.may_do[grants.key_of(pair[0], pair[1])]
	some path in reach.paths[pair[0]]
	count(reach.wanted[path.id] - can) == 0
	passed := ways(pair, path)
	count(passed) > 0
	weight := weighed(pair, path, passed)
}

# The ways by which a role may be passed, freely or not: only to the service that the grant says (iam:PassedToService).
ways(pair, path) := reach.ways(pair[0], pair[1], path.passed_to) if {
	path.passed_to
} else := {true}

# What hangs on a condition, which nobody here can evaluate, or on a role that is named, is told with less weight.
weighed(pair, path, passed) := "critical" if {
	true in passed
	every action in path.all_of {
		freely(pair, path, action)
	}
} else := "high"

freely(pair, path, action) if {
	path.passed_to
	endswith(lower(action), ":passrole")
} else if {
	reach.freely(pair[0], pair[1], action)
}

words := {"critical": "", "high": ", under a condition or with a role that is named"}

deny contains {
	"rule": sprintf("least_privilege.escalation.%s", [entry.path.id]),
	"severity": entry.weight,
	"system": entry.pair[0],
	"principal": entry.pair[1],
	"message": sprintf("%s %s%s", [entry.pair[1], entry.path.title, entry.words]),
	"at": concat(", ", sort(union({reach.sources(entry.pair[0], entry.pair[1], action) | some action in entry.path.all_of}))),
	"remedy": sprintf("Remove one of: %s", [concat(", ", entry.path.all_of)]),
} if {
	some entry in direct
}

# Role chains: principal -> role it may assume -> … -> one that is an administrator or escalates.
assumes contains [pair[1], other[1]] if {
	some pair in grants.principals
	pair[0] in {"aws", "alibaba"}
	reach.may(pair[0], pair[1], reach.assume)
	some entry in reach.of(grants.key_of(pair[0], pair[1]))
	assumes_some(entry)
	some other in named[entry.resource]
	other[0] == pair[0]
	other[1] != pair[1]
}

assumes_some(entry) if {
	entry.effect == "allow"
	entry.action != "*"
	reach.assume in entry.acts
}

# The principals that a resource stands for, of the resources that somebody may assume a role of.
named[resource] contains other if {
	some resource in {entry.resource |
		some entries in reach.relevant
		some entry in entries
		assumes_some(entry)
	}
	some other in grants.principals
	grants.matches(resource, other[1])
}

edges := {name: {to | some [from, to] in assumes; from == name} | some [_, name] in grants.principals}

strong contains pair[1] if some pair in administrators

strong contains entry.pair[1] if some entry in direct

deny contains {
	"rule": "least_privilege.escalation.role_chain",
	"severity": "critical",
	"system": pair[0],
	"principal": pair[1],
	"message": sprintf("%s can become %s by assuming roles", [pair[1], target]),
	"at": "sts:AssumeRole",
	"remedy": sprintf("Restrict the trust policy of %s, or the sts:AssumeRole grant", [target]),
} if {
	some pair in grants.principals
	not pair[1] in strong
	some target in graph.reachable(edges, {pair[1]})
	target != pair[1]
	target in strong
}

warn contains {
	"rule": "least_privilege.escalation.administrator",
	"severity": "info",
	"system": pair[0],
	"principal": pair[1],
	"message": sprintf("%s is an administrator, so every escalation path is open to it", [pair[1]]),
	"at": "grants",
	"remedy": "See the finding on the administrator grant",
} if {
	some pair in administrators
}
