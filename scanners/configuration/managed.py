"""Policies that a cloud manages itself, which a plan or a listing only names.

The widest of them, as the clouds publish them (AWS Managed Policy Reference; Alibaba Cloud RAM, system policies). What another
one grants is not known here, and the pack reports it as missing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_AWS_ARN = re.compile(r"arn:aws[a-z-]*:iam::aws:policy/(?:[\w+=,.@-]+/)*([\w+=,.@-]+)")


def _allowing(version: str, **what: list[str]) -> dict[str, Any]:
    return {"Version": version, "Statement": [{"Effect": "Allow", **what, "Resource": "*"}]}


_AWS: Mapping[str, Mapping[str, Any]] = {
    "AdministratorAccess": _allowing("2012-10-17", Action=["*"]),
    "PowerUserAccess": _allowing("2012-10-17", NotAction=["iam:*", "organizations:*", "account:*"]),
    "IAMFullAccess": _allowing("2012-10-17", Action=["iam:*"]),
    "AmazonS3FullAccess": _allowing("2012-10-17", Action=["s3:*", "s3-object-lambda:*"]),
}
_ALIBABA: Mapping[str, Mapping[str, Any]] = {
    "AdministratorAccess": _allowing("1", Action=["*"]),
    "AliyunRAMFullAccess": _allowing("1", Action=["ram:*"]),
    "AliyunOSSFullAccess": _allowing("1", Action=["oss:*"]),
}


def aws_managed(arn: object) -> Mapping[str, Any]:
    """What the policy of this ARN grants; without statements if that is not known."""
    found = _AWS_ARN.fullmatch(arn) if isinstance(arn, str) else None
    return _AWS.get(found[1], {}) if found else {}


def alibaba_managed(name: object, kind: object) -> Mapping[str, Any]:
    """The same of a policy by its name and type, 'System' or 'Custom'."""
    return _ALIBABA.get(name, {}) if isinstance(name, str) and kind == "System" else {}
