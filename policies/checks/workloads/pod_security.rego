# METADATA
# title: Pod Security Standards
# description: |
#   Every control of "baseline" and "restricted" (Kubernetes 1.37) over every container of every pod: each violation with
#   the control and the field. Where a level counts is for the pack that asks.
# scope: package
# custom:
#   id: workloads.pod_security
#   severity: high
#   applies_to: [kubernetes]
#   automation: full
#   statuses: []
#   remediation:
#     en: Meet the restricted Pod Security Standard.
#     zh: 满足 Restricted Pod 安全标准。
#   references: ["Kubernetes Pod Security Standards", "NSA Kubernetes Hardening Guide", "GB/T 22239-2019 8.2.4"]
package yumen.checks.workloads.pod_security

import data.yumen.checks.platform.resources
import data.yumen.checks.workloads.pods

# {control, address, path, pod, at}
violation contains found(pod, "host_namespaces", array.concat(pod.at, [name])) if {
	some pod in pods.all
	some name in ["hostNetwork", "hostPID", "hostIPC"]
	object.get(pod.spec, name, false) == true
}

# --- Baseline: fields of the pod and of each container -----------------------------------------------------------------

# Each security context that is written, the pod's and the containers'.
context contains {"pod": pod, "at": array.concat(pod.at, ["securityContext"]), "of": of} if {
	some pod in pods.all
	of := pod.spec.securityContext
	is_object(of)
}

context contains {"pod": item.pod, "at": array.concat(item.at, ["securityContext"]), "of": of} if {
	some item in pods.container
	of := item.of.securityContext
	is_object(of)
}

violation contains found(held.pod, "host_process", array.concat(held.at, ["windowsOptions", "hostProcess"])) if {
	some held in context
	object.get(held.of, ["windowsOptions", "hostProcess"], false) == true
}

violation contains found(held.pod, "selinux", array.concat(held.at, ["seLinuxOptions", name])) if {
	some held in context
	some name in foreign_label(object.get(held.of, "seLinuxOptions", {}))
}

foreign_label(options) := {name |
	is_object(options)
	some name in ["user", "role"]
	not object.get(options, name, "") in {"", null}
} | {"type" |
	is_object(options)
	not object.get(options, "type", "") in {"", null, "container_t", "container_init_t", "container_kvm_t", "container_engine_t"}
}

violation contains found(held.pod, "app_armor", array.concat(held.at, ["appArmorProfile"])) if {
	some held in context
	profile := held.of.appArmorProfile
	is_object(profile)
	not object.get(profile, "type", "") in {"RuntimeDefault", "Localhost"}
}

violation contains found(pod, "app_armor", array.concat(beside(pod), ["annotations", name])) if {
	some pod in pods.all
	annotations := object.get(pod.metadata, "annotations", {})
	is_object(annotations)
	some name, value in annotations
	startswith(name, "container.apparmor.security.beta.kubernetes.io/")
	not value in {"", "runtime/default"}
	not startswith(sprintf("%v", [value]), "localhost/")
}

violation contains found(held.pod, "seccomp", array.concat(held.at, ["seccompProfile"])) if {
	some held in context
	profile := held.of.seccompProfile
	is_object(profile)
	not confined(profile)
}

violation contains found(pod, "sysctls", array.concat(pod.at, ["securityContext", "sysctls", i])) if {
	some pod in pods.all
	some i, sysctl in resources.words(object.get(pod.spec, ["securityContext", "sysctls"], []))
	not object.get({"of": sysctl}, ["of", "name"], "") in safe_sysctls
}

safe_sysctls := {
	"kernel.shm_rmid_forced", "net.ipv4.ip_local_port_range", "net.ipv4.ip_unprivileged_port_start",
	"net.ipv4.tcp_syncookies", "net.ipv4.ping_group_range", "net.ipv4.ip_local_reserved_ports",
	"net.ipv4.tcp_keepalive_time", "net.ipv4.tcp_fin_timeout", "net.ipv4.tcp_keepalive_intvl",
	"net.ipv4.tcp_keepalive_probes", "net.ipv4.tcp_rmem", "net.ipv4.tcp_wmem",
	"net.ipv4.tcp_slow_start_after_idle", "net.ipv4.tcp_notsent_lowat",
}

violation contains found(pod, "host_path", array.concat(pod.at, ["volumes", i, "hostPath"])) if {
	some pod in pods.all
	some i, volume in resources.words(object.get(pod.spec, "volumes", []))
	not object.get({"of": volume}, ["of", "hostPath"], null) == null
}

# --- Baseline: fields of containers only -------------------------------------------------------------------------------

violation contains found(item.pod, "privileged", array.concat(item.at, ["securityContext", "privileged"])) if {
	some item in pods.container
	object.get(item.of, ["securityContext", "privileged"], false) == true
}

# What a runtime gives by default may be named; everything else is more than a container needs.
default_capabilities := {
	"AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD", "NET_BIND_SERVICE", "SETFCAP",
	"SETGID", "SETPCAP", "SETUID", "SYS_CHROOT",
}

violation contains found(item.pod, "capabilities", array.concat(item.at, ["securityContext", "capabilities", "add"])) if {
	some item in pods.container
	some name in capabilities(item, "add")
	not name in default_capabilities
}

