package yumen.checks.least_privilege_test

import data.yumen.checks.least_privilege
import data.yumen.checks.least_privilege.escalation
import data.yumen.checks.least_privilege.separation
import data.yumen.checks.least_privilege.unused
import data.yumen.checks.least_privilege.wildcards

decided(grants, usage) := result if {
	result := least_privilege.decision with input as {"grants": grants, "usage": usage, "usage_window_days": 90}
}

rules(decision) := {finding.rule | some finding in decision.findings}

statement(actions, resource) := {"Effect": "Allow", "Action": actions, "Resource": resource}

granted(system, principal, statements) := {"system": system, "principal": principal, "policy": {"Version": "1", "Statement": statements}}

used(system, principal, action) := {"system": system, "principal": principal, "action": action}

bucket := "arn:aws:s3:::reports/*"

# --- Narrow and used -----------------------------------------------------------------------------------------------

test_a_narrow_used_grant_is_allowed if {
	decision := decided([granted("aws", "role/reader", [statement("s3:GetObject", bucket)])], [used("aws", "role/reader", "s3:GetObject")])
	decision.decision == "allow"
	decision.findings == []
	decision.examined == {"permissions": 1, "principals": 1, "usage": 1}
	{entry.code | some entry in decision.reasons} == {"minimal"}
}

test_one_statement_may_stand_without_a_list if {
	grant := {"system": "aws", "principal": "role/reader", "policy": {"Statement": statement(["s3:GetObject"], bucket)}}
	decided([grant], [used("aws", "role/reader", "S3:getobject")]).decision == "allow"
}

# --- Wildcards -----------------------------------------------------------------------------------------------------

