# METADATA
# title: Health and cost of accelerators, jobs and endpoints
# description: All rules over metrics; fail, then unknown, then pass; a pass needs something examined.
# scope: package
# custom:
#   id: health
#   severity: high
#   applies_to: [metrics]
#   automation: full
#   statuses: [pass, fail, unknown]
#   remediation:
#     en: Follow the remedy of each finding.
#     zh: 按每条发现的建议整改。
package yumen.checks.health

import data.yumen.checks.cost.idle_gpu
import data.yumen.checks.cost.quota
import data.yumen.checks.health.checkpoint
import data.yumen.checks.health.exhaustion
import data.yumen.checks.health.failover
import data.yumen.checks.health.mining

checks := {
	"cost.idle_gpu": [idle_gpu.deny, idle_gpu.missing, idle_gpu.examined],
	"cost.quota": [quota.deny, quota.missing, quota.examined],
	"health.exhaustion": [exhaustion.deny, exhaustion.missing, exhaustion.examined],
	"health.mining": [mining.deny, mining.missing, mining.examined],
	"health.checkpoint": [checkpoint.deny, checkpoint.missing, checkpoint.examined],
	"health.failover": [failover.deny, failover.missing, failover.examined],
}

status(found) := "fail" if {
	count(found[0]) > 0
} else := "unknown" if {
	count(found[1]) > 0
} else := "pass" if {
	count(found[2]) > 0
} else := "not_applicable"

summary := {id: {"status": status(found), "failed": count(found[0]), "missing": count(found[1]), "examined": count(found[2])} |
	some id, found in checks
}

deny := {finding | some _, found in checks; some finding in found[0]}

warn := set()

missing contains path if {
	some _, found in checks
	some path in found[1]
}

examined := {id | some _, found in checks; some id in found[2]}

reasons contains {"code": "failed", "message": sprintf("%s: %d finding(s)", [id, entry.failed]), "rule": sprintf("%s", [id]), "reference": ""} if {
	some id, entry in summary
	entry.status == "fail"
}

# METADATA
# title: Review of metrics
# entrypoint: true
decision := {
	"decision": verdict,
	"verdict": verdict,
	"reasons": sort(reasons),
	"checks": summary,
	"findings": sort(deny),
	"missing": sort(missing),
}

default verdict := "unknown"

verdict := "fail" if {
	count(deny) > 0
} else := "unknown" if {
	count(missing) > 0
} else := "pass" if {
	count(examined) > 0
}
