# METADATA
# title: United States, bulk sensitive personal data to countries of concern
# description: |
#   The Data Security Program of the Department of Justice; volumes count U.S. persons (for location: devices) over the
#   preceding twelve months; the data counts even when anonymised, pseudonymised, de-identified or encrypted.
# scope: package
# custom:
#   id: residency.us_bulk_data
#   severity: critical
#   applies_to: [transfer]
#   automation: full
#   remediation:
#     en: Keep bulk data away from countries of concern and covered persons, or meet the CISA security requirements.
#     zh: 避免向受关注国家或受管辖人员提供批量敏感数据，或满足 CISA 安全要求。
#   references:
#     - 28 CFR 202.205, 202.206, 202.211
#     - 28 CFR 202.301, 202.303, 202.401
#     - Executive Order 14117
package yumen.checks.residency.us_bulk_data

import data.yumen.checks.residency.facts

applies if facts.origin == "US"

examined contains path if {
	applies
	some path in ["data_classes", "origin", "destination", "recipient", "transaction", "volumes", "safeguards"]
	input[path]
}

sensitive_classes contains name if {
	some name in facts.classes
	is_number(facts.config.classes[name].us_bulk)
}

of_concern contains place if {
	some place in facts.destinations
	facts.within(place, "US_COUNTRIES_OF_CONCERN")
}

regulated if {
	applies
	count(sensitive_classes) > 0
	count(of_concern) > 0
}

regulated if {
	applies
	count(sensitive_classes) > 0
	input.recipient.covered_person == true
}

# 202.205(g): combined data takes the lowest threshold of its categories.
threshold := min([facts.config.classes[name].us_bulk | some name in sensitive_classes])

bulk if {
	regulated
	threshold == 0
}

bulk if {
	regulated
	facts.persons > threshold
}

small if {
	regulated
	threshold > 0
	facts.persons <= threshold
}

missing contains "volumes.persons" if {
	regulated
	not bulk
	not small
}

missing contains "recipient.covered_person" if {
	applies
	not regulated
	count(sensitive_classes) > 0
	count(facts.abroad) > 0
	not facts.flag_given(["recipient", "covered_person"])
}

missing contains "transaction" if {
	bulk
	not object.get(facts.document, ["transaction"], "") in {"data_brokerage", "vendor_agreement", "employment_agreement", "investment_agreement", "exempt", "other"}
}

prohibited contains "data brokerage" if {
	bulk
	input.transaction == "data_brokerage"
}

prohibited contains "human 'omic data" if {
	bulk
	some name in sensitive_classes
	facts.config.classes[name].omic == true
	input.transaction in {"vendor_agreement", "employment_agreement", "investment_agreement"}
}

restricted if {
	bulk
	count(prohibited) == 0
	input.transaction in {"vendor_agreement", "employment_agreement", "investment_agreement"}
}

deny contains {
	"code": "prohibited_transaction",
	"message": sprintf("Prohibited without a licence: %s", [concat("; ", sort(prohibited))]),
	"reference": "28 CFR 202.301, 202.303",
} if {
	count(prohibited) > 0
	not "doj_license" in facts.held
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

steps contains {
	"step": "Meet the CISA security requirements before the restricted transaction",
	"reference": "28 CFR 202.401, 202.248",
	"safeguard": "cisa_security_requirements",
} if {
	restricted
	not facts.any_held({"cisa_security_requirements", "doj_license"})
}

steps contains {
	"step": "Run the data compliance programme with due diligence, audit and records",
	"reference": "28 CFR 202.1001, 202.1002, 202.1101",
	"safeguard": "data_compliance_program",
} if {
	restricted
	not facts.any_held({"data_compliance_program", "doj_license"})
}

permits contains {
	"code": "outside_the_program",
	"message": "No bulk sensitive personal data of U.S. persons reaches a country of concern or a covered person",
	"reference": "28 CFR 202.205, 202.210",
} if {
	applies
	not regulated
	count(facts.classes) > 0
}

permits contains {
	"code": "below_bulk",
	"message": sprintf("Not more than %d persons in twelve months", [threshold]),
	"reference": "28 CFR 202.205",
} if {
	small
}

permits contains {
	"code": "exempt_transaction",
	"message": "The transaction is declared exempt or outside the covered kinds",
	"reference": "28 CFR 202.210, subpart E",
} if {
	bulk
	input.transaction in {"exempt", "other"}
}

permits contains {
	"code": "licensed",
	"message": "A licence of the Department of Justice covers the transaction",
	"reference": "28 CFR 202.801, 202.802",
} if {
	bulk
	"doj_license" in facts.held
}

permits contains {
	"code": "restricted_with_requirements",
	"message": "A restricted transaction that meets the security requirements",
	"reference": "28 CFR 202.401",
} if {
	restricted
	"cisa_security_requirements" in facts.held
}

warn contains {
	"code": "declared_exempt",
	"message": "The exemption is declared, not examined: keep the legal analysis",
	"reference": "28 CFR 202.501-202.511",
} if {
	bulk
	input.transaction in {"exempt", "other"}
}

warn contains {
	"code": "anonymised_still_counts",
	"message": "Anonymised data about U.S. persons still counts as bulk data when the underlying category does",
	"reference": "28 CFR 202.206",
} if {
	applies
	"anonymous" in facts.classes
	count(of_concern) > 0
}
