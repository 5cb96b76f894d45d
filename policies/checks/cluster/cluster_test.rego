package yumen.checks.cluster_test

import data.yumen.checks.cluster

digest := "registry.example/x@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

k8s(api, kind, name, values) := {"source": "kubernetes", "type": kind, "address": sprintf("%s/ml/%s", [kind, name]), "path": "app.yaml", "values": object.union({"apiVersion": api, "kind": kind, "metadata": {"name": name, "namespace": "ml"}}, values)}

container := {
	"name": "x",
	"image": digest,
	"resources": {"limits": {"memory": "1Gi", "cpu": "500m"}},
	"securityContext": {"allowPrivilegeEscalation": false, "runAsNonRoot": true, "capabilities": {"drop": ["ALL"]}, "seccompProfile": {"type": "RuntimeDefault"}},
}

spec := {"runtimeClassName": "gvisor", "containers": [container]}

pod(of) := k8s("v1", "Pod", "x", {"metadata": {"name": "x", "namespace": "ml", "labels": {"app": "x"}}, "spec": of})

with_container(of) := pod(object.union(spec, {"containers": [object.union(container, of)]}))

guard := k8s("networking.k8s.io/v1", "NetworkPolicy", "all", {"spec": {"podSelector": {}, "policyTypes": ["Ingress", "Egress"], "ingress": [{"from": [{"podSelector": {}}]}]}})

said(resources) := found if {
	found := cluster.decision with input as {"resources": resources, "credentials": [], "embedded": []}
}

rules(resources) := {trim_prefix(finding.rule, "cluster.") | some finding in said(resources).findings}

missing(resources) := {path | some path in said(resources).missing}

status(resources, check) := said(resources).checks[check].status

service(values) := {"source": "compose", "type": "compose.service", "address": "services/web", "path": "compose.yaml", "values": values}

good_service := {
	"image": digest, "user": "1000", "cap_drop": ["ALL"], "security_opt": ["no-new-privileges:true"], "runtime": "runsc",
	"mem_limit": "1g", "cpus": 1, "pids_limit": 100, "ports": ["127.0.0.1:80:80"], "volumes": ["./data:/data", "cache:/cache"],
}

but(values) := [service(object.union(good_service, values))]

test_a_careful_pod_passes_and_what_it_lacks_does_not_apply if {
	found := said([pod(spec), guard])
	found.verdict == "pass"
	{name | some name, check in found.checks; check.status == "pass"} == {"pod_security", "sandboxed_runtime", "network_policy", "secrets_in_clear", "image_digest", "resource_limits"}
	found.checks.gpu_isolation.status == "not_applicable"
}

test_a_careful_service_passes if {
	said([service(good_service)]).verdict == "pass"
}

test_nothing_is_unknown if {
	said([]).verdict == "unknown"
	every _, check in said([]).checks {
		check.status == "not_applicable"
	}
	found := cluster.decision with input as {}
	found.verdict == "unknown"
	"resources" in found.missing
	"credentials" in found.missing
	"resources[0]" in missing([{"type": "Pod"}])
}

# --- Pod Security ------------------------------------------------------------------------------------------------------

test_pod_security_names_the_cis_recommendation if {
	some finding in said([pod(object.union(spec, {"hostPID": true})), guard]).findings
	finding.rule == "cluster.pod_security.host_namespaces"
	finding.references == ["CIS Kubernetes 1.12: 5.2.3"]
	finding.at == ["spec", "hostPID"]
}

test_the_socket_of_a_runtime_is_worse_than_other_paths if {
	rules([pod(object.union(spec, {"volumes": [{"hostPath": {"path": "/run/containerd/containerd.sock"}}]})), guard]) == {"pod_security.runtime_socket"}
	rules([pod(object.union(spec, {"volumes": [{"hostPath": {"path": "/data"}}]})), guard]) == {"pod_security.host_path"}
}

