"""Plans and manifests that nobody here wrote are judged as their authors say."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import anyio
import pytest

from tools.cluster import ClusterArguments, cluster_review
from tools.least_privilege import LeastPrivilegeArguments, least_privilege_review
from tools.platform import PlatformArguments, platform_review

PUBLISHED = Path(__file__).parent / "published"


@pytest.mark.parametrize(
    ("file", "rule", "invalid"),
    [
        ("key_rotation_infra.json", "platform.key_rotation", {"aws_kms_key.invalid", "aws_kms_key.blank-invalid"}),
        ("volume_encrypted_infra.json", "platform.encryption_at_rest", {"aws_ebs_volume.bad"}),
        (
            "ingress_anywhere_infra.json",
            "platform.network_isolation",
            {f"aws_security_group.invalid_{name}" for name in ("allow_all", "include_80", "include_443")},
        ),
    ],
)
def test_a_plan_fails_on_what_its_authors_call_invalid_and_on_nothing_else(
    context: Any, file: str, rule: str, invalid: set[str]
) -> None:
    answer = anyio.run(platform_review, PlatformArguments(target=str(PUBLISHED / file)), context)
    assert {(finding.rule, finding.title.split(":")[0]) for finding in answer.findings} == {
        (rule, address) for address in invalid
    }
    assert answer.verdict == "fail"


def test_a_volume_that_the_account_may_encrypt_by_default_is_missing(context: Any) -> None:
    target = str(PUBLISHED / "volume_encrypted_infra.json")
    answer = anyio.run(platform_review, PlatformArguments(target=target), context)
    assert [skipped.what for skipped in answer.coverage.skipped] == ["aws_ebs_volume.missing: encrypted"]


def test_the_administrators_of_a_plan_are_those_that_its_authors_call_invalid(context: Any) -> None:
    target = str(PUBLISHED / "admin_policy_infra.json")
    answer = anyio.run(least_privilege_review, LeastPrivilegeArguments(target=target), context)
    administrators = {
        finding.title.split()[0]
        for finding in answer.findings
        if finding.rule == "least_privilege.wildcards.administrator"
    }
    assert administrators == {
        "aws_iam_group_policy.invalid_group_policy",
        "aws_iam_policy.invalid_policy",
        "aws_iam_role_policy.invalid_role_policy",
        "aws_iam_user_policy.invalid_user_policy",
    }


def test_a_plan_of_nothing_but_access_is_no_platform_that_passes(context: Any) -> None:
    target = str(PUBLISHED / "admin_policy_infra.json")
    answer = anyio.run(platform_review, PlatformArguments(target=target), context)
    assert answer.verdict == "unknown"
    assert {skipped.why for skipped in answer.coverage.skipped} == {
        "no check reads this type of resource; access is for least_privilege_review"
    }


@pytest.mark.parametrize(
    ("review", "arguments"), [(cluster_review, ClusterArguments), (platform_review, PlatformArguments)]
)
def test_a_job_whose_pods_an_operator_makes_is_unknown(context: Any, review: Any, arguments: Any) -> None:
    answer = anyio.run(review, arguments(target=str(PUBLISHED / "runtime_patches.yaml")), context)
    assert answer.verdict == "unknown"
    assert "TrainJob/runtime-patches-example: spec.trainer.command" in {
        skipped.what for skipped in answer.coverage.skipped
    }


def test_a_privileged_daemon_of_the_host_is_found_with_its_folders(context: Any) -> None:
    target = str(PUBLISHED / "gpu_feature_discovery.yaml")
    answer = anyio.run(cluster_review, ClusterArguments(target=target), context)
    found = [(finding.severity, finding.rule) for finding in answer.findings]
    assert found.count(("critical", "cluster.pod_security.privileged")) == 1
    assert found.count(("high", "cluster.pod_security.host_path")) == 2