violation contains found(item.pod, "host_ports", array.concat(item.at, ["ports", i, "hostPort"])) if {
	some item in pods.container
	some i, port in resources.words(object.get(item.of, "ports", []))
	not object.get({"of": port}, ["of", "hostPort"], 0) in {0, null}
}

violation contains found(item.pod, "host_probes", array.concat(item.at, array.concat(path, ["host"]))) if {
	some item in pods.container
	some hook in [["livenessProbe"], ["readinessProbe"], ["startupProbe"], ["lifecycle", "postStart"], ["lifecycle", "preStop"]]
	some handler in ["httpGet", "tcpSocket"]
	path := array.concat(hook, [handler])
	not object.get(item.of, array.concat(path, ["host"]), "") in {"", null}
}

violation contains found(item.pod, control, array.concat(item.at, ["securityContext", "procMount"])) if {
	some item in pods.container
	not object.get(item.of, ["securityContext", "procMount"], "Default") in {"Default", null}
	control := mount_control(item.pod)
}

mount_control(pod) := "proc_mount_unmasked" if {
	pods.own_users(pod)
} else := "proc_mount"

# --- Restricted --------------------------------------------------------------------------------------------------------

# Only volumes that hold the pod's own data.
volume_types := {"configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "image", "persistentVolumeClaim", "projected", "secret"}

violation contains found(pod, "volume_types", array.concat(pod.at, ["volumes", i, kind])) if {
	some pod in pods.all
	some i, volume in resources.words(object.get(pod.spec, "volumes", []))
	is_object(volume)
	some kind, _ in volume
	not kind in {"name", "hostPath"}
	not kind in volume_types
}

violation contains found(item.pod, "privilege_escalation", array.concat(item.at, ["securityContext", "allowPrivilegeEscalation"])) if {
	some item in pods.container
	not pods.windows(item.pod)
	object.get(item.of, ["securityContext", "allowPrivilegeEscalation"], true) != false
}

violation contains found(item.pod, "run_as_non_root", array.concat(item.at, ["securityContext", "runAsNonRoot"])) if {
	some item in pods.container
	not pods.own_users(item.pod)
	pods.security(item, "runAsNonRoot") != true
}

violation contains found(held.pod, "run_as_non_root", array.concat(held.at, ["runAsNonRoot"])) if {
	some held in context
	not pods.own_users(held.pod)
	held.of.runAsNonRoot == false
}

violation contains found(held.pod, "run_as_user", array.concat(held.at, ["runAsUser"])) if {
	some held in context
	not pods.own_users(held.pod)
	held.of.runAsUser == 0
}

violation contains found(item.pod, "seccomp_required", array.concat(item.at, ["securityContext", "seccompProfile"])) if {
	some item in pods.container
	not pods.windows(item.pod)
	not confined(pods.security(item, "seccompProfile"))
}

violation contains found(item.pod, "capabilities_dropped", array.concat(item.at, ["securityContext", "capabilities", "drop"])) if {
	some item in pods.container
	not pods.windows(item.pod)
	not "ALL" in capabilities(item, "drop")
}

violation contains found(item.pod, "capabilities_added", array.concat(item.at, ["securityContext", "capabilities", "add"])) if {
	some item in pods.container
	not pods.windows(item.pod)
	some name in capabilities(item, "add")
	name != "NET_BIND_SERVICE"
	name in default_capabilities
}

# --- What cannot be judged ---------------------------------------------------------------------------------------------

flags := [
	["securityContext", "privileged"], ["securityContext", "allowPrivilegeEscalation"], ["securityContext", "runAsNonRoot"],
	["securityContext", "readOnlyRootFilesystem"],
]

# A flag that is neither true nor false, as a template that was never filled in leaves it.
unreadable contains {"pod": item.pod, "at": array.concat(item.at, flag)} if {
	some item in pods.container
	some flag in flags
	not object.get(item.of, flag, null) in {true, false, null}
}

unreadable contains {"pod": pod, "at": array.concat(pod.at, [name])} if {
	some pod in pods.all
	some name in ["hostNetwork", "hostPID", "hostIPC", "hostUsers"]
	not object.get(pod.spec, name, null) in {true, false, null}
}

unreadable contains {"pod": pod, "at": array.concat(pod.at, [name])} if {
	some pod in pods.all
	some name in ["containers", "initContainers", "ephemeralContainers", "volumes"]
	not_objects(object.get(pod.spec, name, []))
}

unreadable contains {"pod": pod, "at": array.concat(pod.at, ["containers"])} if {
	some pod in pods.all
	object.get(pod.spec, "containers", []) in {[], null}
}

not_objects(list) if {
	list != null
	not is_array(list)
}

not_objects(list) if {
	is_array(list)
	some one in list
	not is_object(one)
}

missing contains sprintf("%s: %s", [field.pod.entry.address, pods.written(field.at)]) if some field in unreadable

missing contains path if some path in pods.without

confined(profile) if {
	is_object(profile)
	profile.type in {"RuntimeDefault", "Localhost"}
}

capabilities(item, name) := resources.words(object.get(item.of, ["securityContext", "capabilities", name], []))

beside(pod) := array.concat(array.slice(pod.at, 0, count(pod.at) - 1), ["metadata"])

found(pod, control, at) := {"control": control, "address": pod.entry.address, "path": pod.entry.path, "pod": pod.at, "at": at}
