"""An account's listing becomes grants: inline, attached and by group, with boundaries."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

from scanners.configuration.access import account_grants, is_account

READ = {"Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}
WRITE = {"Statement": [{"Effect": "Allow", "Action": "s3:PutObject", "Resource": "*"}]}

ACCOUNT: dict[str, Any] = {
    "UserDetailList": [
        {
            "Arn": "arn:aws:iam::1:user/bob",
            "GroupList": ["team", "unlisted", 7],
            "UserPolicyList": [{"PolicyName": "inline", "PolicyDocument": quote(json.dumps(READ))}],
            "PermissionsBoundary": {"PermissionsBoundaryArn": "arn:aws:iam::1:policy/edge"},
        }
    ],
    "GroupDetailList": [
        {
            "GroupName": "team",
            "AttachedManagedPolicies": [{"PolicyName": "write", "PolicyArn": "arn:aws:iam::1:policy/write"}],
        }
    ],
    "RoleDetailList": [
        {
            "Arn": "arn:aws:iam::1:role/job",
            "RolePolicyList": [{"PolicyName": "broken", "PolicyDocument": "{"}, "nonsense"],
            "AttachedManagedPolicies": [{"PolicyName": "away", "PolicyArn": "arn:aws:iam::aws:policy/Away"}],
        }
    ],
    "Policies": [
        {
            "Arn": "arn:aws:iam::1:policy/write",
            "PolicyVersionList": [
                {"IsDefaultVersion": False, "Document": READ},
                {"IsDefaultVersion": True, "Document": WRITE},
            ],
        },
        {"Arn": "arn:aws:iam::1:policy/edge", "PolicyVersionList": [{"IsDefaultVersion": True, "Document": READ}]},
    ],
}


def test_each_policy_of_each_principal_is_a_grant() -> None:
    assert is_account(ACCOUNT)
    grants = {(grant["principal"].rsplit("/")[-1], grant["name"]): grant for grant in account_grants(ACCOUNT)}
    assert grants["bob", "inline"]["policy"] == READ
    assert grants["bob", "write"]["policy"] == WRITE
    assert grants["bob", "write"]["boundary"] == READ


def test_a_policy_that_cannot_be_seen_stays_as_a_grant_without_statements() -> None:
    grants = {grant["name"]: grant for grant in account_grants(ACCOUNT)}
    assert grants["away"]["policy"] == {}
    assert grants["broken"]["policy"] == {}


def test_what_the_cloud_manages_is_known_by_its_name_where_the_listing_leaves_it_out() -> None:
    attached = [
        {"PolicyName": name, "PolicyArn": f"arn:aws:iam::aws:policy/{name}"}
        for name in ("AdministratorAccess", "Other")
    ]
    user = {"Arn": "arn:aws:iam::1:user/ann", "AttachedManagedPolicies": attached}
    grants = {grant["name"]: grant["policy"] for grant in account_grants({"UserDetailList": [user]})}
    assert grants["AdministratorAccess"]["Statement"][0]["Action"] == ["*"]
    assert grants["Other"] == {}


def test_other_documents_are_no_account() -> None:
    assert not is_account({})
    assert not is_account({"UserDetailList": "all"})
    assert account_grants({"UserDetailList": [7, {}], "RoleDetailList": None}) == []
