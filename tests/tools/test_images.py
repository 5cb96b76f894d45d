"""`image_scan` through a context as a test can write one, on the sample that ships with Yumen."""

from __future__ import annotations

import base64
import hashlib
import inspect
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import regorus
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519
from pydantic import ValidationError

from mcp_server.secrets import KeyUnusable
from mcp_server.vulnerabilities import ConfiguredSigners, VulnerabilitySettings
from scanners.errors import TargetMissing, UnreadableInput
from scanners.images.attestations import SUMMARY
from scanners.images.trust.predicates import understood
from scanners.signatures.keyring import SigningKeys
from scanners.signatures.signing import sign, write_bundle
from scanners.vulnerabilities.artefact import DatabaseNotTrusted, sign_database
from scanners.vulnerabilities.build import build_database
from tests.scanners.images.conftest import layer, layout
from tools import dependencies
from tools.images import TOOLS, ImageScanAnswer, ImageScanArguments
from tools.policies import PolicyCatalogue
from tools.vulnerability_data import DATABASE, DatabaseSigners

__all__ = ["layer", "layout"]
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
        if kind is PolicyCatalogue:
            return SimpleNamespace(revision="sha256:" + "e" * 64)
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
    assert (predicate["verificationResult"], predicate["verifiedLevels"]) == ("FAILED", ["FAILED"])
    assert predicate["policy"]["digest"] == {"sha256": "e" * 64} == {"sha256": answer.policy[7:]}
    assert predicate["resourceUri"].startswith("pkg:oci/shop@sha256%3A")
    assert predicate["inputAttestations"] == [
        {"uri": "urn:yumen:vulnerabilities", "digest": {"sha256": answer.database[7:]}}
    ]
    assert answer.summary_statement["subject"][0]["digest"] == {"sha256": answer.subject.digest[7:]}
    assert opened(answer.summary_bundle) == answer.summary_statement
    assert understood(SUMMARY, predicate).facts["result"] == "FAILED"


@pytest.mark.anyio
async def test_the_verdict_says_on_what_it_rests(signed):
    (signed.data_dir / "exceptions").mkdir()
    waiver = {"vulnerability": "CVE-2020-28493", "reason": "urlize is not used", "expires": "2999-01-01"}
    (signed.data_dir / "exceptions/w.yaml").write_text(json.dumps([waiver | {"approved_by": "kim"}]))
    answer = await call("image_admit", signed, target=str(SAMPLES / "shop"), signing_key="release", format="sarif")
    assert (answer.os.id, answer.os.end_of_life) == ("alpine", "2021-11-01")
    assert [(item.advisory, item.status, item.expires) for item in answer.suppressed] == [
        ("CVE-2020-28493", "waived", "2999-01-01")
    ]
    assert {(item.method, item.os_owned, len(item.advisory_digest)) for item in answer.vulnerabilities} == {
        ("range", True, 64)
    }
    assert answer.vulnerability_count == 2
    assert answer.coverage.data
    scanned = opened(answer.scan_bundle)
    assert scanned["predicateType"] == "https://in-toto.io/attestation/vulns/v0.2"
    assert [result["id"] for result in scanned["predicate"]["scanner"]["result"]] == ["CVE-2019-1551"] * 2
    facts = understood(scanned["predicateType"], scanned["predicate"]).facts
    assert (facts["vulnerabilities"], facts["severe"]) == ("2", "0")
    assert json.loads(answer.document)["runs"][0]["results"]
    assert (await call("image_admit", signed, target=str(SAMPLES / "shop"))).scan_bundle is None


def opened(bundle: str) -> dict[str, Any]:
    """The statement in a signed bundle."""
    return json.loads(base64.b64decode(json.loads(bundle)["dsseEnvelope"]["payload"]))


