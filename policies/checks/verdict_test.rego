package yumen.checks.verdict_test

finding(rule, severity) := {"rule": rule, "severity": severity, "title": "", "location": {}, "evidence": ""}

report(findings) := {
	"subject": {"kind": "model", "digest": "sha256:00", "name": "m"},
	"findings": findings,
	"coverage": {"examined": {"files": 2}, "skipped": [], "data": {}},
}

about(patch) := object.union(report([]), {"coverage": patch})

verdict(seen) := said if {
	said := data.yumen.checks.verdict with input as {"report": seen, "tool": "model_verify", "time": "2026-11-24T00:00:00Z"}
}

scanned(seen) := said if {
	said := data.yumen.checks.verdict with input as {"report": seen, "tool": "image_scan", "time": "2026-11-24T00:00:00Z"}
}

test_severity_decides if {
	every severity, wanted in {
		"critical": "fail",
		"high": "fail",
		"medium": "pass",
		"low": "pass",
		"info": "pass",
		"dreadful": "unknown",
	} {
		verdict(report([finding("r", severity)])) == wanted
	}
}

test_nothing_found_in_something_examined_passes if verdict(report([])) == "pass"

test_a_rule_may_have_its_own_effect if {
	rules := {"harmless": "pass", "grave": "fail", "open": "unknown", "typo": "ignore"}
	verdict(report([finding("harmless", "critical")])) == "pass" with data.config.verdict.rules as rules
	verdict(report([finding("grave", "info")])) == "fail" with data.config.verdict.rules as rules
	verdict(report([finding("open", "info")])) == "unknown" with data.config.verdict.rules as rules
	verdict(report([finding("typo", "info")])) == "unknown" with data.config.verdict.rules as rules
}

test_skipped_is_unknown if verdict(about({"skipped": [{"what": "a", "why": "b"}]})) == "unknown"

test_fail_outweighs_skipped if {
	seen := object.union(report([finding("r", "high")]), {"coverage": {"skipped": [{"what": "a", "why": "b"}]}})
	verdict(seen) == "fail"
}

test_nothing_examined_is_unknown if {
	verdict(object.union(json.remove(report([]), [["coverage", "examined"]]), {"coverage": {"examined": {}}})) == "unknown"
	verdict(about({"examined": {"files": 0}})) == "unknown"
}

test_a_broken_report_is_unknown if {
	every path in [["findings"], ["coverage"], ["coverage", "examined"], ["coverage", "skipped"]] {
		verdict(json.remove(report([]), [path])) == "unknown"
	}
	verdict({}) == "unknown"
	verdict(null) == "unknown"
	verdict(object.union(report([]), {"findings": {}})) == "unknown"
	verdict(object.union(report([]), {"findings": [{}]})) == "unknown"
	verdict(object.union(report([]), {"findings": ["high"]})) == "unknown"
	verdict(about({"skipped": null})) == "unknown"
	verdict(about({"skipped": ["a"]})) == "unknown"
	verdict(about({"skipped": [{}]})) == "unknown"
	verdict(about({"examined": 4})) == "unknown"
}

test_a_tool_that_needs_data_is_unknown_without if scanned(report([])) == "unknown"

test_old_or_undated_data_is_unknown if {
	every updated, wanted in {
		"2026-11-20": "pass",
		"2026-11-20T10:00:00Z": "pass",
		"2026-11-20T10:00:00.123456Z": "pass",
		"2026-11-20T10:00:00+08:00": "pass",
		"2026-10-20": "unknown",
		"2026-10-20T00:00:00Z": "unknown",
		"20 November": "unknown",
		"2026-13-45": "unknown",
		"": "unknown",
	} {
		scanned(about({"data": {"osv": updated}})) == wanted
	}
	scanned(about({"data": {"osv": null}})) == "unknown"
	verdict(about({"data": {"osv": "2026-10-20"}})) == "unknown"
}

test_a_source_may_have_its_own_age if {
	seen := about({"data": {"osv": "2026-10-20"}})
	scanned(seen) == "pass" with data.config.verdict.max_age_days as {"*": 30, "osv": 90}
}

test_without_configuration_nothing_passes if {
	verdict(report([])) != "pass" with data.config.verdict as {}
	verdict(report([])) != "pass" with data.config as {}
}

# --- Each check in each of its statuses: what tests/policies/test_statuses.py puts to it ------------------------------

statuses := {"verdict": {
	"pass": {"report": report([]), "tool": "model_verify", "time": "2026-11-24T00:00:00Z"},
	"fail": {"report": report([finding("r", "critical")]), "tool": "model_verify", "time": "2026-11-24T00:00:00Z"},
	"unknown": {"report": about({"skipped": [{"what": "a", "why": "too large"}]}), "tool": "model_verify", "time": "2026-11-24T00:00:00Z"},
}}
