# METADATA
# title: Limits of resources
# description: Each container limits memory and asks for CPU, in amounts that can be read, by itself or by its namespace.
# scope: package
# custom:
#   id: cluster.resource_limits
#   severity: medium
#   applies_to: [kubernetes, compose]
#   automation: full
#   remediation:
#     en: Set requests and limits for CPU and memory.
#     zh: 设置 CPU 与内存的请求与上限。
#   references: ["Kubernetes Resource Management", "CIS Docker 1.6 5.11"]
package yumen.checks.cluster.resource_limits

import data.yumen.checks.cluster.findings
import data.yumen.checks.workloads.pods

# A container's own amount, else the pod's (pod-level resources), else the default of its namespace.
amount(item, list, name) := found if {
	found := object.get(item.of, ["resources", list, name], null)
	found != null
} else := found if {
	found := object.get(item.pod.spec, ["resources", list, name], null)
	found != null
} else := found if {
	kind := {"limits": "default", "requests": "defaultRequest"}[list]
	some found in defaults[sprintf("%s/%s/%s", [pods.namespace(item.pod.entry), kind, name])]
} else := null

defaults[key] contains value if {
	some entry in findings.around
	entry.source == "kubernetes"
	entry.type == "LimitRange"
	some limit in findings.list(object.get(entry.values, ["spec", "limits"], []))
	limit.type == "Container"
	some kind in ["default", "defaultRequest"]
	some name, value in findings.mapping(object.get(limit, kind, {}))
	key := sprintf("%s/%s/%s", [pods.namespace(entry), kind, name])
}

deny contains findings.finding("resource_limits.memory", item.pod.entry, array.concat(item.at, ["resources", "limits", "memory"])) if {
	some item in limited
	not garbled(item)
	amount(item, "limits", "memory") == null
}

deny contains findings.finding("resource_limits.cpu", item.pod.entry, array.concat(item.at, ["resources", "requests", "cpu"])) if {
	some item in limited
	not garbled(item)
	amount(item, "requests", "cpu") == null
	amount(item, "limits", "cpu") == null
}

# Amounts that cannot be read may be there.
garbled(item) if {
	some one in pods.garbled
	one.entry == item.pod.entry
	one.at[count(item.at)] == "resources"
	array.slice(one.at, 0, count(item.at)) == item.at
}

# Ephemeral containers cannot have resources.
limited contains item if {
	some item in pods.container
	not startswith(item.name, "ephemeralContainers")
}

deny contains findings.finding("resource_limits.quantity", item.pod.entry, array.concat(item.at, ["resources", list, name])) if {
	some item in limited
	some list in ["limits", "requests"]
	some name, value in findings.mapping(object.get(item.of, ["resources", list], {}))
	not quantity(value)
	not findings.open_text(value)
}

# resource.Quantity of Kubernetes' API.
quantity(value) if is_number(value)

quantity(value) if {
	is_string(value)
	regex.match(`^[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([numkMGTPE]|[KMGTPE]i|[eE][+-]?[0-9]+)?$`, value)
}

missing contains findings.place(item.pod.entry, array.concat(item.at, ["resources", list, name])) if {
	some item in limited
	some list in ["limits", "requests"]
	some name, value in findings.mapping(object.get(item.of, ["resources", list], {}))
	findings.open_text(value)
}

missing contains path if some path in pods.without

missing contains findings.place(one.entry, one.at) if {
	some one in pods.garbled
	"resources" in one.at
}

examined contains findings.place(item.pod.entry, item.at) if some item in limited

# --- Compose -----------------------------------------------------------------------------------------------------------

settings := {"memory": "mem_limit", "cpu": "cpus", "pids": "pids_limit"}

swarm := {"memory": ["deploy", "resources", "limits", "memory"], "cpu": ["deploy", "resources", "limits", "cpus"], "pids": ["deploy", "resources", "limits", "pids"]}

deny contains findings.finding(sprintf("resource_limits.%s", [name]), entry, [setting]) if {
	some entry in findings.service
	some name, setting in settings
	object.get(entry.values, setting, null) in {null, 0, "0", -1}
	object.get(entry.values, swarm[name], null) in {null, 0, "0", -1}
	not quota(entry, name)
}

quota(entry, "cpu") if object.get(entry.values, "cpu_quota", 0) != 0

missing contains findings.place(entry, [setting]) if {
	some entry in findings.service
	some setting in settings
	findings.open_text(object.get(entry.values, setting, ""))
}

examined contains entry.address if some entry in findings.service
