# METADATA
# title: Residency of the data in a call
# description: |
#   Asked by the gate, where `[residency]` turns it on: may the data in a call's arguments go from the caller to every
#   place that the call reaches (direction `in`), and the data in its result from every such place to the caller
#   (`out`)? Each is one transfer, decided by the residency pack; the strictest outcome wins. What a call cannot know
#   (legal basis, safeguards, volumes, role of the recipient) is said for a route in `config.residency.routes`.
# scope: package
# custom:
#   id: call_transfer
#   severity: high
#   applies_to: [call]
#   automation: full
#   statuses: [pass, fail, unknown]
#   remediation:
#     en: Complete the steps named and record them for the route, or send the call from another jurisdiction.
#     zh: 完成所列步骤并在对应路径（routes）中登记，或改由其他法域发起调用。
#   references:
#     - config/residency/data.json
package yumen.checks.call_transfer

import data.config.residency as config
import data.yumen.checks.residency
import data.yumen.checks.residency.facts

found contains entity if {
	some entity in input.entities
	is_string(entity)
}

personal contains class if {
	some entity in found
	some class in config.entities[entity]
}

# What holds nothing personal is of the classes that the organisation says they are then.
classes := personal if {
	count(personal) > 0
} else := {class | some class in config.nothing_personal}

caller := input.caller.jurisdiction if facts.is_jurisdiction(input.caller.jurisdiction)

reached contains place if {
	some place in input.places
	facts.is_jurisdiction(place.jurisdiction)
}

# One way for each place.
ways contains {"name": place.name, "origin": caller, "destination": place.jurisdiction, "words": words} if {
	input.direction == "in"
	some place in reached
	words := sprintf("%s to %s", [caller, place.name])
}

ways contains {"name": place.name, "origin": place.jurisdiction, "destination": caller, "words": words} if {
	input.direction == "out"
	some place in reached
	words := sprintf("%s to %s", [place.name, caller])
}

missing contains "direction" if count({"in", "out"} & {input.direction}) == 0

missing contains "direction" if not input.direction

missing contains "caller.jurisdiction" if not caller

missing contains "places" if count(reached) == 0

missing contains sprintf("places.%s.jurisdiction", [place.name]) if {
	some place in input.places
	not facts.is_jurisdiction(place.jurisdiction)
}

missing contains sprintf("config.residency.entities.%s", [entity]) if {
	some entity in found
	not config.entities[entity]
}

missing contains "entities" if not input.examined == true

# The first route that fits says what the organisation has put in place for it.
agreed(way) := object.remove(fitting(way)[0], ["origins", "destinations", "tenants", "places"]) if {
	count(fitting(way)) > 0
} else := {}

fitting(way) := [route |
	some route in config.routes
	covers(route, "origins", way.origin)
	covers(route, "destinations", way.destination)
	covers(route, "tenants", input.caller.tenant)
	covers(route, "places", way.name)
]

covers(route, key, value) if {
	some allowed in object.get(route, key, ["*"])
	allowed in ["*", value]
}

covers(route, key, value) if {
	some allowed in object.get(route, key, ["*"])
	startswith(allowed, "region:")
	value in config.regions[trim_prefix(allowed, "region:")]
}

transfers contains {"way": way, "said": said} if {
	some way in ways
	transfer := object.union(agreed(way), {
		"data_classes": sort(classes),
		"origin": way.origin,
		"destination": way.destination,
		"date": input.date,
	})
	said := residency.decision with input as transfer
}

outcomes contains transfer.said.decision if some transfer in transfers

default verdict := "unknown"

verdict := "deny" if {
	"deny" in outcomes
} else := "unknown" if {
	count(missing) > 0
} else := "unknown" if {
	"unknown" in outcomes
} else := "needs_step" if {
	"needs_step" in outcomes
} else := "allow" if {
	outcomes == {"allow"}
}

# Why: of the places on which the outcome rests, with the route in words.
reasons contains object.union(reason, {"message": sprintf("%s: %s", [transfer.way.words, reason.message])}) if {
	some transfer in transfers
	transfer.said.decision == verdict
	some reason in transfer.said.reasons
}

reasons contains {
	"code": "missing_input",
	"message": sprintf("'%s' is missing or not known", [path]),
	"reference": "docs/residency.md",
	"rule": "call_transfer",
} if {
	verdict == "unknown"
	some path in missing
}

# METADATA
# title: Decision on the data in one call
# entrypoint: true
decision := {
	"decision": verdict,
	"reasons": sort(reasons),
	"missing": sort(missing | {path | some transfer in transfers; some path in transfer.said.missing}),
	"steps": sort({step | some transfer in transfers; some step in transfer.said.steps}),
	"data_classes": sort(classes),
	"transfers": sort({outcome |
		some transfer in transfers
		outcome := object.union(object.remove(transfer.way, ["words"]), {"decision": transfer.said.decision})
	}),
}
