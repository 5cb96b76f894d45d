"""The model tools through the real scan workers: thin, typed, and one shape of answer."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import anyio
import numpy as np
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from mcp_server.models import ConfiguredRegister, ModelSettings
from mcp_server.policy.embedded import EmbeddedEngine
from mcp_server.policy.packs import SHIPPED, load_pack
from mcp_server.policy.settings import PolicySettings
from mcp_server.vulnerabilities import ConfiguredSigners, VulnerabilitySettings
from scanners.errors import TargetMissing, TargetRefused, UnreadableInput
from scanners.files import confine
from scanners.findings import Report, Verdict
from scanners.model_files.inventory import take_inventory
from scanners.model_files.manifest import KnownDigest, Serialization, build_manifest
from scanners.model_files.memory import DigestMemory
from scanners.model_files.reading import Stamp
from scanners.model_files.statement import SignedManifest, write_statement
from scanners.sandbox import Sandbox
from scanners.signatures.keyring import SigningKeys, TrustedSigner, TrustedSigners, UnknownName
from scanners.signatures.signing import sign, write_bundle
from scanners.vulnerabilities.database import DatabaseUnusable
from tools.model_records import ModelRegister
from tools.model_signatures import signing_folder, trust_folder
from tools.models import TOOLS
from tools.vulnerability_data import DatabaseSigners


class Tester:
    """The caller."""

    subject = "tester"
    tenant = "acme"
    roles = ("operator",)


@dataclass
class Workbench:
    """A `ToolContext` with real workers and the plainest policy."""

    root: Path
    sandbox: Sandbox
    engine: EmbeddedEngine | None = None
    answers: ClassVar[dict[str, Any]] = {}
    """What the team's own policy would answer, by entry point."""

    caller: ClassVar = Tester()

    @property
    def data_dir(self) -> Path:
        return self.root / "data"

    def resolve(self, target: str) -> Path:
        return confine(target, [self.root])

    async def scan(self, function: Callable[..., Any], *arguments: Any, **keywords: Any) -> Any:
        return await self.sandbox.run(function, *arguments, deadline=60, **keywords)

    def service(self, kind: type) -> Any:
        if kind is DatabaseSigners:
            return ConfiguredSigners(VulnerabilitySettings())
        assert kind is ModelRegister
        return ConfiguredRegister(ModelSettings(), self.data_dir)

    async def verdict(self, report: Report) -> Verdict:
        return "fail" if report.findings else "unknown" if report.coverage.skipped else "pass"

    async def evaluate(self, entrypoint: str, document: Mapping[str, Any]) -> Any:
        if entrypoint in self.answers:
            return self.answers[entrypoint]
        if self.engine is None:
            self.engine = await EmbeddedEngine.start(load_pack(SHIPPED), PolicySettings(deadline=5))
        return await self.engine.evaluate(entrypoint, document)


@asynccontextmanager
async def workbench(root: Path) -> AsyncIterator[Workbench]:
    bench = Workbench(root, Sandbox())
    try:
        yield bench
    finally:
        await bench.sandbox.close()
        if bench.engine is not None:
            await bench.engine.close()


def call(root: Path, name: str, **arguments: Any) -> Any:
    """What the tool answers, as JSON that fits its own output schema."""
    (tool,) = (tool for tool in TOOLS if tool.name == name)

    async def main() -> Any:
        async with workbench(root) as bench:
            return await tool.run(tool.arguments.model_validate(arguments), bench)

    answer = anyio.run(main)
    assert isinstance(answer, tool.answer)
    return json.loads(answer.model_dump_json())


@pytest.fixture
def place(tmp_path: Path) -> Path:
    model = tmp_path / "model"
    model.mkdir()
    (model / "config.json").write_text("{}")
    (model / "weights.bin").write_bytes(b"w" * 5000)
    key = ec.generate_private_key(ec.SECP256R1())
    manifest = build_manifest(take_inventory(model).files, Serialization())
    statement = write_statement(SignedManifest(manifest, False, (), "model"))
    (model / "model.sig").write_bytes(write_bundle(sign(statement, key), key))
    (tmp_path / "signer.pub").write_bytes(
        key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    )
    return tmp_path


