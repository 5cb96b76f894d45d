# METADATA
# title: Public exposure
# description: Buckets, databases, clusters and services are not reachable from the internet without a gateway.
# scope: package
# custom:
#   id: platform.public_exposure
#   severity: critical
#   applies_to: [terraform, kubernetes, inventory]
#   automation: full
#   remediation:
#     en: Make it private, and reach it through a gateway.
#     zh: 改为私有并通过网关访问。
#   references: ["GB/T 22239-2019 8.1.3.1", "CIS AWS Foundations 2.1.4", "45 CFR 164.312(a)(1)"]
package yumen.checks.platform.public_exposure

import data.yumen.checks.platform.resources

deny contains finding if some finding in resources.failing("public_exposure")

# A load balancer that is neither internal nor limited to sources.
deny contains resources.finding("public_exposure", entry.address, entry.path, "spec.type") if {
	some entry in services
	entry.values.spec.type == "LoadBalancer"
	not kept_inside(entry)
	not limited(entry)
}

services contains entry if {
	some entry in resources.all
	entry.type == "Service"
	entry.values.spec.type
}

kept_inside(entry) if {
	annotations := entry.values.metadata.annotations
	is_object(annotations)
	some name, value in annotations
	name in {
		"service.beta.kubernetes.io/aws-load-balancer-internal",
		"service.beta.kubernetes.io/alibaba-cloud-loadbalancer-address-type",
		"service.beta.kubernetes.io/alicloud-loadbalancer-address-type",
		"service.beta.kubernetes.io/azure-load-balancer-internal",
		"networking.gke.io/load-balancer-type",
		"service.beta.kubernetes.io/aws-load-balancer-scheme",
	}
	value in {"true", "internal", "intranet", "Internal"}
}

limited(entry) if {
	ranges := entry.values.spec.loadBalancerSourceRanges
	is_array(ranges)
	count(ranges) > 0
	not "0.0.0.0/0" in ranges
}

warn := set()

missing := resources.unknown("public_exposure")

examined := resources.examined("public_exposure") | {entry.address | some entry in services}
