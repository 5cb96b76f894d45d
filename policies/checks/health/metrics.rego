# Metrics as they are given: {"resources": [{id, kind, step_minutes, samples: [{gpu, memory, cpu, …}], …}]}, percent
# from 0 to 100, samples in order of time, `step_minutes` apart. What is no number is no sample.
package yumen.checks.health.metrics

config := data.config.metrics

default resources := []

resources := [entry | some entry in input.resources; named(entry)] if is_array(input.resources)

named(entry) if {
	is_object(entry)
	is_string(entry.id)
	is_string(entry.kind)
}

# What has no id or no kind is of no check, and may be of any: every check misses it.
lacking contains "resources" if not given

lacking contains sprintf("resources[%d]", [i]) if {
	given
	some i, entry in input.resources
	not named(entry)
}

given if is_array(input.resources)

of_kind(kind) := [entry | some entry in resources; entry.kind == kind]

# The values of one metric, in order.
series(entry, name) := [sample[name] |
	some sample in listed(entry.samples)
	is_number(sample[name])
	sample[name] >= 0
	sample[name] <= 100
]

listed(value) := value if is_array(value)

listed(value) := [] if not is_array(value)

step(entry) := entry.step_minutes if {
	is_number(entry.step_minutes)
	entry.step_minutes > 0
}

observed_minutes(entry, name) := count(series(entry, name)) * step(entry)

readable(entry, name) if {
	step(entry)
	count(series(entry, name)) > 0
	count(series(entry, name)) == count(listed(entry.samples))
}

# A value that is written and is no percentage.
garbled(entry, name) if {
	some sample in listed(entry.samples)
	is_object(sample)
	value := object.get(sample, name, null)
	value != null
	not percentage(value)
}

percentage(value) if {
	is_number(value)
	value >= 0
	value <= 100
}

# The last values that cover so many minutes; nothing when fewer were observed.
window(entry, name, minutes) := array.slice(values, count(values) - needed, count(values)) if {
	values := series(entry, name)
	needed := ceil(minutes / step(entry))
	count(values) >= needed
	needed > 0
}

finding(check, severity, entry, says, en, zh, principles) := {
	"rule": check,
	"severity": severity,
	"address": entry.id,
	"at": "samples",
	"message": sprintf("%s %s", [entry.id, says]),
	"remedy": {"en": en, "zh": zh},
	"principles": principles,
}
