"""The documents are valid by the standards' own validators, and say where each fact comes from."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from spdx_python_model import v3_0_1 as spdx

from scanners.bom.completeness import completeness
from scanners.bom.cyclonedx import read_cyclonedx, write_cyclonedx
from scanners.bom.describing import describe, import_bom
from scanners.bom.facts import Dataset, ModelFacts
from scanners.bom.spdx import write_spdx
from scanners.errors import UnreadableInput

NOW = "2026-01-02T03:04:05Z"
SCHEMAS = {"1.6": SchemaVersion.V1_6, "1.7": SchemaVersion.V1_7}


@pytest.mark.parametrize("version", SCHEMAS)
@pytest.mark.parametrize("given", ["nothing", "everything"])
def test_the_cyclonedx_document_is_valid(model: Path, full: ModelFacts, version: Any, given: str) -> None:
    described = describe(model, full if given == "everything" else ModelFacts()).described
    document = write_cyclonedx(described, version, NOW)
    assert JsonStrictValidator(SCHEMAS[version]).validate_str(json.dumps(document)) is None


@pytest.mark.parametrize("given", ["nothing", "everything"])
def test_the_spdx_document_is_valid(model: Path, full: ModelFacts, given: str) -> None:
    described = describe(model, full if given == "everything" else ModelFacts()).described
    objects = spdx.SHACLObjectSet()
    spdx.JSONLDDeserializer().read(io.BytesIO(json.dumps(write_spdx(described, NOW)).encode()), objects)
    assert objects.link() == set(), "every reference leads somewhere"
    (package,) = (one for one in objects.foreach_type(spdx.ai_AIPackage) if one.name == described.facts.name)
    assert package.software_primaryPurpose is not None
    names = {one.name for one in objects.foreach_type(spdx.dataset_DatasetPackage)}
    assert names == {dataset.name for dataset in described.facts.datasets}


def test_what_the_models_files_say_is_found(model: Path) -> None:
    described = describe(model, ModelFacts()).described
    facts = described.facts
    assert (facts.name, facts.licence, facts.task) == ("tiny", "apache-2.0", "text-generation")
    assert facts.description == "A tiny model for tests. Nothing more."
    assert (facts.architecture, facts.architecture_family) == ("LlamaForCausalLM", "llama")
    assert [one.name for one in facts.datasets] == ["acme/corpus", "wikipedia"]
    assert [one.name for one in facts.ancestors] == ["acme/base"]
    assert {one.name: one.version for one in facts.libraries} == {
        "torch": "2.5.1",
        "numpy": "",
        "safetensors": "",
        "transformers": "4.50.0",
    }
    assert [(one.name, one.value, one.slice) for one in facts.metrics] == [("accuracy", "0.91", "benchmark")]
    assert described.verified == {"parameters": "32", "tensors": "1", "types": "F32 1"}
    assert described.states["supplier"] == "missing"


def test_a_contradiction_is_a_finding(model: Path) -> None:
    report = describe(model, ModelFacts(licence="MIT", supplier="ACME")).report
    assert [(finding.rule, "apache-2.0" in finding.evidence) for finding in report.findings] == [
        ("model.bom.conflict", True)
    ]


def test_the_document_is_the_same_on_every_run(model: Path, full: ModelFacts) -> None:
    one, other = (write_cyclonedx(describe(model, full).described, "1.6", NOW) for _ in range(2))
    assert one == other


def test_completeness_grows_with_what_is_given(model: Path, full: ModelFacts) -> None:
    bare, told = (completeness(describe(model, given).described) for given in (ModelFacts(), full))
    assert 30 < bare.score < told.score == 100
    assert "supplier" in bare.missing
    assert told.missing == ()


def test_an_export_can_be_imported(model: Path, full: ModelFacts, tmp_path: Path) -> None:
    described = describe(model, full).described
    (tmp_path / "bom.json").write_text(json.dumps(write_cyclonedx(described, "1.6", NOW)))
    imported = import_bom(tmp_path / "bom.json")
    assert imported.digest == described.digest
    assert (imported.facts.name, imported.facts.version, imported.facts.licence) == ("tiny", "1.0", "MIT")
    assert [one.name for one in imported.facts.datasets] == ["acme/corpus", "exam"]
    assert {(one.name, one.version) for one in imported.facts.libraries} == {("torch", "2.5.1"), ("numpy", "")}


NO_BOM = (
    b"",
    b"[]",
    b"{}",
    b'{"bomFormat": "CycloneDX", "components": 7}',
    b'{"bomFormat": "CycloneDX", "metadata": [], "components": [1]}',
)


@pytest.mark.parametrize("raw", NO_BOM)
def test_what_is_no_bom_of_a_model_is_an_error(tmp_path: Path, raw: bytes) -> None:
    (tmp_path / "bom.json").write_bytes(raw)
    with pytest.raises(UnreadableInput):
        import_bom(tmp_path / "bom.json")


HOSTILE = {
    "broken YAML": ("README.md", b"---\nlicense: [\n---\n"),
    "YAML bomb": ("README.md", b"---\na: &a [x,x]\nb: &b [*a,*a]\nc: [*b,*b]\n---\n"),
    "YAML that constructs": ("README.md", b"---\nx: !!python/object/apply:os.system [id]\n---\n"),
    "not UTF-8": ("README.md", b"---\nlicense: \xff\n---\n"),
    "broken JSON": ("config.json", b"{"),
    "deep JSON": ("config.json", b"[" * 100_000),
    "wrong types": ("config.json", b'{"model_type": 7, "architectures": {"a": 1}}'),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_hostile_files_are_listed_and_never_obeyed(model: Path, case: str) -> None:
    name, content = HOSTILE[case]
    (model / name).write_bytes(content)
    found = describe(model, ModelFacts())
    listed = [skipped.what for skipped in found.report.coverage.skipped]
    assert case == "wrong types" or listed == [name]


def test_weights_that_cannot_be_read_are_not_called_verified(model: Path) -> None:
    (model / "model.safetensors").write_bytes(b"\xff" * 100)
    assert describe(model, ModelFacts()).described.states["parameters"] == "missing"


def test_an_old_bom_by_another_tool_is_read() -> None:
    document = {
        "bomFormat": "CycloneDX",
        "components": [
            {"type": "machine-learning-model", "name": "m", "version": "2", "hashes": [{"alg": "SHA-256", "content": "c" * 64}],
             "licenses": [{"license": {"id": "MIT"}}],
             "modelCard": {"modelParameters": {"datasets": [{"type": "dataset", "name": "d"}]}}},
            {"type": "library", "name": "torch", "version": "1.0"},
        ],
    }  # fmt: skip
    facts, digest = read_cyclonedx(document)
    assert (facts.name, facts.licence, digest) == ("m", "MIT", "sha256:" + "c" * 64)
    assert facts.datasets == (Dataset("d"),)
