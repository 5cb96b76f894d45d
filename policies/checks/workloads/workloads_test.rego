package yumen.checks.workloads_test

import data.yumen.checks.workloads.pod_security
import data.yumen.checks.workloads.pods

k8s(api, kind, values) := {"source": "kubernetes", "type": kind, "address": sprintf("%s/x", [kind]), "path": "app.yaml", "values": object.union({"apiVersion": api}, values)}

bare := {"containers": [{"name": "x", "image": "x"}]}

controls(spec) := found if {
	violations := pod_security.violation with input as {"resources": [k8s("v1", "Pod", {"spec": spec})]}
	found := {violation.control | some violation in violations}
}

fields(resource) := found if {
	violations := pod_security.violation with input as {"resources": [resource]}
	found := {pods.written(violation.at) | some violation in violations}
}

without(resource) := found if {
	found := pod_security.missing with input as {"resources": [resource]}
}

test_a_bare_pod_meets_baseline_and_lacks_what_restricted_asks if {
	controls(bare) == {"privilege_escalation", "run_as_non_root", "seccomp_required", "capabilities_dropped"}
}

test_root_of_a_user_namespace_is_nobody_outside if {
	root := object.union(bare, {"hostUsers": false, "securityContext": {"runAsUser": 0, "runAsNonRoot": false}})
	count(controls(root) & {"run_as_user", "run_as_non_root"}) == 0
	count(controls(json.remove(root, ["hostUsers"])) & {"run_as_user", "run_as_non_root"}) == 2
}

test_custom_resources_hold_their_pods_where_they_like if {
	job := k8s("kubeflow.org/v1", "PyTorchJob", {"spec": {"pytorchReplicaSpecs": {"Worker": {"template": {"spec": {"containers": [{"image": "x", "securityContext": {"privileged": true}}]}}}}}})
	"spec.pytorchReplicaSpecs.Worker.template.spec.containers[0].securityContext.privileged" in fields(job)
	without(job) == set()
	volcano := k8s("batch.volcano.sh/v1alpha1", "Job", {"spec": {"tasks": [{"template": {"spec": object.union(bare, {"hostNetwork": true})}}]}})
	"spec.tasks[0].template.spec.hostNetwork" in fields(volcano)
}

test_what_cannot_be_read_is_missing_and_never_passes if {
	without(k8s("apps/v1", "Deployment", {"spec": {}})) == {"Deployment/x: spec.template.spec"}
	without(k8s("argoproj.io/v1alpha1", "Workflow", {"spec": {"templates": [{"container": {"image": "x"}}]}})) == {"Workflow/x: spec.templates[0].container.image"}
	every field, value in {"image": "x", "command": ["x"], "args": [], "env": [{"name": "A"}], "resources": {"limits": {"cpu": 1}}} {
		job := k8s("trainer.kubeflow.org/v1alpha1", "TrainJob", {"spec": {"trainer": {field: value}}})
		without(job) == {sprintf("TrainJob/x: spec.trainer.%s", [field])}
	}
	every field, value in {"image": 7, "command": "x", "args": "x", "env": [], "env ": [{"value": "A"}], "resources": ["a.yaml"], "numNodes": 2} {
		without(k8s("trainer.kubeflow.org/v1alpha1", "TrainJob", {"spec": {"trainer": {trim_space(field): value}}})) == set()
	}
	without(k8s("v1", "Pod", {"spec": {"containers": [{"image": "x", "securityContext": {"privileged": "{{ .Values.x }}"}}]}})) == {"Pod/x: spec.containers[0].securityContext.privileged"}
	without(k8s("v1", "Pod", {"spec": {"containers": []}})) == {"Pod/x: spec.containers"}
}

test_an_unmasked_proc_is_for_pods_of_a_user_namespace_and_not_restricted_even_there if {
	unmasked := {"containers": [{"name": "x", "image": "x", "securityContext": {"procMount": "Unmasked"}}]}
	"proc_mount" in controls(unmasked)
	own := controls(object.union(unmasked, {"hostUsers": false}))
	"proc_mount_unmasked" in own
	not "proc_mount" in own
}

adding(names) := {"containers": [{"name": "x", "image": "x", "securityContext": {"capabilities": {"drop": ["ALL"], "add": names}}}]}

test_a_default_capability_that_is_added_again_is_not_restricted if {
	"capabilities_added" in controls(adding(["CHOWN"]))
	not "capabilities_added" in controls(adding(["NET_BIND_SERVICE"]))
	not "capabilities" in controls(adding(["CHOWN"]))
}

test_fields_of_the_pod_that_cannot_be_read_are_missing if {
	without(k8s("v1", "Pod", {"spec": object.union(bare, {"hostNetwork": "{{ .Values.host }}"})})) == {"Pod/x: spec.hostNetwork"}
	without(k8s("v1", "Pod", {"spec": object.union(bare, {"volumes": ["data"]})})) == {"Pod/x: spec.volumes"}
}

test_an_annotation_counts_where_the_pod_has_it if {
	pod := k8s("v1", "Pod", {"metadata": {"annotations": {"container.apparmor.security.beta.kubernetes.io/x": "mine"}}, "spec": bare})
	"metadata.annotations[container.apparmor.security.beta.kubernetes.io/x]" in fields(pod)
}