test_a_namespace_enforces_a_standard if {
	bare := k8s("v1", "Namespace", "ml", {"metadata": {"name": "ml"}})
	rules([bare]) == {"pod_security.admission"}
	said([object.union(bare, {"values": {"metadata": {"labels": {"pod-security.kubernetes.io/enforce": "restricted"}}}})]).verdict == "pass"
	status([k8s("v1", "Namespace", "kube-system", {"metadata": {"name": "kube-system"}})], "pod_security") == "not_applicable"
}

test_a_flag_that_a_template_left_open_is_unknown if {
	open := [with_container({"securityContext": object.union(container.securityContext, {"privileged": "{{ .Values.p }}"})}), guard]
	status(open, "pod_security") == "unknown"
	said(open).verdict == "unknown"
}

test_services_answer_for_the_same_controls if {
	rules(but({"privileged": true})) == {"pod_security.privileged"}
	rules(but({"pid": "host", "network_mode": "host"})) == {"pod_security.host_namespaces"}
	rules(but({"cap_add": ["SYS_ADMIN", "CAP_CHOWN"]})) == {"pod_security.capabilities"}
	rules(but({"cap_drop": ["CHOWN"]})) == {"pod_security.capabilities_dropped"}
	rules(but({"security_opt": ["seccomp=unconfined", "apparmor:unconfined", "label:disable"]})) == {"pod_security.seccomp", "pod_security.app_armor", "pod_security.selinux", "pod_security.privilege_escalation"}
	rules(but({"user": "0:0"})) == {"pod_security.run_as_non_root"}
	rules(but({"volumes": ["/var/run/docker.sock:/s:ro"]})) == {"pod_security.runtime_socket"}
	rules(but({"use_api_socket": true})) == {"pod_security.runtime_socket"}
	rules(but({"volumes": [{"type": "bind", "source": "/etc", "target": "/e"}]})) == {"pod_security.host_path"}
	rules(but({"devices": ["/dev/sda:/dev/sda", {"source": "/dev/sdb"}]})) == {"pod_security.host_device"}
}

test_what_a_service_leaves_to_others_is_unknown if {
	status(but({"privileged": "${P}"}), "pod_security") == "unknown"
	status(but({"user": "${UID}"}), "pod_security") == "unknown"
	status(but({"volumes": ["${DATA}:/data"]}), "pod_security") == "unknown"
	status(but({"extends": {"service": "base"}}), "pod_security") == "unknown"
	status(but({"ports": "80"}), "pod_security") == "unknown"
	status(array.concat(but({}), [{"source": "compose", "type": "compose.file", "address": "compose", "path": "compose.yaml", "values": {"include": ["a.yaml"]}}]), "pod_security") == "unknown"
}

# --- GPUs --------------------------------------------------------------------------------------------------------------

gpu(resources) := [with_container({"resources": object.union(container.resources, resources)}), guard]

test_whole_gpus_and_mig_slices_pass if {
	status(gpu({"limits": {"nvidia.com/gpu": 1}}), "gpu_isolation") == "pass"
	status(gpu({"limits": {"nvidia.com/mig-1g.10gb": "2"}, "requests": {"nvidia.com/mig-1g.10gb": 2}}), "gpu_isolation") == "pass"
}

test_parts_of_a_gpu_are_not_isolated if {
	rules(gpu({"limits": {"nvidia.com/gpu": 0.5}})) == {"gpu_isolation.fraction"}
	rules(gpu({"limits": {"amd.com/gpu": "500m"}})) == {"gpu_isolation.fraction"}
	rules(gpu({"requests": {"nvidia.com/gpu": 1}})) == {"gpu_isolation.request"}
	rules(gpu({"limits": {"nvidia.com/gpu.shared": 1}})) == {"gpu_isolation.shared_replica"}
	rules([object.union(pod(spec), {"values": {"metadata": {"annotations": {"gpu-fraction": "0.5"}}}}), guard]) == {"gpu_isolation.shared_replica"}
	status(gpu({"limits": {"nvidia.com/gpu": "{{ .Values.n }}"}}), "gpu_isolation") == "unknown"
}

