"""The compliance tools on the shipped packs, evaluated by the embedded engine's library in this process."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import anyio
import pytest
import yaml

from scanners.errors import UnreadableInput, YumenError
from tools import compliance
from tools.least_privilege import LeastPrivilegeArguments, least_privilege_review
from tools.platform import PlatformArguments, platform_review
from tools.remediation import RemediationArguments, remediation_plan
from tools.residency import ResidencyArguments, residency_check
from tools.wellarchitected import WorkloadArguments, wellarchitected_review

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"


def test_every_tool_has_a_name_a_schema_and_reads_only() -> None:
    assert {tool.name for tool in compliance.TOOLS} >= {
        "residency_check",
        "least_privilege_review",
        "platform_review",
        "wellarchitected_review",
    }
    for tool in compliance.TOOLS:
        assert tool.risk == "read"
        assert tool.input_schema["additionalProperties"] is False
        assert set(tool.targets) <= set(tool.arguments.model_fields)
        json.dumps(tool.output_schema)


# --- residency_check -----------------------------------------------------------------------------------------------


def transfer(**changes: Any) -> ResidencyArguments:
    example = json.loads((EXAMPLES / "policy" / "transfer-cn-sg.json").read_text("utf-8"))
    return ResidencyArguments(**{**example, "date": "2026-11-24", **changes})


def test_a_transfer_that_lacks_steps_fails_and_names_them_with_the_law(context: Any) -> None:
    answer = anyio.run(residency_check, transfer(), context)
    assert (answer.decision, answer.verdict) == ("needs_step", "fail")
    assert {step.safeguard for step in answer.steps} == {"separate_consent", "cac_standard_contract"}
    assert all(step.reference for step in answer.steps)
    assert answer.regimes == ("china_outbound",)
    assert answer.subject.digest.startswith("sha256:")


def test_a_transfer_with_every_step_is_allowed(context: Any) -> None:
    safeguards = [
        "notice",
        "impact_assessment",
        "separate_consent",
        {"kind": "cac_standard_contract", "reference": "F-1"},
    ]
    answer = anyio.run(residency_check, transfer(safeguards=safeguards), context)
    assert (answer.decision, answer.verdict) == ("allow", "pass")
    assert "may take place" in answer.summary


def test_a_missing_count_is_unknown_and_named(context: Any) -> None:
    answer = anyio.run(residency_check, transfer(volumes={"persons": 42000}), context)
    assert (answer.decision, answer.verdict) == ("unknown", "unknown")
    assert answer.missing == ("volumes.sensitive_persons",)
    assert answer.coverage.skipped[0].what == "volumes.sensitive_persons"


def test_the_same_transfer_gives_the_same_answer(context: Any) -> None:
    assert anyio.run(residency_check, transfer(), context) == anyio.run(residency_check, transfer(), context)


def test_an_unknown_argument_is_an_error() -> None:
    with pytest.raises(ValueError, match="volume_of_data"):
        transfer(volume_of_data=3)


# --- least_privilege_review ----------------------------------------------------------------------------------------


def test_grants_are_reviewed_and_a_smaller_proposal_is_proven(context: Any) -> None:
    answer = anyio.run(
        least_privilege_review, LeastPrivilegeArguments(target=str(EXAMPLES / "policy" / "grants.yaml")), context
    )
    rules = {finding.rule for finding in answer.findings}
    assert (answer.decision, answer.verdict) == ("deny", "fail")
    assert "least_privilege.escalation.aws.pass_role_sagemaker_training" in rules
    assert "least_privilege.escalation.k8s.create_pods" in rules
    assert answer.replay.holds
    assert answer.replay.allowed_before == answer.replay.allowed_after == 5
    assert "*" not in json.dumps([grant.get("tools") for grant in answer.proposal])
    assert answer.findings[0].severity == "critical"


def test_grants_without_usage_are_unknown_without_a_proposal(context: Any) -> None:
    grant = {"system": "mcp", "principal": "bob", "tools": ["image_scan"]}
    answer = anyio.run(least_privilege_review, LeastPrivilegeArguments(grants=[grant]), context)
    assert answer.verdict == "unknown"
    assert answer.missing == ("usage", "usage_window_days")
    assert (answer.proposal, answer.replay) == ((), None)


def test_a_file_with_a_field_nobody_knows_is_refused(context: Any, tmp_path: Path) -> None:
    path = tmp_path / "grants.json"
    path.write_text(json.dumps({"grants": [], "wages": []}))
    with pytest.raises(UnreadableInput, match="wages"):
        anyio.run(least_privilege_review, LeastPrivilegeArguments(target=str(path)), context)


# --- platform_review -----------------------------------------------------------------------------------------------


def test_manifests_are_reviewed_with_severity_and_remedy_in_both_languages(context: Any) -> None:
    target = str(EXAMPLES / "policy" / "deployment.yaml")
    english = anyio.run(platform_review, PlatformArguments(target=target), context)
    chinese = anyio.run(platform_review, PlatformArguments(target=target, language="zh"), context)
    assert english.verdict == "fail"
    assert {name for name, entry in english.checks.items() if entry.status == "fail"} == {
        "network_isolation",
        "plain_text_credentials",
        "public_exposure",
        "resource_limits",
        "workload_hardening",
    }
    assert "not-a-real-key" not in english.model_dump_json()
    assert english.findings[0].remediation != chinese.findings[0].remediation


def test_a_folder_reads_what_it_can_and_says_what_it_could_not(context: Any, tmp_path: Path) -> None:
    (tmp_path / "broken.json").write_text("{")
    (tmp_path / "notes.yaml").write_text("hello: world\n")
    (tmp_path / "plan.json").write_text(json.dumps(PLAN))
    answer = anyio.run(platform_review, PlatformArguments(target=str(tmp_path)), context)
    assert answer.verdict == "unknown"
    assert {entry.what for entry in answer.coverage.skipped} >= {"broken.json", "notes.yaml"}
    assert answer.checks["encryption_at_rest"].status == "pass"


def test_a_large_inventory_is_asked_about_in_parts_with_one_answer(context: Any, tmp_path: Path) -> None:
    disks = [
        {"ResourceType": "ACS::ECS::Disk", "ResourceId": f"d-{n}", "Configuration": {"Encrypted": n != 599}}
        for n in range(600)
    ]
    path = tmp_path / "inventory.json"
    path.write_text(json.dumps({"ResourceList": disks}))
    answer = anyio.run(platform_review, PlatformArguments(target=str(path)), context)
    assert answer.verdict == "fail"
    assert answer.checks["encryption_at_rest"].model_dump() == {
        "status": "fail",
        "examined": 600,
        "failed": 1,
        "missing": 0,
    }
    assert [finding.title.split(":")[4] for finding in answer.findings] == ["Disk/d-599"]


PLAN = {
    "format_version": "1.2",
    "planned_values": {
        "root_module": {
            "resources": [
                {
                    "address": "aws_ebs_volume.a",
                    "mode": "managed",
                    "type": "aws_ebs_volume",
                    "values": {"encrypted": True},
                }
            ]
        }
    },
}


# --- remediation_plan ----------------------------------------------------------------------------------------------


def test_each_finding_gets_a_change_and_the_dry_run_shows_what_it_mends(context: Any) -> None:
    answer = anyio.run(
        remediation_plan, RemediationArguments(target=str(EXAMPLES / "policy" / "deployment.yaml")), context
    )
    assert len(answer.changes) == len(answer.findings)
    assert answer.introduced == ()
    assert answer.mended == sum(1 for change in answer.changes if change.kind == "json_patch") == 6
    assert answer.remaining == len(answer.changes) - answer.mended
    patch = next(change for change in answer.changes if "privileged" in change.change)
    assert json.loads(patch.change) == [
        {"op": "replace", "path": "/spec/template/spec/containers/0/securityContext/privileged", "value": False}
    ]


def test_terraform_and_inventory_get_attributes_and_commands(context: Any, tmp_path: Path) -> None:
    plan = json.loads(json.dumps(PLAN))
    values = plan["planned_values"]["root_module"]["resources"]
    values[0]["values"]["encrypted"] = False
    values.append({"address": "aws_instance.a", "type": "aws_instance", "values": {"root_block_device": []}})
    (tmp_path / "plan.json").write_text(json.dumps(plan))
    shown = '{"AccessControlList": {"Grant": "public-read"}}'
    bucket = {"ResourceType": "ACS::OSS::Bucket", "ResourceId": "a b", "Configuration": shown}
    (tmp_path / "inventory.json").write_text(json.dumps({"ResourceList": [bucket]}))
    answer = anyio.run(remediation_plan, RemediationArguments(target=str(tmp_path)), context)
    changes = {change.change for change in answer.changes}
    assert "encrypted = true" in changes
    assert "root_block_device { encrypted = true }" in changes
    assert "ossutil api put-bucket-acl --bucket 'a b' --acl private" in changes
    assert answer.mended == 2
    only = anyio.run(remediation_plan, RemediationArguments(target=str(tmp_path), checks=["public_exposure"]), context)
    assert {change.rule for change in only.changes} == {"platform.public_exposure"}


# --- wellarchitected_review ----------------------------------------------------------------------------------------


def workload(**arguments: Any) -> WorkloadArguments:
    return WorkloadArguments(**{"target": str(EXAMPLES / "workload.yaml"), "date": "2026-11-24", **arguments})


def test_the_example_workload_meets_all_principles(context: Any) -> None:
    answer = anyio.run(wellarchitected_review, workload(), context)
    assert answer.verdict == "pass"
    assert len(answer.principles) == 102
    assert {name: score.score for name, score in answer.scores.items()} == dict.fromkeys(
        ("security", "reliability", "operations", "cost", "performance"), 100
    )


def test_one_pillar_alone(context: Any) -> None:
    answer = anyio.run(wellarchitected_review, workload(pillar="cost"), context)
    assert {principle.id.split(".")[0] for principle in answer.principles} == {"cost"}
    assert set(answer.scores) == {"cost"}


def test_manifests_outweigh_the_description(context: Any) -> None:
    manifests = str(EXAMPLES / "policy" / "deployment.yaml")
    answer = anyio.run(wellarchitected_review, workload(manifests=manifests, language="zh"), context)
    failed = {principle.id for principle in answer.principles if principle.status == "fail"}
    assert {"security.compute.1", "security.compute.4", "security.data.2"} <= failed
    assert answer.findings[0].severity == "critical"


IDLE = {"id": "gpu-0", "kind": "gpu", "step_minutes": 10, "job": "j", "samples": [{"gpu": 0, "memory": 4}] * 12}


@pytest.mark.parametrize(
    ("resources", "verdict", "failed"),
    [
        ([IDLE], "fail", {"cost.observability.4", "cost.tiering.2"}),
        ([IDLE | {"samples": [{"gpu": 60, "memory": 4}] * 12}], "pass", set()),
        ([{"id": "t", "kind": "tenant", "quota": None}], "fail", {"reliability.scheduling.4"}),
        ([{"id": "t", "kind": "tenant"}], "unknown", set()),
        ("none", "unknown", set()),
    ],
)
def test_metrics_outweigh_the_description(
    context: Any, tmp_path: Path, resources: Any, verdict: str, failed: set[str]
) -> None:
    metrics = tmp_path / "metrics.yaml"
    metrics.write_text(yaml.safe_dump({"resources": resources}))
    answer = anyio.run(wellarchitected_review, workload(metrics=str(metrics)), context)
    assert answer.verdict == verdict
    assert {principle.id for principle in answer.principles if principle.status == "fail"} == failed
    assert verdict != "unknown" or "metrics" in answer.summary
    assert {
        claim.basis for principle in answer.principles for claim in principle.evidence if claim.status == "fail"
    } <= {"observed"}


def test_an_empty_description_is_unknown_everywhere_and_asks_its_questions(context: Any, tmp_path: Path) -> None:
    path = tmp_path / "workload.yaml"
    path.write_text("name: nothing\n")
    answer = anyio.run(wellarchitected_review, workload(target=str(path)), context)
    assert answer.verdict == "unknown"
    assert {principle.status for principle in answer.principles} == {"unknown"}
    assert "attestations[operations.devops.2]" in answer.questions


def test_a_misspelt_field_is_an_error_that_names_its_place(context: Any, tmp_path: Path) -> None:
    description = yaml.safe_load((EXAMPLES / "workload.yaml").read_text("utf-8"))
    description["inference"]["replica"] = 3
    path = tmp_path / "workload.json"
    path.write_text(json.dumps(description, default=str))
    with pytest.raises(UnreadableInput, match="at inference"):
        anyio.run(wellarchitected_review, workload(target=str(path)), context)


@pytest.mark.parametrize("text", ["", "- a\n- b\n", "a: 1\n---\nb: 2\n", "{", "a: [1, 2", "a: 1\na: 2\n", "a: .nan\n"])
def test_a_description_that_cannot_be_read_is_a_typed_error(context: Any, tmp_path: Path, text: str) -> None:
    path = tmp_path / "workload.yaml"
    path.write_text(text)
    with pytest.raises(YumenError):
        anyio.run(wellarchitected_review, workload(target=str(path)), context)
