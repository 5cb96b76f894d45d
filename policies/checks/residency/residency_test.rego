package yumen.checks.residency_test

import data.yumen.checks.residency
import data.yumen.checks.residency.china_outbound
import data.yumen.checks.residency.gdpr_transfer
import data.yumen.checks.residency.hipaa_disclosure
import data.yumen.checks.residency.regional
import data.yumen.checks.residency.us_bulk_data

decided(transfer) := result if {
	result := residency.decision with input as transfer
}

changed(base, patch) := object.union(base, patch)

without(base, path) := json.remove(base, [path])

codes(decision) := {entry.code | some entry in decision.reasons}

needed(decision) := {entry.safeguard | some entry in decision.steps}

# --- China ---------------------------------------------------------------------------------------------------------

china := {
	"data_classes": ["personal"],
	"origin": "CN",
	"destination": "SG",
	"recipient": {"role": "controller"},
	"purpose": "marketing",
	"legal_basis": "contract",
	"volumes": {"persons": 5000, "sensitive_persons": 0},
	"exporter": {"cii_operator": false},
	"safeguards": ["notice", "impact_assessment"],
	"date": "2026-11-24",
}

test_few_persons_and_nothing_sensitive_need_no_route if {
	decision := decided(china)
	decision.decision == "allow"
	codes(decision) == {"below_threshold"}
}

# Persons, sensitive persons -> the route of Articles 5, 7 and 8, at and around each threshold.
thresholds := [
	{"persons": 99999, "sensitive": 0, "needs": set()},
	{"persons": 100000, "sensitive": 0, "needs": {"cac_standard_contract"}},
	{"persons": 999999, "sensitive": 0, "needs": {"cac_standard_contract"}},
	{"persons": 1000000, "sensitive": 0, "needs": {"cac_security_assessment"}},
	{"persons": 10, "sensitive": 1, "needs": {"cac_standard_contract"}},
	{"persons": 10, "sensitive": 9999, "needs": {"cac_standard_contract"}},
	{"persons": 10, "sensitive": 10000, "needs": {"cac_security_assessment"}},
	{"persons": 0, "sensitive": 0, "needs": set()},
]

test_the_thresholds_of_2024 if {
	every row in thresholds {
		volumes := {"persons": row.persons, "sensitive_persons": row.sensitive}
		needed(decided(changed(china, {"volumes": volumes}))) == row.needs
	}
}

test_an_operator_of_critical_infrastructure_needs_the_assessment_for_one_person if {
	decision := decided(changed(china, {"exporter": {"cii_operator": true}, "volumes": {"persons": 1}}))
	decision.decision == "needs_step"
	needed(decision) == {"cac_security_assessment"}
}

test_important_data_needs_the_assessment_and_no_exemption_helps if {
	some classes in [["important_data"], ["important_data", "personal"]]
	decision := decided(changed(china, {
		"data_classes": classes,
		"purpose": "hr_management",
		"safeguards": ["notice", "impact_assessment", "necessity_assessed", "labour_rules_or_collective_contract", "outside_ftz_negative_list"],
	}))
	decision.decision == "needs_step"
	needed(decision) == {"cac_security_assessment"}
}

test_a_passed_assessment_allows_until_it_expires if {
	big := changed(china, {"volumes": {"persons": 2000000, "sensitive_persons": 0}})
	held := {"kind": "cac_security_assessment", "reference": "CAC-1", "valid_until": "2026-11-24"}
	safe := changed(big, {"safeguards": array.concat(china.safeguards, [held])})
	decided(safe).decision == "allow"
	late := decided(changed(safe, {"date": "2026-11-25"}))
	late.decision == "needs_step"
	"safeguard_expired" in {entry.code | some entry in late.warnings}
	decided(without(safe, "date")).missing == ["date"]
}

