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
	is_string(grant.principal)
	some j, entry in as_array(grant.policy.Statement)
	is_object(entry)
	entry.Effect in {"Allow", "Deny"}
}

permission contains {
	"system": under.system,
	"principal": under.principal,
	"effect": under.effect,
	"action": name,
	"except": [],
	"written": action,
	"resource": resource,
	"conditional": under.conditional,
	"passed_to": under.passed_to,
	"confined": under.confined,
	"at": under.at,
} if {
	some key, entry in statement
	under := common[key]
	some action in texts(entry.Action)
	name := lower(action)
	some resource in under.resources
}

# NotAction grants, or denies, everything else: as wide as a wildcard.
permission contains {
	"system": under.system,
	"principal": under.principal,
	"effect": under.effect,
	"action": "*",
	"except": [lower(pattern) | some pattern in texts(entry.NotAction)],
	"written": sprintf("NotAction %v", [entry.NotAction]),
	"resource": resource,
	"conditional": under.conditional,
	"passed_to": under.passed_to,
	"confined": under.confined,
	"at": under.at,
} if {
	some key, entry in statement
	entry.NotAction
	under := common[key]
	some resource in under.resources
}

resources(entry) := as_array(entry.Resource) if entry.Resource

resources(entry) := ["*"] if not entry.Resource

# What all that a statement grants has in common: one may name hundreds of actions.
common[key] := {
	"system": grant.system,
	"principal": grant.principal,
	"effect": lower(entry.Effect),
	"resources": named,
	"conditional": conditional(entry),
	"passed_to": services(entry),
	"confined": confined(entry),
	"at": sprintf("grants[%d].policy.Statement[%d]", [key[0], key[1]]),
} if {
	some key, entry in statement
	grant := listed("grants")[key[0]]
	named := texts(resources(entry))
}

conditional(entry) if {
	is_object(entry.Condition)
	count(entry.Condition) > 0
} else := false

# To which services a role may be passed: iam:PassedToService, acs:Service.
services(entry) := named if {
	named := [lower(service) |
		some operator, block in as_conditions(entry)
		regex.match(`(?i)^(for(any|all)values:)?string(equals|like|equalsignorecase)(ifexists)?$`, operator)
		some key, value in as_block(block)
		lower(key) in passing_keys
		some service in texts(value)
	]
	count(named) > 0
} else := ["*"]

passing_keys := {"iam:passedtoservice", "acs:service"}

as_conditions(entry) := entry.Condition if is_object(entry.Condition)

as_conditions(entry) := {} if not is_object(entry.Condition)

as_block(block) := block if is_object(block)

as_block(block) := {} if not is_object(block)

# Under a condition that says more than to whom a role may be passed.
confined(entry) if {
	some _, block in as_conditions(entry)
	some key, _ in as_block(block)
	not lower(key) in passing_keys
} else := false

# Kubernetes: rules given with the grant, or the Role, ClusterRole and binding objects themselves.
rule_of contains {"principal": grant.principal, "namespace": scope_of(grant), "rule": rule, "at": sprintf("grants[%d].rules[%d]", [i, j])} if {
	some i, grant in listed("grants")
	grant.system == "kubernetes"
	is_string(grant.principal)
	some j, rule in as_array(grant.rules)
	is_object(rule)
}

rule_of contains {"principal": subject_name(subject), "namespace": bound_namespace(bound), "rule": rule, "at": sprintf("%s/%s", [named.kind, named.metadata.name])} if {
	some bound in binding
	some named in role
	refers(bound, named)
	some subject in bound.subjects
	some rule in rules_of(named)
	is_object(rule)
}

# An aggregated ClusterRole has the rules of those that its selectors choose, whether or not they were filled in.
rules_of(named) := array.concat(object.get(named, "rules", []), [rule |
	some other in role
	other.kind == "ClusterRole"
	other.metadata.name != named.metadata.name
	some selector in selectors(named)
	chosen(selector, other)
	some rule in object.get(other, "rules", [])
])

selectors(named) := found if {
	found := object.get(named, ["aggregationRule", "clusterRoleSelectors"], [])
	is_array(found)
} else := []

chosen(selector, other) if {
	is_object(selector.matchLabels)
	every name, value in selector.matchLabels {
		object.get(other.metadata, ["labels", name], null) == value
	}
}

