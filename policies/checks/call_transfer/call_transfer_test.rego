package yumen.checks.call_transfer_test

import data.yumen.checks.call_transfer

asked := {
	"direction": "in",
	"caller": {"tenant": "acme", "jurisdiction": "CN"},
	"tool": "pii_detect",
	"places": [{"name": "server", "jurisdiction": "CN"}],
	"entities": ["EMAIL_ADDRESS"],
	"examined": true,
	"date": "2026-11-24",
}

decided(patch) := result if {
	result := call_transfer.decision with input as object.union(asked, patch)
}

# What the organisation has put in place for its routes.
agreed(patch, routes) := result if {
	result := call_transfer.decision with input as object.union(asked, patch)
		with data.config.residency.routes as routes
}

to(jurisdiction) := {"places": [{"name": "server", "jurisdiction": jurisdiction}]}

covered := {
	"origins": ["CN"],
	"destinations": ["SG"],
	"purpose": "support",
	"legal_basis": "contract",
	"volumes": {"persons": 5000, "sensitive_persons": 0},
	"exporter": {"cii_operator": false},
	"safeguards": ["notice", "impact_assessment"],
}

test_data_that_stays_is_allowed if {
	decision := decided({})
	decision.decision == "allow"
	decision.data_classes == ["contact"]
	decision.transfers == [{"name": "server", "origin": "CN", "destination": "CN", "decision": "allow"}]
}

test_data_in_which_nothing_was_found_is_what_the_organisation_says if {
	decision := decided(object.union(to("SG"), {"entities": []}))
	decision.decision == "allow"
	decision.data_classes == ["business"]
}

test_what_is_not_personal_does_not_make_arguments_personal if {
	decided({"entities": ["URL"]}).data_classes == ["business"]
	decided({"entities": ["URL", "CN_ID_CARD"]}).data_classes == ["government_id"]
}

test_a_route_of_which_nothing_is_said_is_unknown_and_says_what_is_missing if {
	decision := decided(to("SG"))
	decision.decision == "unknown"
	{"legal_basis", "purpose", "safeguards", "exporter.cii_operator"} - {path | some path in decision.missing} == set()
}

test_a_route_with_everything_in_place_is_allowed if {
	agreed(to("SG"), [covered]).decision == "allow"
}

test_a_missing_step_is_named_with_its_law if {
	decision := agreed(to("SG"), [object.union(covered, {"safeguards": ["notice"]})])
	decision.decision == "needs_step"
	[step.safeguard | some step in decision.steps] == ["impact_assessment"]
	some reason in decision.reasons
	startswith(reason.message, "CN to server: ")
	contains(reason.reference, "个人信息保护法")
}

test_sensitive_data_on_a_route_for_plain_data_needs_a_contract if {
	volumes := {"volumes": {"persons": 5000, "sensitive_persons": 20}}
	decision := agreed(object.union(to("SG"), {"entities": ["CN_ID_CARD"]}), [object.union(covered, volumes)])
	decision.decision == "needs_step"
}

test_every_place_counts_and_the_strictest_wins if {
	places := {"places": [{"name": "server", "jurisdiction": "CN"}, {"name": "s3://m", "jurisdiction": "SG"}]}
	decided(places).decision == "unknown"
	agreed(places, [covered]).decision == "allow"
	count(agreed(places, [covered]).transfers) == 2
}

test_a_route_fits_by_tenant_place_and_region if {
	route := object.union(covered, {"tenants": ["acme"], "places": ["server"]})
	agreed(to("SG"), [route]).decision == "allow"
	agreed(to("SG"), [object.union(route, {"tenants": ["other"]})]).decision == "unknown"
	agreed(to("SG"), [object.union(route, {"places": ["s3://m"]})]).decision == "unknown"
	agreed(to("HK"), [object.union(route, {"destinations": ["region:CN_GREATER_BAY"]})]).decision == "allow"
}

test_the_first_route_that_fits_counts if {
	agreed(to("SG"), [covered, {"safeguards": []}]).decision == "allow"
	agreed(to("SG"), [{"safeguards": []}, covered]).decision == "unknown"
}

# What is not known is never a pass, whatever else is.
unknown := [
	{"patch": {"caller": {"jurisdiction": ""}}, "missing": "caller.jurisdiction"},
	{"patch": {"caller": {"jurisdiction": "China"}}, "missing": "caller.jurisdiction"},
	{"patch": {"caller": {"jurisdiction": null}}, "missing": "caller.jurisdiction"},
	{"patch": {"places": []}, "missing": "places"},
	{"patch": to(""), "missing": "places.server.jurisdiction"},
	{
		"patch": {"places": [{"name": "server", "jurisdiction": "CN"}, {"name": "s3://m", "jurisdiction": ""}]},
		"missing": "places.s3://m.jurisdiction",
	},
	{"patch": {"entities": ["SOMETHING_NEW"]}, "missing": "config.residency.entities.SOMETHING_NEW"},
	{"patch": {"examined": false}, "missing": "entities"},
	{"patch": {"direction": "back"}, "missing": "direction"},
	{"patch": {"direction": null}, "missing": "direction"},
]

test_what_is_not_known_is_unknown if {
	every row in unknown {
		decision := decided(row.patch)
		decision.decision == "unknown"
		row.missing in decision.missing
		count(decision.reasons) > 0
	}
}

back(jurisdiction) := {"direction": "out", "caller": {"jurisdiction": jurisdiction}}

test_a_result_goes_from_the_place_to_the_caller if {
	decision := decided(back("SG"))
	decision.decision == "unknown"
	decision.transfers == [{"name": "server", "origin": "CN", "destination": "SG", "decision": "unknown"}]
	some reason in decision.reasons
	startswith(reason.message, "server to SG: ")
	agreed(back("SG"), [covered]).decision == "allow"
	decided(back("CN")).decision == "allow"
}

test_a_route_for_one_direction_says_nothing_of_the_other if {
	agreed(to("SG"), [covered]).decision == "allow"
	agreed(object.union(back("SG"), to("CN")), [object.union(covered, {"origins": ["SG"], "destinations": ["CN"]})]).decision == "unknown"
}

test_a_result_from_several_places_is_as_good_as_the_worst if {
	places := {"places": [{"name": "server", "jurisdiction": "SG"}, {"name": "s3://m", "jurisdiction": "CN"}]}
	agreed(object.union(back("SG"), places), [covered]).decision == "allow"
	decided(object.union(back("SG"), places)).decision == "unknown"
}

test_a_denial_stands_even_where_something_is_unknown if {
	route := object.union(covered, {"recipient": {"restricted": true}})
	places := {"places": [{"name": "server", "jurisdiction": "SG"}, {"name": "s3://m", "jurisdiction": ""}]}
	agreed(places, [route]).decision == "deny"
}

test_nothing_is_unknown if {
	decision := call_transfer.decision with input as {}
	decision.decision == "unknown"
}

# --- Each check in each of its statuses: what tests/policies/test_statuses.py puts to it ------------------------------

statuses := {"call_transfer": {
	"pass": asked,
	"fail": {"input": object.union(asked, to("SG")), "config": {"residency": {"routes": [object.union(covered, {"safeguards": ["notice"]})]}}},
	"unknown": object.union(asked, {"examined": false}),
}}
