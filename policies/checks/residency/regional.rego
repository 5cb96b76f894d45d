# METADATA
# title: Regional rules of the organisation
# description: |
#   Further regimes as data: `config.residency.rules`. A rule names origins, destinations (or the ones it excludes), data
#   classes, and its effect: allow, deny, or needs_step with the safeguards of which one must be held. Every destination
#   and every class has to be covered.
# scope: package
# custom:
#   id: residency.regional
#   severity: high
#   applies_to: [transfer]
#   automation: full
#   remediation:
#     en: Follow the step that the regional rule names, or add a rule for the region to config/residency/data.json.
#     zh: 按区域规则所列步骤办理，或在 config/residency/data.json 中补充该地区规则。
#   references:
#     - organisation policy (config/residency/data.json)
#     - UK GDPR chapter V
package yumen.checks.residency.regional

import data.yumen.checks.residency.facts

matching contains rule if {
	some rule in facts.config.rules
	covers_origin(rule)
	some place in facts.destinations
	covers_place(rule, place)
	some class in facts.classes
	covers_class(rule, class)
	crosses(rule)
}

applies if count(matching) > 0

# A rule may watch moves inside one jurisdiction only when it says so.
crosses(_) if count(facts.abroad) > 0

crosses(rule) if rule.inside == true

covers_origin(rule) if not rule.origins

covers_origin(rule) if {
	some entry in rule.origins
	names(entry, facts.origin)
}

covers_place(rule, place) if {
	rule.destinations
	some entry in rule.destinations
	names(entry, place)
}

covers_place(rule, place) if {
	not rule.destinations
	not excluded(rule, place)
	place != facts.origin
}

excluded(rule, place) if {
	some entry in rule.not_destinations
	names(entry, place)
}

names(entry, place) if entry == place

names(entry, place) if {
	startswith(entry, "region:")
	place in facts.config.regions[trim_prefix(entry, "region:")]
}

covers_class(rule, _) if not rule.data_classes

covers_class(rule, class) if class in rule.data_classes

covers_class(rule, class) if {
	"personal:*" in rule.data_classes
	facts.config.classes[class].personal == true
}

examined contains path if {
	applies
	some path in ["data_classes", "origin", "destination", "safeguards"]
	input[path]
}

missing contains "safeguards" if {
	some rule in matching
	rule.effect == "needs_step"
	not facts.list_given(["safeguards"])
}

satisfied(rule) if {
	some kind in rule.any_of
	kind in facts.held
}

deny contains {"code": rule.id, "message": rule.message, "reference": rule.reference} if {
	some rule in matching
	rule.effect == "deny"
}

steps contains {"step": rule.step, "reference": rule.reference, "safeguard": rule.any_of[0]} if {
	some rule in matching
	rule.effect == "needs_step"
	not satisfied(rule)
}

permitting contains rule if {
	some rule in matching
	rule.effect == "allow"
}

permitting contains rule if {
	some rule in matching
	rule.effect == "needs_step"
	satisfied(rule)
}

# An allowing rule counts only when together the permitting rules cover every place abroad and every class.
covered if {
	applies
	every place in facts.abroad {
		every class in facts.classes {
			some rule in permitting
			covers_place(rule, place)
			covers_class(rule, class)
		}
	}
}

permits contains {"code": rule.id, "message": rule.message, "reference": rule.reference} if {
	covered
	some rule in permitting
}

warn contains {
	"code": "regional_gap",
	"message": "The regional rules do not cover every destination and class of this transfer",
	"reference": "config/residency/data.json",
} if {
	applies
	not covered
}
