# METADATA
# title: Network isolation
# description: |
#   Security groups let in named sources only, except to the public ports in config/platform; each namespace with
#   workloads has a network policy.
# scope: package
# custom:
#   id: platform.network_isolation
#   severity: high
#   applies_to: [terraform, kubernetes, inventory]
#   automation: full
#   remediation:
#     en: Name the sources and ports that are needed.
#     zh: 仅放行必要的来源与端口。
#   references: ["GB/T 22239-2019 8.1.3.2", "CIS AWS Foundations 5.2", "NSA Kubernetes Hardening Guide"]
package yumen.checks.platform.network_isolation

import data.yumen.checks.platform.resources
import data.yumen.checks.workloads.pods

anywhere := {"0.0.0.0/0", "::/0"}

# Every ingress rule in one form: {entry, sources, from, to, at}.
ingress contains {"entry": entry, "sources": sources, "from": object.get(rule, "from_port", null), "to": object.get(rule, "to_port", null), "at": sprintf("ingress[%d]", [i])} if {
	some entry in resources.all
	entry.type in {"aws_security_group", "aws_default_security_group"}
	some i, rule in resources.words(entry.values.ingress)
	is_object(rule)
	sources := array.concat(resources.words(object.get(rule, "cidr_blocks", [])), resources.words(object.get(rule, "ipv6_cidr_blocks", [])))
}

ingress contains {"entry": entry, "sources": sources, "from": object.get(entry.values, "from_port", null), "to": object.get(entry.values, "to_port", null), "at": "cidr_blocks"} if {
	some entry in resources.all
	entry.type == "aws_security_group_rule"
	entry.values.type == "ingress"
	sources := array.concat(resources.words(object.get(entry.values, "cidr_blocks", [])), resources.words(object.get(entry.values, "ipv6_cidr_blocks", [])))
}

ingress contains {"entry": entry, "sources": [object.get(entry.values, "cidr_ipv4", ""), object.get(entry.values, "cidr_ipv6", "")], "from": object.get(entry.values, "from_port", null), "to": object.get(entry.values, "to_port", null), "at": "cidr_ipv4"} if {
	some entry in resources.all
	entry.type == "aws_vpc_security_group_ingress_rule"
}

ingress contains {"entry": entry, "sources": [entry.values.cidr_ip], "from": bound(object.get(entry.values, "port_range", null), 0), "to": bound(object.get(entry.values, "port_range", null), 1), "at": "cidr_ip"} if {
	some entry in resources.all
	entry.type == "alicloud_security_group_rule"
	entry.values.type == "ingress"
	object.get(entry.values, "policy", "accept") != "drop"
}

ingress contains {"entry": entry, "sources": sources, "from": object.get(rule, "fromPort", null), "to": object.get(rule, "toPort", null), "at": sprintf("ipPermissions[%d]", [i])} if {
	some entry in resources.all
	entry.type == "AWS::EC2::SecurityGroup"
	some i, rule in resources.words(entry.values.ipPermissions)
	is_object(rule)
	sources := array.concat([range.cidrIp | some range in resources.words(object.get(rule, "ipv4Ranges", []))], [range | some range in resources.words(object.get(rule, "ipRanges", []))])
}

ingress contains {"entry": entry, "sources": [rule.SourceCidrIp], "from": bound(object.get(rule, "PortRange", null), 0), "to": bound(object.get(rule, "PortRange", null), 1), "at": sprintf("Permissions[%d]", [i])} if {
	some entry in resources.all
	entry.type == "ACS::ECS::SecurityGroup"
	some i, rule in resources.words(object.get(entry.values, ["Permissions", "Permission"], []))
	is_object(rule)
	not object.get(rule, "Direction", "ingress") in {"egress", "Egress"}
	not object.get(rule, "Policy", "accept") in {"drop", "Drop"}
}

# '22/22' as Alibaba Cloud writes ports; '-1/-1' is all of them.
bound(range, i) := to_number(split(range, "/")[i]) if {
	is_string(range)
	regex.match(`^-?[0-9]{1,5}/-?[0-9]{1,5}$`, range)
}

bound(range, _) := null if not written(range)

written(range) if {
	is_string(range)
	regex.match(`^-?[0-9]{1,5}/-?[0-9]{1,5}$`, range)
}

public_port(rule) if {
	rule.from == rule.to
	rule.from in resources.config.public_ports
}

deny contains resources.finding("network_isolation", rule.entry.address, rule.entry.path, rule.at) if {
	some rule in ingress
	some source in rule.sources
	source in anywhere
	not public_port(rule)
}

guarded contains pods.namespace(entry) if {
	some entry in resources.all
	entry.type == "NetworkPolicy"
}

# Namespaces with a policy outside these resources, when a large cluster is asked about in parts.
guarded contains name if some name in resources.elsewhere

deny contains resources.finding("network_isolation", pod.entry.address, pod.entry.path, "no NetworkPolicy in its namespace") if {
	some pod in pods.all
	not pods.namespace(pod.entry) in guarded
}

groups contains entry if {
	some entry in resources.all
	entry.type in {
		"aws_security_group", "aws_default_security_group", "aws_security_group_rule", "aws_vpc_security_group_ingress_rule",
		"alicloud_security_group_rule", "AWS::EC2::SecurityGroup", "ACS::ECS::SecurityGroup",
	}
}

warn := set()

missing contains path if some path in pods.without

missing contains sprintf("%s: known after apply", [entry.address]) if {
	some entry in groups
	some name in ["ingress", "cidr_blocks", "cidr_ipv4", "cidr_ip"]
	resources.undecided(entry, name)
	resources.empty(object.get(entry.values, name, null))
}

# Rules that are no list, an origin that is no text, a rule that does not say which way: nobody knows what they let in.
missing contains sprintf("%s: %s", [entry.address, concat(".", path)]) if {
	some entry in groups
	some path in rules_at[entry.type]
	found := object.get(entry.values, path, null)
	not is_array(found)
	not unwritten(entry, found)
}

missing contains sprintf("%s: type", [entry.address]) if {
	some entry in groups
	entry.type in {"aws_security_group_rule", "alicloud_security_group_rule"}
	not object.get(entry.values, "type", null) in {"ingress", "egress"}
}

missing contains sprintf("%s: %s", [rule.entry.address, rule.at]) if {
	some rule in ingress
	some source in rule.sources
	not is_string(source)
	not source == null
}

rules_at := {
	"aws_security_group": [["ingress"]],
	"aws_default_security_group": [["ingress"]],
	"AWS::EC2::SecurityGroup": [["ipPermissions"]],
	"ACS::ECS::SecurityGroup": [["Permissions", "Permission"]],
}

# A plan may leave its rules to resources of their own; an inventory lists them, also where there are none.
unwritten(entry, null) if entry.source == "terraform"

examined := {entry.address | some entry in groups} | {pod.entry.address | some pod in pods.all}