test_each_route_satisfies_article_8 if {
	medium := changed(china, {"volumes": {"persons": 200000, "sensitive_persons": 0}})
	every kind in ["cac_standard_contract", "cac_certification", "cac_security_assessment"] {
		decision := decided(changed(medium, {"safeguards": array.concat(china.safeguards, [kind])}))
		decision.decision == "allow"
		codes(decision) == {"contract_or_certification"}
	}
}

test_the_greater_bay_contract_serves_hong_kong_only if {
	medium := changed(china, {
		"volumes": {"persons": 200000, "sensitive_persons": 0},
		"safeguards": ["notice", "impact_assessment", "gba_standard_contract"],
	})
	decided(changed(medium, {"destination": "HK"})).decision == "allow"
	decided(medium).decision == "needs_step"
	decided(changed(medium, {"destination": "HK", "recipient": {"jurisdiction": "SG"}})).decision == "needs_step"
}

exempting := [
	{"purpose": "individual_contract", "safeguards": ["necessity_assessed"]},
	{"purpose": "hr_management", "safeguards": ["necessity_assessed", "labour_rules_or_collective_contract"]},
	{"purpose": "statutory_duty", "safeguards": ["necessity_assessed"]},
	{"purpose": "re_export", "safeguards": ["no_domestic_data_introduced"]},
]

test_exemptions_hold_for_any_volume_and_for_infrastructure_operators if {
	every row in exempting {
		decision := decided(changed(china, {
			"purpose": row.purpose,
			"data_classes": ["personal", "financial"],
			"volumes": {},
			"exporter": {"cii_operator": true},
			"safeguards": array.concat(china.safeguards, row.safeguards),
		}))
		decision.decision == "allow"
		codes(decision) == {"exempt"}
	}
}

test_an_exemption_that_is_only_claimed_does_not_count if {
	every row in exempting {
		decision := decided(changed(china, {"purpose": row.purpose, "volumes": {"persons": 200000, "sensitive_persons": 0}}))
		decision.decision == "needs_step"
		"exemption_incomplete" in {entry.code | some entry in decision.warnings}
	}
}

test_an_emergency_does_not_wait_for_notice if {
	decision := decided(changed(china, {"purpose": "emergency", "legal_basis": "emergency", "safeguards": ["necessity_assessed"]}))
	decision.decision == "allow"
	"afterwards" in {entry.code | some entry in decision.warnings}
}

test_outside_the_negative_list_of_a_free_trade_zone if {
	decision := decided(changed(china, {
		"volumes": {},
		"safeguards": array.concat(china.safeguards, ["outside_ftz_negative_list"]),
	}))
	decision.decision == "allow"
	codes(decision) == {"free_trade_zone"}
}

test_duties_hold_even_where_no_route_is_needed if {
	decision := decided(changed(china, {"legal_basis": "consent", "safeguards": []}))
	decision.decision == "needs_step"
	needed(decision) == {"notice", "impact_assessment", "separate_consent"}
}

test_legitimate_interests_are_no_basis_in_china if {
	decision := decided(changed(china, {"legal_basis": "legitimate_interests"}))
	decision.decision == "needs_step"
	some entry in decision.steps
	contains(entry.step, "Article 13")
}

test_a_foreign_authority_waits_for_approval if {
	asked := changed(china, {"purpose": "foreign_authority_request"})
	needed(decided(asked)) == {"authority_approval"}
	decided(changed(asked, {"safeguards": array.concat(china.safeguards, ["authority_approval"])})).decision == "allow"
}

test_core_data_and_listed_recipients_are_refused if {
	every classes in [["core_data"], ["state_secret", "personal"]] {
		decided(changed(china, {"data_classes": classes})).decision == "deny"
	}
	codes(decided(changed(china, {"recipient": {"restricted": true}}))) == {"restricted_recipient"}
}

test_business_data_is_not_regulated if {
	decision := decided({"data_classes": ["business"], "origin": "CN", "destination": "US"})
	decision.decision == "allow"
	codes(decision) == {"not_regulated"}
}

