"""Places in stores as targets, through the whole gate: configured ones only, decided by Rego, pinned, and gone afterwards."""

from __future__ import annotations

import asyncio
import hashlib
import json
import pickle
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest
import safetensors.numpy
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from mcp_server.app import Parts, open_parts
from mcp_server.audit.clock import event_id
from mcp_server.calls import Call, Origin, Principal
from mcp_server.config import Settings
from mcp_server.errors import Denied
from scanners.errors import TargetMissing, TargetRefused
from scanners.model_files.inventory import take_inventory
from scanners.model_files.manifest import Serialization, build_manifest
from scanners.model_files.statement import SignedManifest, write_statement
from scanners.signatures.signing import sign, write_bundle
from scanners.sources.interface import SourceForbidden
from tests.scanners.sources.conftest import KEY, SECRET, Registry, Store, registry, s3

__all__ = ["registry", "s3"]
pytestmark = pytest.mark.service
ALICE = Principal("alice", "test", "local", "acme", roles=("operator",))
BOB = Principal("bob", "test", "local", "globex", roles=("operator",))
PATH = "org.cncf.model.filepath"
RAW = "application/vnd.cncf.model.weight.v1.raw"


@pytest.fixture
def files(tmp_path: Path) -> dict[str, bytes]:
    """A signed model; its public key lies under the root."""
    import numpy as np

    model = tmp_path / "chat"
    model.mkdir()
    (model / "config.json").write_text('{"model_type": "llama", "architectures": ["LlamaForCausalLM"]}')
    (model / "README.md").write_text("---\nlicense: mit\ndatasets: [X]\n---\nTiny.\n")
    safetensors.numpy.save_file({"w": np.arange(64, dtype=np.float32)}, model / "model.safetensors")
    key = ec.generate_private_key(ec.SECP256R1())
    manifest = build_manifest(take_inventory(model).files, Serialization())
    statement = write_statement(SignedManifest(manifest, False, (), "chat"))
    (model / "model.sig").write_bytes(write_bundle(sign(statement, key), key))
    (tmp_path / "root").mkdir()
    (tmp_path / "root" / "signer.pub").write_bytes(
        key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    )
    return {path.name: path.read_bytes() for path in model.iterdir()}


