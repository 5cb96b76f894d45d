# METADATA
# title: Encryption in transit
# description: Listeners, caches and databases accept TLS only.
# scope: package
# custom:
#   id: platform.encryption_in_transit
#   severity: high
#   applies_to: [terraform, kubernetes, inventory]
#   automation: full
#   remediation:
#     en: Allow TLS only.
#     zh: 仅允许 TLS。
#   references: ["GB/T 22239-2019 8.1.2.2", "45 CFR 164.312(e)(2)(ii)", "GDPR Art. 32(1)(a)"]
package yumen.checks.platform.encryption_in_transit

import data.yumen.checks.platform.resources

deny contains finding if some finding in resources.failing("encryption_in_transit")

# What comes in through an Ingress in plain HTTP: no certificate of its own, and none of its load balancer's.
deny contains resources.finding("encryption_in_transit", entry.address, entry.path, "spec.tls") if {
	some entry in ingresses
	resources.empty(object.get(entry.values, ["spec", "tls"], null))
	not certified(entry)
}

ingresses contains entry if {
	some entry in resources.all
	entry.source == "kubernetes"
	entry.type == "Ingress"
}

certified(entry) if {
	annotations := object.get(entry.values, ["metadata", "annotations"], {})
	is_object(annotations)
	some name, value in annotations
	name in {
		"alb.ingress.kubernetes.io/certificate-arn",
		"ingress.gcp.kubernetes.io/pre-shared-cert",
		"networking.gke.io/managed-certificates",
		"appgw.ingress.kubernetes.io/appgw-ssl-certificate",
	}
	not resources.empty(value)
}

warn := set()

missing contains path if some path in resources.unknown("encryption_in_transit")

missing contains sprintf("%s: spec.tls", [entry.address]) if {
	some entry in ingresses
	found := object.get(entry.values, ["spec", "tls"], null)
	found != null
	not is_array(found)
}

examined := resources.examined("encryption_in_transit") | {entry.address | some entry in ingresses}
