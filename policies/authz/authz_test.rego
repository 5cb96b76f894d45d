package yumen.authz_test

import data.yumen.authz

person(role) := {
	"subject": "ada",
	"issuer": "https://id.example",
	"method": "oidc",
	"tenant": "blue",
	"roles": [role],
	"scopes": [],
	"client": null,
}

tool(risk) := {"name": "model_verify", "family": "models", "risk": risk, "digest": "sha256:00"}

call(principal, called) := {
	"version": 1,
	"call": {"id": "1", "method": "tools/call", "name": called.name, "time": "2026-11-24T00:00:00Z", "size": 2},
	"principal": principal,
	"origin": {"transport": "http", "address": "", "protocol_version": "2026-07-28", "client_name": ""},
	"tool": called,
	"targets": [],
	"arguments": {},
	"candidates": [],
}

with_targets(document, paths) := object.union(document, {"targets": [{"argument": "target", "path": path} | some path in paths]})

with_scopes(principal, method, scopes) := object.union(principal, {"method": method, "scopes": scopes})

listing(principal, method, candidates) := object.union(call(principal, tool("read")), {
	"call": {"method": method, "name": ""},
	"tool": null,
	"candidates": candidates,
})

named(principal, method, name) := object.union(call(principal, tool("read")), {
	"call": {"method": method, "name": name},
	"tool": null,
})

decided(document) := decision if decision := authz.decision with input as document

allowed(document) if decided(document).allow

codes(document) := {reason.code | some reason in decided(document).reasons}

# --- Roles and risk ------------------------------------------------------------------------------------------------

may := {
	"viewer": set(),
	"analyst": {"read"},
	"operator": {"read", "change"},
	"admin": {"read", "change", "admin"},
	"agent": {"read"},
	"auditor": set(),
}

test_each_role_may_call_tools_of_its_risks_only if {
	every role, risks in may {
		every risk in {"read", "change", "admin"} {
			({risk} & risks) == {risk} == decided(call(person(role), tool(risk))).allow
		}
	}
}

test_viewer_and_auditor_may_ask_policies_and_records if {
	every role in {"viewer", "auditor"} {
		every family in {"policies", "audit"} {
			allowed(call(person(role), object.union(tool("read"), {"family": family})))
		}
	}
}

test_what_is_not_granted_is_not_visible if {
	document := call(person("analyst"), tool("admin"))
	decided(document).visible == []
	codes(document) == {"not_granted"}
}

test_an_allowed_call_is_visible_and_has_no_reasons if {
	decided(call(person("analyst"), tool("read"))) == {
		"allow": true,
		"visible": ["model_verify"],
		"reasons": [],
		"obligations": [],
	}
}

test_two_roles_add_up if {
	document := call(object.union(person("viewer"), {"roles": ["viewer", "operator"]}), tool("change"))
	allowed(document)
}

test_an_unknown_role_grants_nothing if codes(call(person("root"), tool("read"))) == {"not_granted"}

test_no_role_grants_nothing if {
	codes(call(object.union(person("x"), {"roles": []}), tool("read"))) == {"not_granted", "no_role"}
}

test_a_tool_may_be_held_for_riskier if {
	tools := {"model_verify": {"risk": "admin"}}
	not allowed(call(person("operator"), tool("read"))) with data.config.authz.tools as tools
	allowed(call(person("admin"), tool("read"))) with data.config.authz.tools as tools
}

test_a_tool_may_be_kept_for_some_roles if {
	tools := {"model_verify": {"roles": ["admin"]}}
	not allowed(call(person("operator"), tool("read"))) with data.config.authz.tools as tools
	allowed(call(person("admin"), tool("read"))) with data.config.authz.tools as tools
}

# --- Total: whatever is missing refuses ----------------------------------------------------------------------------

whole := call(person("admin"), tool("read"))

test_a_tool_that_does_not_exist_is_refused if {
	document := object.union(whole, {"tool": null})
	not allowed(document)
	decided(document).visible == []
	codes(document) == {"unknown_thing"}
}

test_every_missing_part_refuses if {
	every path in [["version"], ["call"], ["call", "method"], ["principal"], ["principal", "subject"], ["principal", "tenant"], ["principal", "roles"], ["principal", "scopes"], ["tool"], ["tool", "family"], ["tool", "risk"]] {
		document := json.remove(whole, [path])
		not allowed(document)
		decided(document).visible == []
	}
}

