# What each principal may do of all that some check asks about. A pattern is matched against those few actions once,
# however many principals hold it: an account has thousands of permissions.
package yumen.checks.least_privilege.reach

import data.yumen.checks.least_privilege.grants

# Duties that one principal must not join: those that ship, and a team's own.
duties := array.concat(grants.config.separation_of_duty, [duty |
	some duty in grants.listed("separation_of_duty")
	is_object(duty)
	is_array(duty.left)
	is_array(duty.right)
])

assume := "sts:assumerole"

pass := {"aws": "iam:passrole", "alibaba": "ram:passrole"}

# The actions that are asked about, in lower case.
asked[path.system] contains lower(action) if {
	some path in grants.config.escalation
	some action in path.all_of
}

asked[duty.system] contains lower(action) if {
	some duty in duties
	some action in grants.texts(array.concat(duty.left, duty.right))
}

asked[system] contains action if {
	some system, passes in pass
	some action in [assume, passes]
}

paths[path.system] contains path if some path in grants.config.escalation

# What each path needs, by its id.
wanted[path.id] := {lower(action) | some action in path.all_of} if some path in grants.config.escalation

patterns[entry.system] contains pattern if {
	some entry in grants.permission
	some pattern in array.concat([entry.action], entry.except)
	grants.open(pattern)
}

patterns[limit.system] contains lower(pattern) if {
	some limit in limits
	some name in ["Action", "NotAction"]
	some pattern in grants.texts(object.get(limit.statement, name, []))
	grants.open(pattern)
}

covered[key] := {action | some action in candidates(system, pattern); grants.matches(pattern, action)} if {
	some system, named in patterns
	some pattern in named
	key := grants.key_of(system, pattern)
}

# Only actions of the service that a pattern begins with can fit it.
candidates(system, pattern) := object.get(by_service, grants.key_of(system, service), set()) if {
	service := split(pattern, ":")[0]
	contains(pattern, ":")
	not grants.open(service)
} else := asked[system]

by_service[key] contains action if {
	some system, actions in asked
	some action in actions
	key := grants.key_of(system, split(action, ":")[0])
}

# Of the actions asked about, those that a name or pattern stands for.
covers(system, pattern) := covered[grants.key_of(system, pattern)] if grants.open(pattern)

covers(system, pattern) := asked[system] & {pattern} if not grants.open(pattern)

# Of the actions that permissions name, those that stand for one asked about.
standing[system][action] := found if {
	some [system, action] in {[entry.system, entry.action] | some entry in grants.permission}
	found := covers(system, action)
	found != set()
}

# What matters of the permissions of one principal.
relevant[key] contains {
	"effect": entry.effect,
	"action": entry.action,
	"acts": found,
	"resource": entry.resource,
	"conditional": entry.conditional,
	"confined": object.get(entry, "confined", false),
	"passed_to": object.get(entry, "passed_to", ["*"]),
	"at": entry.at,
} if {
	some entry in grants.permission
	stands := standing[entry.system][entry.action]
	found := (stands - excepted(entry)) - own(entry)
	found != set()
	key := grants.key_of(entry.system, entry.principal)
}

excepted(entry) := set() if {
	entry.except == []
} else := union({covers(entry.system, pattern) | some pattern in entry.except})

# A user's own keys and password make nobody stronger.
own(entry) := {lower(action) | some action in grants.config.own_credentials} if {
	entry.effect == "allow"
	contains(entry.resource, "${aws:username}")
} else := set()

of(key) := relevant[key] if relevant[key]

of(key) := set() if not relevant[key]

allowed(entries) := union({entry.acts | some entry in entries; entry.effect == "allow"})

# A Deny without condition over every resource takes the action away, whatever else allows it.
taken(entries) := union({entry.acts |
	some entry in entries
	entry.effect == "deny"
	entry.conditional == false
	entry.resource == "*"
})

# What caps the grants of a principal: its permissions boundary, and control policies of its organisation.
# {key, number, system, statement}: statements of one number are one policy.
limits contains {"key": grants.key_of(grant.system, grant.principal), "number": sprintf("boundary %v", [grant.boundary]), "system": grant.system, "statement": statement} if {
	some grant in grants.listed("grants")
	is_object(grant.boundary)
	some statement in grants.as_array(grant.boundary.Statement)
	is_object(statement)
}

limits contains {"key": grants.key_of(pair[0], pair[1]), "number": sprintf("control policy %d", [i]), "system": pair[0], "statement": statement} if {
	some i, control in grants.listed("control_policies")
	some pair in grants.principals
	pair[0] == control.system
	some statement in grants.as_array(control.policy.Statement)
	is_object(statement)
}

stated(limit, effect) := stated_actions(limit) if limit.statement.Effect == effect

stated(limit, effect) := set() if limit.statement.Effect != effect

stated_actions(limit) := union({covers(limit.system, lower(pattern)) | some pattern in grants.texts(limit.statement.Action)}) if {
	limit.statement.Action
} else := asked[limit.system] - union({covers(limit.system, lower(pattern)) | some pattern in grants.texts(limit.statement.NotAction)}) if {
	limit.statement.NotAction
} else := set()

# Only a Deny of everything, and under no condition, takes away for sure.
takes_all(limit) if {
	grants.conditional(limit.statement) == false
	"*" in grants.resources(limit.statement)
}

capped[key] contains cap if {
	some limit in limits
	key := limit.key
	parts := {other | some other in limits; other.key == key; other.number == limit.number}
	cap := union({stated(part, "Allow") | some part in parts}) - union({stated(part, "Deny") | some part in parts; takes_all(part)})
}

# Every policy that caps has to allow an action; without one, all of them do.
within(key, actions) := intersection({actions | true} | capped[key]) if capped[key]

within(key, actions) := actions if not capped[key]

may_do[key] := within(key, allowed(entries) - taken(entries)) if some key, entries in relevant

may(system, principal, action) if lower(action) in may_do[grants.key_of(system, principal)]

# Where no condition narrows it.
free[key] := union({entry.acts | some entry in entries; entry.effect == "allow"; not entry.confined}) if {
	some key, entries in relevant
}

freely(system, principal, action) if lower(action) in free[grants.key_of(system, principal)]

# Where an action comes from, for evidence.
sources(system, principal, action) := {entry.at |
	some entry in of(grants.key_of(system, principal))
	entry.effect == "allow"
	lower(action) in entry.acts
}

# What each principal may pass roles to, and whether that is any role, under no condition but to whom.
passing[key] contains {"to": entry.passed_to, "freely": is_free} if {
	some key, entries in relevant
	some entry in entries
	entry.effect == "allow"
	count(entry.acts & {action | some action in pass}) > 0
	is_free := count([true | not entry.confined; grants.open(entry.resource)]) > 0
}

# The ways by which a role may be passed to `service`.
ways(system, principal, service) := {way.freely |
	some way in passing[grants.key_of(system, principal)]
	some pattern in way.to
	some name in [service, concat(".", [service, "cn"])]
	grants.matches(pattern, name)
}
