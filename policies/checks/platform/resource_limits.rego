# METADATA
# title: Limits of containers
# description: Each container limits memory, and requests CPU and memory; one that takes a GPU says how many.
# scope: package
# custom:
#   id: platform.resource_limits
#   severity: medium
#   applies_to: [kubernetes]
#   automation: full
#   remediation:
#     en: Set requests and limits for CPU and memory.
#     zh: 设置 CPU 与内存的请求与上限。
#   references: ["Kubernetes Resource Management", "CIS Kubernetes 5.7"]
package yumen.checks.platform.resource_limits

import data.yumen.checks.platform.resources
import data.yumen.checks.workloads.pods

setting(item, list, name) := object.get(item.of, ["resources", list, name], null)

deny contains resources.finding("resource_limits", item.pod.entry.address, item.pod.entry.path, sprintf("%s.resources.limits.memory", [item.name])) if {
	some item in pods.container
	setting(item, "limits", "memory") == null
}

deny contains resources.finding("resource_limits", item.pod.entry.address, item.pod.entry.path, sprintf("%s.resources.requests.%s", [item.name, name])) if {
	some item in pods.container
	some name in ["cpu", "memory"]
	setting(item, "requests", name) == null
	setting(item, "limits", name) == null
}

warn := set()

missing := pods.without

examined contains sprintf("%s: %s", [item.pod.entry.address, item.name]) if some item in pods.container
