# METADATA
# title: Credentials in plain text
# description: Environment variables, start-up scripts, configuration maps and secrets that hold a credential as written.
# scope: package
# custom:
#   id: platform.plain_text_credentials
#   severity: critical
#   applies_to: [terraform, kubernetes, inventory]
#   automation: full
#   remediation:
#     en: Move it into a secret store, and rotate it.
#     zh: 迁移至密钥管理服务并立即轮换。
#   references: ["CWE-798", "GB/T 22239-2019 8.1.4.1", "OWASP MCP01:2025"]
package yumen.checks.platform.plain_text_credentials

import data.yumen.checks.platform.resources
import data.yumen.checks.workloads.pods

# Keys with a shape of their own: AWS, Alibaba Cloud, GitHub, Slack, OpenAI-like, private keys, URLs with a password.
shape := `(AKIA|ASIA)[0-9A-Z]{16}|LTAI[0-9A-Za-z]{12,24}|gh[pousr]_[0-9A-Za-z]{36}|xox[abprs]-[0-9A-Za-z-]{10,}|sk-[0-9A-Za-z_-]{20,}|-----BEGIN [A-Z ]*PRIVATE KEY-----|[a-z][a-z0-9+.-]*://[^/\s:@]+:[^/\s:@]{3,}@`

name_says := `(?i)(passw(or)?d|passwd|secret|token|api_?key|access_?key|private_?key|credential)`

# A name that only points to where the secret is.
name_points := `(?i)(_?(file|path|name|arn|id|ref|url|uri|version|ttl|expiry|enabled|type))$`

reveals(_, value) if {
	is_string(value)
	regex.match(shape, value)
}

reveals(name, value) if {
	is_string(value)
	regex.match(name_says, name)
	not regex.match(name_points, name)
	literal(value)
}

literal(value) if {
	trim_space(value) != ""
	not regex.match(`^\s*(\$[({]|\{\{|<|arn:|vault:|env:|file:|kms:|ssm:|secretsmanager:|projects/)`, value)
	not lower(value) in {"true", "false", "none", "null", "changeme-via-secret", "redacted", "***"}
}

deny contains resources.finding("plain_text_credentials", item.pod.entry.address, item.pod.entry.path, sprintf("%s.env.%s", [item.name, variable.name])) if {
	some item in pods.container
	some variable in resources.words(object.get(item.of, "env", []))
	is_string(variable.name)
	reveals(variable.name, variable.value)
}

deny contains resources.finding("plain_text_credentials", item.pod.entry.address, item.pod.entry.path, sprintf("%s.%s[%d]", [item.name, list, i])) if {
	some item in pods.container
	some list in ["command", "args"]
	some i, word in resources.words(object.get(item.of, list, []))
	is_string(word)
	regex.match(shape, word)
}

deny contains resources.finding("plain_text_credentials", entry.address, entry.path, sprintf("data.%s", [name])) if {
	some entry in resources.all
	entry.type == "ConfigMap"
	is_object(entry.values.data)
	some name, value in entry.values.data
	reveals(name, value)
}

deny contains resources.finding("plain_text_credentials", entry.address, entry.path, "data") if {
	some entry in resources.all
	entry.type == "Secret"
	entry.source == "kubernetes"
	some list in ["data", "stringData"]
	found := object.get(entry.values, list, null)
	is_object(found)
	some _, value in found
	is_string(value)
	value != ""
}

# Places of a cloud resource that are read by the machine it starts.
scripts := {"user_data", "user_data_base64", "startup_script", "container_definitions", "UserData"}

deny contains resources.finding("plain_text_credentials", entry.address, entry.path, name) if {
	some entry in resources.all
	some name in scripts
	value := entry.values[name]
	is_string(value)
	regex.match(shape, value)
}

deny contains resources.finding("plain_text_credentials", entry.address, entry.path, sprintf("environment.%s", [name])) if {
	some entry in resources.all
	some path in [["environment", 0, "variables"], ["environment_variables"], ["Environment", "Variables"], ["EnvironmentVariables"]]
	variables := object.get(entry.values, path, null)
	is_object(variables)
	some name, value in variables
	reveals(name, value)
}

# What the configuration itself says: a variable without a default is given from elsewhere.
deny contains resources.finding("plain_text_credentials", entry.address, entry.path, name) if {
	some entry in resources.all
	some name in resources.words(object.get(entry, "literals", []))
	is_string(name)
	not name in scripts
	reveals(name, object.get(entry.values, name, null))
}

warn := set()

missing contains path if some path in pods.without

missing contains sprintf("%s: %s.%s", [item.pod.entry.address, item.name, list]) if {
	some item in pods.container
	some list in ["env", "command", "args"]
	found := object.get(item.of, list, null)
	found != null
	not is_array(found)
}

missing contains sprintf("%s: %s", [entry.address, name]) if {
	some entry in resources.all
	entry.type in {"ConfigMap", "Secret"}
	entry.source == "kubernetes"
	some name in ["data", "stringData"]
	found := object.get(entry.values, name, null)
	found != null
	not is_object(found)
}

examined contains entry.address if {
	some entry in resources.all
	entry.source in {"terraform", "kubernetes", "inventory"}
}
