# Grants of every system in one form: who may do what on what, allowed or denied, and where that is written.
# A permission is {system, principal, effect, action, resource, conditional, at}; actions and patterns in lower case.
package yumen.checks.least_privilege.grants

config := data.config.least_privilege

default document := {}

document := input if is_object(input)

listed(name) := value if {
	value := object.get(document, [name], null)
	is_array(value)
} else := []

systems := {"aws", "alibaba", "kubernetes", "mcp"}

as_array(value) := value if is_array(value)

as_array(value) := [value] if is_string(value)

as_array(value) := [value] if is_object(value)

# AWS IAM and Alibaba RAM share the statement form; `Version` differs.
statement[[i, j]] := entry if {
	some i, grant in listed("grants")
	grant.system in {"aws", "alibaba"}
	some j, entry in as_array(grant.policy.Statement)
	is_object(entry)
	entry.Effect in {"Allow", "Deny"}
}

permission contains {
	"system": grant.system,
	"principal": grant.principal,
	"effect": lower(entry.Effect),
	"action": lower(action),
	"written": action,
	"resource": resource,
	"conditional": conditional(entry),
	"at": sprintf("grants[%d].policy.Statement[%d]", [key[0], key[1]]),
} if {
	some key, entry in statement
	grant := listed("grants")[key[0]]
	some action in as_array(entry.Action)
	is_string(action)
	some resource in resources(entry)
}

# NotAction grants everything else: as wide as a wildcard.
permission contains {
	"system": grant.system,
	"principal": grant.principal,
	"effect": "allow",
	"action": "*",
	"written": sprintf("NotAction %v", [entry.NotAction]),
	"resource": resource,
	"conditional": conditional(entry),
	"at": sprintf("grants[%d].policy.Statement[%d]", [key[0], key[1]]),
} if {
	some key, entry in statement
	grant := listed("grants")[key[0]]
	entry.Effect == "Allow"
	entry.NotAction
	some resource in resources(entry)
}

resources(entry) := as_array(entry.Resource) if entry.Resource

resources(entry) := ["*"] if not entry.Resource

conditional(entry) if {
	is_object(entry.Condition)
	count(entry.Condition) > 0
} else := false

# Kubernetes: rules given with the grant, or the Role, ClusterRole and binding objects themselves.
rule_of contains {"principal": grant.principal, "namespace": object.get(grant, "namespace", "*"), "rule": rule, "at": sprintf("grants[%d].rules[%d]", [i, j])} if {
	some i, grant in listed("grants")
	grant.system == "kubernetes"
	some j, rule in as_array(grant.rules)
	is_object(rule)
}

rule_of contains {"principal": subject_name(subject), "namespace": bound_namespace(binding), "rule": rule, "at": sprintf("%s/%s", [role.kind, role.metadata.name])} if {
	some binding in listed("objects")
	binding.kind in {"RoleBinding", "ClusterRoleBinding"}
	some role in listed("objects")
	role.kind == binding.roleRef.kind
	role.metadata.name == binding.roleRef.name
	same_namespace(role, binding)
	some subject in as_array(binding.subjects)
	some rule in as_array(role.rules)
}

# Built-in and unsupplied roles cannot be read; the binding alone still says much.
unresolved contains sprintf("objects: %s %s", [binding.roleRef.kind, binding.roleRef.name]) if {
	some binding in listed("objects")
	binding.kind in {"RoleBinding", "ClusterRoleBinding"}
	not known_role(binding)
}

known_role(binding) if {
	some role in listed("objects")
	role.kind == binding.roleRef.kind
	role.metadata.name == binding.roleRef.name
	same_namespace(role, binding)
}

known_role(binding) if binding.roleRef.name == "cluster-admin"