test_gpus_taken_past_the_device_plugin if {
	rules([with_container({"env": [{"name": "NVIDIA_VISIBLE_DEVICES", "value": "all"}]}), guard]) == {"gpu_isolation.bypass"}
	status([with_container({"env": [{"name": "NVIDIA_VISIBLE_DEVICES", "value": "void"}]}), guard], "gpu_isolation") == "not_applicable"
	status([with_container({"env": [{"name": "NVIDIA_VISIBLE_DEVICES", "valueFrom": {}}]}), guard], "gpu_isolation") == "unknown"
	rules([pod(object.union(spec, {"volumes": [{"hostPath": {"path": "/dev/nvidia0"}}]})), guard]) == {"gpu_isolation.host_device", "pod_security.host_path"}
	rules([pod(object.union(spec, {"volumes": [{"hostPath": {"path": "/tmp/nvidia-mps"}}]})), guard]) == {"gpu_isolation.mps_pipe", "pod_security.host_path"}
	"gpu_isolation.privileged" in rules([with_container({"resources": {"limits": {"memory": "1Gi", "cpu": 1, "nvidia.com/gpu": 1}}, "securityContext": object.union(container.securityContext, {"privileged": true})})])
}

plugin := k8s("v1", "ConfigMap", "plugin", {"data": {"any": "…"}})

shared(value) := found if {
	decision := cluster.decision with input as {"resources": [plugin], "credentials": [], "embedded": [{"address": plugin.address, "path": plugin.path, "at": ["data", "any"], "value": value}]}
	found := [decision.checks.gpu_isolation.status, {finding.rule | some finding in decision.findings}]
}

test_time_slicing_and_mps_in_the_configuration_of_the_plugin if {
	shared({"sharing": {"timeSlicing": {"resources": [{"name": "nvidia.com/gpu", "replicas": 4}]}}}) == ["fail", {"cluster.gpu_isolation.time_slicing"}]
	shared({"sharing": {"mps": {"resources": [{"name": "nvidia.com/gpu", "replicas": 2}]}}}) == ["fail", {"cluster.gpu_isolation.mps"}]
	shared({"sharing": {"timeSlicing": {"resources": [{"name": "nvidia.com/gpu", "replicas": 1}]}}}) == ["pass", set()]
	shared({"flags": {"migStrategy": "mixed"}}) == ["not_applicable", set()]
}

claim(devices) := [k8s("resource.k8s.io/v1", "ResourceClaim", "c", {"spec": {"devices": devices}})]

test_claims_of_devices if {
	status(claim({"requests": [{"name": "g", "exactly": {"deviceClassName": "gpu.nvidia.com"}}]}), "gpu_isolation") == "pass"
	rules(claim({"requests": [{"name": "g", "exactly": {"adminAccess": true}}]})) == {"gpu_isolation.admin_access"}
	rules(claim({"config": [{"opaque": {"parameters": {"sharing": {"strategy": "TimeSlicing"}}}}]})) == {"gpu_isolation.time_slicing"}
	rules([k8s("resource.k8s.io/v1", "ResourceClaimTemplate", "c", {"spec": {"spec": {"devices": {"config": [{"opaque": {"parameters": {"sharing": {"strategy": "MPS"}}}}]}}}})]) == {"gpu_isolation.mps"}
	status(claim("x"), "gpu_isolation") == "unknown"
	using := object.union(spec, {"resourceClaims": [{"name": "g", "resourceClaimName": "c"}]})
	rules([pod(using), guard]) == set()
	rules([k8s("apps/v1", "Deployment", "x", {"spec": {"replicas": 2, "template": {"spec": using}}}), guard]) == {"gpu_isolation.shared_claim"}
	rules([pod(using), k8s("v1", "Pod", "y", {"spec": using}), guard]) == {"gpu_isolation.shared_claim"}
}

