"""A concrete change for a finding: a patch to the manifest, an attribute of the plan, or a command. Nothing is executed."""

from __future__ import annotations

import copy
import json
import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Any, Literal

from pydantic import Field, JsonValue

from scanners.configuration.resources import Resource

Kind = Literal["json_patch", "terraform", "command", "manual"]


@dataclass(frozen=True, slots=True)
class Change:
    """One change that would mend a finding."""

    rule: str
    address: Annotated[str, Field(description="The resource that changes")]
    path: Annotated[str, Field(description="The file it is in")]
    kind: Annotated[
        Kind,
        Field(
            description="json_patch (RFC 6902), terraform (HCL to set), command (to review and run), manual (a person)"
        ),
    ]
    change: Annotated[str, Field(description="The patch, the HCL, the command, or what to do")]
    why: str


_POD = {
    "Pod": ("spec",),
    "CronJob": ("spec", "jobTemplate", "spec", "template", "spec"),
}
_TEMPLATE = ("spec", "template", "spec")

_WANTED: Mapping[str, JsonValue] = {
    "securityContext.privileged": False,
    "securityContext.allowPrivilegeEscalation": False,
    "securityContext.runAsNonRoot": True,
    "securityContext.runAsUser": 65532,
    "securityContext.readOnlyRootFilesystem": True,
    "securityContext.capabilities.drop": ["ALL"],
    "securityContext.capabilities.add": [],
    "securityContext.seccompProfile": {"type": "RuntimeDefault"},
    "securityContext.procMount": "Default",
    "hostNetwork": False,
    "hostPID": False,
    "hostIPC": False,
    "automountServiceAccountToken": False,
}
"""What a field of a pod has to be. What is not here needs a person: a limit, a volume, where a secret comes from."""

_COMMANDS: Mapping[tuple[str, str], str] = {
    ("AWS::S3::Bucket", "public_exposure"): "aws s3api put-public-access-block --bucket {name} "
    "--public-access-block-configuration "
    "BlockPublicAcls=true,IgnorePublicAcls=true,BlockPublicPolicy=true,RestrictPublicBuckets=true",
    ("AWS::S3::Bucket", "backup"): "aws s3api put-bucket-versioning --bucket {name} "
    "--versioning-configuration Status=Enabled",
    ("AWS::KMS::Key", "key_rotation"): "aws kms enable-key-rotation --key-id {name}",
    ("AWS::RDS::DBInstance", "public_exposure"): "aws rds modify-db-instance --db-instance-identifier {name} "
    "--no-publicly-accessible",
    ("AWS::RDS::DBInstance", "backup"): "aws rds modify-db-instance --db-instance-identifier {name} "
    "--backup-retention-period 7",
    ("AWS::CloudTrail::Trail", "logging"): "aws cloudtrail update-trail --name {name} --enable-log-file-validation",
    ("ACS::OSS::Bucket", "public_exposure"): "ossutil api put-bucket-acl --bucket {name} --acl private",
    ("ACS::OSS::Bucket", "backup"): "ossutil api put-bucket-versioning --bucket {name} "
    '--versioning-configuration \'{{"Status":"Enabled"}}\'',
    ("ACS::OSS::Bucket", "encryption_at_rest"): "ossutil api put-bucket-encryption --bucket {name} "
    '--server-side-encryption-rule \'{{"ApplyServerSideEncryptionByDefault":{{"SSEAlgorithm":"KMS"}}}}\'',
    ("ACS::KMS::Key", "key_rotation"): "aliyun kms UpdateRotationPolicy --KeyId {name} "
    "--EnableAutomaticRotation true --RotationInterval 365d",
}


def change_for(finding: Mapping[str, Any], resource: Resource) -> tuple[Change, Resource]:
    """The change that would mend `finding`, and `resource` as it would be after it (the same when that is not known)."""
    check = str(finding["rule"]).removeprefix("platform.")
    remedy = str(finding["remedy"]["en"])
    if resource.source == "kubernetes" and (found := _pod_change(finding, resource)):
        return found
    if resource.source == "terraform" and (found := _attribute_change(finding, resource)):
        return found
    command = _COMMANDS.get((resource.type, check))
    if resource.source == "inventory" and command is not None:
        name = shlex.quote(resource.address.split("/", 1)[-1])
        return _change(finding, resource, "command", command.format(name=name)), resource
    return _change(finding, resource, "manual", f"{remedy}: {finding['at']}"), resource


