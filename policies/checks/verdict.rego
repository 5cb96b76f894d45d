# METADATA
# title: From a report to a verdict
# description: |
#   fail if a finding weighs enough; else unknown if anything was left out, nothing was examined, or the data behind the
#   answer is missing or too old; else pass. What weighs enough is data: data.config.verdict.
# scope: package
# custom:
#   id: verdict
#   severity: critical
#   applies_to: [report]
#   automation: full
#   statuses: [pass, fail, unknown]
#   remediation:
#     en: Remove what was found, examine what was skipped, and update the data sources named.
#     zh: 消除发现的问题，检查被跳过的内容，并更新所列数据源。
package yumen.checks

config := data.config.verdict

# METADATA
# title: pass, fail or unknown
# description: The verdict on input.report, made by the tool input.tool.
# entrypoint: true
default verdict := "unknown"

verdict := "fail" if {
	count(failing) > 0
} else := "pass" if {
	count(doubts) == 0
	is_array(input.report.findings)
	is_array(input.report.coverage.skipped)
	is_object(input.report.coverage.examined)
	is_object(input.report.coverage.data)
	is_object(config.rules)
	is_array(config.tools_needing_data)
	is_object(config.max_age_days)
}

# What is done about a finding: the rule's own entry, else that of its severity, else unknown.
effect(finding) := config.rules[finding.rule] if {
	config.rules[finding.rule]
} else := config.severities[finding.severity] if {
	config.severities[finding.severity]
} else := "unknown"

default findings := []

findings := input.report.findings if is_array(input.report.findings)

default skipped := []

skipped := input.report.coverage.skipped if is_array(input.report.coverage.skipped)

default examined := {}

examined := input.report.coverage.examined if is_object(input.report.coverage.examined)

default sources := {}

sources := input.report.coverage.data if is_object(input.report.coverage.data)

failing contains finding if {
	some finding in findings
	effect(finding) == "fail"
}

doubts contains sprintf("finding %v", [finding]) if {
	some finding in findings
	not effect(finding) in {"fail", "pass"}
}

doubts contains sprintf("skipped %v", [entry]) if some entry in skipped

doubts contains "nothing was examined" if not something_examined

something_examined if {
	some amount in examined
	amount > 0
}

doubts contains "no data source is named, and the tool needs one" if {
	input.tool in config.tools_needing_data
	count(sources) == 0
}

doubts contains sprintf("%s is too old or has no date", [source]) if {
	some source, updated in sources
	not fresh(source, updated)
}

fresh(source, updated) if {
	is_string(updated)
	days := object.get(config.max_age_days, source, config.max_age_days["*"])
	age := now - time.parse_rfc3339_ns(instant(updated))
	age <= (days * 86400) * 1000000000
}

# The server says what time it is, so that a recorded question keeps its answer.
now := time.parse_rfc3339_ns(input.time) if {
	input.time
} else := time.now_ns()

# A date stands for its first moment.
instant(updated) := updated if {
	regex.match(`^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$`, updated)
} else := concat("", [updated, "T00:00:00Z"]) if {
	regex.match(`^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$`, updated)
}
