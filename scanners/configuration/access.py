"""Grants out of an account's own listing, in the form that the least-privilege pack reads.

AWS: `aws iam get-account-authorization-details` (UserDetailList, GroupDetailList, RoleDetailList, Policies).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import unquote

from scanners.configuration.documents import parse_json
from scanners.configuration.managed import aws_managed
from scanners.errors import UnreadableInput


def is_account(document: Mapping[str, Any]) -> bool:
    """Whether `document` is such a listing."""
    return any(isinstance(document.get(name), list) for name in ("UserDetailList", "RoleDetailList"))


def account_grants(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    """One grant for each policy of each user (with those of its groups) and role.

    A policy that is attached but not in the listing stays in as a grant without statements, which the pack reports as missing.
    """
    policies = {str(entry.get("Arn")): _default_version(entry) for entry in _entries(document, "Policies")}
    groups = {str(entry.get("GroupName")): entry for entry in _entries(document, "GroupDetailList")}
    grants: list[dict[str, Any]] = []
    for user in _entries(document, "UserDetailList"):
        boundary = _boundary(user, policies)
        holders = [(user, "UserPolicyList")]
        holders += [
            (groups[name], "GroupPolicyList")
            for name in user.get("GroupList") or ()
            if isinstance(name, str) and name in groups
        ]
        for holder, inline in holders:
            grants += [_grant(user, name, policy, boundary) for name, policy in _held(holder, inline, policies)]
    for role in _entries(document, "RoleDetailList"):
        boundary = _boundary(role, policies)
        grants += [_grant(role, name, policy, boundary) for name, policy in _held(role, "RolePolicyList", policies)]
    return grants


def _grant(holder: Mapping[str, Any], name: str, policy: object, boundary: object) -> dict[str, Any]:
    grant = {"system": "aws", "principal": holder.get("Arn"), "name": name, "policy": policy}
    return grant if boundary is None else {**grant, "boundary": boundary}


def _held(holder: Mapping[str, Any], inline: str, policies: Mapping[str, object]) -> Iterator[tuple[str, object]]:
    for entry in _entries(holder, inline):
        yield str(entry.get("PolicyName", "")), _document(entry.get("PolicyDocument"))
    for entry in _entries(holder, "AttachedManagedPolicies"):
        arn = str(entry.get("PolicyArn"))
        yield str(entry.get("PolicyName", arn)), policies.get(arn) or aws_managed(arn)


def _boundary(holder: Mapping[str, Any], policies: Mapping[str, object]) -> object:
    boundary = holder.get("PermissionsBoundary")
    arn = boundary.get("PermissionsBoundaryArn") if isinstance(boundary, dict) else None
    return (policies.get(str(arn)) or aws_managed(arn) or None) if arn else None


def _default_version(policy: Mapping[str, Any]) -> object:
    versions = _entries(policy, "PolicyVersionList")
    return next((_document(entry.get("Document")) for entry in versions if entry.get("IsDefaultVersion") is True), {})


def _document(value: object) -> object:
    """The policy document: an object, or JSON in a string, percent-encoded as the API writes it."""
    if isinstance(value, str):
        try:
            return parse_json(unquote(value).encode())
        except UnreadableInput:
            return {}
    return value if isinstance(value, dict) else {}


def _entries(holder: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    found = holder.get(name)
    return [entry for entry in found if isinstance(entry, dict)] if isinstance(found, list) else []
