# METADATA
# title: Well-Architected review of a generative-AI workload
# description: |
#   Status of each of the principles in config/wellarchitected over a workload description, and over findings in its
#   manifests. Order of statuses: error, fail, unknown, not_applicable, pass; a pass needs something examined.
# scope: package
# custom:
#   id: wellarchitected
#   severity: high
#   applies_to: [workload]
#   automation: partial
#   statuses: [pass, fail, unknown]
#   remediation:
#     en: Mend what failed, give what is missing, answer the questions with evidence.
#     zh: 整改未通过项，补齐缺失信息，并附证据回答问题。
package yumen.checks.wellarchitected

import data.yumen.checks.wellarchitected.cost
import data.yumen.checks.wellarchitected.operations
import data.yumen.checks.wellarchitected.performance
import data.yumen.checks.wellarchitected.reliability
import data.yumen.checks.wellarchitected.security
import data.yumen.checks.wellarchitected.workload as w

catalogue := data.config.wellarchitected.principles

weights := {"critical": 8, "high": 5, "medium": 3, "low": 1}

claims := object.union_n([security.claims, reliability.claims, operations.claims, cost.claims, performance.claims])

excused := object.union_n([security.not_applicable, reliability.not_applicable, operations.not_applicable, cost.not_applicable, performance.not_applicable])

# What the manifests show outweighs what the description declares: {principles: […], path, message} of failed checks.
observed(id) := {{"path": finding.path, "status": "fail", "basis": "observed", "found": finding.message} |
	some finding in w.root_list("observations")
	is_string(finding.path)
	is_string(finding.message)
	is_array(finding.principles)
	id in finding.principles
}

evidence := {id: union({object.get(claims, id, set()), observed(id)}) | some id, _ in catalogue}

having(id, state) := {claim.path |
	some claim in evidence[id]
	claim.status == state
}

# The activities decide what applies: while they are not known, nothing passes.
statuses := {id: status(id) | some id, _ in catalogue}

status(id) := "fail" if {
	count(having(id, "fail")) > 0
	not excluded(id)
} else := "fail" if {
	count(observed(id)) > 0
} else := "not_applicable" if {
	excluded(id)
} else := "unknown" if {
	not w.says_what_it_does
} else := "unknown" if {
	count(having(id, "missing")) > 0
} else := "pass" if {
	count(having(id, "pass")) > 0
} else := "unknown"

excluded(id) if excused[id]

excluded(id) if w.waived(id)

why(id) := excused[id] if {
	excused[id]
} else := sprintf("Attested as not applicable by %v", [w.attestation(id).by]) if {
	w.waived(id)
} else := ""

principle contains {
	"id": id,
	"pillar": split(id, ".")[0],
	"area": split(id, ".")[1],
	"title": entry.title,
	"severity": entry.severity,
	"status": statuses[id],
	"evidence": sort(evidence[id]),
	"missing": sort(having(id, "missing")),
	"not_applicable": why(id),
	"question": question(id, entry),
	"remedy": entry.remedy,
} if {
	some id, entry in catalogue
}

# A question stays open until it has an answer with evidence.
question(id, entry) := {"en": entry.question.en, "zh": entry.question.zh, "slot": sprintf("attestations[%s]", [id])} if {
	entry.question
	not excluded(id)
	not w.well_formed(id)
} else := null

pillars := {split(id, ".")[0] | some id, _ in catalogue}

graded := {pillar: [{"state": reached, "weight": weights[catalogue[id].severity]} |
	some id, reached in statuses
	startswith(id, pillar)
] |
	some pillar in pillars
}

weight(pillar, wanted) := sum([entry.weight | some entry in graded[pillar]; entry.state in wanted])

number(pillar, state) := count([1 | some entry in graded[pillar]; entry.state == state])

# Unknown counts like a fail: what was not shown earns nothing.
score(pillar) := round((100 * weight(pillar, {"pass"})) / total) if {
	total := weight(pillar, {"pass", "fail", "unknown"})
	total > 0
} else := null

scores[pillar] := {
	"score": score(pillar),
	"pass": number(pillar, "pass"),
	"fail": number(pillar, "fail"),
	"unknown": number(pillar, "unknown"),
	"not_applicable": number(pillar, "not_applicable"),
} if {
	some pillar in pillars
}

states := {reached | some _, reached in statuses}

deny contains {"id": entry.id, "severity": entry.severity, "title": entry.title, "evidence": entry.evidence, "remedy": entry.remedy} if {
	some entry in principle
	entry.status == "fail"
}

warn := set()

missing contains "workload" if not w.given

missing contains "date" if not w.today

missing contains "workload.activities" if not w.says_what_it_does

missing contains path if {
	some entry in principle
	entry.status == "unknown"
	some path in entry.missing
}

examined contains claim.path if {
	some id, _ in catalogue
	some claim in evidence[id]
	claim.status != "missing"
}

default verdict := "unknown"

verdict := "fail" if {
	"fail" in states
} else := "unknown" if {
	"unknown" in states
} else := "pass" if {
	"pass" in states
}

# METADATA
# title: Review of one workload
# entrypoint: true
decision := {
	"decision": verdict,
	"verdict": verdict,
	"reasons": sort({{"code": "failed", "message": catalogue[id].title.en, "rule": sprintf("wellarchitected.%s", [id]), "reference": ""} | some id, reached in statuses; reached == "fail"}),
	"principles": sort(principle),
	"scores": scores,
	"missing": sort(missing),
	"questions": sort({entry.question.slot | some entry in principle; entry.question != null}),
}