rule_of contains {"principal": subject_name(subject), "namespace": bound_namespace(binding), "rule": {"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}, "at": "ClusterRole/cluster-admin"} if {
	some binding in listed("objects")
	binding.kind in {"RoleBinding", "ClusterRoleBinding"}
	binding.roleRef.name == "cluster-admin"
	some subject in as_array(binding.subjects)
}

same_namespace(role, _) if role.kind == "ClusterRole"

same_namespace(role, binding) if {
	role.kind == "Role"
	object.get(role.metadata, "namespace", "default") == object.get(binding.metadata, "namespace", "default")
}

bound_namespace(binding) := "*" if binding.kind == "ClusterRoleBinding"

bound_namespace(binding) := object.get(binding.metadata, "namespace", "default") if binding.kind == "RoleBinding"

subject_name(subject) := sprintf("serviceaccount:%s:%s", [object.get(subject, "namespace", "default"), subject.name]) if subject.kind == "ServiceAccount"

subject_name(subject) := sprintf("%s:%s", [lower(subject.kind), subject.name]) if subject.kind in {"User", "Group"}

permission contains {
	"system": "kubernetes",
	"principal": entry.principal,
	"effect": "allow",
	"action": lower(sprintf("%s/%s:%s", [group_name(group), resource, verb])),
	"written": sprintf("%s %s/%s", [verb, group_name(group), resource]),
	"resource": sprintf("%s/%s", [entry.namespace, name]),
	"conditional": false,
	"at": entry.at,
} if {
	some entry in rule_of
	some group in as_array(object.get(entry.rule, "apiGroups", [""]))
	some resource in as_array(entry.rule.resources)
	some verb in as_array(entry.rule.verbs)
	some name in names(entry.rule)
}

permission contains {
	"system": "kubernetes",
	"principal": entry.principal,
	"effect": "allow",
	"action": lower(sprintf("url:%s:%s", [url, verb])),
	"written": sprintf("%s %s", [verb, url]),
	"resource": "*/*",
	"conditional": false,
	"at": entry.at,
} if {
	some entry in rule_of
	some url in as_array(entry.rule.nonResourceURLs)
	some verb in as_array(entry.rule.verbs)
}

group_name("") := "core"

group_name(group) := group if group != ""

names(rule) := rule.resourceNames if count(object.get(rule, "resourceNames", [])) > 0

names(rule) := ["*"] if count(object.get(rule, "resourceNames", [])) == 0

# MCP: tool name patterns, on a tenant or everywhere.
permission contains {
	"system": "mcp",
	"principal": grant.principal,
	"effect": "allow",
	"action": lower(tool),
	"written": tool,
	"resource": object.get(grant, "tenant", "*"),
	"conditional": false,
	"at": sprintf("grants[%d].tools[%d]", [i, j]),
} if {
	some i, grant in listed("grants")
	grant.system == "mcp"
	some j, tool in as_array(grant.tools)
	is_string(tool)
}

principals contains [entry.system, entry.principal] if some entry in permission

# '*' matches any run of characters, '?' one; everything else is itself.
matches(pattern, text) if {
	not regex.match(`[*?]`, pattern)
	pattern == text
}

matches(pattern, text) if {
	regex.match(`[*?]`, pattern)
	regex.match(as_regex(pattern), text)
}

as_regex(pattern) := concat("", ["(?s)^", replace(concat(".*", [quoted(part) | some part in split(pattern, "*")]), "?", "."), "$"])

quoted(part) := regex.replace(part, `[.+^$(){}|\[\]\\]`, `\$0`)

allows(entry, action) if {
	entry.effect == "allow"
	matches(entry.action, action)
}

# A Deny without condition over every resource takes the action away, whatever else allows it.
denied(system, principal, action) if {
	some entry in permission
	entry.effect == "deny"
	entry.system == system
	entry.principal == principal
	entry.conditional == false
	entry.resource == "*"
	matches(entry.action, action)
}

# A permissions boundary caps what the grants of a principal allow.
bounded(system, principal) if {
	some grant in listed("grants")
	grant.system == system
	grant.principal == principal
	grant.boundary
}

within_boundary(system, principal, _) if not bounded(system, principal)

within_boundary(system, principal, action) if {
	some grant in listed("grants")
	grant.system == system
	grant.principal == principal
	some entry in as_array(grant.boundary.Statement)
	entry.Effect == "Allow"
	some pattern in as_array(entry.Action)
	matches(lower(pattern), action)
}

may(system, principal, action) if {
	some entry in permission
	entry.system == system
	entry.principal == principal
	allows(entry, lower(action))
	not denied(system, principal, lower(action))
	within_boundary(system, principal, lower(action))
}

# Where an action comes from, for evidence.
sources(system, principal, action) := {entry.at |
	some entry in permission
	entry.system == system
	entry.principal == principal
	allows(entry, lower(action))
}

# What is missing or malformed, by path.
missing contains "grants" if {
	count(listed("grants")) == 0
	count(listed("objects")) == 0
}

missing contains sprintf("grants[%d].system", [i]) if {
	some i, grant in listed("grants")
	not object.get(as_object(grant), "system", "") in systems
}

missing contains sprintf("grants[%d].principal", [i]) if {
	some i, grant in listed("grants")
	not is_string(object.get(as_object(grant), "principal", null))
}

missing contains sprintf("grants[%d].policy.Statement", [i]) if {
	some i, grant in listed("grants")
	grant.system in {"aws", "alibaba"}
	not has_statements(i)
}

has_statements(i) if {
	some key, _ in statement
	key[0] == i
}

missing contains sprintf("grants[%d].policy.Statement[%d]", [i, j]) if {
	some i, grant in listed("grants")
	grant.system in {"aws", "alibaba"}
	some j, entry in as_array(grant.policy.Statement)
	not readable_statement(entry)
}

readable_statement(entry) if {
	is_object(entry)
	entry.Effect in {"Allow", "Deny"}
	count(as_array(object.get(entry, "Action", object.get(entry, "NotAction", [])))) > 0
}

missing contains sprintf("grants[%d].rules", [i]) if {
	some i, grant in listed("grants")
	grant.system == "kubernetes"
	not is_array(object.get(grant, "rules", null))
}

missing contains sprintf("grants[%d].tools", [i]) if {
	some i, grant in listed("grants")
	grant.system == "mcp"
	not is_array(object.get(grant, "tools", null))
}

missing contains path if some path in unresolved

as_object(value) := value if is_object(value)

as_object(value) := {} if not is_object(value)
