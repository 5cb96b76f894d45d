# METADATA
# title: Least privilege
# description: |
#   Reads grants of AWS IAM, Alibaba Cloud RAM, Kubernetes RBAC and MCP with their usage, and says what is too wide, not
#   used, able to escalate, or joined against separation of duty.
# scope: package
# custom:
#   id: least_privilege
#   severity: high
#   applies_to: [grants, usage]
#   automation: full
#   statuses: [pass, fail, unknown]
#   remediation:
#     en: Follow the remedy of each finding; adopt the minimal policy that still covers every recorded use.
#     zh: 按每条发现的建议整改；采用覆盖全部使用记录的最小策略。
#   references:
#     - NIST SP 800-53 AC-5, AC-6
#     - GB/T 22239-2019 8.1.4.2
#     - 45 CFR 164.308(a)(4)
package yumen.checks.least_privilege

import data.yumen.checks.least_privilege.escalation
import data.yumen.checks.least_privilege.grants
import data.yumen.checks.least_privilege.separation
import data.yumen.checks.least_privilege.unused
import data.yumen.checks.least_privilege.wildcards

deny := ((wildcards.deny | unused.deny) | escalation.deny) | separation.deny

warn := ((wildcards.warn | unused.warn) | escalation.warn) | separation.warn

missing := unused.unreadable

examined := wildcards.examined | unused.examined

actionable contains finding if {
	some finding in warn
	finding.severity in {"medium", "high", "critical"}
}

default verdict := "unknown"

verdict := "deny" if {
	count(deny) > 0
} else := "unknown" if {
	count(missing) > 0
} else := "needs_step" if {
	count(actionable) > 0
} else := "unknown" if {
	unused.short
} else := "allow" if {
	count(grants.permission) > 0
}

reasons contains {"code": finding.rule, "message": finding.message, "rule": finding.rule, "reference": finding.at} if {
	some finding in deny
}

reasons contains {"code": finding.rule, "message": finding.message, "rule": finding.rule, "reference": finding.at} if {
	verdict == "needs_step"
	some finding in actionable
}

reasons contains {
	"code": "missing_input",
	"message": sprintf("'%s' is missing or malformed", [path]),
	"rule": "least_privilege",
	"reference": "",
} if {
	some path in missing
}

reasons contains {"code": "window_short", "message": finding.message, "rule": finding.rule, "reference": finding.at} if {
	verdict == "unknown"
	some finding in warn
	finding.rule == "least_privilege.unused.window_short"
}

reasons contains {
	"code": "no_permission",
	"message": "The grants hold no permission that could be examined",
	"rule": "least_privilege",
	"reference": "",
} if {
	count(missing) == 0
	count(grants.permission) == 0
}

reasons contains {
	"code": "minimal",
	"message": "Every grant is narrow, used, and free of escalation and conflicts",
	"rule": "least_privilege",
	"reference": "NIST SP 800-53 AC-6",
} if {
	verdict == "allow"
}

steps contains {"step": finding.remedy, "reference": finding.at, "rule": finding.rule} if some finding in deny

steps contains {"step": finding.remedy, "reference": finding.at, "rule": finding.rule} if some finding in actionable

# METADATA
# title: Decision on a set of grants
# entrypoint: true
decision := {
	"decision": verdict,
	"reasons": sort(reasons),
	"missing": sort(missing),
	"steps": sort(steps),
	"findings": sort(deny | warn),
	"examined": {"permissions": count(grants.permission), "principals": count(grants.principals), "usage": count(grants.listed("usage"))},
}
