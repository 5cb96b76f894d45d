# METADATA
# title: Grants that nobody used in the observed window
# description: Compares each grant with the usage records; a pattern that was only partly used is told with what was used.
# scope: package
# custom:
#   id: least_privilege.unused
#   severity: medium
#   applies_to: [grants, usage]
#   automation: full
#   remediation:
#     en: Remove the unused grant, or narrow the pattern to what was used.
#     zh: 移除未使用的授权，或将通配模式收窄为实际使用的操作。
#   references:
#     - NIST SP 800-53 AC-6(7)
#     - GB/T 22239-2019 8.1.4.2
package yumen.checks.least_privilege.unused

import data.yumen.checks.least_privilege.grants

examined contains sprintf("usage[%d]", [i]) if some i, _ in grants.listed("usage")

unreadable contains path if some path in grants.missing

unreadable contains "usage" if not is_array(object.get(grants.document, ["usage"], null))

unreadable contains "usage_window_days" if not is_days(object.get(grants.document, ["usage_window_days"], null))

missing contains path if some path in unreadable

# Of a few days nobody can say what is not used.
missing contains "usage_window_days" if short

short if input.usage_window_days < grants.config.min_window_days

is_days(value) if {
	is_number(value)
	value == floor(value)
	value >= 0
	value <= 36500
}

unreadable contains sprintf("usage[%d]", [i]) if {
	some i, record in grants.listed("usage")
	not readable(record)
}

readable(record) if {
	record.system in grants.systems
	is_string(record.principal)
	is_string(record.action)
}

records_by[key] contains record if {
	some record in grants.listed("usage")
	readable(record)
	key := grants.key_of(record.system, record.principal)
}

recorded := {grants.key_of(record.system, record.principal) | some record in grants.listed("usage"); readable(record)}

# What one principal did.
records_of(system, principal) := records_by[grants.key_of(system, principal)] if grants.key_of(system, principal) in recorded

records_of(system, principal) := set() if not grants.key_of(system, principal) in recorded

used(entry) := {record.action |
	some record in records_of(entry.system, entry.principal)
	grants.about(entry, lower(record.action))
	on_resource(entry, record)
}

on_resource(_, record) if not record.resource

on_resource(entry, record) if grants.matches(entry.resource, record.resource)

dormant contains pair if {
	count(unreadable) == 0
	some pair in grants.principals
	not awake(pair)
}

awake(pair) if {
	grants.key_of(pair[0], pair[1]) in recorded
	some entry in grants.held(pair[0], pair[1])
	entry.effect == "allow"
	count(used(entry)) > 0
}

# What those hold who used some of it.
held_awake contains entry if {
	some pair in grants.principals - dormant
	some entry in grants.held(pair[0], pair[1])
	entry.effect == "allow"
}

deny contains {
	"rule": "least_privilege.unused.dormant",
	"severity": "high",
	"system": pair[0],
	"principal": pair[1],
	"message": sprintf("%s used none of its grants in %v days", [pair[1], input.usage_window_days]),
	"at": "usage",
	"remedy": "Disable the principal, then remove its grants",
} if {
	some pair in dormant
	input.usage_window_days >= grants.config.min_window_days
}

warn contains {
	"rule": "least_privilege.unused.grant",
	"severity": "medium",
	"system": entry.system,
	"principal": entry.principal,
	"message": sprintf("%s did not use '%s' in %v days", [entry.principal, entry.written, input.usage_window_days]),
	"at": entry.at,
	"remedy": "Remove the grant",
} if {
	count(unreadable) == 0
	input.usage_window_days >= grants.config.min_window_days
	some entry in held_awake
	count(used(entry)) == 0
}

warn contains {
	"rule": "least_privilege.unused.pattern",
	"severity": "medium",
	"system": entry.system,
	"principal": entry.principal,
	"message": sprintf("%s used only these of '%s': %s", [entry.principal, entry.written, concat(", ", sort(used(entry)))]),
	"at": entry.at,
	"remedy": "Replace the pattern by the actions that were used",
} if {
	count(unreadable) == 0
	some entry in held_awake
	contains(entry.action, "*")
	count(used(entry)) > 0
}

warn contains {
	"rule": "least_privilege.unused.window_short",
	"severity": "low",
	"system": "",
	"principal": "",
	"message": sprintf("The window of %v days is too short to call a grant unused (%d are needed)", [input.usage_window_days, grants.config.min_window_days]),
	"at": "usage_window_days",
	"remedy": "Observe for longer",
} if {
	count(unreadable) == 0
	short
}
