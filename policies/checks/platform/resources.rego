# Resources of Terraform plans, Kubernetes manifests and cloud inventories, and how their attributes are read.
# What an attribute must be is a table, `config/platform.types`; what needs logic is in the package of its check.
package yumen.checks.platform.resources

config := data.config.platform

default all := []

all := [entry |
	some entry in input.resources
	is_object(entry)
	is_string(entry.type)
	is_string(entry.address)
	is_object(entry.values)
] if {
	is_array(input.resources)
}

given if is_array(input.resources)

# 'a.0.b' through objects and lists; null where there is nothing.
value(entry, path) := step(step(step(entry.values, part(path, 0)), part(path, 1)), part(path, 2))

part(path, i) := split(path, ".")[i] if i < count(split(path, "."))

part(path, i) := "" if i >= count(split(path, "."))

step(node, "") := node

step(node, name) := object.get(node, name, null) if {
	name != ""
	is_object(node)
}

step(node, name) := node[to_number(name)] if {
	is_array(node)
	regex.match(`^[0-9]$`, name)
	to_number(name) < count(node)
}

step(node, name) := null if {
	is_array(node)
	name != ""
	not in_list(node, name)
}

step(node, name) := null if {
	name != ""
	not is_object(node)
	not is_array(node)
}

in_list(node, name) if {
	regex.match(`^[0-9]$`, name)
	to_number(name) < count(node)
}

undecided(entry, path) if {
	is_array(entry.unknown)
	split(path, ".")[0] in entry.unknown
}

# A companion is a resource of another type that refers to this one, in the same document.
companions(entry, types) := {other.address |
	some other in all
	other.type in types
	other.path == entry.path
	is_array(other.refers)
	plain(entry.address) in other.refers
}

plain(address) := regex.replace(address, `\[[^\]]*\]`, "")

empty(found) if found == null

empty(found) if found == ""

empty(found) if {
	is_array(found)
	count(found) == 0
}

empty(found) if {
	is_object(found)
	count(found) == 0
}

meets(rule, found) if {
	rule.op == "is"
	found == rule.value
}

meets(rule, found) if {
	rule.op == "present"
	not empty(found)
}

meets(rule, found) if {
	rule.op == "in"
	found in rule.value
}

meets(rule, found) if {
	rule.op == "not_in"
	not found in rule.value
}

meets(rule, found) if {
	rule.op == "at_least"
	is_number(found)
	found >= rule.value
}

meets(rule, found) if {
	rule.zero == "pass"
	found == 0
}

meets(rule, found) if {
	rule.op == "at_most"
	is_number(found)
	found <= rule.value
}

meets(rule, found) if {
	rule.op == "lacks"
	count({one | some one in words(found); one in rule.value}) == 0
}

words(found) := found if is_array(found)

words(found) := split(found, ",") if is_string(found)

words(found) := [] if {
	not is_array(found)
	not is_string(found)
}

excepted(rule, entry) if value(entry, rule.unless.path) == rule.unless.value

status(rule, entry) := "pass" if {
	excepted(rule, entry)
} else := "pass" if {
	rule.op in {"absent", "empty"}
	empty(value(entry, rule.path))
} else := "fail" if {
	rule.op in {"absent", "empty"}
} else := "pass" if {
	rule.companions
	count(companions(entry, rule.companions)) > 0
} else := "pass" if {
	rule.op == "companion"
	count(companions(entry, rule.value)) > 0
} else := rule.absent if {
	rule.op == "companion"
} else := "unknown" if {
	undecided(entry, rule.path)
	empty(value(entry, rule.path))
} else := rule.absent if {
	empty(value(entry, rule.path))
} else := "pass" if {
	meets(rule, value(entry, rule.path))
} else := "fail"

# Everything that the table says of the resources.
observation contains {"check": rule.check, "status": status(rule, entry), "address": entry.address, "path": object.get(entry, "path", ""), "at": place(rule)} if {
	some entry in all
	some rule in config.types[entry.type]
}

place(rule) := rule.path if rule.path != ""

place(rule) := concat(", ", rule.value) if rule.path == ""

failing(check) := {finding(entry.check, entry.address, entry.path, entry.at) |
	some entry in observation
	entry.check == check
	entry.status == "fail"
}

unknown(check) := {sprintf("%s: %s", [entry.address, entry.at]) |
	some entry in observation
	entry.check == check
	entry.status == "unknown"
}

examined(check) := {entry.address |
	some entry in observation
	entry.check == check
	entry.status in {"pass", "fail"}
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