test_every_malformed_part_refuses if {
	every patch in [
		{"version": 2},
		{"principal": null},
		{"principal": {"roles": {"admin": true}}},
		{"principal": {"subject": 7}},
		{"principal": {"subject": ""}},
		{"principal": {"tenant": ""}},
		{"principal": {"tenant": null}},
		{"call": {"method": "tools/delete"}},
		{"tool": {"risk": "none"}},
		{"tool": {"risk": null}},
	] {
		not allowed(object.union(whole, patch))
	}
}

test_an_empty_input_is_refused if not allowed({})

test_no_configuration_is_refused if {
	not allowed(whole) with data.config as {}
	not allowed(whole) with data.config.authz as {}
}

test_arguments_that_do_not_fit_are_decided_all_the_same if {
	allowed(object.union(whole, {"arguments": null}))
	not allowed(object.union(call(person("viewer"), tool("read")), {"arguments": null}))
}

# --- Tenants -------------------------------------------------------------------------------------------------------

test_arguments_may_not_ask_for_another_tenant if {
	codes(object.union(whole, {"arguments": {"tenant": "red"}})) == {"other_tenant"}
	allowed(object.union(whole, {"arguments": {"tenant": "blue"}}))
	allowed(object.union(whole, {"arguments": {"tenant": null}}))
}

test_a_barred_tenant_may_do_nothing if {
	decision := decided(whole) with data.config.authz.tenants.barred as ["blue"]
	not decision.allow
	decision.visible == []
}

# --- Folders -------------------------------------------------------------------------------------------------------

test_targets_are_open_by_default_to_what_the_server_confines if allowed(with_targets(whole, ["/srv/models/a"]))

roots := {"default": ["/"], "tenants": {"blue": ["/srv/blue/"], "red": ["/srv/red"]}, "roles": {}}

test_a_tenant_stays_in_its_folders if {
	every path, wanted in {
		"/srv/blue": true,
		"/srv/blue/models": true,
		"/srv/bluebird": false,
		"/srv/red/x": false,
		"/srv": false,
		"/": false,
	} {
		wanted == decided(with_targets(whole, [path])).allow with data.config.authz.file_roots as roots
	}
}

test_one_target_outside_refuses_all if {
	document := with_targets(whole, ["/srv/blue/a", "/srv/red/b"])
	codes(document) == {"outside_tenant_roots"} with data.config.authz.file_roots as roots
}

test_where_tenants_have_folders_one_without_has_none if {
	stranger := call(object.union(person("admin"), {"tenant": "green"}), tool("read"))
	not allowed(with_targets(stranger, ["/srv/blue/a"])) with data.config.authz.file_roots as roots
	allowed(stranger) with data.config.authz.file_roots as roots
}

test_a_role_may_be_narrowed_to_folders if {
	narrow := {"default": ["/"], "tenants": {}, "roles": {"agent": ["/srv/ci"]}}
	agent := call(person("agent"), tool("read"))
	allowed(with_targets(agent, ["/srv/ci/m"])) with data.config.authz.file_roots as narrow
	codes(with_targets(agent, ["/srv/x"])) == {"outside_role_roots"} with data.config.authz.file_roots as narrow
	allowed(with_targets(whole, ["/srv/x"])) with data.config.authz.file_roots as narrow
}

test_a_call_outside_the_folders_is_visible_but_refused if {
	decision := decided(with_targets(whole, ["/srv/red"])) with data.config.authz.file_roots as roots
	not decision.allow
	decision.visible == ["model_verify"]
}

# --- Scopes --------------------------------------------------------------------------------------------------------

scoped(method, scopes) := call(with_scopes(person("operator"), method, scopes), tool("read"))

test_scopes_narrow if {
	every scopes, wanted in {
		"": true,
		"tools:read": true,
		"tools:model_verify": true,
		"tools:*": true,
		"tools:change": false,
		"tools:model_hash": false,
		"resources:read": false,
		"resources:model_verify": false,
	} {
		given := [scope | some scope in split(scopes, " "); scope != ""]
		every method in {"oidc", "api_key", "local"} {
			wanted == decided(scoped(method, given)).allow
		}
	}
}

test_scopes_never_widen if {
	not allowed(call(with_scopes(person("analyst"), "oidc", ["tools:*", "tools:change"]), tool("change")))
}

test_foreign_scopes_of_a_token_do_not_count if allowed(scoped("oidc", ["openid", "profile"]))

test_foreign_scopes_of_an_api_key_narrow_it_to_nothing if {
	codes(scoped("api_key", ["openid"])) == {"out_of_scope"}
}

