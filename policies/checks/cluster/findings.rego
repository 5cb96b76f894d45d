# What the cluster checks have in common: the resources they look at, those beside them, and the form of a finding.
package yumen.checks.cluster.findings

import data.yumen.checks.platform.resources
import data.yumen.checks.workloads.pods

config := data.config.cluster

# Resources that others are judged by, when a large cluster is asked about in parts.
default beside := []

beside := [entry | some entry in input.beside; resources.readable(entry)] if is_array(input.beside)

# Places of credentials, and documents that a ConfigMap carries, as the scanner found them.
default credentials := []

credentials := [one | some one in input.credentials; located(one.at)] if is_array(input.credentials)

default embedded := []

embedded := [one | some one in input.embedded; located(one.at)] if is_array(input.embedded)

located(at) if {
	is_array(at)
	every step in at {
		step_of(step)
	}
}

step_of(step) if is_string(step)

step_of(step) if {
	is_number(step)
	step >= 0
	step <= 1000000
	step == floor(step)
}

around := array.concat(resources.all, beside)

# One finding: `at` is the place in the resource, from which its line is known.
finding(rule, entry, at) := finding_of(rule, entry, at, object.get(config.rules[rule].cis, entry.source, []))

finding_of(rule, entry, at, cis) := {
	"rule": sprintf("cluster.%s", [rule]),
	"severity": config.rules[rule].severity,
	"message": sprintf("%s: %s (%s)", [entry.address, config.rules[rule].title.en, pods.written(at)]),
	"address": entry.address,
	"path": entry.path,
	"at": at,
	"remedy": config.rules[rule].remedy,
	"references": [sprintf("%s: %s", [config.benchmarks[entry.source], id]) | some id in cis],
}

place(entry, at) := sprintf("%s: %s", [entry.address, pods.written(at)])

service contains entry if {
	some entry in resources.all
	entry.type == "compose.service"
}

list(found) := found if is_array(found)

list(found) := [] if not is_array(found)

mapping(found) := found if is_object(found)

mapping(found) := {} if not is_object(found)

# What a template or an environment would still have to fill in.
open_text(text) if {
	is_string(text)
	regex.match(`\$[{(A-Za-z_]|\{\{`, text)
}

# The environment of a service: {name: {value, at}}, however it is written.
environment(entry) := {name: {"value": value, "at": ["environment", name]} |
	some name, value in mapping(object.get(entry.values, "environment", {}))
} if {
	is_object(object.get(entry.values, "environment", {}))
} else := {name: {"value": value, "at": ["environment", i]} |
	some i, line in list(object.get(entry.values, "environment", []))
	is_string(line)
	name := split(line, "=")[0]
	value := substring(line, count(name) + 1, -1)
}