test_remote_access_from_abroad_counts_as_outbound if {
	decision := decided(changed(china, {"destination": "CN", "recipient": {"jurisdiction": "US"}, "exporter": {"cii_operator": true}}))
	decision.decision == "needs_step"
}

test_inside_the_mainland_no_rule_asks if {
	decision := decided(changed(china, {"destination": "CN"}))
	decision.decision == "allow"
	codes(decision) == {"stays_inside"}
}

# --- European Union ------------------------------------------------------------------------------------------------

europe := {
	"data_classes": ["personal"],
	"origin": "DE",
	"destination": "IN",
	"recipient": {"role": "controller"},
	"purpose": "support",
	"legal_basis": "contract",
	"safeguards": [],
	"date": "2026-11-24",
}

test_no_ground_under_chapter_v_needs_one if {
	decision := decided(europe)
	decision.decision == "needs_step"
	needed(decision) == {"scc"}
}

adequate := [
	{"destination": "CH", "date": "2026-11-24", "programs": [], "decision": "allow"},
	{"destination": "BR", "date": "2026-01-26", "programs": [], "decision": "allow"},
	{"destination": "BR", "date": "2026-01-25", "programs": [], "decision": "needs_step"},
	{"destination": "GB", "date": "2031-12-27", "programs": [], "decision": "allow"},
	{"destination": "GB", "date": "2031-12-28", "programs": [], "decision": "needs_step"},
	{"destination": "US", "date": "2026-11-24", "programs": ["eu-us-dpf"], "decision": "allow"},
	{"destination": "US", "date": "2026-11-24", "programs": [], "decision": "needs_step"},
	{"destination": "US", "date": "2023-07-09", "programs": ["eu-us-dpf"], "decision": "needs_step"},
	{"destination": "CA", "date": "2026-11-24", "programs": ["ca-pipeda"], "decision": "allow"},
	{"destination": "CA", "date": "2026-11-24", "programs": ["eu-us-dpf"], "decision": "needs_step"},
	{"destination": "IN", "date": "2026-11-24", "programs": ["eu-us-dpf"], "decision": "needs_step"},
]

test_adequacy_by_date_and_scope if {
	every row in adequate {
		transfer := changed(europe, {
			"destination": row.destination,
			"date": row.date,
			"recipient": {"programs": row.programs},
		})
		decided(transfer).decision == row.decision
	}
}

test_adequacy_that_ends_needs_a_date if {
	decided(without(changed(europe, {"destination": "GB"}), "date")).missing == ["date"]
	decided(without(changed(europe, {"destination": "CH"}), "date")).decision == "allow"
}

test_adequacy_with_a_scope_needs_the_programmes if {
	decision := decided(changed(europe, {"destination": "US"}))
	decision.decision == "unknown"
	decision.missing == ["recipient.programs"]
}

test_instruments_need_a_transfer_impact_assessment if {
	every kind in ["scc", "bcr", "code_of_conduct", "certification_mechanism", "public_authority_instrument", "authorised_clauses"] {
		needed(decided(changed(europe, {"safeguards": [kind]}))) == {"transfer_impact_assessment"}
		decision := decided(changed(europe, {"safeguards": [kind, "transfer_impact_assessment"]}))
		decision.decision == "allow"
		codes(decision) == {"appropriate_safeguards"}
	}
}

test_an_adequate_place_does_not_cover_a_reader_elsewhere if {
	decision := decided(changed(europe, {"destination": "CH", "recipient": {"jurisdiction": "IN"}}))
	decision.decision == "needs_step"
}

derogations := [
	{"kind": "art49_explicit_consent", "frequency": "systematic", "public": false, "decision": "allow"},
	{"kind": "art49_explicit_consent", "frequency": "once", "public": true, "decision": "needs_step"},
	{"kind": "art49_contract", "frequency": "occasional", "public": false, "decision": "allow"},
	{"kind": "art49_contract", "frequency": "systematic", "public": false, "decision": "needs_step"},
	{"kind": "art49_legal_claims", "frequency": "once", "public": true, "decision": "allow"},
	{"kind": "art49_vital_interests", "frequency": "once", "public": true, "decision": "allow"},
	{"kind": "art49_compelling_interests", "frequency": "once", "public": false, "decision": "needs_step"},
]

