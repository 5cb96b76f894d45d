# How a principle reads the workload description. Every function answers with a set of claims
# {path, status: pass | fail | missing, basis, found}: what was looked at, and what it shows. An absent field is missing,
# never good. What a workload.yaml declares is 'declared'; a person's answer with evidence is 'attested'.
package yumen.checks.wellarchitected.workload

default document := {}

document := input.workload if is_object(input.workload)

given if is_object(input.workload)

root_list(name) := input[name] if is_array(input[name])

root_list(name) := [] if not is_list(name)

is_list(name) if is_array(input[name])

elements(value) := value if is_array(value)

elements(value) := [] if not is_array(value)

# The day of the review, for everything that may grow old.
today := time.parse_rfc3339_ns(sprintf("%sT00:00:00Z", [substring(input.date, 0, 10)])) if is_day(input.date)

is_day(value) if {
	is_string(value)
	regex.match(`^20[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])`, value)
}

is_day(value) if {
	is_string(value)
	regex.match(`^20[0-9]{2}-((0[13-9]|1[0-2])-(29|30)|(0[13578]|1[02])-31)`, value)
}

at(path) := object.get(document, split(path, "."), null)

# What the workload does decides which principles apply; not saying so leaves them all open.
activities := {name | some name in object.get(document, ["activities"], []); is_string(name)} if is_array(object.get(document, ["activities"], null))

says_what_it_does if count(activities) > 0

does_not(names) if {
	says_what_it_does
	count(activities & names) == 0
}

does(name) if name in activities

critical if at("tier") == "critical"

claim(path, status, value) := {"path": path, "status": status, "basis": "declared", "found": value}

# --- One value -----------------------------------------------------------------------------------------------------

truth(value) := "pass" if value == true

truth(value) := "fail" if value == false

truth(value) := "missing" if not is_boolean(value)

fullness(value) := "pass" if {
	is_string(value)
	trim_space(value) != ""
}

fullness(value) := "fail" if {
	is_string(value)
	trim_space(value) == ""
}

fullness(value) := "pass" if {
	is_array(value)
	count(value) > 0
}

fullness(value) := "fail" if {
	is_array(value)
	count(value) == 0
}

fullness(value) := "missing" if {
	not is_string(value)
	not is_array(value)
}

least(value, bound) := "pass" if {
	is_number(value)
	value >= bound
}

least(value, bound) := "fail" if {
	is_number(value)
	value < bound
}

least(value, _) := "missing" if not is_number(value)

most(value, bound) := "pass" if {
	is_number(value)
	value >= 0
	value <= bound
}

most(value, bound) := "fail" if {
	is_number(value)
	value > bound
}

most(value, _) := "missing" if not is_number(value)

most(value, _) := "missing" if value < 0

choice(value, options) := "pass" if value in options

choice(value, options) := "fail" if {
	is_string(value)
	not value in options
}

choice(value, _) := "missing" if not is_string(value)

# Dated evidence holds for so many days; a date after the review is no evidence.
freshness(value, days) := "pass" if {
	is_day(value)
	age := today - time.parse_rfc3339_ns(sprintf("%sT00:00:00Z", [substring(value, 0, 10)]))
	age >= 0
	age <= days * 86400000000000
}

freshness(value, days) := "fail" if {
	is_day(value)
	today - time.parse_rfc3339_ns(sprintf("%sT00:00:00Z", [substring(value, 0, 10)])) > days * 86400000000000
}

freshness(value, _) := "missing" if {
	is_day(value)
	today - time.parse_rfc3339_ns(sprintf("%sT00:00:00Z", [substring(value, 0, 10)])) < 0
}

freshness(value, _) := "missing" if not is_day(value)

freshness(_, _) := "missing" if not today

# --- Claims about one path -----------------------------------------------------------------------------------------

yes(paths) := {claim(path, truth(at(path)), at(path)) | some path in paths}

filled(paths) := {claim(path, fullness(at(path)), at(path)) | some path in paths}

at_least(path, bound) := {claim(path, least(at(path), bound), at(path))}

