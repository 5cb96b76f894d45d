# METADATA
# title: GDPR chapter V, transfers to third countries
# description: |
#   Adequacy (Art. 45), appropriate safeguards (Art. 46, 47) or a derogation (Art. 49), besides a lawful basis (Art. 6)
#   and, for special categories, a condition of Art. 9(2).
# scope: package
# custom:
#   id: residency.gdpr_transfer
#   severity: high
#   applies_to: [transfer]
#   automation: full
#   remediation:
#     en: Sign standard contractual clauses with a transfer impact assessment, or move to an adequate destination.
#     zh: 签署标准合同条款并完成传输影响评估，或将数据留在/转至具备充分性认定的地区。
#   references:
#     - GDPR Art. 6, 9, 28, 44-49
#     - CJEU C-311/18 (Schrems II)
#     - EDPB Recommendations 01/2020
#     - EDPB Guidelines 2/2018
package yumen.checks.residency.gdpr_transfer

import data.yumen.checks.residency.facts

applies if facts.within(facts.origin, "EEA")

examined contains path if {
	applies
	some path in ["data_classes", "origin", "destination", "recipient", "purpose", "legal_basis", "safeguards", "frequency"]
	input[path]
}

regulated if {
	applies
	facts.personal
}

third contains place if {
	some place in facts.destinations
	not facts.within(place, "EEA")
}

# Adequacy of one destination, with the recipient and on the day of the transfer.
adequate contains place if {
	some place in third
	entry := facts.config.adequacy[place]
	in_force(entry)
	in_scope(entry)
}

in_force(entry) if {
	not entry.until
	not facts.today
}

in_force(entry) if {
	facts.today >= entry.from
	facts.today <= object.get(entry, "until", "9999-12-31")
}

in_scope(entry) if not entry.scope

in_scope(entry) if {
	is_array(input.recipient.programs)
	entry.scope in input.recipient.programs
}

not_adequate := third - adequate

# Art. 46 and 47: instruments that stand without further authorisation, and those authorised.
instruments := {
	"scc": "GDPR Art. 46(2)(c)",
	"bcr": "GDPR Art. 46(2)(b), Art. 47",
	"code_of_conduct": "GDPR Art. 46(2)(e)",
	"certification_mechanism": "GDPR Art. 46(2)(f)",
	"public_authority_instrument": "GDPR Art. 46(2)(a)",
	"authorised_clauses": "GDPR Art. 46(3)(a)",
}

instrument contains kind if {
	some kind, _ in instruments
	kind in facts.held
}

# Art. 49(1) with recital 111: `occasional` ones are not for systematic transfers; 49(3) shuts some to public bodies.
derogations := {
	"art49_explicit_consent": {"reference": "GDPR Art. 49(1)(a)", "occasional": false, "public": false},
	"art49_contract": {"reference": "GDPR Art. 49(1)(b)", "occasional": true, "public": false},
	"art49_contract_in_interest": {"reference": "GDPR Art. 49(1)(c)", "occasional": true, "public": false},
	"art49_public_interest": {"reference": "GDPR Art. 49(1)(d)", "occasional": false, "public": true},
	"art49_legal_claims": {"reference": "GDPR Art. 49(1)(e)", "occasional": true, "public": true},
	"art49_vital_interests": {"reference": "GDPR Art. 49(1)(f)", "occasional": false, "public": true},
	"art49_public_register": {"reference": "GDPR Art. 49(1)(g)", "occasional": false, "public": true},
	"art49_compelling_interests": {"reference": "GDPR Art. 49(1) second subparagraph", "occasional": true, "public": false},
}

claimed contains kind if {
	some kind, _ in derogations
	kind in facts.held
}

derogation contains kind if {
	some kind in claimed
	frequency_fits(derogations[kind])
	exporter_fits(derogations[kind])
}

frequency_fits(entry) if entry.occasional == false

frequency_fits(_) if input.frequency in {"once", "occasional"}

exporter_fits(entry) if entry.public == true

exporter_fits(_) if input.exporter.public_authority == false

grounded if count(not_adequate) == 0

grounded if count(instrument) > 0

grounded if count(derogation) > 0

undecided_scope contains place if {
	some place in not_adequate
	facts.config.adequacy[place].scope
	not facts.list_given(["recipient", "programs"])
}

missing contains "recipient.programs" if {
	regulated
	not grounded
	count(undecided_scope) > 0
}

missing contains "date" if {
	regulated
	not grounded
	some place in third
	facts.config.adequacy[place].until
	not facts.today
}

missing contains "frequency" if {
	regulated
	not grounded
	some kind in claimed
	derogations[kind].occasional == true
	not facts.text_given(["frequency"])
}

missing contains "exporter.public_authority" if {
	regulated
	not grounded
	some kind in claimed
	derogations[kind].public == false
	not facts.flag_given(["exporter", "public_authority"])
}

