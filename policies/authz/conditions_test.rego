package yumen.authz_conditions_test

import data.yumen.authz

# Friday, a quarter past five in the afternoon in Shanghai.
call := {
	"version": 1,
	"call": {
		"id": "1",
		"method": "tools/call",
		"name": "model_sign",
		"time": "2026-11-27T09:15:42Z",
		"minute": "2026-11-27T09:15:00+00:00",
		"purpose": "release: 1.4 of the chat model",
		"size": 2,
	},
	"principal": {
		"subject": "ada",
		"issuer": "https://id.example",
		"method": "oidc",
		"tenant": "blue",
		"roles": ["operator"],
		"scopes": [],
		"client": null,
	},
	"origin": {"transport": "http", "address": "", "protocol_version": "2026-07-28", "client_name": ""},
	"tool": {"name": "model_sign", "family": "models", "risk": "change", "digest": "sha256:00"},
	"targets": [],
	"arguments": {},
	"candidates": [],
}

said(purpose) := object.union(call, {"call": {"purpose": purpose}})

by(roles, purpose) := object.union(said(purpose), {"principal": {"roles": roles}})

decided(document, conditions) := decision if {
	decision := authz.decision with input as document
		with data.config.authz.conditions as conditions
}

broken(document, conditions, glass) := decision if {
	decision := authz.decision with input as document
		with data.config.authz.conditions as conditions
		with data.config.authz.break_glass as glass
}

codes(decision) := {reason.code | some reason in decision.reasons}

release := [{"id": "signing", "tools": ["model_sign"], "purposes": ["release", "audit"]}]

test_without_conditions_nothing_more_is_asked if {
	decided(said(""), []) == {"allow": true, "visible": ["model_sign"], "reasons": [], "obligations": []}
}

test_a_purpose_is_asked_for_by_its_first_word if {
	decided(call, release).allow
	decided(said("audit"), release).allow
	every purpose in ["", "released", "test", "Release", "re: release"] {
		decision := decided(said(purpose), release)
		not decision.allow
		codes(decision) == {"condition_unmet"}
		decision.visible == ["model_sign"]
	}
}

# What the condition names, and whether it concerns the call; one that concerns it and cannot be met refuses.
scopes := [
	{"of": {}, "concerns": true},
	{"of": {"tools": ["model_sign"]}, "concerns": true},
	{"of": {"tools": ["image_sign"]}, "concerns": false},
	{"of": {"families": ["models"]}, "concerns": true},
	{"of": {"families": ["images"]}, "concerns": false},
	{"of": {"risks": ["change", "admin"]}, "concerns": true},
	{"of": {"risks": ["admin"]}, "concerns": false},
	{"of": {"families": ["models"], "risks": ["admin"]}, "concerns": false},
]

test_a_condition_concerns_what_it_names if {
	every row in scopes {
		decision := decided(call, [object.union({"id": "x", "purposes": ["other"]}, row.of)])
		decision.allow == row.concerns == false
	}
}

windows := [
	{"hours": {"from": 9, "until": 18, "zone": "Asia/Shanghai"}, "open": true},
	{"hours": {"from": 9, "until": 17.25, "zone": "Asia/Shanghai"}, "open": false},
	{"hours": {"from": 17.25, "until": 18, "zone": "Asia/Shanghai"}, "open": true},
	{"hours": {"from": 9, "until": 10}, "open": true},
	{"hours": {"from": 10, "until": 18}, "open": false},
	{"hours": {"from": 22, "until": 6}, "open": false},
	{"hours": {"from": 22, "until": 9.5}, "open": true},
	{"hours": {"from": 8, "until": 6}, "open": true},
	{"hours": {"from": 0, "until": 24, "days": ["Friday"]}, "open": true},
	{"hours": {"from": 0, "until": 24, "days": ["Monday"]}, "open": false},
	{"hours": {"from": 0, "until": 24, "zone": "Pacific/Auckland", "days": ["Friday"]}, "open": true},
	{"hours": {"from": 0, "until": 24, "zone": "Pacific/Kiritimati", "days": ["Friday"]}, "open": true},
	{"hours": {"until": 24}, "open": false},
	{"hours": {"from": "nine", "until": 1}, "open": false},
]

test_hours_by_day_and_zone if {
	every row in windows {
		decision := decided(call, [{"id": "hours", "hours": row.hours}])
		decision.allow == row.open
	}
}

test_approval_becomes_a_duty_of_the_yes if {
	decision := decided(call, [{"id": "signing", "tools": ["model_sign"], "approval": {"approvers": 2, "roles": ["admin"]}}])
	decision.allow
	decision.obligations == [{"kind": "approval", "parameters": {"approvers": 2, "roles": ["admin"]}}]
}

test_every_condition_has_to_hold if {
	both := [release[0], {"id": "hours", "hours": {"from": 0, "until": 1}}]
	not decided(call, both).allow
}

glass := {"roles": ["oncall"], "grants": "admin"}

why := "break-glass: the signing key leaked, INC-4711"

test_breaking_the_glass_passes_the_conditions_and_is_noted if {
	shut := [{"id": "never", "hours": {"from": 0, "until": 0}, "approval": {"approvers": 2}}]
	decision := broken(by(["operator", "oncall"], why), shut, glass)
	decision.allow
	codes(decision) == {"break_glass"}
	decision.obligations == []
	decision.reasons[0].message == why
}

test_it_grants_what_it_is_set_to if {
	admin := object.union(by(["oncall"], why), {"tool": {"risk": "admin"}})
	broken(admin, [], glass).allow
	not broken(admin, [], object.union(glass, {"grants": ""})).allow
	not broken(by(["oncall"], "release"), [], glass).allow
}

test_it_may_itself_need_approval if {
	decision := broken(by(["oncall"], why), [], object.union(glass, {"approval": {"approvers": 1}}))
	decision.obligations == [{"kind": "approval", "parameters": {"approvers": 1}}]
}

test_nobody_breaks_it_without_the_role_or_a_reason if {
	shut := [{"id": "never", "purposes": ["nothing"]}]
	every document in [
		by(["operator"], why),
		by(["operator", "oncall"], "break-glass: now"),
		by(["operator", "oncall"], "break-glass:               "),
		by(["operator", "oncall"], ""),
		by(["operator", "oncall"], "please break-glass: the key leaked"),
	] {
		not broken(document, shut, glass).allow
	}
	not broken(by(["oncall"], why), [], {"roles": [], "grants": "admin"}).allow
}
