# Network policies in one form, {ways, selector}, by the namespace they hold in ('*': all), and whether one selects a pod.
package yumen.checks.cluster.selectors

import data.yumen.checks.cluster.findings
import data.yumen.checks.workloads.pods

policies[namespace] contains {"ways": ways, "selector": object.get(entry.values, ["spec", "podSelector"], {})} if {
	some entry in findings.around
	entry.type == "NetworkPolicy"
	of_kubernetes(entry)
	namespace := pods.namespace(entry)
	ways := kubernetes_ways(object.get(entry.values, "spec", {}))
}

of_kubernetes(entry) if {
	is_string(entry.values.apiVersion)
	startswith(entry.values.apiVersion, "networking.k8s.io/")
}

# Without policyTypes a policy is for ingress, and for egress if it has such rules.
kubernetes_ways(spec) := {lower(way) | some way in findings.list(spec.policyTypes); is_string(way)} if {
	is_array(spec.policyTypes)
} else := {"ingress", "egress"} if {
	is_object(spec)
	is_array(spec.egress)
} else := {"ingress"} if is_object(spec)

policies[namespace] contains {"ways": ways, "selector": prefixed(object.get(spec, "endpointSelector", {}))} if {
	some entry in findings.around
	entry.type in {"CiliumNetworkPolicy", "CiliumClusterwideNetworkPolicy"}
	some spec in array.concat([object.get(entry.values, "spec", null)], findings.list(object.get(entry.values, "specs", [])))
	is_object(spec)
	spec.endpointSelector
	namespace := cilium_place(entry)
	ways := {way | some way in ["ingress", "egress"]; some name in [way, sprintf("%sDeny", [way])]; is_array(spec[name])}
}

cilium_place(entry) := pods.namespace(entry) if entry.type == "CiliumNetworkPolicy"

cilium_place(entry) := "*" if entry.type == "CiliumClusterwideNetworkPolicy"

# Cilium names the source of a label before it: any:app, k8s:app.
prefixed(selector) := object.union(object.remove(selector, ["matchLabels"]), {"matchLabels": {trim_prefix(trim_prefix(key, "k8s:"), "any:"): value |
	some key, value in findings.mapping(object.get(selector, "matchLabels", {}))
}}) if {
	is_object(selector)
}

prefixed(selector) := selector if not is_object(selector)

policies[namespace] contains {"ways": ways, "selector": calico(entry)} if {
	some entry in findings.around
	is_string(entry.values.apiVersion)
	regex.match(`^(crd\.)?projectcalico\.org/`, entry.values.apiVersion)
	entry.type in {"NetworkPolicy", "GlobalNetworkPolicy"}
	namespace := calico_place(entry)
	ways := calico_ways(object.get(entry.values, "spec", {}))
}

calico_place(entry) := pods.namespace(entry) if entry.type == "NetworkPolicy"

calico_place(entry) := "*" if entry.type == "GlobalNetworkPolicy"

calico_ways(spec) := {lower(way) | some way in findings.list(spec.types); is_string(way)} if {
	is_array(spec.types)
} else := {"ingress", "egress"} if {
	is_object(spec)
	is_array(spec.egress)
} else := {"ingress"} if is_object(spec)

# Calico's own language of selectors: everything, or one label; the rest is not read.
calico(entry) := {"unread": true} if {
	some name in ["namespaceSelector", "serviceAccountSelector"]
	not object.get(entry.values, ["spec", name], "") in {"", "all()"}
} else := {} if {
	object.get(entry.values, ["spec", "selector"], "") in {"", "all()"}
} else := {"matchLabels": {found[1]: found[2]}} if {
	text := entry.values.spec.selector
	is_string(text)
	matches := regex.find_all_string_submatch_n(`^\s*([A-Za-z0-9_./-]+)\s*==\s*["']([^"']*)["']\s*$`, text, 1)
	count(matches) == 1
	found := matches[0]
} else := {"unread": true}

# yes, no, or unknown where the selector cannot be read.
selects(selector, pod) := "unknown" if {
	not readable(selector)
} else := "yes" if {
	labels := findings.mapping(object.get(pod.metadata, "labels", {}))
	every key, value in findings.mapping(object.get(selector, "matchLabels", {})) {
		object.get(labels, key, null) == value
	}
	every expression in findings.list(object.get(selector, "matchExpressions", [])) {
		holds(expression, labels)
	}
} else := "no"

readable(selector) if {
	is_object(selector)
	not selector.unread
	object.get(selector, "matchLabels", {}) == findings.mapping(object.get(selector, "matchLabels", {}))
	every expression in findings.list(object.get(selector, "matchExpressions", [])) {
		is_string(expression.key)
		expression.operator in {"In", "NotIn", "Exists", "DoesNotExist"}
	}
}

holds(expression, labels) if {
	expression.operator == "In"
	labels[expression.key] in findings.list(object.get(expression, "values", []))
}

holds(expression, labels) if {
	expression.operator == "NotIn"
	not object.get(labels, expression.key, null) in findings.list(object.get(expression, "values", []))
}

holds(expression, labels) if {
	expression.operator == "Exists"
	expression.key in object.keys(labels)
}

holds(expression, labels) if {
	expression.operator == "DoesNotExist"
	not expression.key in object.keys(labels)
}