def test_a_signed_model_passes(place: Path) -> None:
    answer = call(place, "model_verify", target="model", public_key="signer.pub")
    assert answer["verdict"] == "pass"
    assert answer["summary"].startswith("model is exactly the model that was signed by sha256:")
    assert answer["coverage"]["examined"] == {"files": 2, "bytes": 5002, "signatures": 1}


def test_a_tampered_model_fails_and_says_where(place: Path) -> None:
    (place / "model" / "weights.bin").write_bytes(b"x" * 5000)
    answer = call(place, "model_verify", target="model", signature="model/model.sig", public_key="signer.pub")
    assert answer["verdict"] == "fail"
    assert [(f["rule"], f["location"]["path"]) for f in answer["findings"]] == [("model.digest.changed", "weights.bin")]
    assert "1 changed" in answer["summary"]


def test_a_signature_that_proves_nothing_is_said_so(place: Path) -> None:
    (place / "model" / "model.sig").write_text("{}")
    answer = call(place, "model_verify", target="model", public_key="signer.pub")
    assert (answer["verdict"], answer["signer"]) == ("fail", None)
    assert answer["findings"][0]["rule"] == "model.signature.malformed"


def test_a_model_without_a_signature_says_where_one_was_expected(place: Path) -> None:
    (place / "model" / "model.sig").unlink()
    with pytest.raises(TargetMissing, match=r"no signature \(model\.sig\)"):
        call(place, "model_verify", target="model", public_key="signer.pub")
    with pytest.raises(TargetMissing, match=r"no signature \(weights\.bin\.sig\)"):
        call(place, "model_verify", target="model/weights.bin", public_key="signer.pub")


def test_hash_and_expectation(place: Path) -> None:
    (place / "model" / "model.sig").unlink()
    answer = call(place, "model_hash", target="model")
    assert (answer["verdict"], answer["omitted"]) == ("pass", 0)
    assert [part["name"] for part in answer["manifest"]] == ["config.json", "weights.bin"]
    expected = {part["name"]: part["digest"] for part in answer["manifest"]}
    again = call(place, "model_hash", target="model", expected=expected, list_limit=1)
    assert (again["verdict"], again["omitted"], again["digest"]) == ("pass", 1, answer["digest"])
    (place / "model" / "config.json").unlink()
    assert call(place, "model_hash", target="model", expected=expected)["verdict"] == "fail"
    assert call(place, "model_hash", target="model", expected=answer["digest"])["verdict"] == "fail"


def test_paths_outside_the_roots_are_refused(place: Path) -> None:
    for arguments in ({"target": "/etc"}, {"target": "model", "public_key": "/etc/hosts"}):
        with pytest.raises(TargetRefused):
            call(place, "model_verify", **arguments)


@pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.name)
def test_every_argument_and_answer_is_described(tool: Any) -> None:
    for schema in (tool.input_schema, tool.output_schema):
        for name, shown in schema["properties"].items():
            assert shown.get("description"), f"{tool.name}: {name}"
    assert set(tool.targets) <= set(tool.input_schema["properties"])


def test_what_model_sign_signs_model_verify_accepts(place: Path) -> None:
    key = SigningKeys(signing_folder(place / "data")).create("release")
    (place / "model" / "model.sig").unlink()
    answer = call(place, "model_sign", target="model", key="release", output="model/model.sig")
    assert (answer["verdict"], answer["written"]) == ("pass", True)
    assert (place / "model" / "model.sig").read_text() == answer["signature"]
    with pytest.raises(TargetRefused, match="something is there"):
        call(place, "model_sign", target="model", key="release", output="model/model.sig")
    (place / "release.pub").write_bytes(
        key.key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    )
    TrustedSigners(trust_folder(place / "data")).add("us", TrustedSigner(public_key=place / "release.pub"))
    assert call(place, "model_verify", target="model", trusted="us")["verdict"] == "pass"
    (place / "model" / "added").touch()
    assert call(place, "model_verify", target="model", trusted="us")["verdict"] == "fail"


