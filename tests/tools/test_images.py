"""`image_scan` through a context as a test can write one, on the sample that ships with Yumen."""

from __future__ import annotations

import inspect
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import regorus
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519
from pydantic import ValidationError

from mcp_server.secrets import KeyUnusable
from mcp_server.vulnerabilities import ConfiguredSigners, VulnerabilitySettings
from scanners.errors import TargetMissing
from scanners.signatures.keyring import SigningKeys
from scanners.signatures.signing import sign, write_bundle
from scanners.vulnerabilities.artefact import DatabaseNotTrusted, sign_database
from scanners.vulnerabilities.build import build_database
from tools import dependencies
from tools.images import TOOLS, ImageScanAnswer, ImageScanArguments
from tools.vulnerability_data import DATABASE, DatabaseSigners

ROOT = Path(__file__).parents[2]
SAMPLES = ROOT / "examples" / "images"
BY_NAME = {tool.name: tool for tool in TOOLS}
SCAN = BY_NAME["image_scan"]


@pytest.fixture(scope="module")
def engine() -> Any:
    """The shipped admission policy and its configuration, in the embedded engine."""
    engine = regorus.Engine()
    engine.add_policy("image.rego", (ROOT / "policies/checks/image/image.rego").read_text("utf-8"))
    config = json.loads((ROOT / "policies/config/image/data.json").read_text("utf-8"))
    engine.add_data_json(json.dumps({"config": {"image": config}}))
    return engine


@dataclass
class Context:
    data_dir: Path
    engine: Any = None
    signers: tuple[Path, ...] = ()

    def service(self, kind: type) -> Any:
        assert kind is DatabaseSigners
        return ConfiguredSigners(VulnerabilitySettings(signed_by=self.signers))

    async def evaluate(self, entrypoint: str, document: Any) -> Any:
        self.engine.set_input_json(json.dumps(document))
        return json.loads(self.engine.eval_rule_as_json(entrypoint))

    def resolve(self, target: str) -> Path:
        return Path(target)

    async def scan(self, function: Any, *arguments: Any, **keywords: Any) -> Any:
        assert inspect.getmodule(function).__name__.startswith("scanners.")
        return function(*arguments, **keywords)

    async def verdict(self, report: Any) -> str:
        return "fail" if report.findings else "unknown" if report.coverage.skipped else "pass"


async def scan(context: Context, **arguments: Any) -> ImageScanAnswer:
    return await SCAN.run(ImageScanArguments(**arguments), context)


@pytest.mark.anyio
async def test_where_the_operator_wants_the_database_signed_no_tool_uses_another(tmp_path, engine):
    build_database((SAMPLES / "advisories",), tmp_path / DATABASE, as_of="2026-11-20")
    key = ed25519.Ed25519PrivateKey.generate()
    (tmp_path / "key.pem").write_bytes(
        key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    )
    context, shop = Context(tmp_path, engine, (tmp_path / "key.pem",)), str(SAMPLES / "shop")
    calls = [
        (BY_NAME["image_scan"], {"target": shop}),
        (BY_NAME["image_compare"], {"before": shop, "after": shop}),
        (BY_NAME["image_admit"], {"target": shop}),
    ]
    for tool, arguments in calls:
        with pytest.raises(DatabaseNotTrusted, match="not signed"):
            await tool.run(tool.arguments(**arguments), context)
    (tmp_path / "requirements.txt").write_text("jinja2==2.10\n")
    check = dependencies.TOOLS[0]
    with pytest.raises(DatabaseNotTrusted, match="not signed"):
        await check.run(check.arguments(target=str(tmp_path / "requirements.txt")), context)
    sign_database(tmp_path / DATABASE, key)
    assert (await scan(context, target=shop)).vulnerability_count == 3
    context.signers = (tmp_path / "none.pem",)
    with pytest.raises(KeyUnusable):
        await scan(context, target=shop)


@pytest.mark.anyio
async def test_the_sample_image_is_scanned_against_the_sample_advisories(tmp_path):
    build_database((SAMPLES / "advisories",), tmp_path / DATABASE, as_of="2026-11-20")
    answer = await scan(Context(tmp_path), target=str(SAMPLES / "shop"))
    assert answer.verdict == "fail"
    assert answer.os is not None
    assert answer.os.id == "alpine"
    fixes = {item.package: item.fixed for item in answer.vulnerabilities}
    assert fixes == {"openssl": "1.1.1d-r3", "libssl1.1": "1.1.1d-r3", "jinja2": "2.11.3"}
    assert "3 known vulnerabilities" in answer.summary
    assert answer.vulnerability_count == 3
    assert answer.subject.digest == answer.image.manifest
    assert answer.packages == {"apk (alpine)": 3, "PyPI": 2}
    json.loads(answer.model_dump_json())


