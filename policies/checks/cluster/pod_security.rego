# METADATA
# title: Pod Security of a cluster
# description: |
#   Every control of the Pod Security Standards over pods, its like over Compose services, and namespaces that enforce a
#   standard.
# scope: package
# custom:
#   id: cluster.pod_security
#   severity: high
#   applies_to: [kubernetes, compose]
#   automation: full
#   remediation:
#     en: Meet the restricted Pod Security Standard.
#     zh: 满足 Restricted Pod 安全标准。
#   references: ["Kubernetes Pod Security Standards", "CIS Kubernetes 1.12 5.2", "CIS Docker 1.6 5"]
package yumen.checks.cluster.pod_security

import data.yumen.checks.cluster.compose_security
import data.yumen.checks.cluster.findings
import data.yumen.checks.platform.resources
import data.yumen.checks.workloads.pod_security
import data.yumen.checks.workloads.pods

deny contains findings.finding_of(rule, entry, violation.at, ids(rule, violation.at)) if {
	some violation in pod_security.violation
	entry := {"address": violation.address, "path": violation.path, "source": "kubernetes"}
	rule := sprintf("pod_security.%s", [control(violation)])
}

# The socket of a container runtime is worth more than any other path of the host.
control(violation) := "runtime_socket" if {
	violation.control == "host_path"
	some pod in pods.all
	pod.entry.address == violation.address
	pod.entry.path == violation.path
	path := object.get(pod.entry.values, array.concat(violation.at, ["path"]), "")
	is_string(path)
	regex.match(findings.config.compose.socket, path)
} else := violation.control

# CIS has a recommendation for each namespace of the host.
namespaces := {"hostPID": ["5.2.3"], "hostIPC": ["5.2.4"], "hostNetwork": ["5.2.5"]}

ids(_, at) := namespaces[at[count(at) - 1]]

ids(rule, at) := object.get(findings.config.rules[rule].cis, "kubernetes", []) if not at[count(at) - 1] in object.keys(namespaces)

deny contains finding if some finding in compose_security.deny

deny contains findings.finding("pod_security.admission", entry, ["metadata", "labels"]) if {
	some entry in namespace
	not object.get(entry.values, ["metadata", "labels", "pod-security.kubernetes.io/enforce"], "") in {"baseline", "restricted"}
}

namespace contains entry if {
	some entry in resources.all
	entry.source == "kubernetes"
	entry.type == "Namespace"
	not object.get(entry.values, ["metadata", "name"], "") in findings.config.sandbox.exempt_namespaces
}

missing := pod_security.missing | compose_security.missing

examined := ({item.pod.entry.address | some item in pods.container} | {entry.address | some entry in findings.service}) | {entry.address | some entry in namespace}