def test_an_unknown_key_or_signer_is_an_error(place: Path) -> None:
    with pytest.raises(UnknownName):
        call(place, "model_sign", target="model", key="nobody")
    with pytest.raises(UnknownName):
        call(place, "model_verify", target="model", trusted="nobody")
    with pytest.raises(UnreadableInput, match="exactly one way"):
        call(place, "model_verify", target="model", trusted="us", public_key="signer.pub")


@pytest.mark.parametrize("output", ["/etc/model.sig", "nowhere/model.sig", "model/", "model/.."])
def test_a_signature_is_written_inside_the_roots_only(place: Path, output: str) -> None:
    SigningKeys(signing_folder(place / "data")).create("release")
    with pytest.raises((TargetRefused, TargetMissing)):
        call(place, "model_sign", target="model", key="release", output=output)


def test_a_changed_parameter_is_found_and_drawn(place: Path) -> None:
    weights = {f"layers.{index}.weight": np.ones((8, 8), np.float32) for index in range(4)}
    np.savez(place / "before.npz", **weights)
    weights["layers.2.weight"][0, 0] = 2
    np.savez(place / "after.npz", **weights)
    answer = call(place, "model_compare", target="after.npz", reference="before.npz", picture=True)
    assert (answer["verdict"], answer["counts"]) == ("fail", {"equal": 3, "changed": 1})
    assert [tensor["name"] for tensor in answer["tensors"]] == ["layers.2.weight"]
    assert answer["picture"].startswith("<svg")
    same = call(place, "model_compare", target="after.npz", reference="after.npz")
    assert (same["verdict"], same["picture"]) == ("pass", None)


def test_a_bill_of_materials_can_be_registered_and_asked(place: Path) -> None:
    facts = {
        "version": "1",
        "licence": "MIT",
        "datasets": [{"name": "X"}],
        "libraries": [{"name": "torch", "version": "2.4.0"}],
    }
    bom = call(place, "model_bom", target="model", facts=facts)
    (place / "bom.json").write_text(bom["document"])
    deployed = [{"kind": "deployment", "what": "search"}]
    registered = call(place, "model_register", bom="bom.json", facts={"name": "tiny"}, events=deployed)
    assert (registered["version"]["name"], registered["deployments"]) == ("tiny", ["search"])
    assert registered["version"]["digest"] == bom["subject"]["digest"]
    assert registered["version"]["events"][0]["by"] == "tester"
    answer = call(place, "model_lineage", dataset="X", library="torch<2.5", deployed=True)
    assert (answer["services"], answer["truncated"]) == (["search"], False)
    assert call(place, "model_lineage", library="torch>=2.5")["affected"] == []


def test_the_register_takes_the_digest_from_the_files(place: Path) -> None:
    registered = call(place, "model_register", target="model", facts={"name": "tiny", "version": "1"})
    assert registered["version"]["digest"] == call(place, "model_hash", target="model")["digest"]
    spdx = call(place, "model_bom", target="model", format="spdx-3.0")
    assert "ai_AIPackage" in spdx["document"]
    with pytest.raises(UnreadableInput):
        call(place, "model_register", target="model", bom="model")