def _change(finding: Mapping[str, Any], resource: Resource, kind: Kind, text: str) -> Change:
    return Change(str(finding["rule"]), resource.address, resource.path, kind, text, str(finding["message"]))


def _pod_change(finding: Mapping[str, Any], resource: Resource) -> tuple[Change, Resource] | None:
    """A JSON patch for a field of a pod or container with one right value."""
    found = re.fullmatch(r"(?:(\w+)\[(\d{1,4})\]\.)?(\w+(?:\.\w+)*)", str(finding["at"]))
    if found is None or found[3] not in _WANTED:
        return None
    pod = _POD.get(resource.type, _TEMPLATE)
    if not _holds(resource.values, pod):
        return None  # custom resources hold their pods elsewhere
    container = (found[1], int(found[2])) if found[1] else ()
    operations, values = _set(resource.values, (*pod, *container, *found[3].split(".")), _WANTED[found[3]])
    if not operations:
        return None
    patch = json.dumps(operations, ensure_ascii=False)
    return _change(finding, resource, "json_patch", patch), _with(resource, values)


def _holds(values: Mapping[str, JsonValue], path: tuple[str, ...]) -> bool:
    here: object = values
    for part in path:
        here = here.get(part) if isinstance(here, Mapping) else None
    return isinstance(here, Mapping)


def _attribute_change(finding: Mapping[str, Any], resource: Resource) -> tuple[Change, Resource] | None:
    """The HCL that sets an attribute which has one right value."""
    wanted = finding.get("wanted")
    if not isinstance(wanted, Mapping) or not wanted.get("path"):
        return None
    match wanted.get("op"):
        case "is" | "at_least" | "at_most":
            value = wanted["value"]
        case "in":
            value = wanted["value"][0]
        case "not_in":
            value = "private"
        case _:
            return None
    operations, values = _set(resource.values, tuple(wanted["path"]), value)
    if not operations:
        return None
    names = [name for name in wanted["path"] if isinstance(name, str)]
    text = f"{names[-1]} = {json.dumps(value)}"
    for name in reversed(names[:-1]):
        text = f"{name} {{ {text} }}"
    return _change(finding, resource, "terraform", text), _with(resource, values)


def _set(
    values: Mapping[str, JsonValue], path: tuple[str | int, ...], value: JsonValue
) -> tuple[list[dict[str, JsonValue]], dict[str, JsonValue]]:
    """One RFC 6902 operation that sets `path`, adding what is missing on the way, and the values after it.

    No operation when the path leads through something that is neither object nor list, or beyond a list's end.
    """
    result: dict[str, Any] = copy.deepcopy(dict(values))
    here: Any = result
    for depth, part in enumerate(path):
        last = depth == len(path) - 1
        pointer = "/" + "/".join(str(step).replace("~", "~0").replace("/", "~1") for step in path[: depth + 1])
        if isinstance(part, int) and isinstance(here, list) and (part < len(here) or part == len(here) == 0):
            missing = part == len(here)
        elif isinstance(part, str) and isinstance(here, dict):
            missing = here.get(part) is None
        else:
            return [], result
        if last or missing:
            fresh = value if last else _nested(path[depth + 1 :], value)
            if isinstance(here, list) and missing:
                here.append(fresh)
            else:
                here[part] = fresh
            return [{"op": "add" if missing else "replace", "path": pointer, "value": fresh}], result
        here = here[part]
    return [], result


def _nested(path: tuple[str | int, ...], value: JsonValue) -> JsonValue:
    for part in reversed(path):
        value = [value] if isinstance(part, int) else {part: value}
    return value


def _with(resource: Resource, values: Mapping[str, JsonValue]) -> Resource:
    return replace(resource, values=values, lines=())
