# METADATA
# title: China, data leaving the mainland
# description: |
#   Decides which route outbound data needs: security assessment, standard contract or certification, or none. The
#   volumes count persons since 1 January of the year and leave out transfers exempt under Articles 3 to 6.
# scope: package
# custom:
#   id: residency.china_outbound
#   severity: high
#   applies_to: [transfer]
#   automation: full
#   remediation:
#     en: Complete the named step (assessment, filed contract, certification, consent, notice, impact assessment) first.
#     zh: 先完成所列步骤（安全评估、标准合同备案、认证、单独同意、告知、影响评估），再向境外提供数据。
#   references:
#     - 促进和规范数据跨境流动规定 (2024-03-22) 第3-10条
#     - 个人信息保护法 第13、18、29、38-42、55条
#     - 数据安全法 第21、31、36条
#     - 个人信息出境标准合同办法 第4-7条
#     - 个人信息出境认证办法 (2026-01-01) 第4条
#     - 网络数据安全管理条例 (2025-01-01) 第35条
package yumen.checks.residency.china_outbound

import data.yumen.checks.residency.facts

applies if {
	facts.origin == "CN"
	count(facts.abroad) > 0
}

limits := facts.config.pipl

examined contains path if {
	applies
	some path in ["data_classes", "origin", "destination", "purpose", "legal_basis", "volumes", "exporter", "safeguards"]
	input[path]
}

deny contains {
	"code": "barred_data",
	"message": "Core data and state secrets may not be provided abroad by this route",
	"reference": "数据安全法 第21条; 保守国家秘密法",
} if {
	applies
	facts.barred
}

deny contains {
	"code": "restricted_recipient",
	"message": "The recipient is on the list of those to whom personal information may not be provided",
	"reference": "个人信息保护法 第42条",
} if {
	applies
	facts.personal
	input.recipient.restricted == true
}

missing contains "safeguards" if {
	regulated
	not facts.list_given(["safeguards"])
}

missing contains "purpose" if {
	regulated
	not facts.text_given(["purpose"])
}

missing contains "legal_basis" if {
	applies
	facts.personal
	not facts.text_given(["legal_basis"])
}

missing contains "exporter.cii_operator" if {
	route_depends_on_volume
	not facts.important
	not facts.flag_given(["exporter", "cii_operator"])
}

missing contains "volumes.persons" if {
	counted
	not over_assessment
	not facts.persons_given
}

missing contains "volumes.sensitive_persons" if {
	counted
	not over_assessment
	not facts.sensitive_persons_given
}

# Sensitive classes named and nobody counted: the two contradict, and the count decides.
missing contains "volumes.sensitive_persons" if {
	counted
	facts.sensitive
	facts.sensitive_persons == 0
}

regulated if {
	applies
	facts.personal
}

regulated if {
	applies
	facts.important
}

# Provisions Art. 3 to 6 and Regulation Art. 35(6): what needs no route at all. Important data is never among them.
exemptions := {
	"individual_contract": {
		"needs": {"necessity_assessed"},
		"message": "Necessary to conclude or perform a contract to which the individual is party",
		"reference": "促进和规范数据跨境流动规定 第5条第1款第1项",
	},
	"hr_management": {
		"needs": {"necessity_assessed", "labour_rules_or_collective_contract"},
		"message": "Necessary for cross-border human resources management under labour rules or a collective contract",
		"reference": "促进和规范数据跨境流动规定 第5条第1款第2项",
	},
	"emergency": {
		"needs": {"necessity_assessed"},
		"message": "Necessary to protect life, health and property in an emergency",
		"reference": "促进和规范数据跨境流动规定 第5条第1款第3项",
	},
	"statutory_duty": {
		"needs": {"necessity_assessed"},
		"message": "Necessary to perform a statutory duty or obligation",
		"reference": "网络数据安全管理条例 第35条第6项",
	},
	"re_export": {
		"needs": {"no_domestic_data_introduced"},
		"message": "Collected abroad, processed in the mainland, and nothing domestic was introduced",
		"reference": "促进和规范数据跨境流动规定 第4条",
	},
}

exemption := entry if {
	entry := exemptions[input.purpose]
	not facts.important
	every need in entry.needs {
		need in facts.held
	}
}

in_free_trade_zone if {
	"outside_ftz_negative_list" in facts.held
	not facts.important
}

exempt if exemption

exempt if in_free_trade_zone

route_depends_on_volume if {
	regulated
	facts.personal
	not exempt
}

counted if {
	route_depends_on_volume
	not facts.important
	input.exporter.cii_operator == false
}

# Art. 7: security assessment.
assessment contains "important data" if {
	applies
	facts.important
}

assessment contains "personal information from an operator of critical information infrastructure" if {
	route_depends_on_volume
	input.exporter.cii_operator == true
}

assessment contains sprintf("%d persons or more since 1 January", [limits.persons_assessment]) if {
	counted
	facts.persons >= limits.persons_assessment
}

assessment contains sprintf("sensitive personal information of %d persons or more since 1 January", [limits.sensitive_assessment]) if {
	counted
	facts.sensitive_persons >= limits.sensitive_assessment
}