scope_of(grant) := grant.namespace if is_string(grant.namespace)

scope_of(grant) := "*" if not grant.namespace

# Only objects whose name and kind can be read take part; the others are reported as missing.
object_at[i] := entry if {
	some i, entry in listed("objects")
	is_string(entry.kind)
	is_string(entry.metadata.name)
	is_string(object.get(entry.metadata, "namespace", "default"))
}

binding contains entry if {
	some entry in object_at
	entry.kind in {"RoleBinding", "ClusterRoleBinding"}
	entry.roleRef.kind in {"Role", "ClusterRole"}
	is_string(entry.roleRef.name)
	is_array(entry.subjects)
}

role contains entry if {
	some entry in object_at
	entry.kind in {"Role", "ClusterRole"}
	is_array(entry.rules)
}

role contains entry if {
	some entry in object_at
	entry.kind == "ClusterRole"
	count(selectors(entry)) > 0
	not entry.rules
}

# Built-in and unsupplied roles cannot be read; the binding alone still says much.
unresolved contains sprintf("objects: %s %s", [bound.roleRef.kind, bound.roleRef.name]) if {
	some bound in binding
	not known_role(bound)
}

known_role(bound) if {
	some named in role
	refers(bound, named)
}

known_role(bound) if bound.roleRef.name == "cluster-admin"

refers(bound, named) if {
	named.kind == bound.roleRef.kind
	named.metadata.name == bound.roleRef.name
	same_namespace(named, bound)
}