@pytest.mark.anyio
async def test_without_a_database_the_answer_says_how_to_get_one(tmp_path):
    answer = await scan(Context(tmp_path), target=str(SAMPLES / "shop"))
    assert answer.database is None
    assert "yumen db build" in answer.summary


@pytest.mark.anyio
async def test_a_missing_image_is_named(tmp_path):
    with pytest.raises(TargetMissing, match="nothing"):
        await scan(Context(tmp_path), target=str(tmp_path / "nothing"))


@pytest.mark.parametrize("arguments", [{}, {"target": 7}, {"target": "x", "extra": 1}, {"target": "x" * 5000}])
def test_wrong_arguments_are_refused(arguments):
    with pytest.raises(ValidationError):
        ImageScanArguments(**arguments)


def test_every_field_of_the_schemas_is_described():
    for tool in TOOLS:
        for schema in (tool.input_schema, tool.output_schema):
            assert all("description" in field for field in schema["properties"].values())


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


async def call(name: str, context: Context, **arguments: Any) -> Any:
    tool = BY_NAME[name]
    return await tool.run(tool.arguments(**arguments), context)


@pytest.fixture
def signed(tmp_path, engine) -> Context:
    """A server's data directory: a key that signs the sample image and is trusted under the name 'release'."""
    build_database((SAMPLES / "advisories",), tmp_path / DATABASE, as_of=datetime.now(UTC).isoformat())
    key = SigningKeys(tmp_path / "model-keys").create("release")
    folder = tmp_path / "trusted-signers" / "release"
    folder.mkdir(parents=True)
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    (folder / "public_key.pem").write_bytes(key.key.public_key().public_bytes(serialization.Encoding.PEM, form))
    digest = json.loads((SAMPLES / "shop/index.json").read_text())["manifests"][0]["digest"]
    statement = {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": "shop", "digest": {"sha256": digest[7:]}}],
        "predicateType": "https://sigstore.dev/cosign/sign/v1",
        "predicate": {},
    }
    bundle = write_bundle(sign(json.dumps(statement).encode(), key.key), key.key)
    (tmp_path / "shop.sigstore.json").write_bytes(bundle)
    return Context(tmp_path, engine)


@pytest.mark.anyio
async def test_a_signature_is_proven_by_a_signer_whom_the_operator_trusts(signed):
    answer = await call(
        "image_verify",
        signed,
        target=str(SAMPLES / "shop"),
        trusted="release",
        bundle=str(signed.data_dir / "shop.sigstore.json"),
    )
    assert (answer.verdict, len(answer.signatures)) == ("pass", 1)
    bare = await call("image_verify", signed, target=str(SAMPLES / "shop"), trusted="release")
    assert (bare.verdict, bare.findings[0].rule) == ("fail", "image.signature.missing")


@pytest.mark.anyio
async def test_an_image_is_denied_with_every_reason_and_a_signed_summary(signed):
    answer = await call(
        "image_admit", signed, target=str(SAMPLES / "shop"), trusted=("release",), signing_key="release"
    )
    assert (answer.decision, answer.verdict, answer.valid_until) == ("deny", "fail", None)
    assert {"signature_missing", "finding"} <= {reason.code for reason in answer.reasons}
    predicate = answer.summary_statement["predicate"]
    assert predicate["verificationResult"] == "FAILED"
    assert answer.summary_statement["subject"][0]["digest"] == {"sha256": answer.subject.digest[7:]}
    assert json.loads(answer.summary_bundle)["dsseEnvelope"]["payloadType"] == "application/vnd.in-toto+json"


@pytest.mark.anyio
async def test_a_bill_of_materials_in_each_form(signed):
    for form, marker in (("cyclonedx-1.6", "bomFormat"), ("spdx-2.3", "spdxVersion")):
        answer = await call("image_sbom", signed, target=str(SAMPLES / "shop"), format=form)
        assert marker in answer.document
        assert answer.package_count == 5


@pytest.mark.anyio
async def test_an_image_and_itself_hold_the_same(signed):
    answer = await call("image_compare", signed, before=str(SAMPLES / "shop"), after=str(SAMPLES / "shop"))
    assert answer.summary == "The two images hold the same."
    assert answer.findings == ()
