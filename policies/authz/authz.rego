# METADATA
# title: Access to tools, resources and prompts
# description: |
#   Decides every call, list, read and prompt. Nothing is allowed that a role does not grant; scopes of a token, the
#   caller's tenant and the folders open to it narrow that further, and a team's own rules in data.team.authz more.
#   Roles, folders and exceptions are data: data.config.authz.
# scope: package
# custom:
#   id: authz
#   severity: critical
#   applies_to: [call]
#   automation: full
#   remediation:
#     en: Ask for a role or scope that covers the tool, or change config/authz/data.json.
#     zh: 申请包含该工具的角色或权限范围，或修改 config/authz/data.json。
package yumen.authz

config := data.config.authz

# METADATA
# title: The decision on one call
# description: Total. Whatever is missing from the input or from the configuration leaves this default, which refuses.
# entrypoint: true
default decision := {
	"allow": false,
	"visible": [],
	"reasons": [{
		"code": "not_decided",
		"message": "the policy came to no decision on this call",
		"rule": "data.yumen.authz.decision",
	}],
	"obligations": [],
}

decision := {
	"allow": allow,
	"visible": visible,
	"reasons": reasons,
	"obligations": obligations,
} if {
	well_formed
}

well_formed if {
	input.version == 1
	is_string(input.call.method)
	is_string(input.call.name)
	is_string(input.principal.subject)
	is_string(input.principal.tenant)
	is_array(input.principal.roles)
	is_array(input.principal.scopes)
	is_array(input.targets)
	is_array(input.candidates)
}

default allow := false

# Everything that must hold, said positively: what is undefined does not hold. Refusals only take away.
allow if {
	permitted
	count(refusals) == 0
}

permitted if {
	listed
	known_caller
	count(roles) > 0
}

permitted if {
	usable(asked)
	every target in targets {
		open_to_tenant(target.path)
		open_to_roles(target.path)
	}
}

default reasons := [{
	"code": "not_allowed",
	"message": "nothing allows this call",
	"rule": "data.yumen.authz.allow",
}]

reasons := refusals if {
	count(refusals) > 0
} else := [] if {
	allow
}

default roles := []

roles := input.principal.roles if is_array(input.principal.roles)

default scopes := []

scopes := input.principal.scopes if is_array(input.principal.scopes)

default targets := []

targets := input.targets if is_array(input.targets)

default candidates := []

candidates := input.candidates if is_array(input.candidates)

listings := {"tools/list", "resources/list", "resources/templates/list", "prompts/list"}

default listed := false

listed if input.call.method in listings

# What is asked for, in the shape of a candidate.
asked := {"name": input.call.name, "kind": "tool", "family": input.tool.family, "risk": input.tool.risk} if {
	input.call.method == "tools/call"
	is_string(input.tool.family)
	is_string(input.tool.risk)
}

asked := {"name": input.call.name, "kind": "resource", "family": "policies", "risk": "read"} if {
	input.call.method == "resources/read"
}

asked := {"name": input.call.name, "kind": "prompt", "family": "prompts", "risk": "read"} if {
	input.call.method == "prompts/get"
}

# What the caller may know of: what it may use at all, whatever the arguments.
visible := [candidate.name |
	some candidate in candidates
	usable(candidate)
] if {
	listed
} else := [asked.name] if {
	usable(asked)
} else := []

usable(thing) if {
	known_caller
	granted(thing)
	in_scope(thing)
}

default known_caller := false

known_caller if {
	is_array(config.tenants.barred)
	input.principal.subject != ""
	input.principal.tenant != ""
	not input.principal.tenant in config.tenants.barred
}

granted(thing) if {
	some role in roles
	some grant in config.roles[role].grants
	covers(grant, thing)
	open_to(thing, role)
}

covers(grant, thing) if {
	grant.kind == thing.kind
	within(grant, "families", thing.family)
	within(grant, "risks", risk(thing))
	within(grant, "names", thing.name)
}