rule_of contains {"principal": subject_name(subject), "namespace": bound_namespace(bound), "rule": {"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}, "at": "ClusterRole/cluster-admin"} if {
	some bound in binding
	bound.roleRef.name == "cluster-admin"
	some subject in bound.subjects
}

same_namespace(named, _) if named.kind == "ClusterRole"

same_namespace(named, bound) if {
	named.kind == "Role"
	object.get(named.metadata, "namespace", "default") == object.get(bound.metadata, "namespace", "default")
}

bound_namespace(bound) := "*" if bound.kind == "ClusterRoleBinding"

bound_namespace(bound) := object.get(bound.metadata, "namespace", "default") if bound.kind == "RoleBinding"

subject_name(subject) := sprintf("serviceaccount:%s:%s", [namespace, subject.name]) if {
	subject.kind == "ServiceAccount"
	is_string(subject.name)
	namespace := object.get(subject, "namespace", "default")
	is_string(namespace)
}

subject_name(subject) := sprintf("%s:%s", [lower(subject.kind), subject.name]) if {
	subject.kind in {"User", "Group"}
	is_string(subject.name)
}

permission contains {
	"system": "kubernetes",
	"principal": entry.principal,
	"effect": "allow",
	"action": lower(sprintf("%s/%s:%s", [group_name(group), resource, verb])),
	"except": [],
	"written": sprintf("%s %s/%s", [verb, group_name(group), resource]),
	"resource": sprintf("%s/%s", [entry.namespace, name]),
	"conditional": false,
	"at": entry.at,
} if {
	some entry in rule_of
	some group in texts(object.get(entry.rule, "apiGroups", [""]))
	some resource in texts(entry.rule.resources)
	some verb in texts(entry.rule.verbs)
	some name in names(entry.rule)
}

permission contains {
	"system": "kubernetes",
	"principal": entry.principal,
	"effect": "allow",
	"action": lower(sprintf("url:%s:%s", [url, verb])),
	"except": [],
	"written": sprintf("%s %s", [verb, url]),
	"resource": "*/*",
	"conditional": false,
	"at": entry.at,
} if {
	some entry in rule_of
	some url in texts(entry.rule.nonResourceURLs)
	some verb in texts(entry.rule.verbs)
}

group_name("") := "core"

group_name(group) := group if group != ""

names(rule) := given if {
	given := texts(object.get(rule, "resourceNames", []))
	count(given) > 0
} else := ["*"]

# The strings of a list; a lone string counts as a list of one.
texts(value) := [text | some text in as_array(value); is_string(text)]

# MCP: tool name patterns, on a tenant or everywhere.
permission contains {
	"system": "mcp",
	"principal": grant.principal,
	"effect": "allow",
	"action": lower(tool),
	"except": [],
	"written": tool,
	"resource": tenant_of(grant),
	"conditional": false,
	"at": sprintf("grants[%d].tools[%d]", [i, j]),
} if {
	some i, grant in listed("grants")
	grant.system == "mcp"
	is_string(grant.principal)
	some j, tool in as_array(grant.tools)
	is_string(tool)
}

tenant_of(grant) := grant.tenant if is_string(grant.tenant)

tenant_of(grant) := "*" if not grant.tenant

principals contains [entry.system, entry.principal] if some entry in permission

by_principal[key] contains entry if {
	some entry in permission
	key := key_of(entry.system, entry.principal)
}

key_of(system, principal) := sprintf("%s %s", [system, principal])

# What one principal holds; looked up, for an account may have thousands of permissions.
held(system, principal) := by_principal[key_of(system, principal)] if [system, principal] in principals

held(system, principal) := set() if not [system, principal] in principals

# '*' matches any run of characters, '?' one; everything else is itself.
matches(pattern, text) if {
	pattern == text
} else if {
	is_string(pattern)
	is_string(text)
	open(pattern)
	fits(pattern, text)
}

# Most patterns are a beginning and a star.
fits(pattern, text) := startswith(text, stem) if {
	endswith(pattern, "*")
	stem := trim_suffix(pattern, "*")
	not open(stem)
} else := regex.match(expression(pattern), text)

expression(pattern) := expressions[pattern] if expressions[pattern]

expression(pattern) := as_regex(pattern) if not expressions[pattern]

# The patterns of the grants, each made into an expression once.
expressions[pattern] := as_regex(pattern) if {
	some pattern in ({entry.action | some entry in permission} | {entry.resource | some entry in permission})
	open(pattern)
}

open(pattern) if contains(pattern, "*")

open(pattern) if contains(pattern, "?")

as_regex(pattern) := concat("", ["(?s)^", replace(concat(".*", [quoted(part) | some part in split(pattern, "*")]), "?", "."), "$"])

quoted(part) := regex.replace(part, `[.+^$(){}|\[\]\\]`, `\$0`)

# Whether a permission is about an action: a NotAction grants, or denies, all but some.
about(entry, action) if {
	matches(entry.action, action)
	not excepted(entry, action)
}

excepted(entry, action) if {
	some pattern in entry.except
	matches(pattern, action)
}

# A Deny without condition over every resource takes the action away, whatever else allows it.
denial[key] contains entry if {
	some entry in permission
	entry.effect == "deny"
	entry.conditional == false
	entry.resource == "*"
	key := key_of(entry.system, entry.principal)
}

denied(system, principal, action) if {
	some entry in denial[key_of(system, principal)]
	about(entry, action)
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
	count(texts(object.get(entry, "Action", object.get(entry, "NotAction", [])))) > 0
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

missing contains sprintf("grants[%d].rules[%d]", [i, j]) if {
	some i, grant in listed("grants")
	grant.system == "kubernetes"
	some j, rule in as_array(grant.rules)
	not readable_rule(rule)
}

missing contains sprintf("grants[%d].tools[%d]", [i, j]) if {
	some i, grant in listed("grants")
	grant.system == "mcp"
	some j, tool in as_array(grant.tools)
	not is_string(tool)
}

missing contains sprintf("objects[%d]", [i]) if {
	some i, _ in listed("objects")
	not readable_object(i)
}

readable_object(i) if object_at[i] in binding

readable_object(i) if {
	object_at[i] in role
	every rule in object.get(object_at[i], "rules", []) {
		readable_rule(rule)
	}
	every selector in selectors(object_at[i]) {
		is_object(selector.matchLabels)
		not selector.matchExpressions
	}
}

# Other kinds carry no grants.
readable_object(i) if {
	kind := object_at[i].kind
	not kind in {"Role", "ClusterRole", "RoleBinding", "ClusterRoleBinding"}
}

readable_rule(rule) if {
	count(texts(rule.verbs)) > 0
	count(texts(rule.resources)) > 0
}

readable_rule(rule) if {
	count(texts(rule.verbs)) > 0
	count(texts(rule.nonResourceURLs)) > 0
}

missing contains path if some path in unresolved

as_object(value) := value if is_object(value)

as_object(value) := {} if not is_object(value)
