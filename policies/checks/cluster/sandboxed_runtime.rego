# METADATA
# title: Sandboxed runtimes
# description: |
#   Pods and services run in a sandbox with a kernel of its own: gVisor or Kata Containers. A runtime class is known by its
#   RuntimeClass object, else by its name; one that is neither is unknown.
# scope: package
# custom:
#   id: cluster.sandboxed_runtime
#   severity: medium
#   applies_to: [kubernetes, compose]
#   automation: full
#   remediation:
#     en: Name a runtime class of gVisor or Kata Containers.
#     zh: 使用 gVisor 或 Kata 的 runtimeClassName。
#   references: ["Kubernetes RuntimeClass", "NIST SP 800-190 4.4.3"]
package yumen.checks.cluster.sandboxed_runtime

import data.yumen.checks.cluster.findings
import data.yumen.checks.workloads.pods

settings := findings.config.sandbox

# handler by name of the class
handlers[name] contains entry.values.handler if {
	some entry in findings.around
	entry.source == "kubernetes"
	entry.type == "RuntimeClass"
	name := entry.values.metadata.name
	is_string(name)
	is_string(entry.values.handler)
}

# {entry, at, runtime}: what runs something, and the handler or class that it names.
runs contains {"entry": pod.entry, "at": array.concat(pod.at, ["runtimeClassName"]), "runtime": object.get(pod.spec, "runtimeClassName", "")} if {
	some pod in pods.all
	not pods.windows(pod)
	not pods.namespace(pod.entry) in settings.exempt_namespaces
}

runs contains {"entry": entry, "at": ["runtime"], "runtime": object.get(entry.values, "runtime", "")} if {
	some entry in findings.service
}

state(one) := "fail" if {
	one.runtime in {"", null}
} else := "unknown" if {
	not is_string(one.runtime)
} else := by_handler(handlers[one.runtime]) if {
	one.entry.source == "kubernetes"
	handlers[one.runtime]
} else := "pass" if {
	regex.match(settings.classes, one.runtime)
} else := "pass" if {
	regex.match(settings.handlers, one.runtime)
} else := "fail" if {
	regex.match(settings.plain, one.runtime)
} else := "unknown"

by_handler(found) := "pass" if {
	every handler in found {
		regex.match(settings.handlers, handler)
	}
} else := "fail" if {
	some handler in found
	regex.match(settings.plain, handler)
} else := "unknown"

deny contains findings.finding("sandboxed_runtime.none", one.entry, one.at) if {
	some one in runs
	state(one) == "fail"
}

missing contains path if some path in pods.without

missing contains findings.place(one.entry, one.at) if {
	some one in runs
	state(one) == "unknown"
}

examined contains one.entry.address if {
	some one in runs
	state(one) != "unknown"
}
