# What Pod Security asks of pods, asked of Compose services.
package yumen.checks.cluster.compose_security

import data.yumen.checks.cluster.findings
import data.yumen.checks.platform.resources
import data.yumen.checks.workloads.pod_security

flagged(entry, name) := object.get(entry.values, name, null) == true

deny contains findings.finding("pod_security.privileged", entry, ["privileged"]) if {
	some entry in findings.service
	flagged(entry, "privileged")
}

deny contains findings.finding_of("pod_security.host_namespaces", entry, [name], [id]) if {
	some entry in findings.service
	some name, id in {"network_mode": "5.10", "pid": "5.16", "ipc": "5.17", "uts": "5.21", "userns_mode": "5.31", "cgroup": "5.25"}
	object.get(entry.values, name, "") == "host"
}

deny contains findings.finding("pod_security.capabilities", entry, ["cap_add", i]) if {
	some entry in findings.service
	some i, name in findings.list(object.get(entry.values, "cap_add", []))
	is_string(name)
	not trim_prefix(upper(name), "CAP_") in pod_security.default_capabilities
}

deny contains findings.finding("pod_security.capabilities_dropped", entry, ["cap_drop"]) if {
	some entry in findings.service
	count([name | some name in findings.list(object.get(entry.values, "cap_drop", [])); is_string(name); upper(name) == "ALL"]) == 0
}

options(entry) := [[i, replace(option, "=", ":")] |
	some i, option in findings.list(object.get(entry.values, "security_opt", []))
	is_string(option)
]

deny contains findings.finding(rule, entry, ["security_opt", option[0]]) if {
	some entry in findings.service
	some option in options(entry)
	some rule, text in {"pod_security.seccomp": "seccomp:unconfined", "pod_security.app_armor": "apparmor:unconfined", "pod_security.selinux": "label:disable"}
	option[1] == text
}

deny contains findings.finding("pod_security.privilege_escalation", entry, ["security_opt"]) if {
	some entry in findings.service
	count([option | some option in options(entry); option[1] in {"no-new-privileges", "no-new-privileges:true"}]) == 0
}

# Without a user it is the image's, which is root unless the image says otherwise.
deny contains findings.finding("pod_security.run_as_non_root", entry, ["user"]) if {
	some entry in findings.service
	split(sprintf("%v", [object.get(entry.values, "user", "")]), ":")[0] in {"", "0", "root"}
}

# Each folder of the host that a service mounts: [place, path].
mounts(entry) := [[["volumes", i], split(volume, ":")[0]] |
	some i, volume in findings.list(object.get(entry.values, "volumes", []))
	is_string(volume)
	regex.match(`^[/.~$].*:`, volume)
]

long_mounts(entry) := [[["volumes", i, "source"], volume.source] |
	some i, volume in findings.list(object.get(entry.values, "volumes", []))
	is_object(volume)
	volume.type == "bind"
	is_string(volume.source)
]

mounted contains {"entry": entry, "at": mount[0], "path": mount[1]} if {
	some entry in findings.service
	some mount in array.concat(mounts(entry), long_mounts(entry))
}

socket(path) if regex.match(findings.config.compose.socket, path)

deny contains findings.finding("pod_security.runtime_socket", mount.entry, mount.at) if {
	some mount in mounted
	socket(mount.path)
}

deny contains findings.finding("pod_security.runtime_socket", entry, ["use_api_socket"]) if {
	some entry in findings.service
	flagged(entry, "use_api_socket")
}

deny contains findings.finding("pod_security.host_path", mount.entry, mount.at) if {
	some mount in mounted
	not socket(mount.path)
	regex.match(findings.config.compose.sensitive, mount.path)
}

deny contains findings.finding("pod_security.host_device", entry, ["devices", i]) if {
	some entry in findings.service
	some i, device in findings.list(object.get(entry.values, "devices", []))
	path := source(device)
	not regex.match(findings.config.gpu.devices, path)
	startswith(path, "/")
}

source(device) := split(device, ":")[0] if is_string(device)

source(device) := device.source if is_string(device.source)

# --- What cannot be judged ---------------------------------------------------------------------------------------------

missing contains findings.place(entry, [name]) if {
	some entry in findings.service
	some name in ["privileged", "read_only", "use_api_socket"]
	not object.get(entry.values, name, null) in {true, false, null}
}

missing contains findings.place(entry, [name]) if {
	some entry in findings.service
	some name in ["network_mode", "pid", "ipc", "uts", "userns_mode", "user"]
	findings.open_text(object.get(entry.values, name, ""))
}

missing contains findings.place(mount.entry, mount.at) if {
	some mount in mounted
	findings.open_text(mount.path)
}

# What another file or service adds is not in front of us.
missing contains findings.place(entry, ["extends"]) if {
	some entry in findings.service
	not object.get(entry.values, "extends", null) == null
}

missing contains findings.place(entry, ["include"]) if {
	some entry in resources.all
	entry.type == "compose.file"
	not object.get(entry.values, "include", null) in {null, []}
}

missing contains findings.place(entry, [name]) if {
	some entry in findings.service
	some name in ["cap_add", "cap_drop", "security_opt", "volumes", "devices", "ports"]
	given := object.get(entry.values, name, null)
	given != null
	not is_array(given)
}
