# METADATA
# title: Workload hardening
# description: The Pod Security Standard "restricted", and what it contains of "baseline", on every object that makes pods.
# scope: package
# custom:
#   id: platform.workload_hardening
#   severity: high
#   applies_to: [kubernetes]
#   automation: full
#   remediation:
#     en: Meet the restricted Pod Security Standard.
#     zh: 满足 Restricted Pod 安全标准。
#   references: ["Kubernetes Pod Security Standards", "NSA Kubernetes Hardening Guide", "GB/T 22239-2019 8.2.4"]
package yumen.checks.platform.workload_hardening

import data.yumen.checks.platform.resources
import data.yumen.checks.workloads.pod_security
import data.yumen.checks.workloads.pods

deny contains resources.finding("workload_hardening", violation.address, violation.path, relative(violation.at, violation.pod)) if {
	some violation in pod_security.violation
}

# Fields are named from the pod's specification on, whatever kind of object holds it.
# Annotations lie beside it, and start there.
relative(at, pod) := pods.written(array.slice(at, count(pod), count(at)))

advice contains {"pod": item.pod, "at": array.concat(item.at, ["image"])} if {
	some item in pods.container
	image := object.get(item.of, "image", "")
	is_string(image)
	not regex.match(`@sha256:[0-9a-f]{64}$`, image)
}

advice contains {"pod": item.pod, "at": array.concat(item.at, ["securityContext", "readOnlyRootFilesystem"])} if {
	some item in pods.container
	pods.security(item, "readOnlyRootFilesystem") != true
}

advice contains {"pod": pod, "at": array.concat(pod.at, ["automountServiceAccountToken"])} if {
	some pod in pods.all
	object.get(pod.spec, "automountServiceAccountToken", true) != false
}

warn contains object.union(resources.finding("workload_hardening", found.pod.entry.address, found.pod.entry.path, relative(found.at, found.pod.at)), {"severity": "low"}) if {
	some found in advice
}

missing := pod_security.missing

examined contains sprintf("%s: %s", [item.pod.entry.address, item.name]) if some item in pods.container
