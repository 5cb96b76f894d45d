# How GPUs are divided before a pod asks: device plugin configuration, claims, and devices of Compose services.
package yumen.checks.cluster.gpu_sharing

import data.yumen.checks.cluster.findings
import data.yumen.checks.platform.resources
import data.yumen.checks.workloads.pods

settings := findings.config.gpu

# --- The device plugin of NVIDIA, configured in a ConfigMap -----------------------------------------------------------

# {entry, at, of}: a document in a ConfigMap that configures sharing.
plugin contains {"entry": entry, "at": document.at, "of": document.value} if {
	some document in findings.embedded
	is_object(document.value)
	is_object(document.value.sharing)
	some entry in resources.all
	entry.address == document.address
	entry.path == document.path
}

deny contains findings.finding(sprintf("gpu_isolation.%s", [kind]), one.entry, one.at) if {
	some one in plugin
	some name, kind in {"timeSlicing": "time_slicing", "mps": "mps"}
	some resource in findings.list(object.get(one.of, ["sharing", name, "resources"], []))
	replicated(resource)
}

replicated(resource) if {
	is_object(resource)
	object.get(resource, "replicas", 1) != 1
}

# --- Claims of Dynamic Resource Allocation ------------------------------------------------------------------------------

claim contains {"entry": entry, "at": ["spec", "devices"], "of": object.get(entry.values, ["spec", "devices"], null)} if {
	some entry in resources.all
	entry.source == "kubernetes"
	entry.type == "ResourceClaim"
}

claim contains {"entry": entry, "at": ["spec", "spec", "devices"], "of": object.get(entry.values, ["spec", "spec", "devices"], null)} if {
	some entry in resources.all
	entry.source == "kubernetes"
	entry.type == "ResourceClaimTemplate"
}

strategies := {"TimeSlicing": "time_slicing", "MPS": "mps"}

deny contains findings.finding(sprintf("gpu_isolation.%s", [strategies[strategy]]), one.entry, array.concat(one.at, ["config", i])) if {
	some one in claim
	some i, config in findings.list(object.get({"of": one.of}, ["of", "config"], []))
	strategy := object.get({"of": config}, ["of", "opaque", "parameters", "sharing", "strategy"], "")
	is_string(strategy)
	strategies[strategy]
}

deny contains findings.finding("gpu_isolation.admin_access", one.entry, array.concat(one.at, ["requests", i])) if {
	some one in claim
	some i, request in findings.list(object.get({"of": one.of}, ["of", "requests"], []))
	is_object(request)
	true in {object.get(request, "adminAccess", false), object.get(request, ["exactly", "adminAccess"], false)}
}

# One claim by name, used by a pod that there may be several of, or by several pods.
users[key] contains [pod.entry.path, pod.entry.address, pod.at] if {
	some pod in pods.all
	some used in findings.list(object.get(pod.spec, "resourceClaims", []))
	name := object.get({"of": used}, ["of", "resourceClaimName"], "")
	is_string(name)
	name != ""
	key := sprintf("%s/%s", [pods.namespace(pod.entry), name])
}

deny contains findings.finding("gpu_isolation.shared_claim", pod.entry, array.concat(pod.at, ["resourceClaims", i])) if {
	some pod in pods.all
	some i, used in findings.list(object.get(pod.spec, "resourceClaims", []))
	name := object.get({"of": used}, ["of", "resourceClaimName"], "")
	several(pod, users[sprintf("%s/%s", [pods.namespace(pod.entry), name])])
}

several(_, those) if count(those) > 1

several(pod, _) if {
	copies := object.get(pod.entry.values, ["spec", "replicas"], 1)
	is_number(copies)
	copies > 1
}

missing contains findings.place(one.entry, one.at) if {
	some one in claim
	not is_object(one.of)
}

# --- Compose -----------------------------------------------------------------------------------------------------------

deny contains findings.finding("gpu_isolation.all_devices", entry, ["gpus"]) if {
	some entry in findings.service
	object.get(entry.values, "gpus", null) == "all"
}

# {entry, at, of}: each reservation of GPUs, under `deploy` or in short.
reservation contains {"entry": entry, "at": array.concat(at, [i]), "of": device} if {
	some entry in findings.service
	some at in [["deploy", "resources", "reservations", "devices"], ["gpus"]]
	some i, device in findings.list(object.get(entry.values, at, []))
	is_object(device)
	graphics(at, device)
}

graphics(at, _) if at == ["gpus"]

graphics(_, device) if {
	some capability in findings.list(object.get(device, "capabilities", []))
	capability in {"gpu", "nvidia", "compute", "utility"}
}

# Neither a number nor names means all of them.
deny contains findings.finding("gpu_isolation.all_devices", one.entry, one.at) if {
	some one in reservation
	object.get(one.of, "device_ids", []) in {null, []}
	object.get(one.of, "count", "all") in {"all", -1, null}
}

missing contains findings.place(one.entry, array.concat(one.at, ["count"])) if {
	some one in reservation
	findings.open_text(object.get(one.of, "count", 1))
}

deny contains findings.finding("gpu_isolation.bypass", entry, variable.at) if {
	some entry in findings.service
	variable := findings.environment(entry).NVIDIA_VISIBLE_DEVICES
	lower(sprintf("%v", [variable.value])) == "all"
}

deny contains findings.finding("gpu_isolation.host_device", entry, ["devices", i]) if {
	some entry in findings.service
	some i, device in findings.list(object.get(entry.values, "devices", []))
	path := path_of(device)
	regex.match(settings.devices, path)
}

path_of(device) := split(device, ":")[0] if is_string(device)

path_of(device) := device.source if is_string(device.source)

examined := (({one.entry.address | some one in plugin} | {one.entry.address | some one in claim}) | {one.entry.address | some one in reservation}) | {finding.address | some finding in deny}
