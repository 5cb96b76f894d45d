# What is asked of every regime: which data, from where, to whom, and what has been done for it.
package yumen.checks.residency.facts

config := data.config.residency

default document := {}

document := input if is_object(input)

# `not f(input.x)` is undefined where x is: ask for presence and type in one total question.
text_given(path) if is_string(object.get(document, path, null))

list_given(path) if is_array(object.get(document, path, null))

flag_given(path) if is_boolean(object.get(document, path, null))

# The day of the transfer; RFC 3339 dates compare as text.
today := substring(input.date, 0, 10) if is_date(input.date)

is_date(value) if {
	is_string(value)
	regex.match(`^[0-9]{4}-[0-9]{2}-[0-9]{2}`, value)
}

default named := []

named := input.data_classes if is_array(input.data_classes)

default recorded := []

recorded := input.safeguards if is_array(input.safeguards)

classes contains name if {
	some name in named
	config.classes[name]
}

unclassified contains i if {
	some i, name in named
	not config.classes[name]
}

personal if some_class_is("personal")

sensitive if some_class_is("sensitive")

special if some_class_is("special")

important if some_class_is("important")

barred if some_class_is("barred")

some_class_is(trait) if {
	some name in classes
	config.classes[name][trait] == true
}

origin := input.origin if is_jurisdiction(input.origin)

# A recipient who reads from abroad receives the data abroad, wherever the disk stands.
destinations contains place if {
	place := input.recipient.jurisdiction
	is_jurisdiction(place)
}

destinations contains input.destination if is_jurisdiction(input.destination)

is_jurisdiction(place) if {
	is_string(place)
	regex.match(`^[A-Z]{2}$`, place)
}

is_jurisdiction(place) if place == "EEA"

abroad contains place if {
	some place in destinations
	place != origin
}

within(place, region) if place in config.regions[region]

# Safeguards that hold today: a list of names, or of objects {kind, reference, valid_until}.
held contains entry if {
	some entry in recorded
	is_string(entry)
}

held contains entry.kind if {
	some entry in recorded
	is_string(entry.kind)
	not entry.valid_until
}

held contains entry.kind if {
	some entry in recorded
	is_string(entry.kind)
	is_date(entry.valid_until)
	substring(entry.valid_until, 0, 10) >= today
}

expired contains entry.kind if {
	some entry in recorded
	is_date(entry.valid_until)
	substring(entry.valid_until, 0, 10) < today
	not entry.kind in held
}

dated if {
	some entry in recorded
	entry.valid_until
}

any_held(kinds) if {
	some kind in kinds
	kind in held
}

is_count(value) if {
	is_number(value)
	value >= 0
	value <= 100000000000
	value == floor(value)
}

persons := input.volumes.persons if is_count(input.volumes.persons)

persons_given if is_number(persons)

sensitive_persons_given if is_number(sensitive_persons)

sensitive_persons := input.volumes.sensitive_persons if is_count(input.volumes.sensitive_persons)

# What no regime can do without.
missing contains "data_classes" if count(named) == 0

missing contains "origin" if not origin

missing contains "destination" if not is_jurisdiction(object.get(document, ["destination"], null))

missing contains "recipient.jurisdiction" if {
	place := input.recipient.jurisdiction
	not is_jurisdiction(place)
}

missing contains "date" if {
	dated
	not today
}

missing contains sprintf("data_classes[%d]", [i]) if some i in unclassified
