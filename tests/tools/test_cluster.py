"""`cluster_review` on manifests, Helm output and Compose files, as their authors write them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import anyio
import pytest

from scanners.errors import UnreadableInput
from tools.cluster import ClusterAnswer, ClusterArguments, cluster_review

SAMPLES = Path(__file__).parent / "cluster"

HELM = """\
---
# Source: trainer/templates/job.yaml
apiVersion: batch/v1
kind: Job
metadata: {name: train, namespace: ml}
spec:
  template:
    spec:
      containers:
        - name: trainer
          image: registry.example/trainer:1
          env:
            - name: WANDB_API_KEY
              value: 0123456789abcdef0123456789abcdef01234567
          resources:
            limits:
              nvidia.com/gpu: 0.5
---
# Source: trainer/charts/plugin/templates/config.yaml
apiVersion: v1
kind: ConfigMap
metadata: {name: plugin, namespace: gpu-operator}
data:
  any: |
    version: v1
    sharing:
      timeSlicing:
        resources: [{name: nvidia.com/gpu, replicas: 4}]
"""

COMPOSE = """\
x-base: &base
  privileged: true
services:
  web:
    <<: *base
    image: nginx:1.27
    environment:
      DB_PASSWORD: hunter2
    volumes:
      - /var/run/docker.sock:/var/run/docker.sock
    deploy:
      resources:
        reservations:
          devices:
            - {driver: nvidia, count: all, capabilities: [gpu]}
  cache:
    image: redis:8