over_assessment if count(assessment) > 0

# Art. 8: standard contract or certification.
contract if {
	counted
	not over_assessment
	facts.persons >= limits.persons_contract
}

contract if {
	counted
	not over_assessment
	facts.sensitive_persons > 0
}

contract if {
	counted
	not over_assessment
	facts.sensitive
}

# Art. 5(1)(4): few persons, nothing sensitive.
small if {
	counted
	not contract
	facts.persons < limits.persons_contract
	facts.sensitive_persons == 0
}

contract_kinds contains kind if some kind in ["cac_standard_contract", "cac_certification", "cac_security_assessment"]

# Standard contract for the Greater Bay Area: no threshold, but only Hong Kong or Macao, and never important data.
contract_kinds contains "gba_standard_contract" if {
	count(facts.abroad) > 0
	every place in facts.abroad {
		facts.within(place, "CN_GREATER_BAY")
	}
}

steps contains {
	"step": sprintf("Pass the security assessment of the Cyberspace Administration (because of: %s)", [concat("; ", sort(assessment))]),
	"reference": "促进和规范数据跨境流动规定 第7条; 数据出境安全评估办法 第4条",
	"safeguard": "cac_security_assessment",
} if {
	over_assessment
	not "cac_security_assessment" in facts.held
}

steps contains {
	"step": "Conclude the standard contract and file it with the provincial Cyberspace Administration, or obtain certification",
	"reference": "促进和规范数据跨境流动规定 第8条; 个人信息出境标准合同办法 第7条; 个人信息出境认证办法 第4条",
	"safeguard": "cac_standard_contract",
} if {
	contract
	not facts.any_held(contract_kinds)
}

steps contains {
	"step": "Rest the processing on a basis of Article 13 of the Personal Information Protection Law",
	"reference": "个人信息保护法 第13条",
	"safeguard": "",
} if {
	regulated
	facts.personal
	basis := input.legal_basis
	is_string(basis)
	not basis in facts.config.legal_bases.pipl
}

duty(kind, step, reference) := {"step": step, "reference": reference, "safeguard": kind} if not kind in facts.held

urgent if input.purpose == "emergency"

steps contains duty(
	"separate_consent",
	"Obtain the separate consent of each individual to the transfer",
	"个人信息保护法 第39条; 促进和规范数据跨境流动规定 第10条",
) if {
	regulated
	facts.personal
	input.legal_basis == "consent"
}

steps contains duty(
	"notice",
	"Tell the individuals who receives the data, how to reach them, why, how, which data, and how to exercise their rights",
	"个人信息保护法 第39条",
) if {
	regulated
	facts.personal
	not urgent
}

steps contains duty(
	"impact_assessment",
	"Make a personal information protection impact assessment and keep it for three years",
	"个人信息保护法 第55条第4项、第56条",
) if {
	regulated
	facts.personal
	not urgent
}

steps contains duty(
	"authority_approval",
	"Obtain the approval of the competent authority before answering a foreign judicial or law-enforcement body",
	"个人信息保护法 第41条; 数据安全法 第36条",
) if {
	applies
	input.purpose == "foreign_authority_request"
}

permits contains {"code": "exempt", "message": exemption.message, "reference": exemption.reference} if {
	regulated
	exempt
}

permits contains {
	"code": "free_trade_zone",
	"message": "The data is outside the negative list of the free trade zone in which the exporter is registered",
	"reference": "促进和规范数据跨境流动规定 第6条",
} if {
	regulated
	in_free_trade_zone
}

permits contains {
	"code": "below_threshold",
	"message": sprintf("Fewer than %d persons since 1 January, nothing sensitive", [limits.persons_contract]),
	"reference": "促进和规范数据跨境流动规定 第5条第1款第4项",
} if {
	small
}

permits contains {
	"code": "assessment_passed",
	"message": "The security assessment is passed and valid",
	"reference": "促进和规范数据跨境流动规定 第7条、第9条",
} if {
	over_assessment
	"cac_security_assessment" in facts.held
}

permits contains {
	"code": "contract_or_certification",
	"message": "A filed standard contract, a certification or an assessment covers the transfer",
	"reference": "促进和规范数据跨境流动规定 第8条",
} if {
	contract
	facts.any_held(contract_kinds)
}

permits contains {
	"code": "not_regulated",
	"message": "Neither personal information nor important data",
	"reference": "促进和规范数据跨境流动规定 第2条、第3条",
} if {
	applies
	not regulated
	not facts.barred
	count(facts.classes) > 0
}

warn contains {
	"code": "exemption_incomplete",
	"message": sprintf("The exemption for %s would apply once these are recorded: %s", [input.purpose, concat(", ", sort(absent))]),
	"reference": exemptions[input.purpose].reference,
} if {
	regulated
	not facts.important
	absent := exemptions[input.purpose].needs - facts.held
	count(absent) > 0
}

warn contains {
	"code": "afterwards",
	"message": "Notice and impact assessment are not awaited in an emergency; make them up without delay afterwards",
	"reference": "个人信息保护法 第18条",
} if {
	regulated
	urgent
}