class TestAdmission:
    """The shipped policy asks for a scan and a signature by somebody who is trusted."""

    def test_a_signed_model_is_admitted_and_the_summary_is_accepted_later(self, place: Path) -> None:
        SigningKeys(signing_folder(place / "data")).create("gate")
        answer = call(place, "model_admit", target="model", public_key="signer.pub", key="gate")
        assert (answer["decision"], answer["verdict"], answer["reasons"]) == ("allow", "pass", [])
        assert {one["name"]: one["verdict"] for one in answer["evidence"]}["signature"] == "pass"
        (place / "summary.json").write_text(answer["attestation"])
        public = SigningKeys(signing_folder(place / "data")).load("gate").key.public_key()
        (place / "gate.pub").write_bytes(
            public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        )
        later = {
            "target": "model",
            "signature": "summary.json",
            "public_key": "gate.pub",
            "attested_by": "urn:yumen:gate",
        }
        verified = call(place, "model_verify", **later)
        assert (verified["verdict"], verified["attestation"]["kind"]) == ("pass", "summary")
        (place / "model" / "added.py").write_text("x")
        assert call(place, "model_verify", **later)["verdict"] == "unknown"
        (place / "model" / "added.py").unlink()
        (place / "model" / "config.json").write_text("[]")
        assert call(place, "model_verify", **later)["verdict"] == "fail"

    def test_without_a_signer_to_trust_it_is_indeterminate(self, place: Path) -> None:
        answer = call(place, "model_admit", target="model")
        assert (answer["decision"], answer["verdict"], answer["attestation"]) == ("indeterminate", "unknown", None)
        assert "signature is required" in answer["reasons"][0]["message"]

    def test_a_database_that_cannot_be_read_is_no_reason_to_admit(self, place: Path) -> None:
        SigningKeys(signing_folder(place / "data")).create("gate")
        (place / "data" / "vulnerabilities.sqlite").write_bytes(b"not a database")
        (place / "model" / "requirements.txt").write_text("jinja2==2.11.2\n")
        with pytest.raises(DatabaseUnusable):
            call(place, "model_admit", target="model", public_key="signer.pub", key="gate")

    def test_a_tampered_model_is_denied(self, place: Path) -> None:
        (place / "model" / "weights.bin").write_bytes(b"x")
        answer = call(place, "model_admit", target="model", public_key="signer.pub")
        assert answer["decision"] == "deny"
        assert "model.admission.signature.fail" in [reason["rule"] for reason in answer["reasons"]]

    def test_a_model_that_runs_code_is_denied_though_signed(self, place: Path) -> None:
        key = SigningKeys(signing_folder(place / "data")).create("gate").key
        (place / "model" / "model.sig").unlink()
        (place / "model" / "weights.bin").unlink()
        (place / "model" / "weights.pkl").write_bytes(b"cos\nsystem\n(S'id'\ntR.")
        call(place, "model_sign", target="model", key="gate", output="model/model.sig")
        (place / "gate.pub").write_bytes(
            key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        )
        answer = call(place, "model_admit", target="model", public_key="gate.pub", key="gate")
        assert (answer["decision"], answer["attestation"]) == ("deny", None)


class TestReuse:
    @pytest.fixture
    def settled(self, place: Path) -> Path:
        """A signed model whose files have lain there for a while."""
        for path in (place / "model").iterdir():
            os.utime(path, (1_700_000_000, 1_700_000_000))
        return place

    def test_every_file_is_read_unless_policy_allows_otherwise(self, settled: Path) -> None:
        for _ in range(2):
            answer = call(settled, "model_verify", target="model", public_key="signer.pub", reuse=True)
            assert "digests_reused" not in answer["coverage"]["examined"]

    def test_unchanged_files_are_not_read_again_and_the_answer_says_so(
        self, settled: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setitem(Workbench.answers, "data.yumen.checks.model.reuse", True)
        known = tuple(
            KnownDigest(str(path), Stamp.of(path.stat()), "sha256", hashlib.sha256(path.read_bytes()).hexdigest())
            for path in (settled / "model").iterdir()
        )
        DigestMemory(settled / "data" / "digests.sqlite").remember(known)
        answer = call(settled, "model_verify", target="model", public_key="signer.pub", reuse=True)
        assert (answer["verdict"], answer["coverage"]["examined"]["digests_reused"]) == ("pass", 2)
        assert "2 unchanged files were not read again" in answer["summary"]
        assert "digests_reused" not in call(settled, "model_hash", target="model")["coverage"]["examined"]
        content = (settled / "model" / "weights.bin").read_bytes()
        (settled / "model" / "weights.bin").write_bytes(b"x" + content[1:])
        os.utime(settled / "model" / "weights.bin", (1_700_000_000, 1_700_000_000))
        answer = call(settled, "model_verify", target="model", public_key="signer.pub", reuse=True)
        assert (answer["verdict"], answer["coverage"]["examined"]["digests_reused"]) == ("fail", 1)
