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
#   statuses: [pass, fail]
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

# First what is common, a call that no condition concerns, by somebody who could not break the glass. It is decided
# thousands of times a second: what rules would look up again and again is handed from function to function.
decision := {
	"allow": true,
	"visible": [thing.name],
	"reasons": [],
	"obligations": [duty | some duty in {one | some one in data.team.authz.obligations}],
} if {
	settings := data.config.authz
	thing := asked
	[id | thing.kind == "tool"; some id, condition in settings.conditions; concerns(condition, thing)] == []
	permitted(thing, settings)
	[role | some role in input.principal.roles; role in settings.break_glass.roles] == []
} else := {
	"allow": true,
	"visible": [asked.name],
	"reasons": [note | breaking_glass; note := reason("break_glass", input.call.purpose, "breaking_glass")],
	"obligations": [duty | some duty in duties],
} if {
	permitted(asked, config)
	unmet == set()
} else := {
	"allow": true,
	"visible": [candidate.name | some candidate in input.candidates; shown(candidate)],
	"reasons": [],
	"obligations": [duty | some duty in data.team.authz.obligations],
} if {
	input.call.method in listings
	known_caller
	count(input.principal.roles) > 0
	[denial | some denial in data.team.authz.deny] == []
} else := {"allow": false, "visible": [asked.name], "reasons": reasons, "obligations": []} if {
	shown(asked)
} else := {"allow": false, "visible": [], "reasons": reasons, "obligations": []} if {
	input.version == 1
}

# Everything that must hold besides conditions, said positively: what is undefined does not hold.
permitted(thing, settings) if {
	usable(thing, settings)
	every target in input.targets {
		open_to_tenant(target.path, settings.file_roots)
		open_to_roles(target.path, settings.file_roots)
	}
	[tenant | tenant := input.arguments.tenant; is_anothers(tenant)] == []
	[denial | some denial in data.team.authz.deny] == []
}

listings := {"tools/list", "resources/list", "resources/templates/list", "prompts/list"}

# What is asked for, in the shape of a candidate.
asked := {"name": input.call.name, "kind": "tool", "family": input.tool.family, "risk": input.tool.risk} if {
	input.call.method == "tools/call"
} else := {"name": input.call.name, "kind": "resource", "family": "policies", "risk": "read"} if {
	input.call.method == "resources/read"
} else := {"name": input.call.name, "kind": "prompt", "family": "prompts", "risk": "read"} if {
	input.call.method == "prompts/get"
}

# What a caller may know of: what it may use, and, where config.scopes.step_up says so, what it could use with a token
# of wider scope. An API key cannot be widened.
shown(thing) if {
	usable(thing, config)
} else if {
	within_step_up(thing)
}

within_step_up(thing) if {
	config.scopes.step_up == true
	input.principal.method == "oidc"
	known_caller
	some role in input.principal.roles
	grants(role, thing, config)
}

# What a caller may use at all, whatever the arguments.
usable(thing, settings) if {
	known(input.principal, settings)
	some role in input.principal.roles
	grants(role, thing, settings)
	in_scope(thing)
} else if {
	breaking_glass
	known(input.principal, settings)
	grants(settings.break_glass.grants, thing, settings)
	in_scope(thing)
}

known_caller if known(input.principal, config)

# A subject and a tenant are texts, which sort above numbers and below arrays, and not empty.
known(principal, settings) if {
	input.version == 1
	subject := principal.subject
	subject > ""
	subject < []
	tenant := principal.tenant
	tenant > ""
	tenant < []
	not tenant in settings.tenants.barred
}

# A team may hold a tool for riskier than its maker did, and keep it for some roles: config.tools.
grants(role, thing, settings) if {
	some grant in settings.roles[role].grants
	grant.kind == thing.kind
	grant.families[_] in ["*", thing.family]
	grant.names[_] in ["*", thing.name]
	grant.risks[_] in ["*", object.get(settings.tools, [thing.name, "risk"], thing.risk)]
	role in object.get(settings.tools, [thing.name, "roles"], [role])
}

# Scopes narrow a token and never widen it. An API key with scopes may do only those; a token's scopes count from the
# first that names something of ours, since issuers add their own, such as 'openid'.
in_scope(thing) if {
	input.principal.scopes == []
} else if {
	input.principal.method != "api_key"
	scopes := input.principal.scopes
	not strings.any_prefix_match(scopes, ["tools:", "resources:", "prompts:"])
} else if {
	some allowed in ["*", object.get(config.tools, [thing.name, "risk"], thing.risk), thing.name]
	concat("", [thing.kind, "s:", allowed]) in input.principal.scopes
}

# Where tenants have folders, one without has none.
open_to_tenant(path, roots) if {
	roots.tenants == {}
	"/" in roots["default"]
} else if {
	roots.tenants == {}
	some root in roots["default"]
	inside(path, root)
} else if {
	some root in roots.tenants[input.principal.tenant]
	inside(path, root)
}

# A role that is not listed is not narrowed to folders.
open_to_roles(path, roots) if {
	roots.roles == {}
} else if {
	some role in input.principal.roles
	some root in object.get(roots.roles, role, ["/"])
	inside(path, root)
}

inside(path, root) if {
	root == "/"
} else if {
	startswith(concat("", [path, "/"]), concat("", [trim_right(root, "/"), "/"]))
}

