"""A first check for a team: a pack that is well formed, documented, tested, and decides something."""

from __future__ import annotations

import re
from collections.abc import Mapping

from scanners.errors import YumenError


class BadName(YumenError):
    """A check cannot have this name."""

    code = "bad_name"


def new_check(domain: str, name: str) -> Mapping[str, str]:
    """The files of a new check by their paths. Raises BadName."""
    for word in (domain, name):
        if not re.fullmatch(r"[a-z][a-z0-9_]*", word):
            raise BadName(f"{word!r} is not a name: lower-case letters, digits and '_', beginning with a letter")
    package = f"team.checks.{domain}.{name}"
    fields = {
        "@PACKAGE@": package,
        "@NAME@": name,
        "@ID@": f"{domain}.{name}",
        "@TITLE@": name.replace("_", " ").capitalize(),
    }
    base = f"checks/{domain}/{name}"
    texts = {f"{base}.rego": _CHECK, f"{base}_test.rego": _TEST}
    return {path: re.sub("@[A-Z]+@", lambda found: fields[found[0]], text) for path, text in texts.items()}


_CHECK = """# METADATA
# title: @TITLE@
# description: What must hold, and why.
# scope: package
# custom:
#   id: @ID@
#   severity: medium
#   applies_to: [resources]
#   automation: full
#   remediation:
#     en: What to do about it.
#     zh: 如何整改。
package @PACKAGE@

# What was looked at. A pass needs something here.
examined contains resource.id if some resource in resources

# What the input must hold for the check to decide. Whatever is not there is named, or it would pass unseen.
missing contains "resources" if not resources

missing contains sprintf("resources[%d].id", [i]) if {
	some i, resource in resources
	not named(resource)
}

missing contains sprintf("resources[%d].encrypted", [i]) if {
	some i, resource in resources
	not decidable(resource)
}

deny contains {
	"code": "not_encrypted",
	"message": sprintf("%s is not encrypted", [resource.id]),
	"at": resource.id,
} if {
	some resource in resources
	resource.encrypted == false
}

resources := input.resources if is_array(input.resources)

named(resource) if is_string(resource.id)

decidable(resource) if is_boolean(resource.encrypted)
"""

_TEST = """package @PACKAGE@_test

import data.@PACKAGE@ as check

test_pass if {
	seen := {"resources": [{"id": "a", "encrypted": true}]}
	check.deny == set() with input as seen
	check.missing == set() with input as seen
	check.examined == {"a"} with input as seen
}

test_fail if {
	some reason in check.deny with input as {"resources": [{"id": "a", "encrypted": false}]}
	reason.code == "not_encrypted"
}

test_not_applicable if check.examined == set() with input as {"resources": []}

test_missing_input if {
	check.missing == {"resources"} with input as {}
	check.missing == {"resources"} with input as {"resources": "a"}
	check.missing == {"resources[0].encrypted"} with input as {"resources": [{"id": "a"}]}
	check.missing == {"resources[0].id"} with input as {"resources": [{"encrypted": false}]}
	check.missing == {"resources[0].encrypted", "resources[0].id"} with input as {"resources": ["a"]}
}
"""
