"""Files in which people have their grants, in the form that the least-privilege pack reads."""

from __future__ import annotations

import json
from typing import Any

import pytest

from scanners.configuration.grants import found_grants

POLICY = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}}
RAM = {"Version": "1", "Statement": [{"Effect": "Allow", "Action": "oss:GetObject", "Resource": "*"}]}


def plan(*resources: tuple[str, dict[str, Any]]) -> dict[str, Any]:
    return {
        "planned_values": {
            "root_module": {
                "resources": [{"type": kind, "address": f"{kind}.x", "values": values} for kind, values in resources]
            }
        }
    }


@pytest.mark.parametrize(
    ("document", "system", "principal", "policy"),
    [
        (POLICY, "aws", "readers", POLICY),
        (RAM, "alibaba", "readers", RAM),
        ({"PolicyVersion": {"VersionId": "v3", "Document": POLICY}}, "aws", "readers", POLICY),
        ({"PolicyVersion": {"PolicyDocument": json.dumps(RAM)}}, "alibaba", "readers", RAM),
        ({"DefaultPolicyVersion": {"PolicyDocument": json.dumps(RAM)}, "Policy": {}}, "alibaba", "readers", RAM),
        (plan(("aws_iam_policy", {"policy": json.dumps(POLICY)})), "aws", "aws_iam_policy.x", POLICY),
        (plan(("aws_iam_role_policy", {"policy": json.dumps(POLICY)})), "aws", "aws_iam_role_policy.x", POLICY),
        (plan(("alicloud_ram_policy", {"policy_document": json.dumps(RAM)})), "alibaba", "alicloud_ram_policy.x", RAM),
        (
            plan(("aws_iam_role", {"inline_policy": [{"name": "a", "policy": json.dumps(POLICY)}, {}]})),
            "aws",
            "aws_iam_role.x",
            POLICY,
        ),
        # What cannot be read stays in, without statements.
        (plan(("aws_iam_policy", {"policy": None})), "aws", "aws_iam_policy.x", {}),
        (plan(("aws_iam_policy", {"policy": "{"})), "aws", "aws_iam_policy.x", {}),
        (plan(("aws_iam_policy", {"policy": "\udc80"})), "aws", "aws_iam_policy.x", {}),
        ({"PolicyVersion": {"Document": "[1]"}}, "aws", "readers", {}),
    ],
)
def test_a_policy_is_a_grant(document: Any, system: str, principal: str, policy: Any) -> None:
    found = found_grants([document], "readers")
    assert found is not None
    assert found.grants == ({"system": system, "principal": principal, "policy": policy},)


EVERYTHING = {"Effect": "Allow", "Action": ["*"], "Resource": "*"}
ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"


@pytest.mark.parametrize(
    ("kind", "values", "statements"),
    [
        ("aws_iam_role_policy_attachment", {"policy_arn": ADMINISTRATOR, "role": "ci"}, [[EVERYTHING]]),
        ("aws_iam_user_policy_attachment", {"policy_arn": ADMINISTRATOR}, [[EVERYTHING]]),
        ("aws_iam_group_policy_attachment", {"policy_arn": "arn:aws-cn:iam::aws:policy/AdministratorAccess"}, [[EVERYTHING]]),
        ("aws_iam_policy_attachment", {"policy_arn": ADMINISTRATOR}, [[EVERYTHING]]),
        ("aws_ssoadmin_managed_policy_attachment", {"managed_policy_arn": ADMINISTRATOR}, [[EVERYTHING]]),
        ("aws_iam_role", {"managed_policy_arns": [ADMINISTRATOR, 7]}, [[EVERYTHING], None]),
        ("alicloud_ram_user_policy_attachment", {"policy_name": "AdministratorAccess", "policy_type": "System"}, [[EVERYTHING]]),
        # A team's own policy may be called so, too; what it grants is not in the plan.
        ("alicloud_ram_role_policy_attachment", {"policy_name": "AdministratorAccess", "policy_type": "Custom"}, [None]),
        ("aws_iam_role_policy_attachment", {"policy_arn": "arn:aws:iam::1234:policy/AdministratorAccess"}, [None]),
        ("aws_iam_role_policy_attachment", {"policy_arn": "arn:aws:iam::aws:policy/service-role/AWSLambdaRole"}, [None]),
        # Known once it is applied: it is a policy of this plan.
        ("aws_iam_role_policy_attachment", {"role": "ci"}, []),
        ("aws_iam_role_policy_attachment", {"policy_arn": None}, []),
    ],
)  # fmt: skip
def test_an_attached_policy_that_the_cloud_manages_is_a_grant(
    kind: str, values: dict[str, Any], statements: list[Any]
) -> None:
    found = found_grants([plan((kind, values))], "plan")
    assert found is not None
    assert [grant["policy"].get("Statement") for grant in found.grants] == statements
    assert {grant["principal"] for grant in found.grants} <= {f"{kind}.x"}


def test_manifests_of_roles_are_objects_also_in_a_list_and_beside_others() -> None:
    role, binding = {"kind": "Role", "rules": []}, {"kind": "RoleBinding"}
    for documents in (
        [role, binding],
        [{"kind": "List", "items": [role, binding]}],
        [{"kind": "RoleList", "items": [role]}, binding],
        [{"kind": "Deployment"}, role, {"kind": "List", "items": [{"kind": "Service"}, binding]}],
    ):
        found = found_grants(documents, "rbac")
        assert found is not None
        assert (found.grants, found.objects) == ((), (role, binding))


def test_a_plan_without_policies_holds_no_grants() -> None:
    found = found_grants([plan(("aws_s3_bucket", {}))], "plan")
    assert found is not None
    assert (found.grants, found.objects) == ((), ())


@pytest.mark.parametrize(
    "documents",
    [
        [],
        [7],
        [{}],
        [{"grants": []}],
        [POLICY, POLICY],
        [{"kind": "Pod"}],
        [{"kind": "List", "items": 7}],
        [{"PolicyVersion": 1}],
    ],
)
def test_other_files_are_not_taken_for_grants(documents: list[Any]) -> None:
    assert found_grants(documents, "x") is None