# What must hold besides for some tools, be it a purpose, hours of the day or the approval of others: config.conditions.
# Whoever breaks the glass, by a role for it and with a reason in words, is held to none of them and is recorded as such.
unmet contains id if {
	some id, condition in concerning
	not breaking_glass
	not met(condition)
}

met(condition) if {
	fits_purpose(condition)
	fits_hours(condition)
}

# The conditions on this call.
concerning[id] := condition if {
	asked.kind == "tool"
	some id, condition in config.conditions
	concerns(condition, asked)
}

concerns(condition, thing) if {
	object.get(condition, "tools", ["*"])[_] in ["*", thing.name]
	object.get(condition, "families", ["*"])[_] in ["*", thing.family]
	object.get(condition, "risks", ["*"])[_] in ["*", thing.risk]
}

fits_purpose(condition) if {
	not condition.purposes
} else if {
	some purpose in condition.purposes
	startswith(concat("", [input.call.purpose, ":"]), concat("", [purpose, ":"]))
}

# Hours as numbers, 8.5 for half past eight; from later than until is over midnight.
fits_hours(condition) if {
	not condition.hours
} else if {
	moment := [time.parse_rfc3339_ns(input.call.minute), object.get(condition.hours, "zone", "UTC")]
	time.weekday(moment) in object.get(condition.hours, "days", weekdays)
	[hour, minute, _] := time.clock(moment)
	between(hour + (minute / 60), condition.hours.from, condition.hours.until)
}

between(now, from, until) if {
	from <= until
	now >= from
	now < until
}

between(now, from, until) if {
	from > until
	count([true | some outside in [now >= from, now < until]; outside]) > 0
}

weekdays := ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]

breaking_glass if {
	some role in input.principal.roles
	role in config.break_glass.roles
	startswith(input.call.purpose, "break-glass:")
	count(trim_space(substring(input.call.purpose, 12, -1))) >= 10
}

duties := ({duty | some duty in data.team.authz.obligations} | {duty |
	some condition in concerning
	condition.approval
	not breaking_glass
	duty := {"kind": "approval", "parameters": condition.approval}
}) | {duty |
	breaking_glass
	config.break_glass.approval
	duty := {"kind": "approval", "parameters": config.break_glass.approval}
}

# An argument called tenant asks for somebody's things.
asks_for_another_tenant if is_anothers(input.arguments.tenant)

is_anothers(tenant) if {
	tenant != null
	tenant != input.principal.tenant
}

# A denial counts however it is written.
team_refusals contains {"code": text(denial, "code"), "message": text(denial, "message"), "rule": "data.team.authz.deny"} if {
	some denial in data.team.authz.deny
}

text(denial, key) := denial[key] if {
	is_object(denial)
	is_string(denial[key])
} else := denial if {
	key == "message"
	is_string(denial)
} else := {"code": "team_rule", "message": "a rule of the team refuses it"}[key]

# --- Why not: this only explains, it decides nothing ----------------------------------------------------------------

reasons := refusals if {
	count(refusals) > 0
} else := [{"code": "not_allowed", "message": "nothing allows this call", "rule": "data.yumen.authz.decision"}]

refusals contains refusal if some refusal in team_refusals

refusals contains reason("unknown_caller", "the caller has no subject, no tenant, or a barred tenant", "known_caller") if {
	not known_caller
}

refusals contains reason("no_role", "the caller has no role", "grants") if {
	count(input.principal.roles) == 0
}

refusals contains reason("unknown_thing", "there is nothing of this name", "asked") if {
	not asked
}

refusals contains reason("not_granted", sprintf("no role of the caller grants the %s %s", [asked.kind, asked.name]), "grants") if {
	known_caller
	not granted_to_any
}

refusals contains object.union(
	reason("out_of_scope", sprintf("the scopes of the caller's token do not cover the %s %s", [asked.kind, asked.name]), "in_scope"),
	wider,
) if {
	known_caller
	not in_scope(asked)
}

# The scope to ask the issuer for, as far as the caller may hear of it.
wider := {"scopes": [concat("", [asked.kind, "s:", object.get(config.tools, [asked.name, "risk"], asked.risk)])]} if {
	within_step_up(asked)
} else := {}

refusals contains reason("outside_tenant_roots", sprintf("the path in %q lies outside the folders of the caller's tenant", [target.argument]), "open_to_tenant") if {
	known_caller
	some target in input.targets
	not open_to_tenant(target.path, roots)
}

refusals contains reason("outside_role_roots", sprintf("the path in %q lies outside the folders of the caller's roles", [target.argument]), "open_to_roles") if {
	known_caller
	some target in input.targets
	not open_to_roles(target.path, roots)
}

refusals contains reason("condition_unmet", sprintf("the condition %v does not hold: %s", [id, wanted(condition)]), "unmet") if {
	some id, condition in config.conditions
	id in unmet
}

refusals contains reason("other_tenant", "the arguments ask for another tenant", "asks_for_another_tenant") if {
	asks_for_another_tenant
}

wanted(condition) := sprintf("state one of the purposes %s", [concat(", ", condition.purposes)]) if {
	condition.purposes
	not fits_purpose(condition)
} else := "it is not the time for it"

roots := object.get(config, "file_roots", {})

granted_to_any if {
	known_caller
	some role in input.principal.roles
	grants(role, asked, config)
}

reason(code, message, rule) := {"code": code, "message": message, "rule": sprintf("data.yumen.authz.%s", [rule])}