@pytest.fixture
def settings(tmp_path: Path, s3: Store, registry: Registry, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    monkeypatch.setenv("TEST_S3_KEY", KEY)
    (tmp_path / "s3-secret").write_text(SECRET)
    credentials = {"key": "env:TEST_S3_KEY", "secret": f"file:{tmp_path / 's3-secret'}"}
    bucket = {"scheme": "s3", "endpoint": s3.endpoint, "region": "us-east-1", "credentials": credentials}
    places = [
        {**bucket, "place": "models", "prefix": "team"},
        {**bucket, "place": "kept"},
        {"scheme": "oci", "place": registry.host, "anonymous": True},
    ]
    return {
        "data_dir": tmp_path / "data",
        "paths": {"roots": [tmp_path / "root"]},
        "sources": {"places": places, "max_bytes": 50_000_000},
        "policy": {"deadline": 10.0},  # the machines that tests run on are busy
    }


@pytest.fixture(params=["s3", "oci"])
def place(request: pytest.FixtureRequest, files: dict[str, bytes]) -> Callable[[str, dict[str, bytes]], str]:
    """Puts files in a store; answers where they are."""

    def put(name: str, content: dict[str, bytes]) -> str:
        if request.param == "s3":
            store: Store = request.getfixturevalue("s3")
            for file, data in content.items():
                store.put(f"models/team/{name}/{file}", data)
            return f"s3://models/team/{name}"
        house: Registry = request.getfixturevalue("registry")
        house.push(f"team/{name}", [(RAW, data, {PATH: file}) for file, data in content.items()])
        return f"oci://{house.host}/team/{name}:1"

    return put


Calls = Callable[..., Coroutine[Any, Any, dict[str, Any]]]


def through_the_gate(settings: dict[str, Any], scenario: Callable[[Calls], Coroutine[Any, Any, None]]) -> None:
    async def run() -> None:
        async with open_parts(Settings.model_validate(settings)) as parts:
            await scenario(lambda tool, by=ALICE, **arguments: _call(parts, tool, by, arguments))

    asyncio.run(run())


async def _call(parts: Parts, tool: str, by: Principal, arguments: dict[str, Any]) -> dict[str, Any]:
    call = Call(event_id(), "tools/call", tool, arguments, by, Origin("local"), time.time(), size=100)
    outcome = await parts.gate.pass_through(call, lambda done, total, message: None)
    return dict(outcome.result)


def test_every_model_tool_takes_a_place_in_a_store(settings, files, place, tmp_path: Path) -> None:
    here, other = place("chat", files), place("other", {**files, "config.json": b'{"model_type": "other"}'})

    async def scenario(call: Calls) -> None:
        hashed = await call("model_hash", target=here)
        assert hashed["verdict"] == "pass"
        listed = {part["name"]: part["digest"] for part in hashed["manifest"]}
        assert listed == {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
        origin = hashed["subject"]["origin"]
        assert origin.startswith(here.rpartition(":1")[0] or here)
        assert "sha256:" in origin
        verified = await call("model_verify", target=here, public_key="signer.pub")
        assert (verified["verdict"], verified["subject"]["origin"]) == ("pass", origin)
        assert (await call("model_verify", target=other, public_key="signer.pub"))["verdict"] == "fail"
        scanned = await call("model_scan", target=here)
        assert (scanned["verdict"], scanned["findings"]) == ("pass", [])
        compared = await call("model_compare", target=here, reference=other)
        assert (compared["verdict"], compared["counts"]) == ("pass", {"equal": 1})
        assert compared["subject"]["origin"] == origin != compared["reference"]["origin"]
        bom = json.loads((await call("model_bom", target=here))["document"])
        assert bom["metadata"]["component"]["licenses"] == [{"expression": "MIT"}]
        admitted = await call("model_admit", target=here, public_key="signer.pub")
        assert (admitted["decision"], admitted["subject"]["origin"]) == ("allow", origin)
        refused = await call("model_admit", target=other, public_key="signer.pub")
        assert refused["decision"] == "deny"
        assert list((tmp_path / "data" / "staging").iterdir()) == []

    through_the_gate(settings, scenario)


def test_what_a_store_holds_is_judged_like_any_file(settings, place) -> None:
    class Harmful:
        def __reduce__(self) -> tuple[Any, ...]:
            return (eval, ("1",))

    here = place("bad", {"model.pkl": pickle.dumps(Harmful())})

    async def scenario(call: Calls) -> None:
        assert (await call("model_scan", target=here))["verdict"] == "fail"
        assert (await call("model_admit", target=here))["decision"] == "deny"

    through_the_gate(settings, scenario)


def test_a_local_target_is_not_said_to_come_from_the_store_of_its_reference(settings, files, place, tmp_path) -> None:
    here = place("reference", files)
    (tmp_path / "root" / "w.safetensors").write_bytes(files["model.safetensors"])

    async def scenario(call: Calls) -> None:
        compared = await call("model_compare", target="w.safetensors", reference=here)
        assert (compared["verdict"], compared["subject"]["origin"]) == ("pass", "")
        assert compared["reference"]["origin"].startswith(here.rpartition(":1")[0] or here)

    through_the_gate(settings, scenario)


def test_a_named_version_is_what_is_examined(settings, s3: Store) -> None:
    s3.put("kept/w.bin", b"first")
    version = s3.version_of("kept/w.bin")
    s3.put("kept/w.bin", b"second")

    async def scenario(call: Calls) -> None:
        answer = await call("model_hash", target=f"s3://kept/w.bin?versionId={version}")
        assert answer["digest"] == f"sha256:{hashlib.sha256(b'first').hexdigest()}"
        assert answer["subject"]["origin"].startswith(f"s3://kept/w.bin?versionId={version}#sha256:")

    through_the_gate(settings, scenario)


REFUSED = [
    "s3://models/other/m",  # outside the prefix
    "s3://models/teammate/m",
    "s3://models/team/../other/m",
    "s3://elsewhere/team/m",
    "gs://models/team/m",
    "oci://registry.example.org/team/chat:1",
    "https://models/team/m",
    "s3://models/team/m?versionId=a&x=b",
    "s3://user:secret@models/team/m",
    "s3://models/team/a\u202eb",
]


@pytest.mark.parametrize("target", REFUSED)
def test_no_other_place_is_ever_asked(settings, target: str) -> None:
    async def scenario(call: Calls) -> None:
        with pytest.raises(TargetRefused):
            await call("model_hash", target=target)

    through_the_gate(settings, scenario)


def test_rego_confines_each_tenant_to_its_places(settings, files, s3: Store, tmp_path: Path) -> None:
    """`data.config.authz.file_roots` holds for URIs as it does for paths."""
    for name, content in files.items():
        s3.put(f"models/team/acme/{name}", content)
    overlay = tmp_path / "policy" / "config" / "authz"
    overlay.mkdir(parents=True)
    roots = {"tenants": {"acme": ["s3://models/team/acme", str(tmp_path / "root")], "globex": ["s3://models/team/g"]}}
    (overlay / "data.json").write_text(json.dumps({"file_roots": roots}))
    settings["policy"]["packs"] = [tmp_path / "policy"]

    async def scenario(call: Calls) -> None:
        target = "s3://models/team/acme"
        answer = await call("model_verify", target=target, public_key="signer.pub")
        assert answer["verdict"] == "pass"
        with pytest.raises(Denied, match="outside the folders of the caller's tenant"):
            await call("model_hash", target=target, by=BOB)
        for outside in ("s3://models/team/acme2", "s3://kept/w.bin", "s3://models/team/globex"):
            for by in (ALICE, BOB):
                with pytest.raises(Denied):
                    await call("model_hash", target=outside, by=by)

    through_the_gate(settings, scenario)


def test_credentials_are_read_anew_for_every_call_and_never_shown(settings, files, s3: Store, tmp_path: Path) -> None:
    s3.put("kept/c.bin", b"1")

    async def scenario(call: Calls) -> None:
        (tmp_path / "s3-secret").write_text("expired-secret")
        with pytest.raises(SourceForbidden) as refused:
            await call("model_hash", target="s3://kept/c.bin")
        assert "expired-secret" not in refused.value.diagnostics()
        (tmp_path / "s3-secret").write_text(SECRET)
        assert (await call("model_hash", target="s3://kept/c.bin"))["verdict"] == "pass"
        with pytest.raises(TargetMissing):
            await call("model_hash", target="s3://kept/nothing")

    through_the_gate(settings, scenario)
    for path in (tmp_path / "data" / "audit").rglob("*"):
        assert not path.is_file() or (SECRET.encode() not in path.read_bytes())


def test_more_than_may_be_brought_is_unknown_and_leaves_nothing(settings, s3: Store, tmp_path: Path) -> None:
    s3.put("kept/large.bin", b"x" * 2000)
    settings["sources"]["max_bytes"] = 1999

    async def scenario(call: Calls) -> None:
        answer = await call("model_scan", target="s3://kept/large.bin")
        assert answer["verdict"] == "unknown"
        assert list((tmp_path / "data" / "staging").iterdir()) == []

    through_the_gate(settings, scenario)