at_most(path, bound) := {claim(path, most(at(path), bound), at(path))}

one_of(path, options) := {claim(path, choice(at(path), options), at(path))}

recent(path, days) := {claim(path, freshness(at(path), days), at(path))}

# A list that has to name every one of `wanted`, or at least `few` of them.
includes(path, wanted) := some_of(path, wanted, count(wanted))

some_of(path, _, _) := {claim(path, "missing", at(path))} if not is_array(at(path))

some_of(path, wanted, few) := {claim(path, least(count({name | some name in wanted; name in at(path)}), few), at(path))} if is_array(at(path))

# --- Claims about each entry of a list -----------------------------------------------------------------------------

items(path) := [{"at": sprintf("%s[%d]", [path, i]), "of": entry} |
	is_array(at(path))
	some i, entry in at(path)
	is_object(entry)
]

# An absent or empty list shows nothing, and an entry that cannot be read is missing itself.
listed(path) := {claim(path, "missing", null)} if count(items(path)) == 0

listed(path) := {claim(sprintf("%s[%d]", [path, i]), "missing", null) |
	some i, entry in at(path)
	not is_object(entry)
} if {
	count(items(path)) > 0
}

field(entry, name) := object.get(entry.of, split(name, "."), null)

named(entry, name) := sprintf("%s.%s", [entry.at, name])

each_yes(path, names) := listed(path) | {claim(named(entry, name), truth(field(entry, name)), field(entry, name)) |
	some entry in items(path)
	some name in names
}

each_filled(path, names) := listed(path) | {claim(named(entry, name), fullness(field(entry, name)), field(entry, name)) |
	some entry in items(path)
	some name in names
}

each_least(path, name, bound) := listed(path) | {claim(named(entry, name), least(field(entry, name), bound), field(entry, name)) |
	some entry in items(path)
}

each_most(path, name, bound) := listed(path) | {claim(named(entry, name), most(field(entry, name), bound), field(entry, name)) |
	some entry in items(path)
}

each_choice(path, name, options) := listed(path) | {claim(named(entry, name), choice(field(entry, name), options), field(entry, name)) |
	some entry in items(path)
}

each_recent(path, name, days) := listed(path) | {claim(named(entry, name), freshness(field(entry, name), days), field(entry, name)) |
	some entry in items(path)
}

each_some_of(path, name, wanted, few) := (listed(path) | {claim(named(entry, name), least(count({one | some one in wanted; one in field(entry, name)}), few), field(entry, name)) |
	some entry in items(path)
	is_array(field(entry, name))
}) | {claim(named(entry, name), "missing", field(entry, name)) |
	some entry in items(path)
	not is_array(field(entry, name))
}

# Asked only of entries whose `condition` is true; not saying whether it is leaves it open.
each_yes_when(path, condition, names) := {claim(named(entry, name), truth(field(entry, name)), field(entry, name)) |
	some entry in items(path)
	field(entry, condition) == true
	some name in names
} | {claim(named(entry, condition), "missing", field(entry, condition)) |
	some entry in items(path)
	not is_boolean(field(entry, condition))
}

# --- What only a person can answer ---------------------------------------------------------------------------------

# attestations: {"<principle>": {answer: yes | no | not_applicable, evidence: […], by, date}}; good for a year.
attestation(id) := object.get(document, ["attestations", id], null)

attested(id) := {{"path": sprintf("attestations[%s]", [id]), "status": answer_status(id), "basis": "attested", "found": attestation(id)}}

well_formed(id) if {
	is_object(attestation(id))
	fullness(object.get(attestation(id), "evidence", null)) == "pass"
	fullness(object.get(attestation(id), "by", null)) == "pass"
	freshness(object.get(attestation(id), "date", null), 366) == "pass"
}

answer_status(id) := "pass" if {
	well_formed(id)
	attestation(id).answer == "yes"
} else := "fail" if {
	attestation(id).answer == "no"
} else := "missing"

waived(id) if {
	well_formed(id)
	attestation(id).answer == "not_applicable"
}