reserved(device) := but({"deploy": {"resources": {"reservations": {"devices": [device]}}}})

test_services_name_their_gpus if {
	status(reserved({"driver": "nvidia", "count": 1, "capabilities": ["gpu"]}), "gpu_isolation") == "pass"
	status(reserved({"capabilities": ["tpu"]}), "gpu_isolation") == "not_applicable"
	rules(reserved({"count": "all", "capabilities": ["gpu"]})) == {"gpu_isolation.all_devices"}
	rules(reserved({"capabilities": ["gpu"]})) == {"gpu_isolation.all_devices"}
	rules(but({"gpus": "all"})) == {"gpu_isolation.all_devices"}
	rules(but({"gpus": [{"count": -1}]})) == {"gpu_isolation.all_devices"}
	rules(but({"devices": ["/dev/nvidia0", {"source": "/dev/kfd"}]})) == {"gpu_isolation.host_device"}
	rules(but({"environment": {"NVIDIA_VISIBLE_DEVICES": "all"}})) == {"gpu_isolation.bypass"}
	rules(but({"environment": ["NVIDIA_VISIBLE_DEVICES=all"]})) == {"gpu_isolation.bypass"}
	status(reserved({"count": "${N}", "capabilities": ["gpu"]}), "gpu_isolation") == "unknown"
}

# --- Sandboxes ---------------------------------------------------------------------------------------------------------

runs(class) := [pod(object.union(spec, {"runtimeClassName": class})), guard]

class(name, handler) := k8s("node.k8s.io/v1", "RuntimeClass", name, {"metadata": {"name": name}, "handler": handler})

test_a_runtime_class_is_known_by_its_object_or_its_name if {
	status(runs("kata-qemu-nvidia-gpu"), "sandboxed_runtime") == "pass"
	status(runs("nvidia"), "sandboxed_runtime") == "fail"
	status([pod(object.remove(spec, ["runtimeClassName"])), guard], "sandboxed_runtime") == "fail"
	status(runs("secure"), "sandboxed_runtime") == "unknown"
	status(runs(7), "sandboxed_runtime") == "unknown"
	status(array.concat(runs("secure"), [class("secure", "runsc")]), "sandboxed_runtime") == "pass"
	status(array.concat(runs("gvisor"), [class("gvisor", "runc")]), "sandboxed_runtime") == "fail"
	status(array.concat(runs("secure"), [class("secure", "own")]), "sandboxed_runtime") == "unknown"
	status([k8s("v1", "Pod", "x", {"metadata": {"namespace": "kube-system"}, "spec": spec})], "sandboxed_runtime") == "not_applicable"
	status(but({"runtime": "io.containerd.kata.v2"}), "sandboxed_runtime") == "pass"
	status([service(object.remove(good_service, ["runtime"]))], "sandboxed_runtime") == "fail"
}

# --- Network policies --------------------------------------------------------------------------------------------------

selecting(selector, more) := [pod(spec), k8s("networking.k8s.io/v1", "NetworkPolicy", "p", {"spec": object.union({"podSelector": selector}, more)})]

both := {"policyTypes": ["Ingress", "Egress"]}

test_a_policy_covers_the_pods_that_it_selects if {
	rules([pod(spec)]) == {"network_policy.ingress", "network_policy.egress"}
	rules(selecting({}, {})) == {"network_policy.egress"}
	rules(selecting({}, {"egress": []})) == set()
	rules(selecting({"matchLabels": {"app": "x"}}, both)) == set()
	rules(selecting({"matchLabels": {"app": "y"}}, both)) == {"network_policy.ingress", "network_policy.egress"}
	rules([pod(spec), object.union(guard, {"values": {"metadata": {"namespace": "other"}}})]) == {"network_policy.ingress", "network_policy.egress"}
}

