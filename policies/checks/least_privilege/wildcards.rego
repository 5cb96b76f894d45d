# METADATA
# title: Grants that are wider than anybody can have meant
# description: Administrator grants, whole services, actions by exclusion, every resource, and grants to everyone.
# scope: package
# custom:
#   id: least_privilege.wildcards
#   severity: high
#   applies_to: [grants]
#   automation: full
#   remediation:
#     en: Name the actions and resources that are used, and nothing else.
#     zh: 只列出实际使用的操作和资源，去掉通配符。
#   references:
#     - NIST SP 800-53 AC-6
#     - GB/T 22239-2019 8.1.4.2
#     - CIS AWS Foundations 1.16
#     - Kubernetes RBAC Good Practices
package yumen.checks.least_privilege.wildcards

import data.yumen.checks.least_privilege.grants

examined contains entry.at if some entry in grants.permission

missing := grants.missing

allowed := [entry | some entry in grants.permission; entry.effect == "allow"]

# Those that name a pattern: everything wide is among them.
wide contains entry if {
	some entry in allowed
	contains(entry.action, "*")
}

everything(entry) if entry.action in {"*", "*:*", "*/*:*"}

everywhere(entry) if entry.resource in {"*", "*/*", "acs:*:*:*:*", "arn:aws:*:*:*:*"}

whole_service(entry) if {
	not everything(entry)
	entry.system in {"aws", "alibaba"}
	endswith(entry.action, ":*")
}

whole_service(entry) if {
	not everything(entry)
	entry.system == "kubernetes"
	endswith(entry.action, ":*")
}

whole_service(entry) if {
	not everything(entry)
	entry.system == "kubernetes"
	contains(entry.action, "/*:")
}

whole_service(entry) if {
	not everything(entry)
	entry.system == "mcp"
	contains(entry.action, "*")
}

reads_only(entry) if entry.action in reading[entry.system]

# Of the actions that permissions name, those that change nothing.
reading[system] contains action if {
	some [system, action] in {[entry.system, entry.action] | some entry in allowed}
	system in {"aws", "alibaba"}
	regex.match(grants.config.read_verbs, split(action, ":")[1])
}

deny contains finding("administrator", "critical", entry, "may do everything on everything", "Replace the administrator grant by the actions that are used") if {
	some entry in wide
	everything(entry)
	everywhere(entry)
	entry.except == []
}

deny contains finding("all_actions", "high", entry, sprintf("may do everything on %s", [entry.resource]), "Name the actions that are used") if {
	some entry in wide
	everything(entry)
	not everywhere(entry)
	entry.except == []
}

deny contains finding("by_exclusion", "high", entry, "is granted everything except a list, so also what is added tomorrow", "Name the allowed actions instead of NotAction") if {
	some entry in wide
	entry.except != []
}

deny contains finding("whole_service", "high", entry, sprintf("may do all of '%s'", [entry.written]), "Name the actions that are used") if {
	some entry in wide
	whole_service(entry)
	entry.conditional == false
}

warn contains finding("whole_service", "medium", entry, sprintf("may do all of '%s' under a condition", [entry.written]), "Name the actions that are used") if {
	some entry in wide
	whole_service(entry)
	entry.conditional == true
}

warn contains finding("action_pattern", "medium", entry, sprintf("is granted the open pattern '%s'", [entry.written]), "Name the actions that are used") if {
	some entry in wide
	entry.system in {"aws", "alibaba"}
	not everything(entry)
	not whole_service(entry)
	contains(entry.action, "*")
	not reads_only(entry)
}

warn contains finding("every_resource", "medium", entry, sprintf("may '%s' on every resource", [entry.written]), "Name the resources, or add a condition") if {
	some entry in allowed
	entry.conditional == false
	everywhere(entry)
	entry.system in {"aws", "alibaba"}
	not of_many(entry)
	not reads_only(entry)
}

# A whole service, or everything: told by itself.
of_many(entry) if {
	contains(entry.action, "*")
	everything(entry)
} else if {
	contains(entry.action, "*")
	whole_service(entry)
}

deny contains {
	"rule": "least_privilege.wildcards.resources_by_exclusion",
	"severity": "high",
	"system": grant.system,
	"principal": grant.principal,
	"message": sprintf("%s is granted every resource except a list", [grant.principal]),
	"at": sprintf("grants[%d].policy.Statement[%d]", [key[0], key[1]]),
	"remedy": "Name the allowed resources instead of NotResource",
} if {
	some key, entry in grants.statement
	grant := grants.listed("grants")[key[0]]
	entry.Effect == "Allow"
	entry.NotResource
}

# A trust or resource policy that lets anyone in.
deny contains {
	"rule": "least_privilege.wildcards.anyone",
	"severity": "critical",
	"system": grant.system,
	"principal": grant.principal,
	"message": sprintf("The policy of %s trusts anyone", [grant.principal]),
	"at": sprintf("grants[%d].policy.Statement[%d].Principal", [key[0], key[1]]),
	"remedy": "Name the trusted accounts, and add a condition",
} if {
	some key, entry in grants.statement
	grant := grants.listed("grants")[key[0]]
	entry.Effect == "Allow"
	trusts_anyone(entry.Principal)
	grants.conditional(entry) == false
}

trusts_anyone(principal) if principal == "*"

trusts_anyone(principal) if {
	is_object(principal)
	some _, value in principal
	"*" in grants.as_array(value)
}

# Groups that hold everybody, or that no binding can take away from.
deny contains finding("everyone", "critical", entry, "is a group that anyone is in", "Bind named users or service accounts") if {
	some entry in allowed
	entry.system == "kubernetes"
	entry.principal in {"group:system:unauthenticated", "user:system:anonymous", "group:system:authenticated", "group:system:serviceaccounts"}
}

deny contains finding("system_masters", "critical", entry, "bypasses every authorization check", "Use a role that can be revoked") if {
	some entry in allowed
	entry.principal == "group:system:masters"
}

finding(id, severity, entry, says, remedy) := {
	"rule": sprintf("least_privilege.wildcards.%s", [id]),
	"severity": severity,
	"system": entry.system,
	"principal": entry.principal,
	"message": sprintf("%s %s", [entry.principal, says]),
	"at": entry.at,
	"remedy": remedy,
}