"""


def review(path: Path, context: Any, **more: Any) -> ClusterAnswer:
    answer: ClusterAnswer = anyio.run(cluster_review, ClusterArguments(target=str(path), **more), context)
    return answer


def places(answer: ClusterAnswer, rule: str) -> list[int | None]:
    return [finding.location.line for finding in answer.findings if finding.rule == f"cluster.{rule}"]


@pytest.mark.parametrize(
    ("bad", "lines", "good", "rule"),
    [
        ("privileged", [12, 17], "not_privileged", "pod_security.privileged"),
        ("host_namespaces", [8, 9], "no_host_namespaces", "pod_security.host_namespaces"),
        ("host_path", [15], "no_host_path", "pod_security.host_path"),
        ("selinux", [13, 14, 15], "no_selinux", "pod_security.selinux"),
        ("capabilities", [17], "no_capabilities", "pod_security.capabilities"),
        ("tagged", [8, 15], "pinned", "image_digest.tag"),
        ("unlimited", [15], "limited", "resource_limits.memory"),
    ],
)
def test_public_examples_are_judged_as_their_authors_say_with_the_line(
    context: Any, bad: str, lines: list[int], good: str, rule: str
) -> None:
    assert sorted(places(review(SAMPLES / f"{bad}.yaml", context), rule)) == lines  # type: ignore[type-var]
    assert places(review(SAMPLES / f"{good}.yaml", context), rule) == []


def test_the_output_of_helm_is_traced_to_its_template_and_line(context: Any, tmp_path: Path) -> None:
    path = tmp_path / "rendered.yaml"
    path.write_text(HELM)
    answer = review(path, context)
    found = {finding.rule: finding for finding in answer.findings}
    assert answer.verdict == "fail"
    assert places(answer, "secrets_in_clear.credential") == [14]
    assert places(answer, "gpu_isolation.fraction") == [17]
    assert found["cluster.gpu_isolation.fraction"].evidence == "template trainer/templates/job.yaml"
    assert found["cluster.gpu_isolation.time_slicing"].location.line == 24
    assert (
        found["cluster.gpu_isolation.time_slicing"].evidence == "template trainer/charts/plugin/templates/config.yaml"
    )
    assert "0123456789abcdef" not in answer.model_dump_json()


def test_compose_files_with_lines_also_of_what_a_merge_key_brings(context: Any, tmp_path: Path) -> None:
    path = tmp_path / "compose.yaml"
    path.write_text(COMPOSE)
    answer = review(path, context)
    assert places(answer, "pod_security.privileged") == [2]
    assert places(answer, "pod_security.runtime_socket") == [10]
    assert places(answer, "secrets_in_clear.credential") == [8]
    assert places(answer, "gpu_isolation.all_devices") == [15]
    assert sorted(places(answer, "image_digest.tag")) == [6, 17]  # type: ignore[type-var]
    assert "hunter2" not in answer.model_dump_json()
    socket = next(finding for finding in answer.findings if finding.rule == "cluster.pod_security.runtime_socket")
    assert socket.references == ("CIS Docker 1.6: 5.32",)


def test_a_template_that_was_not_rendered_is_an_error_and_in_a_folder_unknown(context: Any, tmp_path: Path) -> None:
    path = tmp_path / "job.yaml"
    path.write_text("apiVersion: v1\nkind: Pod\nspec:\n  {{- toYaml .Values.spec | nindent 2 }}\n")
    with pytest.raises(UnreadableInput):
        review(path, context)
    (tmp_path / "ns.yaml").write_text(
        "apiVersion: v1\nkind: Namespace\nmetadata: {name: a, labels: {pod-security.kubernetes.io/enforce: restricted}}\n"
    )
    answer = review(tmp_path, context)
    assert answer.verdict == "unknown"
    assert [entry.what for entry in answer.coverage.skipped] == ["job.yaml"]


def test_documents_of_another_kind_are_not_passed_over_in_silence(context: Any, tmp_path: Path) -> None:
    path = tmp_path / "mixed.yaml"
    path.write_text("apiVersion: v1\nkind: Namespace\nmetadata: {name: kube-system}\n---\nhello: world\n")
    answer = review(path, context)
    assert answer.verdict == "unknown"
    assert [entry.what for entry in answer.coverage.skipped] == ["mixed.yaml:5"]


def test_a_typed_list_of_the_api_and_two_objects_of_one_name(context: Any, tmp_path: Path) -> None:
    path = tmp_path / "pods.json"
    path.write_text(
        '{"apiVersion": "v1", "kind": "PodList", "items": [{"spec": {"hostPID": true, "containers": [{}]}}]}'
    )
    assert places(review(path, context), "pod_security.host_namespaces") == [None]
    double = tmp_path / "double.yaml"
    pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  hostPID: true\n  containers: [{name: a}]\n"
    double.write_text(f"{pod}---\n{pod}")
    assert sorted(places(review(double, context), "pod_security.host_namespaces")) == [5, 12]  # type: ignore[type-var]


def test_a_policy_counts_for_pods_in_another_part_of_a_large_cluster(context: Any, tmp_path: Path) -> None:
    pods = [
        f"apiVersion: v1\nkind: Pod\nmetadata: {{name: p{n}}}\nspec: {{containers: [{{name: a}}]}}\n"
        for n in range(120)
    ]
    policy = (
        "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: all}\n"
        "spec: {podSelector: {}, policyTypes: [Ingress, Egress]}\n"
    )
    path = tmp_path / "many.yaml"
    path.write_text("---\n".join([*pods, policy]))
    answer = review(path, context, list_limit=5)
    assert answer.checks["network_policy"].model_dump() == {
        "status": "pass",
        "examined": 120,
        "failed": 0,
        "missing": 0,
    }
    assert len(answer.findings) == 5
    assert answer.finding_count > 120


def test_the_same_input_gives_the_same_answer(context: Any) -> None:
    assert review(SAMPLES, context) == review(SAMPLES, context)


@pytest.mark.parametrize(
    ("form", "sign"), [("sarif", '"version": "2.1.0"'), ("table", "FAIL  "), ("html", "<!doctype html>")]
)
def test_the_report_is_a_document_when_asked_for(context: Any, form: str, sign: str) -> None:
    answer = review(SAMPLES / "privileged.yaml", context, format=form, list_limit=1)
    assert sign in (answer.document or "")
    assert (answer.document or "").count("privileged.yaml") > 5
    assert (answer.document_digest or "").startswith("sha256:")


def test_a_claim_shared_by_pods_far_apart_is_seen(context: Any, tmp_path: Path) -> None:
    users = [
        f"apiVersion: v1\nkind: Pod\nmetadata: {{name: u{n}}}\n"
        "spec: {containers: [{name: a}], resourceClaims: [{name: g, resourceClaimName: gpu}]}\n"
        for n in range(2)
    ]
    others = [f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: c{n}}}\n" for n in range(120)]
    path = tmp_path / "many.yaml"
    path.write_text("---\n".join([users[0], *others, users[1]]))
    assert len(places(review(path, context), "gpu_isolation.shared_claim")) == 2