chosen(expression) := rules(selecting({"matchExpressions": [expression]}, both)) == set()

test_label_expressions if {
	chosen({"key": "app", "operator": "In", "values": ["x"]})
	chosen({"key": "app", "operator": "NotIn", "values": ["y"]})
	chosen({"key": "app", "operator": "Exists"})
	chosen({"key": "tier", "operator": "DoesNotExist"})
	not chosen({"key": "app", "operator": "DoesNotExist"})
	status(selecting({"matchExpressions": [{"key": "app", "operator": "Near"}]}, both), "network_policy") == "unknown"
	status(selecting("x", both), "network_policy") == "unknown"
}

cilium(kind, of) := rules([pod(spec), k8s("cilium.io/v2", kind, "p", {"spec": of})])

calico(kind, of) := [pod(spec), k8s("projectcalico.org/v3", kind, "p", {"spec": of})]

test_policies_of_cilium_and_calico_count if {
	cilium("CiliumNetworkPolicy", {"endpointSelector": {"matchLabels": {"k8s:app": "x"}}, "ingress": [], "egressDeny": []}) == set()
	cilium("CiliumClusterwideNetworkPolicy", {"endpointSelector": {}, "ingress": []}) == {"network_policy.egress"}
	rules(calico("GlobalNetworkPolicy", {"selector": "all()", "types": ["Ingress", "Egress"]})) == set()
	rules(calico("NetworkPolicy", {"selector": "app == 'x'", "egress": []})) == set()
	rules(calico("NetworkPolicy", {"selector": "app == 'y'"})) == {"network_policy.ingress", "network_policy.egress"}
	status(calico("NetworkPolicy", {"selector": "has(app) && tier in {'a'}", "types": ["Ingress", "Egress"]}), "network_policy") == "unknown"
	status(calico("GlobalNetworkPolicy", {"namespaceSelector": "x == 'y'", "types": ["Ingress", "Egress"]}), "network_policy") == "unknown"
}

opened(more) := rules(selecting({}, object.union(both, more)))

test_a_policy_that_lets_everything_through if {
	opened({"ingress": [{}]}) == {"network_policy.open"}
	opened({"egress": [{"to": [{"ipBlock": {"cidr": "0.0.0.0/0"}}]}]}) == {"network_policy.open"}
	opened({"egress": [{"to": [{"ipBlock": {"cidr": "0.0.0.0/0", "except": ["169.254.169.254/32"]}}]}]}) == set()
	opened({"ingress": [{"ports": [{"port": 443}]}]}) == set()
}

test_the_network_of_the_host_is_beyond_every_policy if {
	status([pod(object.union(spec, {"hostNetwork": true}))], "network_policy") == "not_applicable"
}

test_ports_published_on_every_address if {
	every port in ["80", "8080:80", "0.0.0.0:80:80", "[::]:80:80/udp", 80, {"target": 80, "published": "80"}] {
		rules(but({"ports": [port]})) == {"network_policy.published"}
	}
	rules(but({"ports": ["127.0.0.1:80:80", {"target": 80, "host_ip": "127.0.0.1"}]})) == set()
	status(but({"ports": ["${PORT}:80"]}), "network_policy") == "unknown"
}

# --- Secrets -----------------------------------------------------------------------------------------------------------

