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
import data.yumen.checks.platform.workloads

# Baseline: what a container must never have.
weakness contains {"entry": entry, "at": name} if {
	some entry in workloads.all
	some name in ["hostNetwork", "hostPID", "hostIPC"]
	object.get(workloads.pod(entry), name, false) == true
}

# Only volumes that hold the pod's own data; a host path is none of them.
volume_types := {"configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "image", "persistentVolumeClaim", "projected", "secret"}

weakness contains {"entry": entry, "at": sprintf("volumes[%d].%s", [i, kind])} if {
	some entry in workloads.all
	some i, volume in resources.words(object.get(workloads.pod(entry), "volumes", []))
	is_object(volume)
	some kind, _ in volume
	kind != "name"
	not kind in volume_types
}

weakness contains {"entry": entry, "at": sprintf("securityContext.seLinuxOptions.%s", [name])} if {
	some entry in workloads.all
	some name in foreign_label(object.get(workloads.pod(entry), ["securityContext", "seLinuxOptions"], {}))
}

weakness contains {"entry": item.entry, "at": sprintf("%s.securityContext.seLinuxOptions.%s", [item.at, name])} if {
	some item in workloads.container
	some name in foreign_label(object.get(item.of, ["securityContext", "seLinuxOptions"], {}))
}

foreign_label(options) := {name |
	is_object(options)
	some name in ["user", "role"]
	not object.get(options, name, "") in {"", null}
} | {"type" |
	is_object(options)
	not object.get(options, "type", "") in {"", null, "container_t", "container_init_t", "container_kvm_t", "container_engine_t"}
}

weakness contains {"entry": entry, "at": "securityContext.appArmorProfile"} if {
	some entry in workloads.all
	object.get(workloads.pod(entry), ["securityContext", "appArmorProfile", "type"], "") == "Unconfined"
}

weakness contains {"entry": item.entry, "at": sprintf("%s.securityContext.appArmorProfile", [item.at])} if {
	some item in workloads.container
	object.get(item.of, ["securityContext", "appArmorProfile", "type"], "") == "Unconfined"
}

weakness contains {"entry": entry, "at": sprintf("annotations[%s]", [name])} if {
	some entry in workloads.all
	annotations := object.get({"of": workloads.pod_metadata(entry)}, ["of", "annotations"], {})
	is_object(annotations)
	some name, value in annotations
	startswith(name, "container.apparmor.security.beta.kubernetes.io/")
	value == "unconfined"
}

weakness contains {"entry": item.entry, "at": sprintf("%s.%s.host", [item.at, concat(".", path)])} if {
	some item in workloads.container
	some hook in [["livenessProbe"], ["readinessProbe"], ["startupProbe"], ["lifecycle", "postStart"], ["lifecycle", "preStop"]]
	some handler in ["httpGet", "tcpSocket"]
	path := array.concat(hook, [handler])
	not object.get(item.of, array.concat(path, ["host"]), "") in {"", null}
}

weakness contains {"entry": entry, "at": "securityContext.windowsOptions.hostProcess"} if {
	some entry in workloads.all
	object.get(workloads.pod(entry), ["securityContext", "windowsOptions", "hostProcess"], false) == true
}

weakness contains {"entry": item.entry, "at": sprintf("%s.securityContext.windowsOptions.hostProcess", [item.at])} if {
	some item in workloads.container
	object.get(item.of, ["securityContext", "windowsOptions", "hostProcess"], false) == true
}

weakness contains {"entry": item.entry, "at": sprintf("%s.securityContext.privileged", [item.at])} if {
	some item in workloads.container
	workloads.security(item, "privileged") == true
}

weakness contains {"entry": item.entry, "at": sprintf("%s.ports.hostPort", [item.at])} if {
	some item in workloads.container
	some port in resources.words(object.get(item.of, "ports", []))
	is_number(port.hostPort)
	port.hostPort > 0
}

weakness contains {"entry": item.entry, "at": sprintf("%s.securityContext.procMount", [item.at])} if {
	some item in workloads.container
	mount := workloads.security(item, "procMount")
	mount != null
	mount != "Default"
}

weakness contains {"entry": entry, "at": "securityContext.sysctls"} if {
	some entry in workloads.all
	some sysctl in resources.words(object.get(workloads.pod(entry), ["securityContext", "sysctls"], []))
	name := object.get({"of": sysctl}, ["of", "name"], "")
	not name in {
		"kernel.shm_rmid_forced", "net.ipv4.ip_local_port_range", "net.ipv4.ip_unprivileged_port_start",
		"net.ipv4.tcp_syncookies", "net.ipv4.ping_group_range", "net.ipv4.ip_local_reserved_ports",
		"net.ipv4.tcp_keepalive_time", "net.ipv4.tcp_fin_timeout", "net.ipv4.tcp_keepalive_intvl",
		"net.ipv4.tcp_keepalive_probes", "net.ipv4.tcp_notsent_lowat", "net.ipv4.tcp_slow_start_after_idle", "net.ipv4.tcp_rmem", "net.ipv4.tcp_wmem",
	}
}

# Restricted: what a container has to say.
weakness contains {"entry": item.entry, "at": sprintf("%s.securityContext.allowPrivilegeEscalation", [item.at])} if {
	some item in workloads.container
	not workloads.windows(item.entry)
	object.get(item.of, ["securityContext", "allowPrivilegeEscalation"], true) != false
}

weakness contains {"entry": item.entry, "at": sprintf("%s.securityContext.runAsNonRoot", [item.at])} if {
	some item in workloads.container
	workloads.security(item, "runAsNonRoot") != true
}

weakness contains {"entry": item.entry, "at": sprintf("%s.securityContext.runAsUser", [item.at])} if {
	some item in workloads.container
	workloads.security(item, "runAsUser") == 0
}

weakness contains {"entry": item.entry, "at": sprintf("%s.securityContext.capabilities.drop", [item.at])} if {
	some item in workloads.container
	not workloads.windows(item.entry)
	not "ALL" in capabilities(item, "drop")
}

weakness contains {"entry": item.entry, "at": sprintf("%s.securityContext.capabilities.add", [item.at])} if {
	some item in workloads.container
	some name in capabilities(item, "add")
	name != "NET_BIND_SERVICE"
}

weakness contains {"entry": item.entry, "at": sprintf("%s.securityContext.seccompProfile", [item.at])} if {
	some item in workloads.container
	not workloads.windows(item.entry)
	profile := workloads.security(item, "seccompProfile")
	not confined(profile)
}

confined(profile) if {
	is_object(profile)
	profile.type in {"RuntimeDefault", "Localhost"}
}

capabilities(item, name) := resources.words(object.get(item.of, ["securityContext", "capabilities", name], []))

deny contains resources.finding("workload_hardening", found.entry.address, found.entry.path, found.at) if {
	some found in weakness
}

advice contains {"entry": item.entry, "at": sprintf("%s.image", [item.at])} if {
	some item in workloads.container
	image := object.get(item.of, "image", "")
	is_string(image)
	not regex.match(`@sha256:[0-9a-f]{64}$`, image)
}

advice contains {"entry": item.entry, "at": sprintf("%s.securityContext.readOnlyRootFilesystem", [item.at])} if {
	some item in workloads.container
	workloads.security(item, "readOnlyRootFilesystem") != true
}

advice contains {"entry": entry, "at": "automountServiceAccountToken"} if {
	some entry in workloads.all
	object.get(workloads.pod(entry), "automountServiceAccountToken", true) != false
}

warn contains object.union(resources.finding("workload_hardening", found.entry.address, found.entry.path, found.at), {"severity": "low"}) if {
	some found in advice
}

missing := set()

examined contains sprintf("%s: %s", [item.entry.address, item.at]) if some item in workloads.container
