# METADATA
# title: Cluster review
# description: |
#   The configuration of training and serving platforms: manifests, Helm output and Compose files. A check fails on a
#   finding, is unknown on something that it could not see, and does not apply where there is nothing to look at.
# scope: package
# custom:
#   id: cluster
#   severity: high
#   applies_to: [kubernetes, compose]
#   automation: full
#   statuses: [pass, fail, unknown]
#   remediation:
#     en: Mend the findings, most severe first.
#     zh: 按严重程度修复发现的问题。
#   references: ["CIS Kubernetes 1.12", "CIS Docker 1.6", "Kubernetes Pod Security Standards"]
package yumen.checks.cluster

import data.yumen.checks.cluster.gpu_isolation
import data.yumen.checks.cluster.image_digest
import data.yumen.checks.cluster.network_policy
import data.yumen.checks.cluster.pod_security
import data.yumen.checks.cluster.resource_limits
import data.yumen.checks.cluster.sandboxed_runtime
import data.yumen.checks.cluster.secrets_in_clear
import data.yumen.checks.platform.resources

checks := {
	"pod_security": [pod_security.deny, pod_security.missing, pod_security.examined],
	"gpu_isolation": [gpu_isolation.deny, gpu_isolation.missing, gpu_isolation.examined],
	"sandboxed_runtime": [sandboxed_runtime.deny, sandboxed_runtime.missing, sandboxed_runtime.examined],
	"network_policy": [network_policy.deny, network_policy.missing, network_policy.examined],
	"secrets_in_clear": [secrets_in_clear.deny, secrets_in_clear.missing, secrets_in_clear.examined],
	"image_digest": [image_digest.deny, image_digest.missing, image_digest.examined],
	"resource_limits": [resource_limits.deny, resource_limits.missing, resource_limits.examined],
}

status(found) := "fail" if {
	count(found[0]) > 0
} else := "unknown" if {
	count(found[1]) > 0
} else := "pass" if {
	count(found[2]) > 0
} else := "not_applicable"

summary := {id: {"status": status(found), "failed": count(found[0]), "missing": count(found[1]), "examined": count(found[2])} |
	some id, found in checks
}

deny contains finding if {
	some _, found in checks
	some finding in found[0]
}

missing contains path if {
	some _, found in checks
	some path in found[1]
}

states := {entry.status | some _, entry in summary}

default verdict := "unknown"

verdict := "fail" if {
	"fail" in states
} else := "unknown" if {
	count(missing) > 0
} else := "pass" if {
	"pass" in states
}

# METADATA
# title: Review of one cluster's configuration
# entrypoint: true
decision := {
	"decision": verdict,
	"verdict": verdict,
	"reasons": [{"code": "failed", "message": sprintf("%s: %d finding(s)", [id, entry.failed]), "rule": sprintf("cluster.%s", [id]), "reference": ""} |
		some id, entry in summary
		entry.status == "fail"
	],
	"checks": summary,
	"findings": sort(deny),
	"advice": sort(secrets_in_clear.warn),
	"missing": sort(missing),
	"examined": count(resources.all),
}