test_credentials_that_the_scanner_found_and_variables_named_like_one if {
	found := cluster.decision with input as {"resources": [pod(spec), guard], "embedded": [], "credentials": [{"address": "Pod/ml/x", "path": "app.yaml", "at": ["spec", "containers", 0, "args", 0], "rule": "secret.x"}]}
	[finding.at | some finding in found.findings] == [["spec", "containers", 0, "args", 0]]
	rules([with_container({"env": [{"name": "DB_PASSWORD", "value": "x1"}]}), guard]) == {"secrets_in_clear.credential"}
	rules([with_container({"env": [{"name": "DB_PASSWORD", "value": "$(FROM_ELSEWHERE)"}]}), guard]) == set()
	rules([k8s("v1", "ConfigMap", "c", {"data": {"api_key": "x1"}})]) == {"secrets_in_clear.credential"}
	rules(but({"environment": {"DB_PASSWORD": "x1"}})) == {"secrets_in_clear.credential"}
	rules(but({"environment": ["DB_PASSWORD=x1"]})) == {"secrets_in_clear.credential"}
	rules(but({"environment": {"DB_PASSWORD": "${DB_PASSWORD:?}", "DB_PASSWORD_FILE": "/run/secrets/db"}})) == set()
	status(but({"env_file": [".env"]}), "secrets_in_clear") == "unknown"
}

# What the scanner finds in a Secret is told once, as the Secret.
test_a_credential_in_a_secret_is_told_once if {
	secret := k8s("v1", "Secret", "s", {"data": {"a": "eA=="}})
	found := cluster.decision with input as {"resources": [secret], "embedded": [], "credentials": [{"address": secret.address, "path": secret.path, "at": ["data", "a"], "rule": "secret.x"}]}
	{finding.rule | some finding in found.findings} == {"cluster.secrets_in_clear.secret_object"}
}

test_a_secret_with_its_values_is_in_clear if {
	rules([k8s("v1", "Secret", "s", {"data": {"a": "eA=="}})]) == {"secrets_in_clear.secret_object"}
	rules([k8s("v1", "Secret", "s", {"stringData": {"a": "x"}})]) == {"secrets_in_clear.secret_object"}
	rules([k8s("v1", "Secret", "s", {"stringData": {"a": ""}})]) == set()
	rules([k8s("bitnami.com/v1alpha1", "SealedSecret", "s", {"spec": {"encryptedData": {"a": "AgBy3i4OJSWK"}}})]) == set()
}

test_a_secret_as_a_variable_is_advice if {
	found := said([with_container({"env": [{"name": "A", "valueFrom": {"secretKeyRef": {"name": "s", "key": "a"}}}]}), guard])
	found.verdict == "pass"
	[advice.rule | some advice in found.advice] == ["cluster.secrets_in_clear.variable"]
}

# --- Images and limits -------------------------------------------------------------------------------------------------

image(name) := [with_container({"image": name}), guard]

test_images_are_named_by_digest if {
	rules(image("nginx")) == {"image_digest.latest"}
	rules(image("localhost:5000/nginx:latest")) == {"image_digest.latest"}
	rules(image("localhost:5000/nginx:1.2")) == {"image_digest.tag"}
	rules(image("nginx@sha256:beef")) == {"image_digest.tag"}
	status(image("nginx:{{ .Values.tag }}"), "image_digest") == "unknown"
	status(image(""), "image_digest") == "unknown"
	status(image(7), "image_digest") == "unknown"
	rules([pod(object.union(spec, {"volumes": [{"image": {"reference": "models/m:1"}}]})), guard]) == {"image_digest.tag"}
	status([k8s("v1", "ConfigMap", "c", {})], "image_digest") == "not_applicable"
	status([service(object.union(object.remove(good_service, ["image"]), {"build": "."}))], "image_digest") == "not_applicable"
	status(but({"build": ".", "image": "own:1"}), "image_digest") == "not_applicable"
	rules(but({"build": ".", "image": "own:1", "pull_policy": "always"})) == {"image_digest.tag"}
	status([k8s("argoproj.io/v1alpha1", "Workflow", "w", {"spec": {"templates": [{"script": {"image": "x"}}]}})], "image_digest") == "unknown"
}

limits(resources) := [pod(object.union(spec, {"containers": [object.union(object.remove(container, ["resources"]), {"resources": resources})]})), guard]