test_derogations_by_frequency_and_exporter if {
	every row in derogations {
		decision := decided(changed(europe, {
			"safeguards": [row.kind],
			"frequency": row.frequency,
			"exporter": {"public_authority": row.public},
		}))
		decision.decision == row.decision
	}
}

test_compelling_interests_need_the_authority_informed if {
	decided(changed(europe, {
		"safeguards": ["art49_compelling_interests", "supervisory_authority_informed"],
		"frequency": "once",
		"exporter": {"public_authority": false},
	})).decision == "allow"
}

test_a_derogation_needs_frequency_and_exporter if {
	decided(changed(europe, {"safeguards": ["art49_contract"]})).missing == ["exporter.public_authority", "frequency"]
}

test_systematic_use_of_an_occasional_derogation_is_warned_of if {
	decision := decided(changed(europe, {
		"safeguards": ["art49_contract"],
		"frequency": "systematic",
		"exporter": {"public_authority": false},
	}))
	"systematic_use" in {entry.code | some entry in decision.warnings}
}

test_a_foreign_order_is_no_ground if {
	asked := changed(europe, {"purpose": "foreign_authority_request"})
	codes(decided(asked)) == {"foreign_order"}
	decided(changed(asked, {"safeguards": ["international_agreement", "scc", "transfer_impact_assessment"]})).decision == "allow"
}

test_special_categories_need_a_condition_of_article_9 if {
	inside := changed(europe, {"destination": "FR", "data_classes": ["health"]})
	needed(decided(inside)) == {"art9_condition"}
	decided(changed(inside, {"safeguards": ["art9_condition"]})).decision == "allow"
}

test_a_processor_needs_a_contract if {
	processor := changed(europe, {"destination": "FR", "recipient": {"role": "processor"}})
	needed(decided(processor)) == {"processor_agreement"}
	decided(changed(processor, {"safeguards": ["processor_agreement"]})).decision == "allow"
}

test_emergency_is_no_basis_of_the_gdpr if {
	decided(changed(europe, {"destination": "FR", "legal_basis": "emergency"})).decision == "needs_step"
}

test_anonymous_data_is_outside_the_gdpr if {
	decision := decided({"data_classes": ["anonymous"], "origin": "FR", "destination": "US"})
	codes(decision) == {"not_personal"}
}

test_what_is_barred_does_not_leave_europe if {
	decided(changed(europe, {"data_classes": ["state_secret"]})).decision == "deny"
}

# --- United States -------------------------------------------------------------------------------------------------

health := {
	"data_classes": ["phi"],
	"origin": "US",
	"destination": "US",
	"recipient": {"role": "business_associate", "covered_person": false},
	"purpose": "operations",
	"safeguards": [
		"baa", "risk_analysis", "access_control", "audit_controls", "encryption_in_transit", "encryption_at_rest",
		"minimum_necessary",
	],
}

lacking(kind) := changed(health, {"safeguards": [held | some held in health.safeguards; held != kind]})

test_an_associate_with_agreement_and_safeguards_may_receive if {
	decision := decided(health)
	decision.decision == "allow"
	"business_associate" in codes(decision)
}

test_each_safeguard_of_hipaa_is_needed if {
	every kind in health.safeguards {
		decision := decided(lacking(kind))
		decision.decision == "needs_step"
		needed(decision) == {kind}
	}
}

test_a_documented_equivalent_replaces_encryption if {
	equivalent := lacking("encryption_at_rest")
	decided(changed(equivalent, {"safeguards": array.concat(equivalent.safeguards, ["encryption_at_rest_equivalent"])})).decision == "allow"
}

