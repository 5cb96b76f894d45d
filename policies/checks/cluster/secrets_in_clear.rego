# METADATA
# title: Secrets in clear
# description: |
#   Credentials that the secret rules know by their shape, variables named like one that hold a text, and Secret objects
#   written with their values.
# scope: package
# custom:
#   id: cluster.secrets_in_clear
#   severity: critical
#   applies_to: [kubernetes, compose]
#   automation: full
#   remediation:
#     en: Move it into a secret store, and rotate it.
#     zh: 迁移至密钥管理服务并立即轮换。
#   references: ["CWE-798", "CIS Kubernetes 1.12 5.4.2", "GB/T 22239-2019 8.1.4.1"]
package yumen.checks.cluster.secrets_in_clear

import data.yumen.checks.cluster.findings
import data.yumen.checks.platform.plain_text_credentials
import data.yumen.checks.platform.resources
import data.yumen.checks.workloads.pods

# Each place once, however many rules know it: {entry, at}
place contains {"entry": entry, "at": credential.at} if {
	some credential in findings.credentials
	some entry in resources.all
	entry.address == credential.address
	entry.path == credential.path
	not values_of_secret(entry, credential.at)
}

place contains {"entry": item.pod.entry, "at": array.concat(item.at, ["env", i, "value"])} if {
	some item in pods.container
	some i, variable in resources.words(object.get(item.of, "env", []))
	is_object(variable)
	is_string(variable.name)
	plain_text_credentials.reveals(variable.name, variable.value)
}

place contains {"entry": entry, "at": ["data", name]} if {
	some entry in resources.all
	entry.type == "ConfigMap"
	some name, value in findings.mapping(object.get(entry.values, "data", {}))
	plain_text_credentials.reveals(name, value)
}

place contains {"entry": entry, "at": variable.at} if {
	some entry in findings.service
	some name, variable in findings.environment(entry)
	plain_text_credentials.reveals(name, variable.value)
	not findings.open_text(variable.value)
}

deny contains findings.finding("secrets_in_clear.credential", one.entry, one.at) if some one in place

deny contains findings.finding("secrets_in_clear.secret_object", entry, [list, name]) if {
	some entry in resources.all
	entry.source == "kubernetes"
	entry.type == "Secret"
	some list in ["data", "stringData"]
	some name, value in findings.mapping(object.get(entry.values, list, {}))
	is_string(value)
	plain_text_credentials.literal(value)
}

values_of_secret(entry, at) if {
	entry.type == "Secret"
	at[0] in {"data", "stringData"}
}

# A Secret is better mounted as a file than given as a variable, which every child process and crash report sees.
warn contains object.union(findings.finding_of("secrets_in_clear.credential", item.pod.entry, array.concat(item.at, ["env", i]), ["5.4.1"]), {
	"rule": "cluster.secrets_in_clear.variable",
	"severity": "low",
	"message": sprintf("%s: A Secret is given as an environment variable (%s)", [item.pod.entry.address, pods.written(array.concat(item.at, ["env", i]))]),
	"remedy": {"en": "Mount it as a file", "zh": "以文件方式挂载"},
}) if {
	some item in pods.container
	some i, variable in resources.words(object.get(item.of, "env", []))
	is_object(variable)
	object.get(variable, ["valueFrom", "secretKeyRef"], null) != null
}

# Files that are read when the service starts.
missing contains path if some path in pods.without

missing contains findings.place(one.entry, one.at) if {
	some one in pods.garbled
	"env" in one.at
}

missing contains findings.place(entry, ["environment"]) if {
	some entry in findings.service
	given := object.get(entry.values, "environment", null)
	given != null
	not is_object(given)
	not is_array(given)
}

missing contains findings.place(entry, ["env_file"]) if {
	some entry in findings.service
	not object.get(entry.values, "env_file", null) in {null, []}
}

missing contains "credentials" if not searched

searched if is_array(input.credentials)

examined contains entry.address if {
	some entry in resources.all
	entry.source in {"kubernetes", "compose"}
}