wide := [
	{"system": "aws", "statement": statement("*", "*"), "rule": "administrator"},
	{"system": "alibaba", "statement": statement("*", "*"), "rule": "administrator"},
	{"system": "aws", "statement": statement("*:*", "*"), "rule": "administrator"},
	{"system": "aws", "statement": statement("*", bucket), "rule": "all_actions"},
	{"system": "aws", "statement": statement("s3:*", bucket), "rule": "whole_service"},
	{"system": "alibaba", "statement": statement("oss:*", "acs:oss:*:*:data"), "rule": "whole_service"},
	{"system": "aws", "statement": {"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}, "rule": "by_exclusion"},
	{"system": "aws", "statement": {"Effect": "Allow", "Action": "s3:GetObject", "NotResource": bucket}, "rule": "resources_by_exclusion"},
	{"system": "aws", "statement": {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": "*"}, "rule": "anyone"},
	{"system": "aws", "statement": {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": ["*"]}}, "rule": "anyone"},
]

test_wide_grants_are_denied if {
	every row in wide {
		decision := decided([granted(row.system, "role/x", [row.statement])], [])
		decision.decision == "deny"
		sprintf("least_privilege.wildcards.%s", [row.rule]) in rules(decision)
	}
}

softer := [
	{"statement": statement("s3:Put*", bucket), "rule": "action_pattern"},
	{"statement": statement("s3:PutObject", "*"), "rule": "every_resource"},
	{"statement": object.union(statement("s3:*", bucket), {"Condition": {"Bool": {"aws:SecureTransport": "true"}}}), "rule": "whole_service"},
]

test_open_patterns_need_a_step if {
	every row in softer {
		decision := decided([granted("aws", "role/x", [row.statement])], [used("aws", "role/x", "s3:PutObject")])
		decision.decision == "needs_step"
		sprintf("least_privilege.wildcards.%s", [row.rule]) in rules(decision)
	}
}

test_reading_everywhere_is_not_wide if {
	decision := decided([granted("aws", "role/x", [statement("ec2:DescribeInstances", "*")])], [used("aws", "role/x", "ec2:DescribeInstances")])
	decision.decision == "allow"
}

test_a_condition_on_a_public_trust_is_not_anyone if {
	trust := {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": "*", "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-1"}}}
	not "least_privilege.wildcards.anyone" in rules(decided([granted("aws", "role/x", [trust])], []))
}

# --- Kubernetes ----------------------------------------------------------------------------------------------------

k8s(rules) := {"system": "kubernetes", "principal": "serviceaccount:prod:app", "namespace": "prod", "rules": rules}

rule(groups, resources, verbs) := {"apiGroups": groups, "resources": resources, "verbs": verbs}

cluster := [
	{"rule": rule(["*"], ["*"], ["*"]), "finding": "least_privilege.wildcards.all_actions"},
	{"rule": rule([""], ["*"], ["get"]), "finding": "least_privilege.wildcards.whole_service"},
	{"rule": rule([""], ["configmaps"], ["*"]), "finding": "least_privilege.wildcards.whole_service"},
	{"rule": rule([""], ["pods"], ["create"]), "finding": "least_privilege.escalation.k8s.create_pods"},
	{"rule": rule([""], ["secrets"], ["get", "list"]), "finding": "least_privilege.escalation.k8s.list_secrets"},
	{"rule": rule(["rbac.authorization.k8s.io"], ["clusterroles"], ["bind", "escalate"]), "finding": "least_privilege.escalation.k8s.bind_cluster_role"},
	{"rule": rule([""], ["nodes/proxy"], ["get"]), "finding": "least_privilege.escalation.k8s.node_proxy"},
]

test_rules_of_kubernetes if {
	every row in cluster {
		decision := decided([k8s([row.rule])], [])
		decision.decision == "deny"
		row.finding in rules(decision)
	}
}

test_a_url_rule_is_read if {
	decision := decided([k8s([{"nonResourceURLs": ["/metrics"], "verbs": ["get"]}])], [used("kubernetes", "serviceaccount:prod:app", "url:/metrics:get")])
	decision.decision == "allow"
}

test_named_objects_narrow_a_rule if {
	named := object.union(rule([""], ["configmaps"], ["get"]), {"resourceNames": ["settings"]})
	use := object.union(used("kubernetes", "serviceaccount:prod:app", "core/configmaps:get"), {"resource": "prod/settings"})
	decided([k8s([named])], [use]).decision == "allow"
	other := object.union(use, {"resource": "prod/other"})
	decided([k8s([named])], [other]).decision == "deny"
}

objects := [
	{"kind": "Role", "metadata": {"name": "reader", "namespace": "prod"}, "rules": [rule([""], ["pods"], ["get"])]},
	{"kind": "RoleBinding", "metadata": {"name": "b", "namespace": "prod"}, "roleRef": {"kind": "Role", "name": "reader"}, "subjects": [{"kind": "ServiceAccount", "name": "app", "namespace": "prod"}]},
]

reviewed(documents, usage) := result if {
	result := least_privilege.decision with input as {"objects": documents, "usage": usage, "usage_window_days": 90}
}

test_bindings_are_resolved_to_their_roles if {
	use := object.union(used("kubernetes", "serviceaccount:prod:app", "core/pods:get"), {"resource": "prod/web-1"})
	reviewed(objects, [use]).decision == "allow"
}

test_other_kinds_carry_no_grants if {
	use := object.union(used("kubernetes", "serviceaccount:prod:app", "core/pods:get"), {"resource": "prod/web-1"})
	reviewed(array.concat(objects, [{"kind": "Pod", "metadata": {"name": "p"}}]), [use]).decision == "allow"
}

test_a_grant_without_namespace_or_with_a_bad_one if {
	grant := {"system": "kubernetes", "principal": "x", "rules": [rule(["*"], ["*"], ["*"])]}
	"least_privilege.wildcards.administrator" in rules(decided([grant], []))
}

test_a_role_of_another_namespace_does_not_resolve if {
	other := [object.union(objects[0], {"metadata": {"namespace": "dev"}}), objects[1]]
	decision := reviewed(other, [])
	decision.decision == "unknown"
	"objects: Role reader" in decision.missing
}

binding(name, subject) := {
	"kind": "ClusterRoleBinding",
	"metadata": {"name": "b"},
	"roleRef": {"kind": "ClusterRole", "name": name},
	"subjects": [subject],
}

viewer := {"kind": "ClusterRole", "metadata": {"name": "viewer"}, "rules": [rule([""], ["pods"], ["get"])]}

test_bindings_that_reach_everybody_or_everything if {
	"least_privilege.wildcards.administrator" in rules(reviewed([binding("cluster-admin", {"kind": "User", "name": "bob"})], []))
	"least_privilege.wildcards.everyone" in rules(reviewed([viewer, binding("viewer", {"kind": "Group", "name": "system:unauthenticated"})], []))
	"least_privilege.wildcards.system_masters" in rules(reviewed([viewer, binding("viewer", {"kind": "Group", "name": "system:masters"})], []))
}

# --- MCP -----------------------------------------------------------------------------------------------------------

test_tool_patterns_of_mcp if {
	narrow := {"system": "mcp", "principal": "agent/ci", "tools": ["image_scan"], "tenant": "acme"}
	decided([narrow], [used("mcp", "agent/ci", "image_scan")]).decision == "allow"
	broad := {"system": "mcp", "principal": "agent/ci", "tools": ["image_*"]}
	"least_privilege.wildcards.whole_service" in rules(decided([broad], []))
	all := {"system": "mcp", "principal": "agent/ci", "tools": ["*"]}
	"least_privilege.wildcards.administrator" in rules(decided([all], []))
}

# --- Use -----------------------------------------------------------------------------------------------------------

test_an_unused_grant_is_told if {
	grant := granted("aws", "role/x", [statement(["s3:GetObject", "s3:DeleteObject"], bucket)])
	decision := decided([grant], [used("aws", "role/x", "s3:GetObject")])
	decision.decision == "needs_step"
	[finding.message | some finding in decision.findings] == ["role/x did not use 's3:DeleteObject' in 90 days"]
}

test_a_pattern_is_told_with_what_was_used if {
	grant := granted("aws", "role/x", [statement("s3:Get*", bucket)])
	decision := decided([grant], [used("aws", "role/x", "s3:GetObject")])
	[finding.message | some finding in decision.findings] == ["role/x used only these of 's3:Get*': s3:GetObject"]
}

test_use_of_another_resource_is_no_use if {
	grant := granted("aws", "role/x", [statement("s3:GetObject", bucket)])
	elsewhere := object.union(used("aws", "role/x", "s3:GetObject"), {"resource": "arn:aws:s3:::other/a"})
	"least_privilege.unused.dormant" in rules(decided([grant], [elsewhere]))
	here := object.union(used("aws", "role/x", "s3:GetObject"), {"resource": "arn:aws:s3:::reports/a"})
	decided([grant], [here]).decision == "allow"
}

test_a_short_window_calls_nothing_unused if {
	grant := granted("aws", "role/x", [statement("s3:GetObject", bucket)])
	decision := least_privilege.decision with input as {"grants": [grant], "usage": [], "usage_window_days": 7}
	decision.decision == "unknown"
	rules(decision) == {"least_privilege.unused.window_short"}
	[reason.code | some reason in decision.reasons] == ["window_short"]
	unused.missing == {"usage_window_days"} with input as {"grants": [grant], "usage": [], "usage_window_days": 7}
}

# --- Escalation ----------------------------------------------------------------------------------------------------

paths := [
	{"system": "aws", "actions": ["iam:CreatePolicyVersion"], "rule": "aws.create_policy_version"},
	{"system": "aws", "actions": ["iam:PassRole", "ec2:RunInstances"], "rule": "aws.pass_role_ec2"},
	{"system": "aws", "actions": ["iam:PassRole", "lambda:CreateFunction", "lambda:InvokeFunction"], "rule": "aws.pass_role_lambda"},
	{"system": "aws", "actions": ["iam:Put*"], "rule": "aws.put_role_policy"},
	{"system": "alibaba", "actions": ["ram:AttachPolicyToUser"], "rule": "alibaba.attach_policy_to_user"},
	{"system": "alibaba", "actions": ["ram:PassRole", "ecs:RunInstances"], "rule": "alibaba.pass_role_run"},
]

test_known_escalation_paths if {
	every row in paths {
		decision := decided([granted(row.system, "role/x", [statement(row.actions, "*")])], [])
		sprintf("least_privilege.escalation.%s", [row.rule]) in rules(decision)
	}
}

passing(resource, condition) := granted("aws", "role/x", [
	object.union(statement("iam:PassRole", resource), {"Condition": condition}),
	statement(["ec2:RunInstances", "cloudformation:CreateStack"], "*"),
])

to(operator, services) := {operator: {"iam:PassedToService": services}}

# To whom a role may be passed, and what that opens with which weight.
passed := [
	{"resource": "*", "condition": {}, "opens": {"ec2": "critical", "cloudformation": "critical"}},
	{"resource": "*", "condition": to("StringEquals", "ec2.amazonaws.com"), "opens": {"ec2": "critical"}},
	{"resource": "*", "condition": to("StringLike", ["ec2.*", "cloudformation.*"]), "opens": {"ec2": "critical", "cloudformation": "critical"}},
	{"resource": "*", "condition": to("stringequalsifexists", ["EC2.amazonaws.com"]), "opens": {"ec2": "critical"}},
	{"resource": "*", "condition": to("StringEquals", "ec2.amazonaws.com.cn"), "opens": {"ec2": "critical"}},
	{"resource": "*", "condition": to("StringEquals", "ssm.amazonaws.com"), "opens": {}},
	{"resource": "*", "condition": to("StringNotEquals", "ssm.amazonaws.com"), "opens": {"ec2": "critical", "cloudformation": "critical"}},
	{"resource": "arn:aws:iam::1:role/app-*", "condition": {}, "opens": {"ec2": "critical", "cloudformation": "critical"}},
	{"resource": "arn:aws:iam::1:role/app", "condition": {}, "opens": {"ec2": "high", "cloudformation": "high"}},
	{"resource": "*", "condition": {"StringLike": {"iam:AssociatedResourceArn": "arn:*"}}, "opens": {"ec2": "high", "cloudformation": "high"}},
	{"resource": "*", "condition": object.union(to("StringEquals", "ec2.amazonaws.com"), {"Bool": {"aws:MultiFactorAuthPresent": "true"}}), "opens": {"ec2": "high"}},
	{"resource": "*", "condition": {"StringEquals": "nonsense"}, "opens": {"ec2": "critical", "cloudformation": "critical"}},
	{"resource": "*", "condition": "nonsense", "opens": {"ec2": "critical", "cloudformation": "critical"}},
]

test_a_role_that_may_be_passed_to_one_service_opens_no_path_through_another if {
	every row in passed {
		decision := decided([passing(row.resource, row.condition)], [])
		row.opens == {path: finding.severity |
			some finding in decision.findings
			path := trim_prefix(finding.rule, "least_privilege.escalation.aws.pass_role_")
			path != finding.rule
		}
	}
}

test_a_path_under_a_condition_is_told_with_less_weight if {
	only := object.union(statement("iam:CreatePolicyVersion", "*"), {"Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}})
	decision := decided([granted("aws", "role/x", [only])], [])
	some finding in decision.findings
	finding.rule == "least_privilege.escalation.aws.create_policy_version"
	finding.severity == "high"
	contains(finding.message, "under a condition")
}

test_half_a_path_is_no_path if {
	every actions in [["iam:PassRole"], ["ec2:RunInstances"]] {
		decision := decided([granted("aws", "role/x", [statement(actions, "*")])], [])
		not "least_privilege.escalation.aws.pass_role_ec2" in rules(decision)
	}
}

test_an_unconditional_deny_closes_a_path if {
	forbid := {"Effect": "Deny", "Action": "iam:*", "Resource": "*"}
	decision := decided([granted("aws", "role/x", [statement("iam:CreatePolicyVersion", "*"), forbid])], [])
	not "least_privilege.escalation.aws.create_policy_version" in rules(decision)
	conditional := object.union(forbid, {"Condition": {"Bool": {"aws:MultiFactorAuthPresent": "false"}}})
	open := decided([granted("aws", "role/x", [statement("iam:CreatePolicyVersion", "*"), conditional])], [])
	"least_privilege.escalation.aws.create_policy_version" in rules(open)
}

test_a_boundary_closes_a_path if {
	grant := granted("aws", "role/x", [statement("iam:CreatePolicyVersion", "*")])
	path := "least_privilege.escalation.aws.create_policy_version"
	not path in rules(decided([object.union(grant, {"boundary": {"Statement": [statement("s3:*", "*")]}})], []))
	path in rules(decided([object.union(grant, {"boundary": {"Statement": [statement("*", "*")]}})], []))
}

except(effect, pattern) := {"Effect": effect, "NotAction": pattern, "Resource": "*"}

capped(statements, boundary) := object.union(granted("aws", "role/x", statements), {"boundary": {"Statement": boundary}})

opened(grant) := {trim_prefix(id, "least_privilege.escalation.aws.") |
	some id in rules(decided([grant], []))
	startswith(id, "least_privilege.escalation.")
}

all_but_iam := [except("Allow", "iam:*")]

test_everything_but_some_is_no_administrator_and_opens_what_is_left if {
	found := opened(granted("aws", "role/x", all_but_iam))
	"update_function_code" in found
	not "create_policy_version" in found
	not "least_privilege.escalation.administrator" in found
	"create_policy_version" in opened(granted("aws", "role/x", [except("Allow", "s3:*")]))
}

test_a_deny_of_everything_but_some_leaves_those if {
	grant := granted("aws", "role/x", [statement(["iam:CreatePolicyVersion", "lambda:UpdateFunctionCode"], "*"), except("Deny", "lambda:*")])
	opened(grant) == {"update_function_code"}
}

# The boundary, and what it leaves of two paths.
boundaries := [
	{"boundary": [except("Allow", "iam:*")], "leaves": {"update_function_code"}},
	{"boundary": [statement("*", "*"), {"Effect": "Deny", "Action": "lambda:*", "Resource": "*"}], "leaves": {"create_policy_version"}},
	{"boundary": [statement("*", "*"), {"Effect": "Deny", "Action": "lambda:*", "Resource": "*", "Condition": {"Bool": {"a": "b"}}}], "leaves": {"create_policy_version", "update_function_code"}},
	{"boundary": [statement("*", "*"), {"Effect": "Deny", "Action": "lambda:*", "Resource": "arn:aws:lambda:*:*:function:a"}], "leaves": {"create_policy_version", "update_function_code"}},
	{"boundary": [statement("iam:Create*", "*")], "leaves": {"create_policy_version"}},
	{"boundary": [statement("iam:Get?", "*")], "leaves": set()},
	{"boundary": [{"Effect": "Allow", "Resource": "*"}], "leaves": set()},
]

test_a_boundary_leaves_what_it_allows if {
	every row in boundaries {
		opened(capped([statement(["iam:CreatePolicyVersion", "lambda:UpdateFunctionCode"], "*")], row.boundary)) == row.leaves
	}
}

test_control_policies_cap_everybody if {
	grant := granted("aws", "role/x", [statement(["iam:CreatePolicyVersion", "lambda:UpdateFunctionCode"], "*")])
	every row in [
		{"control": {"system": "aws", "policy": {"Statement": [statement("*", "*"), {"Effect": "Deny", "Action": "iam:*", "Resource": "*"}]}}, "leaves": {"update_function_code"}},
		{"control": {"system": "aws", "policy": {"Statement": statement("s3:*", "*")}}, "leaves": set()},
		{"control": {"system": "alibaba", "policy": {"Statement": statement("s3:*", "*")}}, "leaves": {"create_policy_version", "update_function_code"}},
	] {
		found := least_privilege.decision with input as object.union(access([grant], []), {"control_policies": [row.control]})
		row.leaves == {trim_prefix(finding.rule, "least_privilege.escalation.aws.") | some finding in found.findings; startswith(finding.rule, "least_privilege.escalation.")}
	}
}

test_own_keys_make_nobody_stronger if {
	opened(granted("aws", "user/x", [statement("iam:*AccessKey*", "arn:aws:iam::*:user/${aws:username}")])) == set()
	opened(granted("aws", "user/x", [statement("iam:AttachUserPolicy", "arn:aws:iam::*:user/${aws:username}")])) == {"attach_user_policy"}
	opened(granted("aws", "user/x", [statement("iam:CreateAccessKey", "*")])) == {"create_access_key"}
}

collected := {"kind": "ClusterRole", "metadata": {"name": "all"}, "aggregationRule": {"clusterRoleSelectors": [{"matchLabels": {"to": "all"}}]}}

part := {"kind": "ClusterRole", "metadata": {"name": "part", "labels": {"to": "all"}}, "rules": [{"apiGroups": [""], "resources": ["secrets"], "verbs": ["list"]}]}

bound_to_all := {"kind": "ClusterRoleBinding", "metadata": {"name": "b"}, "roleRef": {"kind": "ClusterRole", "name": "all"}, "subjects": [{"kind": "User", "name": "eve"}]}

test_an_aggregated_role_has_the_rules_of_its_parts if {
	given := {"usage": [], "usage_window_days": 90}
	every role in [collected, object.union(collected, {"rules": []})] {
		decision := least_privilege.decision with input as object.union(given, {"objects": [role, part, bound_to_all]})
		"least_privilege.escalation.k8s.list_secrets" in rules(decision)
		decision.missing == []
	}
	other := json.patch(part, [{"op": "replace", "path": "/metadata/labels/to", "value": "none"}])
	unlike := least_privilege.decision with input as object.union(given, {"objects": [object.union(collected, {"rules": []}), other, bound_to_all]})
	not "least_privilege.escalation.k8s.list_secrets" in rules(unlike)
	expressed := json.patch(collected, [{"op": "add", "path": "/aggregationRule/clusterRoleSelectors/0/matchExpressions", "value": [{"key": "a", "operator": "Exists"}]}])
	unread := least_privilege.decision with input as object.union(given, {"objects": [expressed, part, bound_to_all]})
	"objects[0]" in unread.missing
}

test_an_administrator_is_told_once if {
	decision := decided([granted("aws", "role/x", [statement("*", "*")])], [])
	escalations := {id | some id in rules(decision); startswith(id, "least_privilege.escalation.")}
	escalations == {"least_privilege.escalation.administrator"}
}

test_a_chain_of_roles_to_an_administrator if {
	admin := granted("aws", "arn:aws:iam::1:role/admin", [statement("*", "*")])
	middle := granted("aws", "arn:aws:iam::1:role/middle", [statement("sts:AssumeRole", "arn:aws:iam::1:role/admin")])
	start := granted("aws", "arn:aws:iam::1:user/bob", [statement("sts:AssumeRole", "arn:aws:iam::1:role/mid*")])
	decision := decided([admin, middle, start], [])
	{finding.principal | some finding in decision.findings; finding.rule == "least_privilege.escalation.role_chain"} == {
		"arn:aws:iam::1:role/middle",
		"arn:aws:iam::1:user/bob",
	}
	forbid := {"Effect": "Deny", "Action": "sts:AssumeRole", "Resource": "*"}
	stopped := decided([admin, middle, granted("aws", "arn:aws:iam::1:user/bob", [statement("sts:AssumeRole", "*"), forbid])], [])
	{finding.principal | some finding in stopped.findings; finding.rule == "least_privilege.escalation.role_chain"} == {"arn:aws:iam::1:role/middle"}
}

# --- Separation of duty --------------------------------------------------------------------------------------------

test_duties_that_must_not_join if {
	both := granted("aws", "role/x", [statement(["kms:ScheduleKeyDeletion", "kms:Decrypt"], "arn:aws:kms:eu-central-1:1:key/1")])
	"least_privilege.separation.aws.key_custody" in rules(decided([both], []))
	one := granted("aws", "role/x", [statement("kms:Decrypt", "arn:aws:kms:eu-central-1:1:key/1")])
	not "least_privilege.separation.aws.key_custody" in rules(decided([one], []))
}

test_a_team_may_add_its_own_duties if {
	duty := {"id": "org.pay", "system": "mcp", "left": ["pay_request"], "right": ["pay_approve"], "title": "requests and approves payments"}
	grant := {"system": "mcp", "principal": "bob", "tools": ["pay_request", "pay_approve"]}
	decision := least_privilege.decision with input as {"grants": [grant], "usage": [], "usage_window_days": 90, "separation_of_duty": [duty]}
	"least_privilege.separation.org.pay" in rules(decision)
}

test_conflicting_roles if {
	grant := {"system": "mcp", "principal": "bob", "tools": ["audit_search"], "roles": ["admin", "auditor"]}
	"least_privilege.separation.mcp.admin_auditor" in rules(decided([grant], []))
}

# --- Missing and malformed input -----------------------------------------------------------------------------------

fine := granted("aws", "role/x", [statement("s3:GetObject", bucket)])

malformed := [
	{"input": {}, "missing": "grants"},
	{"input": [], "missing": "grants"},
	{"input": {"grants": "all", "usage": [], "usage_window_days": 1}, "missing": "grants"},
	{"input": {"grants": [fine], "usage_window_days": 1}, "missing": "usage"},
	{"input": {"grants": [fine], "usage": []}, "missing": "usage_window_days"},
	{"input": {"grants": [fine], "usage": ["x"], "usage_window_days": 1}, "missing": "usage[0]"},
	{"input": {"grants": [7], "usage": [], "usage_window_days": 1}, "missing": "grants[0].system"},
	{"input": {"grants": [{"system": "gcp", "principal": "x"}], "usage": [], "usage_window_days": 1}, "missing": "grants[0].system"},
	{"input": {"grants": [{"system": "aws"}], "usage": [], "usage_window_days": 1}, "missing": "grants[0].principal"},
	{"input": {"grants": [{"system": "aws", "principal": "x"}], "usage": [], "usage_window_days": 1}, "missing": "grants[0].policy.Statement"},
	{"input": {"grants": [granted("aws", "x", [{"Effect": "Maybe", "Action": "*"}])], "usage": [], "usage_window_days": 1}, "missing": "grants[0].policy.Statement[0]"},
	{"input": {"grants": [granted("aws", "x", [{"Effect": "Allow"}])], "usage": [], "usage_window_days": 1}, "missing": "grants[0].policy.Statement[0]"},
	{"input": {"grants": [{"system": "kubernetes", "principal": "x"}], "usage": [], "usage_window_days": 1}, "missing": "grants[0].rules"},
	{"input": {"grants": [{"system": "mcp", "principal": "x"}], "usage": [], "usage_window_days": 1}, "missing": "grants[0].tools"},
	{"input": {"grants": [{"system": "mcp", "principal": "x", "tools": [1]}], "usage": [], "usage_window_days": 1}, "missing": "grants[0].tools[0]"},
	{"input": {"grants": [k8s([{"verbs": ["get"]}])], "usage": [], "usage_window_days": 1}, "missing": "grants[0].rules[0]"},
	{"input": {"grants": [fine], "usage": [], "usage_window_days": 1.5}, "missing": "usage_window_days"},
	{"input": {"objects": ["x"], "usage": [], "usage_window_days": 1}, "missing": "objects[0]"},
	{"input": {"objects": [{"kind": "Role", "metadata": {"name": "r"}}], "usage": [], "usage_window_days": 1}, "missing": "objects[0]"},
	{"input": {"objects": [{"kind": "RoleBinding", "metadata": {"name": "r"}}], "usage": [], "usage_window_days": 1}, "missing": "objects[0]"},
]

test_missing_and_malformed_input_is_unknown_and_named if {
	every row in malformed {
		decision := least_privilege.decision with input as row.input
		decision.decision == "unknown"
		row.missing in decision.missing
	}
}

test_grants_without_a_permission_are_unknown if {
	decision := decided([k8s([])], [])
	decision.decision == "unknown"
	{entry.code | some entry in decision.reasons} == {"no_permission"}
}

test_each_check_names_what_it_examined_and_missed if {
	seen := [wildcards.examined, escalation.examined, separation.examined, unused.examined] with input as {"grants": [fine], "usage": [used("aws", "x", "y")]}
	seen == [{"grants[0].policy.Statement[0]"}, {"grants[0].policy.Statement[0]"}, {"grants[0].policy.Statement[0]"}, {"usage[0]"}]
	absent := [wildcards.missing, escalation.missing, separation.missing, unused.missing] with input as {}
	absent == [{"grants"}, {"grants"}, {"grants"}, {"grants", "usage", "usage_window_days"}]
}

test_examined_names_the_places_read if {
	least_privilege.examined == {"grants[0].policy.Statement[0]"} with input as {"grants": [fine], "usage": [], "usage_window_days": 90}
}

# --- Each check in each of its statuses: what tests/policies/test_statuses.py puts to it ------------------------------

access(grants, usage) := {"grants": grants, "usage": usage, "usage_window_days": 90}

narrow := [granted("aws", "user/a", [statement(["s3:GetObject"], bucket)])]

nobody := {"objects": [{"kind": "ConfigMap", "metadata": {"name": "x"}}], "usage": [], "usage_window_days": 90}

# `fail` by what each looks for; the rest is the same for all of them.
statuses[id] := object.union({"pass": access(narrow, [used("aws", "user/a", "s3:GetObject")]), "unknown": access([7], [])}, of) if {
	some id, of in {
		"least_privilege": {"fail": access([granted("aws", "user/a", [statement(["*"], "*")])], [])},
		"least_privilege.wildcards": {
			"fail": access([granted("aws", "user/a", [statement(["*"], "*")])], []),
			"not_applicable": nobody,
		},
		"least_privilege.unused": {
			"fail": access(narrow, []),
			"not_applicable": nobody,
		},
		"least_privilege.escalation": {
			"fail": access([granted("aws", "user/a", [statement(["iam:CreatePolicyVersion"], "*")])], []),
			"not_applicable": nobody,
		},
		"least_privilege.separation": {
			"fail": access([{"system": "mcp", "principal": "x", "tools": ["a"], "roles": ["admin", "auditor"]}], []),
			"not_applicable": nobody,
		},
	}
}