test_sale_needs_the_authorization_of_the_individual if {
	sale := changed(health, {"purpose": "sale"})
	needed(decided(sale)) == {"hipaa_authorization"}
	decided(changed(sale, {"safeguards": array.concat(health.safeguards, ["hipaa_authorization"])})).decision == "allow"
}

grounds := [
	{"role": "individual", "purpose": "access", "add": [], "code": "to_the_individual"},
	{"role": "provider", "purpose": "treatment", "add": [], "code": "treatment_payment_operations"},
	{"role": "university", "purpose": "research", "add": ["data_use_agreement"], "code": "limited_data_set"},
	{"role": "university", "purpose": "research", "add": ["irb_waiver"], "code": "research_waiver"},
	{"role": "court", "purpose": "litigation", "add": ["required_by_law"], "code": "required_by_law"},
]

test_other_grounds_of_the_privacy_rule if {
	every row in grounds {
		decision := decided(changed(health, {
			"recipient": {"role": row.role},
			"purpose": row.purpose,
			"safeguards": array.concat(health.safeguards, row.add),
		}))
		decision.decision == "allow"
		row.code in codes(decision)
	}
}

test_a_researcher_without_ground_is_told_so if {
	needed(decided(changed(health, {"recipient": {"role": "university"}, "purpose": "research"}))) == {"hipaa_authorization"}
}

test_health_information_abroad_needs_the_place_in_the_risk_analysis if {
	abroad := changed(health, {"destination": "IE"})
	needed(decided(abroad)) == {"offshore_risk_analysis"}
	decided(changed(abroad, {"safeguards": array.concat(health.safeguards, ["offshore_risk_analysis"])})).decision == "allow"
}

bulk := {
	"data_classes": ["financial"],
	"origin": "US",
	"destination": "CN",
	"recipient": {"covered_person": true},
	"transaction": "vendor_agreement",
	"volumes": {"persons": 10001},
	"safeguards": [],
}

bulk_cases := [
	{"patch": {"transaction": "data_brokerage"}, "decision": "deny"},
	{"patch": {}, "decision": "needs_step"},
	{"patch": {"safeguards": ["cisa_security_requirements", "data_compliance_program"]}, "decision": "allow"},
	{"patch": {"volumes": {"persons": 10000}}, "decision": "allow"},
	{"patch": {"data_classes": ["genetic"], "volumes": {"persons": 101}}, "decision": "deny"},
	{"patch": {"data_classes": ["genetic"], "volumes": {"persons": 100}}, "decision": "allow"},
	{"patch": {"data_classes": ["contact", "biometric"], "volumes": {"persons": 1001}}, "decision": "needs_step"},
	{"patch": {"data_classes": ["us_government_related"], "volumes": {}}, "decision": "needs_step"},
	{"patch": {"transaction": "exempt"}, "decision": "allow"},
	{"patch": {"transaction": "data_brokerage", "safeguards": ["doj_license"]}, "decision": "allow"},
	{"patch": {"destination": "FR", "recipient": {"covered_person": false}}, "decision": "allow"},
	{"patch": {"destination": "FR", "recipient": {"covered_person": true}}, "decision": "needs_step"},
	{"patch": {"destination": "FR", "data_classes": ["core_data"]}, "decision": "deny"},
]

test_bulk_data_of_us_persons if {
	every row in bulk_cases {
		decided(changed(bulk, row.patch)).decision == row.decision
	}
}

test_anonymised_us_data_is_warned_of if {
	decision := decided({"data_classes": ["anonymous"], "origin": "US", "destination": "CN"})
	"anonymised_still_counts" in {entry.code | some entry in decision.warnings}
}

test_two_regimes_both_have_to_hold if {
	decision := decided(changed(health, {"destination": "CN", "volumes": {"persons": 50000}, "transaction": "data_brokerage"}))
	decision.decision == "deny"
	decision.regimes == ["hipaa_disclosure", "us_bulk_data"]
}

test_what_is_barred_takes_no_health_information_along if {
	decided(changed(health, {"data_classes": ["phi", "state_secret"], "destination": "IE"})).decision == "deny"
}

