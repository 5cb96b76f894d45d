"""Grants as people have them in a file: an account's listing, a policy document, a Terraform plan, RBAC manifests."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from scanners.configuration import terraform
from scanners.configuration.access import account_grants, is_account
from scanners.configuration.documents import parse_json
from scanners.configuration.managed import alibaba_managed, aws_managed
from scanners.errors import UnreadableInput

_RBAC = ("Role", "ClusterRole", "RoleBinding", "ClusterRoleBinding")
_IN_PLANS = {
    "aws_iam_policy": ("aws", "policy"),
    "aws_iam_role_policy": ("aws", "policy"),
    "aws_iam_user_policy": ("aws", "policy"),
    "aws_iam_group_policy": ("aws", "policy"),
    "alicloud_ram_policy": ("alibaba", "policy_document"),
}
"""Type of resource in a plan -> whose policy it is, and in which attribute."""


@dataclass(frozen=True, slots=True)
class FoundGrants:
    """In the form that the least-privilege pack reads."""

    grants: tuple[dict[str, Any], ...] = ()
    objects: tuple[Mapping[str, Any], ...] = ()


def found_grants(documents: Sequence[object], name: str) -> FoundGrants | None:
    """The grants in the documents of a file called `name`; None if it is no file of grants that we know.

    A policy that cannot be read, or is known only once a plan is applied, stays in without statements, which the pack reports
    as missing.
    """
    if _are_manifests(documents):
        members = [entry for document in documents for entry in _members(document)]
        if found := tuple(entry for entry in members if entry.get("kind") in _RBAC):
            return FoundGrants(objects=found)
    if len(documents) != 1 or not isinstance(documents[0], dict):
        return None
    document: dict[str, Any] = documents[0]
    if is_account(document):
        return FoundGrants(tuple(account_grants(document)))
    if terraform.is_plan(document):
        return FoundGrants(tuple(_plan_grants(document, name)))
    policy = _policy(document)
    return None if policy is None else FoundGrants(({"system": _system(policy), "principal": name, "policy": policy},))


def _policy(document: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """A policy as it is, or as `aws iam get-policy-version` and `aliyun ram GetPolicyVersion` answer it."""
    if "Statement" in document:
        return document
    version = document.get("PolicyVersion") or document.get("DefaultPolicyVersion")
    if not isinstance(version, dict):
        return None
    return _read(version.get("Document") or version.get("PolicyDocument"))


def _system(policy: Mapping[str, Any]) -> str:
    """RAM has version "1", IAM a day."""
    return "alibaba" if policy.get("Version") == "1" else "aws"


def _plan_grants(document: Mapping[str, Any], name: str) -> Iterator[dict[str, Any]]:
    for resource in terraform.plan_resources(document, name):
        if resource.type in _IN_PLANS:
            system, attribute = _IN_PLANS[resource.type]
            held = resource.values.get(attribute) or resource.values.get("document")
            yield {"system": system, "principal": resource.address, "policy": _read(held)}
        elif _ATTACHMENT.fullmatch(resource.type):
            # A policy of the plan's own, whose name is known once it is applied, stands there as itself.
            for attached in _attached(resource.values):
                yield {
                    "system": "aws" if resource.type.startswith("aws_") else "alibaba",
                    "principal": resource.address,
                    "policy": attached,
                }
        elif resource.type == "aws_iam_role":
            arns = resource.values.get("managed_policy_arns")
            for arn in arns if isinstance(arns, list) else ():
                yield {"system": "aws", "principal": resource.address, "policy": aws_managed(arn)}
            inline = resource.values.get("inline_policy")
            for entry in inline if isinstance(inline, list) else ():
                if isinstance(entry, dict) and entry.get("policy"):
                    yield {"system": "aws", "principal": resource.address, "policy": _read(entry["policy"])}


_ATTACHMENT = re.compile(
    r"aws_iam_((role|user|group)_)?policy_attachment|aws_ssoadmin_managed_policy_attachment"
    r"|alicloud_ram_(role|user|group)_policy_attachment"
)


def _attached(values: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The policy that an attachment names, as far as it is known here."""
    arn = values.get("policy_arn") or values.get("managed_policy_arn")
    if arn:
        yield aws_managed(arn)
    elif values.get("policy_name"):
        yield alibaba_managed(values["policy_name"], values.get("policy_type"))


def _read(policy: object) -> Mapping[str, Any]:
    if isinstance(policy, str):
        try:
            policy = parse_json(policy.encode("utf-8", "surrogatepass"))
        except UnreadableInput:
            return {}
    return policy if isinstance(policy, dict) else {}


def _are_manifests(documents: Sequence[object]) -> bool:
    return all(isinstance(document, dict) and isinstance(document.get("kind"), str) for document in documents)


def _members(document: Any) -> list[Mapping[str, Any]]:
    """The objects of a list (`kubectl get -o yaml`), or the document itself."""
    items = document.get("items")
    if str(document.get("kind", "")).endswith("List") and isinstance(items, list):
        return [item for item in items if isinstance(item, dict)]
    return [document]