test_out_of_scope_is_not_visible if decided(scoped("oidc", ["tools:model_hash"])).visible == []

stepping_up := {"step_up": true}

test_step_up_shows_what_a_wider_token_could_use if {
	decision := decided(scoped("oidc", ["tools:model_hash"])) with data.config.authz.scopes as stepping_up
	not decision.allow
	decision.visible == ["model_verify"]
	{scope | some scope in decision.reasons[_].scopes} == {"tools:read"}
}

test_step_up_widens_no_role if {
	wanted := call(with_scopes(person("analyst"), "oidc", ["tools:read"]), tool("change"))
	decision := decided(wanted) with data.config.authz.scopes as stepping_up
	not decision.allow
	decision.visible == []
	count({scope | some scope in decision.reasons[_].scopes}) == 0
}

test_an_api_key_cannot_step_up if {
	every method in {"api_key", "local"} {
		decision := decided(scoped(method, ["tools:model_hash"])) with data.config.authz.scopes as stepping_up
		not decision.allow
		decision.visible == []
		count({scope | some scope in decision.reasons[_].scopes}) == 0
	}
}

test_a_token_that_suffices_needs_no_step_up if {
	allowed(scoped("oidc", ["tools:read"])) with data.config.authz.scopes as stepping_up
}

# --- Lists, resources, prompts -------------------------------------------------------------------------------------

offered := [
	{"name": "model_hash", "kind": "tool", "family": "models", "risk": "read"},
	{"name": "audit_search", "kind": "tool", "family": "audit", "risk": "read"},
	{"name": "pii_reveal", "kind": "tool", "family": "personal_data", "risk": "change"},
	{"name": "policy://authz/authz.rego", "kind": "resource", "family": "policies", "risk": "read"},
	{"name": "admit_model", "kind": "prompt", "family": "prompts", "risk": "read"},
]

test_lists_show_what_the_role_may_use if {
	every role, names in {
		"viewer": {"audit_search", "policy://authz/authz.rego", "admit_model"},
		"analyst": {"model_hash", "audit_search", "policy://authz/authz.rego", "admit_model"},
		"operator": {"model_hash", "audit_search", "pii_reveal", "policy://authz/authz.rego", "admit_model"},
		"agent": {"model_hash", "audit_search", "admit_model"},
		"auditor": {"audit_search", "policy://authz/authz.rego"},
		"nobody": set(),
	} {
		decision := decided(listing(person(role), "tools/list", offered))
		decision.allow
		{name | some name in decision.visible} == names
	}
}

test_every_kind_of_list_is_open_to_a_known_caller if {
	every method in authz.listings {
		allowed(listing(person("viewer"), method, []))
	}
}

test_a_list_for_a_caller_without_roles_is_refused if {
	document := listing(object.union(person("x"), {"roles": []}), "tools/list", offered)
	not allowed(document)
	decided(document).visible == []
}

test_resources_and_prompts_follow_the_role if {
	allowed(named(person("viewer"), "resources/read", "policy://authz/authz.rego"))
	not allowed(named(person("agent"), "resources/read", "policy://authz/authz.rego"))
	allowed(named(person("agent"), "prompts/get", "admit_model"))
	not allowed(named(person("auditor"), "prompts/get", "admit_model"))
}

test_scopes_narrow_resources if {
	reader := with_scopes(person("viewer"), "oidc", ["resources:read"])
	allowed(named(reader, "resources/read", "policy://x"))
	not allowed(named(reader, "prompts/get", "admit_model"))
}

# --- The team's own rules ------------------------------------------------------------------------------------------

test_a_team_rule_refuses if {
	rules := {"deny": {{"code": "frozen", "message": "Change freeze"}}}
	codes(whole) == {"frozen"} with data.team.authz as rules
}

test_a_team_rule_without_words_refuses if {
	not allowed(whole) with data.team.authz as {"deny": {{}}}
	not allowed(whole) with data.team.authz as {"deny": {"freeze"}}
}

test_a_team_may_oblige if {
	duty := {"kind": "redact", "parameters": {"entities": ["CN_ID_CARD"]}}
	decision := decided(whole) with data.team.authz as {"obligations": {duty}}
	decision.allow
	decision.obligations == [duty]
}

# --- Each check in each of its statuses: what tests/policies/test_statuses.py puts to it ------------------------------

statuses := {"authz": {"pass": call(person("analyst"), tool("read")), "fail": call(person("viewer"), tool("admin"))}}