# --- Regions as data -----------------------------------------------------------------------------------------------

british := {"data_classes": ["personal"], "origin": "GB", "destination": "FR", "safeguards": []}

test_rules_as_data_cover_the_united_kingdom if {
	decided(british).decision == "allow"
	restricted := changed(british, {"destination": "IN"})
	needed(decided(restricted)) == {"uk_idta"}
	decided(changed(restricted, {"safeguards": ["uk_addendum"]})).decision == "allow"
	decided(without(restricted, "safeguards")).missing == ["safeguards"]
}

test_rules_must_cover_every_class_and_place if {
	decision := decided(changed(british, {"data_classes": ["personal", "important_data"]}))
	decision.decision == "unknown"
	codes(decision) == {"no_ground"}
	"regional_gap" in {entry.code | some entry in decision.warnings}
}

test_a_team_may_add_a_region if {
	rule := {"id": "org.lab", "origins": ["AE"], "destinations": ["RU"], "effect": "deny", "message": "No.", "reference": "Board 7"}
	inside := {"id": "org.inside", "origins": ["AE"], "destinations": ["AE"], "effect": "deny", "inside": true, "message": "No.", "reference": "Board 8"}
	transfer := {"data_classes": ["business"], "origin": "AE", "destination": "RU"}
	decision := residency.decision with input as transfer with data.config.residency.rules as [rule]
	decision.decision == "deny"
	codes(decision) == {"org.lab"}
	within := residency.decision with input as object.union(transfer, {"destination": "AE"}) with data.config.residency.rules as [inside]
	codes(within) == {"org.inside"}
	anywhere := {"id": "org.any", "effect": "deny", "message": "No.", "reference": "Board 9"}
	everywhere := residency.decision with input as transfer with data.config.residency.rules as [anywhere]
	codes(everywhere) == {"org.any"}
}

test_what_no_rule_covers_is_unknown if {
	decision := decided({"data_classes": ["business"], "origin": "AE", "destination": "RU"})
	decision.decision == "unknown"
	codes(decision) == {"no_rule"}
}

# --- Missing and malformed input -----------------------------------------------------------------------------------

required := [
	{"base": china, "path": "purpose", "missing": "purpose"},
	{"base": china, "path": "legal_basis", "missing": "legal_basis"},
	{"base": china, "path": "safeguards", "missing": "safeguards"},
	{"base": china, "path": "exporter", "missing": "exporter.cii_operator"},
	{"base": china, "path": "volumes/persons", "missing": "volumes.persons"},
	{"base": china, "path": "volumes/sensitive_persons", "missing": "volumes.sensitive_persons"},
	{"base": china, "path": "origin", "missing": "origin"},
	{"base": china, "path": "destination", "missing": "destination"},
	{"base": china, "path": "data_classes", "missing": "data_classes"},
	{"base": europe, "path": "legal_basis", "missing": "legal_basis"},
	{"base": europe, "path": "safeguards", "missing": "safeguards"},
	{"base": europe, "path": "recipient", "missing": "recipient.role"},
	{"base": health, "path": "recipient/role", "missing": "recipient.role"},
	{"base": health, "path": "purpose", "missing": "purpose"},
	{"base": health, "path": "safeguards", "missing": "safeguards"},
	{"base": bulk, "path": "volumes", "missing": "volumes.persons"},
	{"base": bulk, "path": "transaction", "missing": "transaction"},
	{"base": object.union(bulk, {"destination": "FR"}), "path": "recipient", "missing": "recipient.covered_person"},
]

test_a_missing_field_is_unknown_and_named if {
	every row in required {
		decision := decided(without(row.base, row.path))
		decision.decision == "unknown"
		decision.missing == [row.missing]
		codes(decision) == {"missing_input"}
	}
}

