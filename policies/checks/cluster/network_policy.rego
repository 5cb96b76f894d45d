# METADATA
# title: Coverage by network policies
# description: |
#   Each pod is selected by a policy for what comes in and one for what goes out (Kubernetes, Cilium, Calico), no policy
#   lets everything through, and services publish no port on every address.
# scope: package
# custom:
#   id: cluster.network_policy
#   severity: high
#   applies_to: [kubernetes, compose]
#   automation: full
#   remediation:
#     en: Add a NetworkPolicy that selects the pod, for both directions.
#     zh: 为双向流量添加选中该 Pod 的 NetworkPolicy。
#   references: ["CIS Kubernetes 1.12 5.3.2", "NSA Kubernetes Hardening Guide", "NIST SP 800-190 4.3.3"]
package yumen.checks.cluster.network_policy

import data.yumen.checks.cluster.findings
import data.yumen.checks.cluster.selectors
import data.yumen.checks.platform.resources
import data.yumen.checks.workloads.pods

# A pod in the network of its host is beyond every network policy; sharing it is a finding of Pod Security.
isolated contains pod if {
	some pod in pods.all
	object.get(pod.spec, "hostNetwork", false) != true
}

deny contains findings.finding(sprintf("network_policy.%s", [way]), pod.entry, pod.at) if {
	some pod in isolated
	some way in ["ingress", "egress"]
	coverage(pod, way) == "none"
}

coverage(pod, way) := "covered" if {
	some policy in selectors.policies[pods.namespace(pod.entry)]
	way in policy.ways
	selectors.selects(policy.selector, pod) == "yes"
} else := "covered" if {
	some policy in selectors.policies["*"]
	way in policy.ways
	selectors.selects(policy.selector, pod) == "yes"
} else := "unknown" if {
	some name in [pods.namespace(pod.entry), "*"]
	some policy in selectors.policies[name]
	way in policy.ways
	selectors.selects(policy.selector, pod) == "unknown"
} else := "none"

missing contains path if some path in pods.without

missing contains findings.place(pod.entry, array.concat(pod.at, ["(network policy)"])) if {
	some pod in isolated
	some way in ["ingress", "egress"]
	coverage(pod, way) == "unknown"
}

# A rule without peers and ports, or one for every address there is, is none.
deny contains findings.finding("network_policy.open", entry, ["spec", way, i]) if {
	some entry in resources.all
	entry.type == "NetworkPolicy"
	selectors.of_kubernetes(entry)
	some way, peers in {"ingress": "from", "egress": "to"}
	some i, rule in findings.list(object.get(entry.values, ["spec", way], []))
	is_object(rule)
	object.get(rule, "ports", null) in {null, []}
	everywhere(object.get(rule, peers, null))
}

everywhere(peers) if peers in {null, []}

everywhere(peers) if {
	some peer in findings.list(peers)
	object.get({"of": peer}, ["of", "ipBlock", "cidr"], "") in {"0.0.0.0/0", "::/0"}
	object.get({"of": peer}, ["of", "ipBlock", "except"], []) in {null, []}
}

deny contains findings.finding("network_policy.published", entry, ["ports", i]) if {
	some entry in findings.service
	some i, port in findings.list(object.get(entry.values, "ports", []))
	published(port)
}

# [address:][port of the host:]port of the container[/protocol]
published(port) if is_number(port)

published(port) if {
	is_string(port)
	regex.match(`^((0\.0\.0\.0|\[::\]|\*):)?([0-9-]*:)?[0-9-]+(/[a-z]+)?$`, port)
}

published(port) if {
	is_object(port)
	object.get(port, "host_ip", "0.0.0.0") in {"", "0.0.0.0", "::", null}
}

missing contains findings.place(entry, ["ports", i]) if {
	some entry in findings.service
	some i, port in findings.list(object.get(entry.values, "ports", []))
	findings.open_text(port)
}

examined := {pod.entry.address | some pod in isolated} | {entry.address | some entry in findings.service}
