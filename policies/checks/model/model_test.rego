package yumen.checks.model_test

import data.yumen.checks.model

settings := {"required": ["scan", "signature"], "also": [], "signers": [], "licences": {"refused": [], "allowed": []}, "completeness": 0}

passed := {"verdict": "pass", "summary": "ok"}

good := {
	"scan": passed,
	"signature": {"verdict": "pass", "summary": "ok", "signer": {"name": "acme"}},
	"bom": {"verdict": "pass", "summary": "ok", "licence": "MIT", "completeness": 60},
}

# What is changed about the evidence or the settings, and what comes of it.
table := [
	{"evidence": {}, "settings": {}, "decision": "allow", "rules": []},
	{"evidence": {"scan": {"verdict": "fail", "summary": "evil"}}, "settings": {}, "decision": "deny", "rules": ["scan.fail"]},
	{"evidence": {"scan": {"verdict": "unknown", "summary": "too large"}}, "settings": {}, "decision": "indeterminate", "rules": ["scan.unknown"]},
	{"evidence": {"scan": {"verdict": "maybe", "summary": "?"}}, "settings": {}, "decision": "indeterminate", "rules": ["scan.unknown"]},
	{"evidence": {"dependencies": {"verdict": "fail", "summary": "old"}}, "settings": {}, "decision": "deny", "rules": ["dependencies.fail"]},
	{"evidence": {}, "settings": {"required": ["scan", "signature", "review"]}, "decision": "indeterminate", "rules": ["missing"]},
	{"evidence": {}, "settings": {"required": []}, "decision": "indeterminate", "rules": []},
	{"evidence": {}, "settings": {"signers": ["globex"]}, "decision": "deny", "rules": ["signer"]},
	{"evidence": {}, "settings": {"signers": ["acme"]}, "decision": "allow", "rules": []},
	{"evidence": {}, "settings": {"licences": {"refused": ["mit"], "allowed": []}}, "decision": "deny", "rules": ["licence"]},
	{"evidence": {}, "settings": {"licences": {"refused": [], "allowed": ["Apache-2.0"]}}, "decision": "deny", "rules": ["licence"]},
	{"evidence": {}, "settings": {"licences": {"refused": [], "allowed": ["MIT"]}}, "decision": "allow", "rules": []},
	{"evidence": {}, "settings": {"completeness": 80}, "decision": "indeterminate", "rules": ["completeness"]},
	{"evidence": {}, "settings": {"completeness": 50}, "decision": "allow", "rules": []},
]

outcome(row) := result if {
	result := model.decision with input as {"evidence": object.union(good, row.evidence)}
		with data.config.model as object.union(settings, row.settings)
}

rules(result) := [trim_prefix(found.rule, "model.admission.") | some found in result.reasons]

test_each_row if {
	every row in table {
		result := outcome(row)
		result.decision == row.decision
		rules(result) == row.rules
	}
}

test_nothing_known_is_no_permission if {
	result := model.decision with input as {"evidence": {}} with data.config.model as settings
	result.decision == "indeterminate"
}

test_no_input_is_no_permission if {
	model.decision.decision == "indeterminate" with input as {} with data.config.model as settings
}

test_shipped_settings_ask_for_a_scan_and_a_signature if {
	{"scan", "signature"} - {name | some name in model.gather.required} == set()
}

test_digests_are_read_again_unless_the_team_says_otherwise if {
	not model.reuse
	model.reuse with data.config.model as object.union(settings, {"reuse_digests": true})
	not model.reuse with data.config.model as object.union(settings, {"reuse_digests": "yes"})
}

# --- Each check in each of its statuses: what tests/policies/test_statuses.py puts to it ------------------------------

statuses := {"model.admission": {
	"pass": {"evidence": good},
	"fail": {"evidence": object.union(good, {"scan": {"verdict": "fail", "summary": "evil"}})},
	"unknown": {"evidence": object.remove(good, ["scan"])},
}}