missing contains "legal_basis" if {
	regulated
	not facts.text_given(["legal_basis"])
}

missing contains "safeguards" if {
	regulated
	count(third) > 0
	not facts.list_given(["safeguards"])
}

missing contains "recipient.role" if {
	regulated
	count(third) > 0
	not facts.text_given(["recipient", "role"])
}

deny contains {
	"code": "barred_data",
	"message": "The data is marked as never to leave",
	"reference": "organisation policy",
} if {
	applies
	facts.barred
	count(facts.abroad) > 0
}

# Art. 48: a foreign judgment or order is no ground of its own.
deny contains {
	"code": "foreign_order",
	"message": "A foreign authority's request is recognised only under an international agreement or another ground of chapter V",
	"reference": "GDPR Art. 48",
} if {
	regulated
	count(third) > 0
	input.purpose == "foreign_authority_request"
	is_array(input.safeguards)
	not facts.any_held({"international_agreement"})
	count(derogation) == 0
	count(claimed) == 0
}

steps contains {
	"step": sprintf("Put standard contractual clauses or binding corporate rules in place for %s", [concat(", ", sort(not_adequate))]),
	"reference": "GDPR Art. 44, Art. 46(2)",
	"safeguard": "scc",
} if {
	regulated
	not grounded
}

# Schrems II: an instrument alone does not do; the law of the destination has to be assessed.
steps contains {
	"step": "Assess whether the law and practice of the destination impair the instrument, and add measures where they do",
	"reference": "CJEU C-311/18; EDPB Recommendations 01/2020",
	"safeguard": "transfer_impact_assessment",
} if {
	regulated
	count(not_adequate) > 0
	count(instrument) > 0
	count(derogation) == 0
	not "transfer_impact_assessment" in facts.held
}

steps contains {
	"step": "Inform the supervisory authority and the data subjects of the compelling legitimate interests",
	"reference": "GDPR Art. 49(1) second subparagraph",
	"safeguard": "supervisory_authority_informed",
} if {
	regulated
	count(not_adequate) > 0
	count(instrument) == 0
	derogation == {"art49_compelling_interests"}
	not "supervisory_authority_informed" in facts.held
}

steps contains {
	"step": "Name a lawful basis of Article 6(1)",
	"reference": "GDPR Art. 6(1)",
	"safeguard": "",
} if {
	regulated
	basis := input.legal_basis
	is_string(basis)
	not basis in facts.config.legal_bases.gdpr
}

steps contains {
	"step": "Record the condition of Article 9(2) under which the special categories are processed",
	"reference": "GDPR Art. 9(2)",
	"safeguard": "art9_condition",
} if {
	regulated
	facts.special
	not "art9_condition" in facts.held
}

steps contains {
	"step": "Conclude a processing contract with the processor",
	"reference": "GDPR Art. 28(3)",
	"safeguard": "processor_agreement",
} if {
	regulated
	input.recipient.role == "processor"
	not facts.any_held({"processor_agreement", "scc"})
}

permits contains {
	"code": "within_eea",
	"message": "The data stays in the European Economic Area",
	"reference": "GDPR Art. 1(3)",
} if {
	regulated
	count(third) == 0
	count(facts.destinations) > 0
}

permits contains {
	"code": "adequacy",
	"message": sprintf("Adequacy decision %s covers the transfer to %s", [facts.config.adequacy[place].decision, place]),
	"reference": "GDPR Art. 45(3)",
} if {
	regulated
	some place in adequate
	grounded
}

permits contains {
	"code": "appropriate_safeguards",
	"message": sprintf("The instrument '%s' covers the transfer", [kind]),
	"reference": instruments[kind],
} if {
	regulated
	count(not_adequate) > 0
	some kind in instrument
}

permits contains {
	"code": "derogation",
	"message": sprintf("The derogation '%s' covers the transfer", [kind]),
	"reference": derogations[kind].reference,
} if {
	regulated
	count(not_adequate) > 0
	some kind in derogation
}

permits contains {
	"code": "not_personal",
	"message": "No personal data: the GDPR does not apply",
	"reference": "GDPR Art. 2(1), Art. 4(1), recital 26",
} if {
	applies
	not facts.personal
	count(facts.classes) > 0
}

warn contains {
	"code": "derogation_is_exception",
	"message": "A derogation is interpreted strictly; prefer an instrument of Article 46 for anything that recurs",
	"reference": "EDPB Guidelines 2/2018",
} if {
	regulated
	count(not_adequate) > 0
	count(instrument) == 0
	count(derogation) > 0
}

warn contains {
	"code": "systematic_use",
	"message": sprintf("The derogation '%s' is not for systematic transfers", [kind]),
	"reference": "GDPR recital 111",
} if {
	regulated
	some kind in claimed
	derogations[kind].occasional == true
	input.frequency == "systematic"
}
