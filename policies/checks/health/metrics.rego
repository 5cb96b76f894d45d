# Metrics as they are given: {"resources": [{id, kind, step_minutes, samples: [{gpu, memory, cpu, …}], …}]}, percent
# from 0 to 100, samples in order of time, `step_minutes` apart. What is no number is no sample.
package yumen.checks.health.metrics

config := data.config.metrics

default resources := []

resources := [entry | some entry in input.resources; is_object(entry); is_string(entry.id)] if is_array(input.resources)

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
