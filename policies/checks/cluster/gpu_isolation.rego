# METADATA
# title: Sharing and isolation of GPUs
# description: |
#   GPUs are allotted whole or as MIG slices, by the device plugin or a claim, and to one pod; nothing takes them past it.
#   Time-slicing keeps neither memory nor faults apart, MPS no faults.
# scope: package
# custom:
#   id: cluster.gpu_isolation
#   severity: high
#   applies_to: [kubernetes, compose]
#   automation: full
#   remediation:
#     en: Ask for whole GPUs or MIG slices through the device plugin.
#     zh: 通过设备插件申请整卡或 MIG 切片。
#   references: ["NVIDIA k8s-device-plugin", "NVIDIA Multi-Instance GPU User Guide", "Kubernetes Dynamic Resource Allocation"]
package yumen.checks.cluster.gpu_isolation

import data.yumen.checks.cluster.findings
import data.yumen.checks.cluster.gpu_sharing
import data.yumen.checks.platform.resources
import data.yumen.checks.workloads.pods

settings := findings.config.gpu

# {item, list, name, value}: each amount of GPUs that a container asks for.
asked contains {"item": item, "list": list, "name": name, "value": value} if {
	some item in pods.container
	some list in ["limits", "requests"]
	some name, value in findings.mapping(object.get(item.of, ["resources", list], {}))
	regex.match(sprintf("%s|%s", [settings.whole, settings.shared]), name)
}

at(one) := array.concat(one.item.at, ["resources", one.list, one.name])

whole(value) if {
	is_number(value)
	value == floor(value)
	value >= 0
}

whole(value) if {
	is_string(value)
	regex.match(`^[0-9]+$`, value)
}

deny contains findings.finding("gpu_isolation.fraction", one.item.pod.entry, at(one)) if {
	some one in asked
	regex.match(settings.whole, one.name)
	not whole(one.value)
	not findings.open_text(one.value)
}

# Extended resources are not overcommitted: requests must be the limits.
deny contains findings.finding("gpu_isolation.request", one.item.pod.entry, at(one)) if {
	some one in asked
	one.list == "requests"
	limit := object.get(one.item.of, ["resources", "limits", one.name], null)
	sprintf("%v", [limit]) != sprintf("%v", [one.value])
}

deny contains findings.finding("gpu_isolation.shared_replica", one.item.pod.entry, at(one)) if {
	some one in asked
	one.list == "limits"
	regex.match(settings.shared, one.name)
}

deny contains findings.finding("gpu_isolation.shared_replica", pod.entry, array.concat(pods_metadata(pod), ["annotations", name])) if {
	some pod in pods.all
	some name, _ in findings.mapping(object.get(pod.metadata, "annotations", {}))
	name in settings.annotations
}

pods_metadata(pod) := array.concat(array.slice(pod.at, 0, count(pod.at) - 1), ["metadata"])

uses(item) if {
	some one in asked
	one.item == item
}

deny contains findings.finding("gpu_isolation.privileged", item.pod.entry, array.concat(item.at, ["securityContext", "privileged"])) if {
	some item in pods.container
	uses(item)
	object.get(item.of, ["securityContext", "privileged"], false) == true
}

# 'all' or an index counts, also beside a limit; 'void' and 'none' take nothing.
deny contains findings.finding("gpu_isolation.bypass", item.pod.entry, array.concat(item.at, ["env", i])) if {
	some item in pods.container
	some i, variable in resources.words(object.get(item.of, "env", []))
	is_object(variable)
	object.get(variable, "name", "") == "NVIDIA_VISIBLE_DEVICES"
	takes(object.get(variable, "value", ""))
}

takes(value) if {
	is_string(value)
	not lower(trim_space(value)) in {"", "void", "none"}
	not findings.open_text(value)
}

missing contains path if some path in pods.without

missing contains findings.place(one.entry, one.at) if {
	some one in pods.garbled
	count({"env", "resources"} & {step | some step in one.at}) > 0
}

missing contains findings.place(item.pod.entry, array.concat(item.at, ["env", i])) if {
	some item in pods.container
	some i, variable in resources.words(object.get(item.of, "env", []))
	is_object(variable)
	object.get(variable, "name", "") == "NVIDIA_VISIBLE_DEVICES"
	not variable.value
}

deny contains findings.finding(sprintf("gpu_isolation.%s", [kind]), pod.entry, array.concat(pod.at, ["volumes", i, "hostPath"])) if {
	some pod in pods.all
	some i, volume in resources.words(object.get(pod.spec, "volumes", []))
	path := object.get({"of": volume}, ["of", "hostPath", "path"], "")
	is_string(path)
	some kind in path_kinds(path)
}

path_kinds(path) := {kind |
	some kind, pattern in {"host_device": settings.devices, "mps_pipe": settings.mps}
	regex.match(pattern, path)
}

deny contains finding if some finding in gpu_sharing.deny

missing contains findings.place(one.item.pod.entry, at(one)) if {
	some one in asked
	findings.open_text(one.value)
}

missing contains path if some path in gpu_sharing.missing

examined := ({findings.place(one.item.pod.entry, at(one)) | some one in asked} | {finding.address | some finding in deny}) | gpu_sharing.examined
