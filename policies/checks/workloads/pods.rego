# Pods, wherever they are written: in a Pod, in what makes pods, and in custom resources that hold a pod specification.
package yumen.checks.workloads.pods

import data.yumen.checks.platform.resources

# The one place of the pod specification in each kind of Kubernetes' own.
places := {
	"Pod": ["spec"],
	"PodTemplate": ["template", "spec"],
	"Deployment": ["spec", "template", "spec"],
	"StatefulSet": ["spec", "template", "spec"],
	"DaemonSet": ["spec", "template", "spec"],
	"ReplicaSet": ["spec", "template", "spec"],
	"ReplicationController": ["spec", "template", "spec"],
	"Job": ["spec", "template", "spec"],
	"CronJob": ["spec", "jobTemplate", "spec", "template", "spec"],
}

# Kubernetes' own API groups; every other group is somebody's custom resource.
own(entry) if not is_string(object.get(entry.values, "apiVersion", null))

own(entry) if {
	is_string(entry.values.apiVersion)
	regex.match(`^([^/]*|(apps|batch|policy|autoscaling|extensions)/.*|([a-z-]+\.)*k8s\.io/.*)$`, entry.values.apiVersion)
}

# Custom resources of training and serving platforms nest pod specifications at places of their own.
custom contains entry if {
	some entry in resources.all
	entry.source == "kubernetes"
	not own(entry)
	entry.type != "CustomResourceDefinition"
}

# {entry, at, spec, metadata}: one pod, `at` being where its specification is in the resource.
all contains {"entry": entry, "at": at, "spec": spec, "metadata": metadata} if {
	some entry in resources.all
	entry.source == "kubernetes"
	not entry in custom
	at := places[entry.type]
	spec := object.get(entry.values, at, null)
	is_object(spec)
	metadata := around(entry, at)
}

all contains {"entry": entry, "at": at, "spec": spec, "metadata": metadata} if {
	some entry in custom
	some at, spec
	walk(entry.values, [at, spec])
	makes_containers(spec)
	metadata := around(entry, at)
}

makes_containers(spec) if {
	is_object(spec)
	is_array(spec.containers)
	some one in spec.containers
	is_object(one)
}

# The metadata beside the specification, where labels and annotations count.
around(entry, at) := found if {
	found := object.get(entry.values, array.concat(array.slice(at, 0, count(at) - 1), ["metadata"]), {})
	is_object(found)
} else := {}

# What makes pods, and has no specification of them.
without contains sprintf("%s: %s", [entry.address, written(places[entry.type])]) if {
	some entry in resources.all
	entry.source == "kubernetes"
	not entry in custom
	at := places[entry.type]
	not is_object(object.get(entry.values, at, null))
}

# What cannot be read may be a pod.
without contains path if some path in resources.lacking

# A list or map of the container that is none: nobody knows what it would hold.
garbled contains {"entry": item.pod.entry, "at": array.concat(item.at, at)} if {
	some item in container
	some at in [["env"], ["command"], ["args"], ["resources"], ["resources", "limits"], ["resources", "requests"]]
	found := object.get(item.of, at, null)
	found != null
	not shaped(at, found)
}

shaped(at, found) if {
	at[0] == "resources"
	is_object(found)
}

shaped(at, found) if {
	at[0] != "resources"
	is_array(found)
}

# What a custom resource says of a container that is in no pod this can read: an operator makes the pod of it, or of a
# template elsewhere.
without contains sprintf("%s: %s", [entry.address, written(array.concat(at, [said[0]]))]) if {
	some entry in custom
	some at, value
	walk(entry.values, [at, value])
	is_object(value)
	said := [field | some field in ["image", "command", "args", "env", "resources"]; of_container(field, value[field])]
	count(said) > 0
	not inside(entry, at)
}

of_container("image", value) if is_string(value)

of_container(field, value) if {
	field in {"command", "args"}
	is_array(value)
}

of_container("env", value) if {
	is_array(value)
	some one in value
	is_string(one.name)
}

of_container("resources", value) if {
	is_object(value)
	some amount in ["limits", "requests"]
	is_object(value[amount])
}

inside(entry, at) if {
	some pod in all
	pod.entry.address == entry.address
	pod.entry.path == entry.path
	array.slice(at, 0, count(pod.at)) == pod.at
}

windows(pod) if object.get(pod.spec, ["os", "name"], "") == "windows"

# Root of a user namespace is nobody outside it.
own_users(pod) if object.get(pod.spec, "hostUsers", true) == false

namespace(entry) := found if {
	found := object.get(entry.values, ["metadata", "namespace"], "default")
	is_string(found)
} else := "default"

# {pod, of, at, name}: initialising and ephemeral containers count like the others.
container contains {"pod": pod, "of": of, "at": array.concat(pod.at, [list, i]), "name": sprintf("%s[%d]", [list, i])} if {
	some pod in all
	some list in ["containers", "initContainers", "ephemeralContainers"]
	some i, of in resources.words(object.get(pod.spec, list, []))
	is_object(of)
}

# The container's own setting wins over the pod's.
security(item, name) := found if {
	found := object.get(item.of, ["securityContext", name], null)
	found != null
} else := object.get(item.pod.spec, ["securityContext", name], null)

# A path as people write it: containers[0].securityContext.privileged
written(path) := trim_prefix(concat("", [step(part) | some part in path]), ".")

step(part) := sprintf("[%d]", [part]) if is_number(part)

step(part) := sprintf(".%s", [part]) if {
	is_string(part)
	not regex.match(`[./\[\]]`, part)
}

step(part) := sprintf("[%s]", [part]) if {
	is_string(part)
	regex.match(`[./\[\]]`, part)
}
