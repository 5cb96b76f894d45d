# Kubernetes workloads: each object that makes pods, its pod specification and its containers.
package yumen.checks.platform.workloads

import data.yumen.checks.platform.resources

all contains entry if {
	some entry in resources.all
	entry.source == "kubernetes"
	is_object(pod(entry))
}

pod(entry) := entry.values.spec if entry.type == "Pod"

pod(entry) := entry.values.spec.template.spec if entry.type in {"Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job", "ReplicationController"}

pod(entry) := entry.values.spec.jobTemplate.spec.template.spec if entry.type == "CronJob"

# The metadata of the pods it makes, where annotations count.
pod_metadata(entry) := object.get(entry.values, ["metadata"], {}) if entry.type == "Pod"

pod_metadata(entry) := object.get(entry.values, ["spec", "jobTemplate", "spec", "template", "metadata"], {}) if entry.type == "CronJob"

pod_metadata(entry) := object.get(entry.values, ["spec", "template", "metadata"], {}) if not entry.type in {"Pod", "CronJob"}

windows(entry) if object.get(pod(entry), ["os", "name"], "") == "windows"

namespace(entry) := object.get(entry.values, ["metadata", "namespace"], "default")

# {entry, of, at}: initialising and ephemeral containers count like the others.
container contains {"entry": entry, "of": of, "at": sprintf("%s[%d]", [list, i])} if {
	some entry in all
	some list in ["containers", "initContainers", "ephemeralContainers"]
	some i, of in resources.words(object.get(pod(entry), list, []))
	is_object(of)
}

# The container's own setting wins over the pod's.
security(item, name) := found if {
	found := object.get(item.of, ["securityContext", name], null)
	found != null
} else := object.get(pod(item.entry), ["securityContext", name], null)
