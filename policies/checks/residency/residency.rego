# METADATA
# title: Data residency and cross-border transfer
# description: |
#   One answer for one transfer, over all regimes that apply to it. The strictest outcome wins: deny, then unknown, then
#   needs_step, then allow. What no regime covers is unknown, never allowed.
# scope: package
# custom:
#   id: residency
#   severity: high
#   applies_to: [transfer]
#   automation: full
#   statuses: [pass, fail, unknown]
#   remediation:
#     en: Provide the missing input, or complete the steps listed.
#     zh: 补齐缺失的输入，或完成所列步骤。
#   references:
#     - 促进和规范数据跨境流动规定
#     - GDPR chapter V
#     - 45 CFR part 164
#     - 28 CFR part 202
package yumen.checks.residency

import data.yumen.checks.residency.china_outbound
import data.yumen.checks.residency.facts
import data.yumen.checks.residency.gdpr_transfer
import data.yumen.checks.residency.hipaa_disclosure
import data.yumen.checks.residency.regional
import data.yumen.checks.residency.us_bulk_data

# Each regime that applies, with what it says.
regime["china_outbound"] := said(china_outbound.deny, china_outbound.missing, china_outbound.steps, china_outbound.permits, china_outbound.warn) if {
	china_outbound.applies
}

regime["gdpr_transfer"] := said(gdpr_transfer.deny, gdpr_transfer.missing, gdpr_transfer.steps, gdpr_transfer.permits, gdpr_transfer.warn) if {
	gdpr_transfer.applies
}

regime["hipaa_disclosure"] := said(hipaa_disclosure.deny, hipaa_disclosure.missing, hipaa_disclosure.steps, hipaa_disclosure.permits, hipaa_disclosure.warn) if {
	hipaa_disclosure.applies
}

regime["us_bulk_data"] := said(us_bulk_data.deny, us_bulk_data.missing, us_bulk_data.steps, us_bulk_data.permits, us_bulk_data.warn) if {
	us_bulk_data.applies
}

regime["regional"] := said(regional.deny, regional.missing, regional.steps, regional.permits, regional.warn) if {
	regional.applies
}

# Nothing crosses a border and no sectoral regime asks: the move is inside one jurisdiction.
regime["domestic"] := said(
	set(), set(), set(), {{
		"code": "stays_inside",
		"message": "The data does not leave the jurisdiction of its origin",
		"reference": "no cross-border rule applies",
	}},
	set(),
) if {
	count(facts.missing) == 0
	count(facts.abroad) == 0
	not gdpr_transfer.applies
	not hipaa_disclosure.applies
	not us_bulk_data.applies
	not regional.applies
}

said(refusals, absent, needed, grounds, cautions) := {
	"deny": refusals,
	"missing": absent,
	"steps": needed,
	"permits": grounds,
	"warn": cautions,
	"outcome": outcome(refusals, absent, needed, grounds),
}

outcome(refusals, _, _, _) := "deny" if count(refusals) > 0

outcome(refusals, absent, _, _) := "unknown" if {
	count(refusals) == 0
	count(absent) > 0
}

outcome(refusals, absent, needed, _) := "needs_step" if {
	count(refusals) == 0
	count(absent) == 0
	count(needed) > 0
}

outcome(refusals, absent, needed, grounds) := "allow" if {
	count(refusals) == 0
	count(absent) == 0
	count(needed) == 0
	count(grounds) > 0
}

outcome(refusals, absent, needed, grounds) := "unknown" if {
	count(refusals) == 0
	count(absent) == 0
	count(needed) == 0
	count(grounds) == 0
}

outcomes contains entry.outcome if some entry in regime

deny contains object.union(entry, {"rule": sprintf("residency.%s", [name])}) if {
	some name, said_by in regime
	some entry in said_by.deny
}

warn contains object.union(entry, {"rule": sprintf("residency.%s", [name])}) if {
	some name, said_by in regime
	some entry in said_by.warn
}

warn contains {
	"code": "safeguard_expired",
	"message": sprintf("'%s' is past its date and does not count", [kind]),
	"reference": "input.safeguards",
	"rule": "residency",
} if {
	some kind in facts.expired
}

permits contains object.union(entry, {"rule": sprintf("residency.%s", [name])}) if {
	some name, said_by in regime
	some entry in said_by.permits
}

steps contains object.union(entry, {"rule": sprintf("residency.%s", [name])}) if {
	some name, said_by in regime
	some entry in said_by.steps
}

missing contains path if some path in facts.missing

missing contains path if {
	some said_by in regime
	some path in said_by.missing
}

examined contains path if {
	count(regime) > 0
	some path, _ in input
}

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

reasons contains entry if {
	verdict == "deny"
	some entry in deny
}

reasons contains {
	"code": "missing_input",
	"message": sprintf("'%s' is missing or malformed", [path]),
	"reference": "",
	"rule": "residency",
} if {
	verdict == "unknown"
	some path in missing
}

reasons contains {
	"code": "no_rule",
	"message": "No regime and no regional rule covers this transfer",
	"reference": "config/residency/data.json",
	"rule": "residency",
} if {
	verdict == "unknown"
	count(missing) == 0
	count(regime) == 0
}

reasons contains {
	"code": "no_ground",
	"message": sprintf("'%s' applies, but the input shows no ground for the transfer", [name]),
	"reference": "",
	"rule": sprintf("residency.%s", [name]),
} if {
	verdict == "unknown"
	some name, said_by in regime
	count(missing) == 0
	said_by.outcome == "unknown"
}

reasons contains {
	"code": "step_needed",
	"message": entry.step,
	"reference": entry.reference,
	"rule": entry.rule,
} if {
	verdict == "needs_step"
	some entry in steps
}

reasons contains entry if {
	verdict == "allow"
	some entry in permits
}

# METADATA
# title: Decision on one transfer
# entrypoint: true
decision := {
	"decision": verdict,
	"reasons": sort(reasons),
	"missing": sort(missing),
	"steps": sort(steps),
	"warnings": sort(warn),
	"regimes": sort({name | some name, _ in regime}),
}