def vouched_for(image: Path, key: Any, *about: str) -> None:
    """Put a signature over some digests beside an image, as cosign's referrers do."""
    index = json.loads((image / "index.json").read_text())
    form = "application/vnd.oci.image.manifest.v1+json"

    def blob(data: bytes, kind: str) -> dict[str, Any]:
        digest = hashlib.sha256(data).hexdigest()
        (image / "blobs/sha256" / digest).write_bytes(data)
        return {"mediaType": kind, "digest": f"sha256:{digest}", "size": len(data)}

    for digest in about:
        statement = {
            "_type": "https://in-toto.io/Statement/v1",
            "subject": [{"name": "x", "digest": {"sha256": digest[7:]}}],
            "predicateType": "https://sigstore.dev/cosign/sign/v1",
            "predicate": {},
        }
        bundle = blob(
            write_bundle(sign(json.dumps(statement).encode(), key), key),
            "application/vnd.dev.sigstore.bundle.v0.3+json",
        )
        manifest = {
            "schemaVersion": 2, "mediaType": form, "layers": [bundle],
            "config": blob(b"{}", "application/vnd.oci.empty.v1+json"),
            "subject": {"mediaType": form, "digest": digest, "size": 1}, "artifactType": "x",
        }  # fmt: skip
        index["manifests"].append(blob(json.dumps(manifest).encode(), form) | {"artifactType": "x"})
    (image / "index.json").write_text(json.dumps(index))


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("about", "vouched"),
    [(("index",), True), (("amd64", "arm64"), True), (("amd64",), False), ((), False)],
)
async def test_an_image_for_several_platforms_needs_all_of_them_vouched_for(signed, layout, layer, about, vouched):
    builder = layout()
    kind = "application/vnd.oci.image.index.v1+json"
    digests = {}
    for name in ("amd64", "arm64"):
        platform = {"os": "linux", "architecture": name}
        digests[name] = builder.manifest([layer().file(name).bytes()], architecture=name, platform=platform)
    digests["index"] = builder.json({"schemaVersion": 2, "mediaType": kind, "manifests": list(digests.values())}, kind)
    root = builder.index(digests["index"])
    key = SigningKeys(signed.data_dir / "model-keys").load("release").key
    vouched_for(root, key, *(digests[name]["digest"] for name in about))
    answer = await call("image_admit", signed, target=str(root), trusted=("release",), platform="all")
    assert answer.subject.digest == digests["index"]["digest"]
    assert [one.platform for one in answer.platforms] == ["linux/amd64", "linux/arm64"]
    assert ("signature_missing" not in {reason.code for reason in answer.reasons}) is vouched
    assert bool(answer.signatures) is vouched


@pytest.mark.anyio
async def test_an_image_that_is_exchanged_between_scan_and_verification_is_an_error(signed, layout, layer, monkeypatch):
    key = SigningKeys(signed.data_dir / "model-keys").load("release").key
    builder = layout()
    clean, other = (builder.manifest([layer().file(name).bytes()]) for name in ("clean", "other"))
    root = builder.index(clean)
    honest = Context.scan

    async def exchanging(self: Context, function: Any, *arguments: Any, **keywords: Any) -> Any:
        result = await honest(self, function, *arguments, **keywords)
        if function.__name__ == "scan_image":
            vouched_for(builder.index(other), key, other["digest"])
        return result

    monkeypatch.setattr(Context, "scan", exchanging)
    with pytest.raises(UnreadableInput, match="changed"):
        await call("image_admit", signed, target=str(root), trusted=("release",))


@pytest.mark.anyio
@pytest.mark.parametrize("form", ["sarif", "table", "html"])
async def test_every_tool_that_finds_something_writes_reports(signed, form):
    shop = str(SAMPLES / "shop")
    for name, arguments in (
        ("image_scan", {"target": shop}),
        ("image_verify", {"target": shop, "trusted": "release"}),
        ("image_compare", {"before": shop, "after": shop}),
        ("image_admit", {"target": shop}),
    ):
        answer = await call(name, signed, **arguments, format=form)
        assert answer.document
        assert answer.document_digest == f"sha256:{hashlib.sha256(answer.document.encode()).hexdigest()}"


@pytest.mark.anyio
async def test_two_images_of_one_layout_are_compared_by_their_names(signed, layout, layer):
    builder = layout()
    name = "org.opencontainers.image.ref.name"
    entries = [builder.manifest([layer().file(tag).bytes()], annotations={name: tag}) for tag in ("1", "2")]
    root = str(builder.index(*entries))
    answer = await call(
        "image_compare", signed, before=root, after=root, before_reference="1", after_reference=entries[1]["digest"]
    )
    assert {(change.change, change.path) for change in answer.files} == {("removed", "1"), ("added", "2")}


@pytest.mark.anyio
async def test_a_bill_of_materials_in_each_form(signed):
    for form, marker in (("cyclonedx-1.6", "bomFormat"), ("spdx-2.3", "spdxVersion"), ("spdx-3.0", "@graph")):
        answer = await call("image_sbom", signed, target=str(SAMPLES / "shop"), format=form)
        assert marker in answer.document
        assert answer.package_count == 5


@pytest.mark.anyio
async def test_an_image_and_itself_hold_the_same(signed):
    answer = await call("image_compare", signed, before=str(SAMPLES / "shop"), after=str(SAMPLES / "shop"))
    assert answer.summary == "The two images hold the same."
    assert answer.findings == ()