malformed := [
	{"patch": {"origin": "China"}, "missing": "origin"},
	{"patch": {"origin": 86}, "missing": "origin"},
	{"patch": {"destination": null}, "missing": "destination"},
	{"patch": {"recipient": {"jurisdiction": "Moon"}}, "missing": "recipient.jurisdiction"},
	{"patch": {"data_classes": []}, "missing": "data_classes"},
	{"patch": {"data_classes": "personal"}, "missing": "data_classes"},
	{"patch": {"data_classes": ["gossip"]}, "missing": "data_classes[0]"},
	{"patch": {"data_classes": [7, "personal"]}, "missing": "data_classes[0]"},
	{"patch": {"volumes": {"persons": -1}}, "missing": "volumes.persons"},
	{"patch": {"volumes": {"persons": "many"}}, "missing": "volumes.persons"},
	{"patch": {"volumes": {"persons": 1.5}}, "missing": "volumes.persons"},
	{"patch": {"exporter": {"cii_operator": "no"}}, "missing": "exporter.cii_operator"},
	{"patch": {"safeguards": "all"}, "missing": "safeguards"},
	{"patch": {"data_classes": ["health"]}, "missing": "volumes.sensitive_persons"},
	{"patch": {"safeguards": [{"kind": "notice", "valid_until": "2030-01-01"}], "date": 20261124}, "missing": "date"},
]

test_malformed_input_is_never_allowed if {
	every row in malformed {
		decision := decided(changed(china, row.patch))
		decision.decision == "unknown"
		row.missing in decision.missing
	}
}

test_nothing_at_all_is_unknown if {
	every nothing in [{}, [], "transfer", null, 7] {
		decision := decided(nothing)
		decision.decision == "unknown"
		decision.missing == ["data_classes", "destination", "origin"]
	}
}

test_examined_names_what_was_read if {
	residency.examined == {"data_classes", "origin", "destination"} with input as {
		"data_classes": ["business"],
		"origin": "CN",
		"destination": "US",
	}
}

test_each_regime_names_what_it_read if {
	"volumes" in china_outbound.examined with input as china
	"legal_basis" in gdpr_transfer.examined with input as europe
	"recipient" in hipaa_disclosure.examined with input as health
	"transaction" in us_bulk_data.examined with input as bulk
	regional.examined == {"data_classes", "origin", "destination", "safeguards"} with input as british
}

test_a_safeguard_named_and_dated_without_a_kind_is_none if {
	decision := decided(changed(europe, {"safeguards": [{"valid_until": "2027-01-01"}, {"kind": 7}]}))
	decision.decision == "needs_step"
}

test_what_is_barred_leaves_no_jurisdiction if {
	decided(changed(health, {"data_classes": ["phi", "core_data"], "destination": "US"})).decision == "allow"
}

# --- Each check in each of its statuses: what tests/policies/test_statuses.py puts to it ------------------------------

at_home := changed(china, {"origin": "JP", "destination": "JP"})

licensed := changed(bulk, {"safeguards": ["cisa_security_requirements", "data_compliance_program"]})

indian := changed(british, {"destination": "IN"})

statuses := {
	"residency": {"pass": china, "fail": europe, "unknown": {}},
	"residency.china_outbound": {
		"pass": china,
		"fail": changed(china, {"safeguards": []}),
		"unknown": without(china, "safeguards"),
		"not_applicable": at_home,
	},
	"residency.gdpr_transfer": {
		"pass": changed(europe, {"destination": "CH"}),
		"fail": europe,
		"unknown": without(europe, "safeguards"),
		"not_applicable": at_home,
	},
	"residency.hipaa_disclosure": {
		"pass": health,
		"fail": lacking("baa"),
		"unknown": without(health, "purpose"),
		"not_applicable": at_home,
	},
	"residency.us_bulk_data": {
		"pass": licensed,
		"fail": bulk,
		"unknown": without(bulk, "volumes"),
		"not_applicable": at_home,
	},
	"residency.regional": {
		"pass": changed(indian, {"safeguards": ["uk_idta"]}),
		"fail": indian,
		"unknown": without(indian, "safeguards"),
		"not_applicable": at_home,
	},
}