# A grant without a list of them covers all.
within(grant, attribute, value) if {
	some allowed in object.get(grant, attribute, ["*"])
	allowed in {"*", value}
}

# A team may hold a tool for riskier than its maker did.
risk(thing) := object.get(config.tools, [thing.name, "risk"], thing.risk)

# ... and keep it for some roles.
open_to(thing, role) if {
	some allowed in object.get(config.tools, [thing.name, "roles"], ["*"])
	allowed in {"*", role}
}

# Scopes narrow a token and never widen it. An API key with scopes may do only those; a token's scopes count from the
# first that names something of ours, since issuers add their own, such as 'openid'.
default narrowed := false

narrowed if {
	input.principal.method == "api_key"
	count(scopes) > 0
}

narrowed if {
	some scope in scopes
	some kind in {"tools:", "resources:", "prompts:"}
	startswith(scope, kind)
}

in_scope(_) if not narrowed

in_scope(thing) if {
	some allowed in {"*", risk(thing), thing.name}
	concat("", [thing.kind, "s:", allowed]) in scopes
}

# Why not.
refusals contains reason if {
	not known_caller
	reason := refusal("unknown_caller", "the caller has no subject, no tenant, or a barred tenant", "known_caller")
}

refusals contains reason if {
	not listed
	not asked
	reason := refusal("unknown_thing", "there is nothing of this name", "asked")
}

refusals contains reason if {
	not granted(asked)
	reason := refusal(
		"not_granted",
		sprintf("no role of the caller grants the %s %s", [asked.kind, asked.name]),
		"granted",
	)
}

refusals contains reason if {
	not in_scope(asked)
	reason := refusal(
		"out_of_scope",
		sprintf("the scopes of the caller's token do not cover the %s %s", [asked.kind, asked.name]),
		"in_scope",
	)
}

refusals contains reason if {
	count(roles) == 0
	reason := refusal("no_role", "the caller has no role", "granted")
}

refusals contains reason if {
	some target in targets
	not open_to_tenant(target.path)
	reason := refusal(
		"outside_tenant_roots",
		sprintf("the path in %q lies outside the folders of the caller's tenant", [target.argument]),
		"open_to_tenant",
	)
}

refusals contains reason if {
	some target in targets
	not open_to_roles(target.path)
	reason := refusal(
		"outside_role_roots",
		sprintf("the path in %q lies outside the folders of the caller's roles", [target.argument]),
		"open_to_roles",
	)
}

# An argument called tenant asks for somebody's things.
refusals contains reason if {
	asks_for := input.arguments.tenant
	asks_for != null
	asks_for != input.principal.tenant
	reason := refusal("other_tenant", "the arguments ask for another tenant", "other_tenant")
}

refusals contains reason if {
	some denial in data.team.authz.deny
	reason := refusal(
		text(denial, "code"),
		text(denial, "message"),
		"data.team.authz.deny",
	)
}

# A denial counts however it is written.
text(denial, key) := denial[key] if {
	is_object(denial)
	is_string(denial[key])
} else := denial if {
	key == "message"
	is_string(denial)
} else := {"code": "team_rule", "message": "a rule of the team refuses it"}[key]

refusal(code, message, rule) := {"code": code, "message": message, "rule": rule}

# A tenant that is not listed has the default folders, unless any tenant is: then it has none.
open_to_tenant(path) if {
	count(config.file_roots.tenants) == 0
	some root in config.file_roots["default"]
	inside(path, root)
}

open_to_tenant(path) if {
	some root in config.file_roots.tenants[input.principal.tenant]
	inside(path, root)
}

# A role that is not listed is not narrowed.
open_to_roles(path) if {
	some role in roles
	some root in object.get(config.file_roots.roles, role, ["/"])
	inside(path, root)
}

inside(path, root) if path == trim_right(root, "/")

inside(path, root) if startswith(path, concat("", [trim_right(root, "/"), "/"]))

obligations contains duty if some duty in data.team.authz.obligations
