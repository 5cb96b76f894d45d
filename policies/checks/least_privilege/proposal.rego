# METADATA
# title: The smallest grants that still cover every recorded use
# description: |
#   `grants` keeps of each statement, rule and tool list only what was used, with its conditions and denials. `replay`
#   says which records the grants in the input allow: run on the old and the new grants, it proves that nothing is lost.
# scope: package
# custom:
#   id: least_privilege.proposal
#   severity: info
#   applies_to: [grants, usage]
#   automation: full
#   statuses: []
#   remediation:
#     en: Adopt the proposed grants after review.
#     zh: 评审后采用建议的授权。
#   references:
#     - NIST SP 800-53 AC-6(7)
package yumen.checks.least_privilege.proposal

import data.yumen.checks.least_privilege.grants as reader
import data.yumen.checks.least_privilege.unused

records := [record | some record in reader.listed("usage"); unused.readable(record)]

covers(entry, record) if {
	entry.effect == "allow"
	reader.about(entry, lower(record.action))
	unused.on_resource(entry, record)
}

allowed(record) if {
	some entry in reader.held(record.system, record.principal)
	covers(entry, record)
	not reader.denied(record.system, record.principal, lower(record.action))
}

# METADATA
# title: Which recorded uses the grants in the input allow
# entrypoint: true
replay := {
	"allowed": [i | some i, record in records; allowed(record)],
	"refused": [i | some i, record in records; not allowed(record)],
	"records": count(records),
}

# The uses that one statement, rule or list of tools stands for.
uses(system, principal, place) := {record |
	some record in unused.records_of(system, principal)
	some entry in reader.held(system, principal)
	entry.at == place
	covers(entry, record)
}

statements(i) := [kept |
	some key, entry in reader.statement
	key[0] == i
	kept := narrowed(i, key[1], entry)
]

narrowed(_, _, entry) := entry if entry.Effect == "Deny"

narrowed(i, j, entry) := object.union(json.remove(entry, ["Action", "NotAction", "Resource"]), {
	"Action": sort({record.action | some record in found}),
	"Resource": resources(entry, found),
}) if {
	entry.Effect == "Allow"
	grant := reader.listed("grants")[i]
	found := uses(grant.system, grant.principal, sprintf("grants[%d].policy.Statement[%d]", [i, j]))
	count(found) > 0
}

# Where every use names its resource, those are enough; otherwise the statement keeps its own.
resources(_, found) := sort({record.resource | some record in found}) if {
	every record in found {
		record.resource
	}
}

resources(entry, found) := reader.resources(entry) if {
	some record in found
	not record.resource
}

# METADATA
# title: The grants, narrowed to what was used
# entrypoint: true
grants := array.concat(array.concat(policies, rules), tools)

policies := [object.union(json.remove(grant, ["policy"]), {"policy": {"Version": object.get(grant.policy, "Version", "2012-10-17"), "Statement": kept}}) |
	some i, grant in reader.listed("grants")
	grant.system in {"aws", "alibaba"}
	kept := statements(i)
	count([1 | some statement in kept; statement.Effect == "Allow"]) > 0
]

# Kubernetes grants, whether they came as rules or as bound roles, one for each principal and namespace.
rules := [{"system": "kubernetes", "principal": place[0], "namespace": place[1], "rules": kept} |
	some place in {[entry.principal, entry.namespace] | some entry in reader.rule_of}
	kept := [rule | some rule in used_rules(place)]
	count(kept) > 0
]

used_rules(place) := {rule |
	some record in unused.records_of("kubernetes", place[0])
	some entry in reader.held("kubernetes", place[0])
	covers(entry, record)
	in_namespace(entry, place[1])
	parts := regex.find_all_string_submatch_n(`^([^/]+)/(.+):([^:]+)$`, record.action, 1)
	count(parts) == 1
	rule := object.union(
		{"apiGroups": [group(parts[0][1])], "resources": [parts[0][2]], "verbs": [parts[0][3]]},
		names(entry),
	)
}

in_namespace(entry, namespace) if startswith(entry.resource, sprintf("%s/", [namespace]))

names(entry) := {} if endswith(entry.resource, "/*")

names(entry) := {"resourceNames": [split(entry.resource, "/")[1]]} if not endswith(entry.resource, "/*")

group("core") := ""

group(name) := name if name != "core"

tools := [object.union(grant, {"tools": sort(kept)}) |
	some i, grant in reader.listed("grants")
	grant.system == "mcp"
	kept := {record.action |
		some record in unused.records_of("mcp", grant.principal)
		some entry in reader.held("mcp", grant.principal)
		startswith(entry.at, sprintf("grants[%d].tools", [i]))
		covers(entry, record)
	}
	count(kept) > 0
]
