# METADATA
# title: Platform review
# description: |
#   All platform checks over the resources of Terraform plans, Kubernetes manifests and cloud inventories. Order of
#   statuses: fail, unknown, not_applicable, pass; a pass needs something examined.
# scope: package
# custom:
#   id: platform
#   severity: high
#   applies_to: [terraform, kubernetes, inventory]
#   automation: full
#   statuses: [pass, fail, unknown]
#   remediation:
#     en: Follow the remedy of each finding.
#     zh: 按每条发现的建议整改。
#   references: ["GB/T 22239-2019", "CIS Benchmarks", "Kubernetes Pod Security Standards"]
package yumen.checks.platform

import data.yumen.checks.platform.backup
import data.yumen.checks.platform.encryption_at_rest
import data.yumen.checks.platform.encryption_in_transit
import data.yumen.checks.platform.key_rotation
import data.yumen.checks.platform.logging
import data.yumen.checks.platform.network_isolation
import data.yumen.checks.platform.plain_text_credentials
import data.yumen.checks.platform.public_exposure
import data.yumen.checks.platform.resource_limits
import data.yumen.checks.platform.resources
import data.yumen.checks.platform.workload_hardening

checks := {
	"encryption_at_rest": [encryption_at_rest.deny, encryption_at_rest.missing, encryption_at_rest.examined],
	"encryption_in_transit": [encryption_in_transit.deny, encryption_in_transit.missing, encryption_in_transit.examined],
	"key_rotation": [key_rotation.deny, key_rotation.missing, key_rotation.examined],
	"public_exposure": [public_exposure.deny, public_exposure.missing, public_exposure.examined],
	"network_isolation": [network_isolation.deny, network_isolation.missing, network_isolation.examined],
	"plain_text_credentials": [plain_text_credentials.deny, plain_text_credentials.missing, plain_text_credentials.examined],
	"logging": [logging.deny, logging.missing, logging.examined],
	"backup": [backup.deny, backup.missing, backup.examined],
	"workload_hardening": [workload_hardening.deny, workload_hardening.missing, workload_hardening.examined],
	"resource_limits": [resource_limits.deny, resource_limits.missing, resource_limits.examined],
}

status(found) := "fail" if {
	count(found[0]) > 0
} else := "unknown" if {
	count(found[1]) > 0
} else := "pass" if {
	count(found[2]) > 0
} else := "not_applicable"

summary := {id: {
	"status": status(found),
	"failed": count(found[0]),
	"missing": count(found[1]),
	"examined": count(found[2]),
} |
	some id, found in checks
}

deny contains finding if {
	some _, found in checks
	some finding in found[0]
}

warn := workload_hardening.warn

missing contains path if {
	some _, found in checks
	some path in found[1]
}

# Resources that no check knows how to read were not examined, and are said to be so.
known contains entry.address if {
	some entry in resources.all
	resources.config.types[entry.type]
}

examined := union({known, network_isolation.examined, public_exposure.examined})

unread contains entry.type if {
	some entry in resources.all
	entry.source != "kubernetes"
	not entry.address in examined
	not beside_the_point(entry.type)
}

# Beside other things they are passed over. Alone they are no platform that could pass.
unread contains entry.type if {
	some entry in resources.all
	entry.source != "kubernetes"
	examined == set()
	beside_the_point(entry.type)
}

# Types that hold nothing these checks could look at; access policies are for the least-privilege review.
beside_the_point(type) if {
	some pattern in resources.config.beside_the_point
	regex.match(pattern, type)
}

states := {entry.status | some _, entry in summary}

default verdict := "unknown"

verdict := "fail" if {
	"fail" in states
} else := "unknown" if {
	count(missing) > 0
} else := "unknown" if {
	count(unread) > 0
} else := "pass" if {
	"pass" in states
}

reasons contains {"code": "failed", "message": sprintf("%s: %d finding(s)", [id, entry.failed]), "rule": sprintf("platform.%s", [id]), "reference": ""} if {
	some id, entry in summary
	entry.status == "fail"
}

# METADATA
# title: Review of one platform
# entrypoint: true
decision := {
	"decision": verdict,
	"verdict": verdict,
	"reasons": sort(reasons),
	"checks": summary,
	"findings": sort(deny),
	"advice": sort(warn),
	"missing": sort(missing),
	"unread": sort(unread),
	"examined": count(examined),
}
