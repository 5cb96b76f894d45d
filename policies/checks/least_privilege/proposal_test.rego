package yumen.checks.least_privilege_proposal_test

import data.yumen.checks.least_privilege
import data.yumen.checks.least_privilege.proposal

use(system, principal, action, resource) := {"system": system, "principal": principal, "action": action, "resource": resource}

wide := {
	"grants": [
		{"system": "aws", "principal": "role/a", "policy": {"Version": "2012-10-17", "Statement": [
			{"Effect": "Allow", "Action": "s3:*", "Resource": "*", "Condition": {"Bool": {"aws:SecureTransport": "true"}}},
			{"Effect": "Allow", "Action": "ec2:RunInstances", "Resource": "*"},
			{"Effect": "Deny", "Action": "s3:DeleteBucket", "Resource": "*"},
		]}},
		{"system": "alibaba", "principal": "user/b", "policy": {"Version": "1", "Statement": {"Effect": "Allow", "NotAction": "ram:*", "Resource": "*"}}},
		{"system": "aws", "principal": "role/idle", "policy": {"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}},
		{"system": "kubernetes", "principal": "serviceaccount:prod:app", "namespace": "prod", "rules": [
			{"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]},
			{"apiGroups": [""], "resources": ["configmaps"], "resourceNames": ["settings"], "verbs": ["*"]},
		]},
		{"system": "mcp", "principal": "agent/c", "tools": ["*"], "tenant": "acme"},
	],
	"usage": [
		use("aws", "role/a", "s3:GetObject", "arn:aws:s3:::data/x"),
		use("aws", "role/a", "s3:PutObject", "arn:aws:s3:::data/y"),
		use("aws", "role/a", "s3:DeleteBucket", "arn:aws:s3:::data"),
		{"system": "alibaba", "principal": "user/b", "action": "oss:GetObject"},
		use("kubernetes", "serviceaccount:prod:app", "core/pods:get", "prod/web"),
		use("kubernetes", "serviceaccount:prod:app", "core/configmaps:get", "prod/settings"),
		use("mcp", "agent/c", "image_scan", "acme"),
		use("mcp", "agent/x", "image_scan", "acme"),
	],
	"usage_window_days": 90,
}

test_only_what_was_used_is_kept if {
	grants := proposal.grants with input as wide
	{grant.principal | some grant in grants} == {"role/a", "user/b", "serviceaccount:prod:app", "agent/c"}
	some aws in grants
	aws.principal == "role/a"
	aws.policy.Statement == [
		{"Effect": "Allow", "Action": ["s3:DeleteBucket", "s3:GetObject", "s3:PutObject"], "Resource": ["arn:aws:s3:::data", "arn:aws:s3:::data/x", "arn:aws:s3:::data/y"], "Condition": {"Bool": {"aws:SecureTransport": "true"}}},
		{"Effect": "Deny", "Action": "s3:DeleteBucket", "Resource": "*"},
	]
	some alibaba in grants
	alibaba.principal == "user/b"
	alibaba.policy.Statement == [{"Effect": "Allow", "Action": ["oss:GetObject"], "Resource": ["*"]}]
	some cluster in grants
	cluster.system == "kubernetes"
	{verb | some rule in cluster.rules; some verb in rule.verbs} == {"get"}
	some agent in grants
	agent.principal == "agent/c"
	agent.tools == ["image_scan"]
}

test_replay_proves_that_nothing_is_lost if {
	before := proposal.replay with input as wide
	before == {"allowed": [0, 1, 3, 4, 5, 6], "refused": [2, 7], "records": 8}
	grants := proposal.grants with input as wide
	after := proposal.replay with input as object.union(wide, {"grants": grants})
	after == before
}

test_the_proposal_has_no_wildcard_action if {
	grants := proposal.grants with input as wide
	decision := least_privilege.decision with input as object.union(wide, {"grants": grants})
	every finding in decision.findings {
		not startswith(finding.rule, "least_privilege.wildcards.whole_service")
		not startswith(finding.rule, "least_privilege.wildcards.administrator")
	}
}

test_bound_roles_are_proposed_as_rules if {
	objects := [
		{"kind": "ClusterRole", "metadata": {"name": "all"}, "rules": [{"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}]},
		{"kind": "ClusterRoleBinding", "metadata": {"name": "b"}, "roleRef": {"kind": "ClusterRole", "name": "all"}, "subjects": [{"kind": "User", "name": "bob"}]},
	]
	given := {"objects": objects, "usage": [use("kubernetes", "user:bob", "apps/deployments:list", "prod/*")], "usage_window_days": 90}
	grants := proposal.grants with input as given
	grants == [{"system": "kubernetes", "principal": "user:bob", "namespace": "*", "rules": [{"apiGroups": ["apps"], "resources": ["deployments"], "verbs": ["list"]}]}]
	after := proposal.replay with input as {"grants": grants, "usage": given.usage}
	after.refused == []
}

test_nothing_used_proposes_nothing if {
	grants := proposal.grants with input as object.union(wide, {"usage": []})
	grants == []
	none := proposal.replay with input as {}
	none == {"allowed": [], "refused": [], "records": 0}
}