test_limits_of_the_container_the_pod_or_the_namespace if {
	rules(limits({})) == {"resource_limits.memory", "resource_limits.cpu"}
	rules(limits({"limits": {"memory": "1Gi"}, "requests": {"cpu": 1}})) == set()
	rules(limits({"limits": {"memory": "1 GB", "cpu": 1}})) == {"resource_limits.quantity"}
	status(limits({"limits": {"memory": "{{ .Values.m }}", "cpu": 1}}), "resource_limits") == "unknown"
	status(limits("x"), "resource_limits") == "unknown"
	defaults := k8s("v1", "LimitRange", "r", {"spec": {"limits": [{"type": "Container", "default": {"memory": "1Gi", "cpu": 1}}]}})
	rules(array.concat(limits({}), [defaults])) == set()
	rules([pod(object.union(spec, {"resources": {"limits": {"memory": "1Gi", "cpu": 1}}, "containers": [object.remove(container, ["resources"])]})), guard]) == set()
	status([guard], "resource_limits") == "not_applicable"
}

test_limits_of_services if {
	bare := object.remove(good_service, ["mem_limit", "cpus", "pids_limit"])
	rules([service(bare)]) == {"resource_limits.memory", "resource_limits.cpu", "resource_limits.pids"}
	rules([service(object.union(bare, {"deploy": {"resources": {"limits": {"memory": "1g", "cpus": "1", "pids": 9}}}}))]) == set()
	rules([service(object.union(object.remove(good_service, ["cpus"]), {"cpu_quota": 50000}))]) == set()
	status(but({"mem_limit": "${M}"}), "resource_limits") == "unknown"
}

# --- Each check in each of its statuses: what tests/policies/test_statuses.py puts to it ------------------------------

asked(resources) := {"resources": resources, "credentials": [], "embedded": []}

other := asked([k8s("v1", "Service", "s", {})])

unread := asked([k8s("apps/v1", "Deployment", "x", {"spec": {"template": "{{ template }}"}})])

statuses := {
	"cluster": {"pass": asked([pod(spec), guard]), "fail": asked([pod(spec)]), "unknown": unread},
	"cluster.pod_security": {
		"pass": asked([pod(spec)]),
		"fail": asked([pod(object.union(spec, {"hostPID": true}))]),
		"unknown": unread,
		"not_applicable": other,
	},
	"cluster.gpu_isolation": {
		"pass": asked([with_container({"resources": {"limits": {"nvidia.com/gpu": 1}}})]),
		"fail": asked([with_container({"resources": {"limits": {"nvidia.com/gpu": "0.5"}}})]),
		"unknown": asked([with_container({"resources": {"limits": "{{ limits }}"}})]),
		"not_applicable": asked([pod(spec)]),
	},
	"cluster.sandboxed_runtime": {
		"pass": asked([pod(spec)]),
		"fail": asked([pod(object.remove(spec, ["runtimeClassName"]))]),
		"unknown": unread,
		"not_applicable": other,
	},
	"cluster.network_policy": {
		"pass": asked([pod(spec), guard]),
		"fail": asked([pod(spec)]),
		"unknown": unread,
		"not_applicable": other,
	},
	"cluster.secrets_in_clear": {
		"pass": asked([pod(spec)]),
		"fail": asked([with_container({"env": [{"name": "DB_PASSWORD", "value": "hunter2"}]})]),
		"unknown": asked([with_container({"env": "DB_PASSWORD=hunter2"})]),
		"not_applicable": asked([]),
	},
	"cluster.image_digest": {
		"pass": asked([pod(spec)]),
		"fail": asked([with_container({"image": "x:1"})]),
		"unknown": asked([service({})]),
		"not_applicable": other,
	},
	"cluster.resource_limits": {
		"pass": asked([pod(spec)]),
		"fail": asked([with_container({"resources": {"limits": {"memory": "lots"}}})]),
		"unknown": asked([with_container({"resources": "{{ resources }}"})]),
		"not_applicable": other,
	},
}
