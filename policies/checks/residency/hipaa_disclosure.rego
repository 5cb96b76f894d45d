# METADATA
# title: HIPAA, disclosure of protected health information
# description: |
#   Who may receive it and under which paper (Privacy Rule), and which safeguards the Security Rule asks for. HIPAA does
#   not forbid storage abroad, but the risk analysis must cover the place.
# scope: package
# custom:
#   id: residency.hipaa_disclosure
#   severity: high
#   applies_to: [transfer]
#   automation: full
#   remediation:
#     en: Sign a business associate agreement and record the risk analysis and technical safeguards.
#     zh: 签署业务伙伴协议（BAA），并记录风险分析与技术保护措施。
#   references:
#     - 45 CFR 164.502(a), (b), (e)
#     - 45 CFR 164.504(e)
#     - 45 CFR 164.506, 164.508, 164.512, 164.514
#     - 45 CFR 164.308(a)(1), (b); 164.312
package yumen.checks.residency.hipaa_disclosure

import data.yumen.checks.residency.facts

applies if "phi" in facts.classes

examined contains path if {
	applies
	some path in ["data_classes", "origin", "destination", "recipient", "purpose", "safeguards"]
	input[path]
}

missing contains "recipient.role" if {
	applies
	not facts.text_given(["recipient", "role"])
}

missing contains "purpose" if {
	applies
	not facts.text_given(["purpose"])
}

missing contains "safeguards" if {
	applies
	not facts.list_given(["safeguards"])
}

associate_roles := {"business_associate", "processor", "subcontractor"}

covered_roles := {"covered_entity", "provider", "health_plan"}

core_purposes := {"treatment", "payment", "operations"}

for_authorisation if input.purpose in {"marketing", "sale"}

# The grounds of the Privacy Rule.
ground := {
	"code": "to_the_individual",
	"message": "Disclosure to the individual whose information it is",
	"reference": "45 CFR 164.502(a)(1)(i)",
} if {
	input.recipient.role == "individual"
} else := {
	"code": "authorization",
	"message": "A valid authorization covers the disclosure",
	"reference": "45 CFR 164.508",
} if {
	"hipaa_authorization" in facts.held
} else := {
	"code": "business_associate",
	"message": "A business associate agreement covers the recipient",
	"reference": "45 CFR 164.502(e), 164.504(e), 164.308(b)",
} if {
	not for_authorisation
	input.recipient.role in associate_roles
	"baa" in facts.held
} else := {
	"code": "treatment_payment_operations",
	"message": "Treatment, payment or health care operations between covered entities",
	"reference": "45 CFR 164.506(c)",
} if {
	input.recipient.role in covered_roles
	input.purpose in core_purposes
} else := {
	"code": "limited_data_set",
	"message": "A limited data set under a data use agreement",
	"reference": "45 CFR 164.514(e)",
} if {
	input.purpose in {"research", "public_health", "operations"}
	"data_use_agreement" in facts.held
} else := {
	"code": "research_waiver",
	"message": "Research under a waiver of an institutional review or privacy board",
	"reference": "45 CFR 164.512(i)",
} if {
	input.purpose == "research"
	"irb_waiver" in facts.held
} else := {
	"code": "required_by_law",
	"message": "The disclosure is required by law and limited to what the law requires",
	"reference": "45 CFR 164.512(a)",
} if {
	not for_authorisation
	"required_by_law" in facts.held
}

permits contains ground if applies

steps contains {
	"step": "Sign a business associate agreement with the recipient",
	"reference": "45 CFR 164.502(e), 164.504(e), 164.308(b)",
	"safeguard": "baa",
} if {
	applies
	not ground
	not for_authorisation
	input.recipient.role in associate_roles
}

steps contains {
	"step": "Obtain the authorization of each individual, or another ground of 45 CFR 164.512 or 164.514",
	"reference": "45 CFR 164.508(a)",
	"safeguard": "hipaa_authorization",
} if {
	applies
	not ground
	is_string(input.recipient.role)
	not to_associate
}

to_associate if {
	not for_authorisation
	input.recipient.role in associate_roles
}

# Security Rule: the addressable ones may be replaced by a documented equivalent (164.306(d)(3)).
technical := {
	"risk_analysis": {"step": "Make and document the risk analysis", "reference": "45 CFR 164.308(a)(1)(ii)(A)"},
	"access_control": {"step": "Restrict access to those with rights to it", "reference": "45 CFR 164.312(a)(1)"},
	"audit_controls": {"step": "Record activity in the systems that hold the data", "reference": "45 CFR 164.312(b)"},
	"encryption_in_transit": {"step": "Encrypt in transit, or document the equivalent measure", "reference": "45 CFR 164.312(e)(2)(ii), 164.306(d)(3)"},
	"encryption_at_rest": {"step": "Encrypt at rest, or document the equivalent measure", "reference": "45 CFR 164.312(a)(2)(iv), 164.306(d)(3)"},
}

equivalents := {
	"encryption_in_transit": "encryption_in_transit_equivalent",
	"encryption_at_rest": "encryption_at_rest_equivalent",
}

steps contains {"step": entry.step, "reference": entry.reference, "safeguard": kind} if {
	applies
	not to_individual
	some kind, entry in technical
	not kind in facts.held
	not object.get(equivalents, kind, "") in facts.held
}

steps contains {
	"step": "Limit the disclosure to the minimum necessary for the purpose",
	"reference": "45 CFR 164.502(b), 164.514(d)",
	"safeguard": "minimum_necessary",
} if {
	applies
	not minimum_waived
	not "minimum_necessary" in facts.held
}

# 164.502(b)(2): treatment by a provider, the individual, an authorization, what law requires.
minimum_waived if input.purpose == "treatment"

minimum_waived if to_individual

minimum_waived if "hipaa_authorization" in facts.held

minimum_waived if ground.code == "required_by_law"

to_individual if input.recipient.role == "individual"

steps contains {
	"step": "Cover the foreign location in the risk analysis and manage what it adds",
	"reference": "45 CFR 164.308(a)(1)(ii)(A)-(B); HHS Guidance on HIPAA & Cloud Computing",
	"safeguard": "offshore_risk_analysis",
} if {
	applies
	not to_individual
	some place in facts.destinations
	place != "US"
	not "offshore_risk_analysis" in facts.held
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

warn contains {
	"code": "medicare_medicaid_offshore",
	"message": "Medicare Advantage attestation and state Medicaid contracts may restrict work abroad",
	"reference": "CMS offshore subcontractor attestation",
} if {
	applies
	some place in facts.destinations
	place != "US"
}
