# Resources of Terraform plans, Kubernetes manifests and cloud inventories, and how their attributes are read.
# What an attribute must be is a table, `config/platform.types`; what needs logic is in the package of its check.
package yumen.checks.platform.resources

config := data.config.platform

default all := []

all := [object.union({"path": "", "source": ""}, entry) |
	some entry in input.resources
	readable(entry)
] if {
	is_array(input.resources)
}

readable(entry) if {
	is_object(entry)
	is_string(object.get(entry, "path", ""))
	is_string(entry.type)
	is_string(entry.address)
	is_object(entry.values)
}

default unreadable := []

unreadable := [i | some i, entry in input.resources; not readable(entry)] if is_array(input.resources)

given if is_array(input.resources)

# A resource without type, address or values cannot be examined, and is not passed over: every check misses it.
lacking contains "resources" if not given

lacking contains sprintf("resources[%d]", [i]) if some i in unreadable

default elsewhere := []

elsewhere := input.guarded if is_array(input.guarded)

# Attributes known only after apply.
undecided(entry, name) if {
	is_array(entry.unknown)
	name in entry.unknown
}

# Other resources that refer to this one, in the same document.
companions(entry, types) := {other.address |
	some other in all
	other.type in types
	other.path == entry.path
	is_array(other.refers)
	plain(entry.address) in other.refers
}

plain(address) := regex.replace(address, `\[[^\]]*\]`, "")

empties := {null, "", [], {}}

empty(found) if found in empties

words(found) := found if is_array(found)

words(found) := split(found, ",") if is_string(found)

words(found) := [] if {
	not is_array(found)
	not is_string(found)
}

# What one rule of the table says of one attribute.
status(rule, entry, found) := absence(rule, entry) if {
	found in empties
} else := absence(rule, entry) if {
	rule.op == "companion"
} else := "pass" if {
	answered_elsewhere(rule, entry)
} else := "unknown" if {
	unreadable_for(rule, found)
} else := "pass" if {
	meets(rule, found)
} else := "fail"

# What must not be among some values has to be of their kind: a list or a text, or else it says nothing.
unreadable_for(rule, found) if {
	rule.op == "lacks"
	not is_array(found)
	not is_string(found)
} else if {
	rule.op == "not_in"
	not is_string(found)
}

absence(rule, entry) := "pass" if {
	rule.op == "empty"
} else := "pass" if {
	answered_elsewhere(rule, entry)
} else := "unknown" if {
	undecided(entry, rule.path[0])
} else := rule.absent

meets(rule, found) if {
	rule.op == "is"
	found == rule.value
} else if {
	rule.op == "in"
	found in rule.value
} else if {
	rule.op == "present"
} else if {
	rule.op == "at_least"
	is_number(found)
	found >= rule.value
} else if {
	rule.op == "not_in"
	not found in rule.value
} else if {
	rule.op == "at_most"
	is_number(found)
	found <= rule.value
} else if {
	rule.op == "lacks"
	count({one | some one in words(found); one in rule.value}) == 0
} else if {
	rule.zero == "pass"
	found == 0
}

# An exception of the rule, or a resource beside this one that holds the setting.
answered_elsewhere(rule, entry) if object.get(entry.values, rule.unless.path, null) == rule.unless.value

answered_elsewhere(rule, entry) if count(companions(entry, rule.companions)) > 0

# Everything that the table says of the resources, in one pass: [check, status, address, path, at, rule].
observations := [[rule.check, status(rule, entry, object.get(entry.values, rule.path, null)), entry.address, entry.path, rule.at, rule] |
	some entry in all
	some rule in types[entry.type]
]

types := config.types

failing(check) := {object.union(finding(check, entry[2], entry[3], entry[4]), {"wanted": wanted(entry[5])}) |
	some entry in observations
	entry[1] == "fail"
	entry[0] == check
}

# What the attribute would have to be, for a plan of changes.
wanted(rule) := {"path": rule.path, "op": rule.op, "value": object.get(rule, "value", null)}

unknown(check) := lacking | {sprintf("%s: %s", [entry[2], entry[4]]) |
	some entry in observations
	entry[1] == "unknown"
	entry[0] == check
}

examined(check) := {entry[2] |
	some entry in observations
	entry[0] == check
	entry[1] != "unknown"
}

finding(check, address, path, at) := {
	"rule": sprintf("platform.%s", [check]),
	"severity": config.checks[check].severity,
	"message": sprintf("%s: %s (%s)", [address, config.checks[check].title.en, at]),
	"address": address,
	"path": path,
	"at": at,
	"remedy": config.checks[check].remedy,
	"principles": config.checks[check].principles,
}
