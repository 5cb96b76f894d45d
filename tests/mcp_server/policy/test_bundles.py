"""Bundles: read as OPA reads them, signed as OPA signs them, pulled and kept."""

from __future__ import annotations

import asyncio
import gzip
import io
import json
import subprocess
import tarfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from mcp_server.policy.bundles import bundle_files, load_bundle, read_archive, write_archive
from mcp_server.policy.errors import PolicyInvalid, PolicyUnavailable
from mcp_server.policy.packs import SHIPPED, load_pack
from mcp_server.policy.settings import BundleSettings, PolicySettings
from mcp_server.policy.signatures import SIGNATURES, VerificationKey, file_hash, sign
from mcp_server.policy.store import PolicyStore

TRICKY = (
    '{"z": 1.0, "a": {"é\\u2028<&>": [1e3, -0, "\\u0001\\b\\f\\t\\"\\\\", null, true]}, '
    '"10": 1, "9": 12345678901234567890123}'
)


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """rsa.pem, rsa.pub, ec.pem, … in a folder."""
    folder = tmp_path_factory.mktemp("keys")
    made: dict[str, Any] = {
        "rsa": rsa.generate_private_key(65537, 2048),
        "other": rsa.generate_private_key(65537, 2048),
        "ec": ec.generate_private_key(ec.SECP256R1()),
        "ed": ed25519.Ed25519PrivateKey.generate(),
    }
    for name, key in made.items():
        private = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        public = key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        (folder / f"{name}.pem").write_bytes(private)
        (folder / f"{name}.pub").write_bytes(public)
    return folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    pack = tmp_path / "pack"
    (pack / "team").mkdir(parents=True)
    (pack / "team" / "a.rego").write_text("package team.a\n\nvalue := data.team.given\n")
    (pack / "team" / "a_test.rego").write_text("package team.a_test\n\nimport data.team.a\n\ntest_it if a.value == 1\n")
    (pack / "team" / "data.json").write_text('{"given": 1}')
    (pack / "tricky").mkdir()
    (pack / "tricky" / "data.json").write_text(TRICKY.replace("12345678901234567890123", "123"))
    return pack


def bundle(folder: Path, keys: Path, key: str = "rsa", algorithm: Any = "RS256", **more: Any) -> dict[str, bytes]:
    files = bundle_files(folder, load_pack(folder))
    return files | {SIGNATURES: sign(files, (keys / f"{key}.pem").read_text(), algorithm, key, **more)}


def trusted(keys: Path, key: str = "rsa", algorithm: Any = "RS256", **more: Any) -> dict[str, VerificationKey]:
    return {key: VerificationKey(key=keys / f"{key}.pub", algorithm=algorithm, **more)}


@pytest.mark.parametrize(("key", "algorithm"), [("rsa", "RS256"), ("rsa", "PS512"), ("ec", "ES256"), ("ed", "EdDSA")])
def test_what_we_sign_we_accept(folder: Path, keys: Path, key: str, algorithm: str) -> None:
    content = write_archive(bundle(folder, keys, key, algorithm))
    pack = load_bundle(content, source="b", keys=trusted(keys, key, algorithm))
    assert pack.data["team"] == {"given": 1}
    assert pack.revision == load_pack(folder).revision


def test_the_same_pack_makes_the_same_bytes(folder: Path) -> None:
    files = bundle_files(folder, load_pack(folder))
    assert write_archive(files) == write_archive(dict(reversed(files.items())))


Change = Callable[[dict[str, bytes], Path], None]


def resigned(claims: Callable[[dict[str, Any]], None], key: str = "rsa", **headers: Any) -> Change:
    """Sign again after a change of the claims."""

    def change(files: dict[str, bytes], keys: Path) -> None:
        (token,) = json.loads(files[SIGNATURES])["signatures"]
        said = jwt.decode(token, options={"verify_signature": False})
        claims(said)
        token = jwt.encode(said, (keys / f"{key}.pem").read_text(), algorithm="RS256", headers=headers)
        files[SIGNATURES] = json.dumps({"signatures": [token]}).encode()

    return change


def put(name: str, content: bytes) -> Change:
    return lambda files, keys: files.__setitem__(name, content)


def unsecured(files: dict[str, bytes], keys: Path) -> None:
    (token,) = json.loads(files[SIGNATURES])["signatures"]
    said = jwt.decode(token, options={"verify_signature": False})
    files[SIGNATURES] = json.dumps({"signatures": [jwt.encode(said, "", algorithm="none")]}).encode()


def confused(files: dict[str, bytes], keys: Path) -> None:
    """HMAC with the public key as its secret (the classic confusion of algorithms)."""
    (token,) = json.loads(files[SIGNATURES])["signatures"]
    said = jwt.decode(token, options={"verify_signature": False})
    import base64
    import hashlib
    import hmac

    def part(value: Any) -> bytes:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=")

    signed = part({"alg": "HS256", "typ": "JWT"}) + b"." + part(said)
    code = hmac.new((keys / "rsa.pub").read_bytes(), signed, hashlib.sha256).digest()
    forged = (signed + b"." + base64.urlsafe_b64encode(code).rstrip(b"=")).decode()
    files[SIGNATURES] = json.dumps({"signatures": [forged]}).encode()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda files, keys: files.pop(SIGNATURES), "not signed"),
        (put("team/a.rego", b"package team.a\n\nvalue := 2\n"), "team/a.rego: is not what was signed"),
        (put("team/data.json", b'{"given": 2}'), "is not what was signed"),
        (put("team/data.json", b'{"given": 1.0}'), "is not what was signed"),
        (put(".manifest", b"{}"), "is not what was signed"),
        (put("team/data.json", b"{"), "cannot be hashed"),
        (put("evil.rego", b"package evil\n"), "evil.rego: is not covered"),
        (put("notes.txt", b"hello"), "notes.txt: is not covered"),
        (lambda files, keys: files.pop("team/a.rego"), "was signed but is missing"),
        (put(SIGNATURES, b"{"), "does not hold"),
        (put(SIGNATURES, b'{"signatures": []}'), "exactly one"),
        (put(SIGNATURES, b'{"signatures": ["x"]}'), "does not hold"),
        (unsecured, "does not hold"),
        (confused, "does not hold"),
        (resigned(lambda claims: None, key="other"), "does not hold"),
        (resigned(lambda claims: claims.update(keyid="ec")), "not configured"),
        (resigned(lambda claims: claims.update(keyid=["rsa"])), "not configured"),
        (resigned(lambda claims: claims.update(scope="write")), "scope"),
        (resigned(lambda claims: claims.update(files=[])), "is not covered"),
        (resigned(lambda claims: claims.update(files="all")), "is not covered"),
        (resigned(lambda claims: claims.pop("files")), "is not covered"),
        (resigned(lambda claims: claims["files"][0].update(algorithm="MD5")), "without a hash"),
        (resigned(lambda claims: claims["files"][0].pop("hash")), "without a hash"),
    ],
)
def test_a_bundle_that_is_not_what_was_signed_is_refused(folder: Path, keys: Path, change: Change, words: str) -> None:
    files = bundle(folder, keys)
    change(files, keys)
    with pytest.raises(PolicyInvalid) as caught:
        load_bundle(write_archive(files), source="b", keys=trusted(keys))
    assert words in str(caught.value)


def test_two_signatures_are_one_too_many(folder: Path, keys: Path) -> None:
    files = bundle(folder, keys)
    (token,) = json.loads(files[SIGNATURES])["signatures"]
    files[SIGNATURES] = json.dumps({"signatures": [token, token]}).encode()
    with pytest.raises(PolicyInvalid, match="exactly one"):
        load_bundle(write_archive(files), source="b", keys=trusted(keys))


def test_the_scope_must_be_the_one_configured(folder: Path, keys: Path) -> None:
    content = write_archive(bundle(folder, keys, scope="write"))
    assert load_bundle(content, source="b", keys=trusted(keys, scope="write")).data
    with pytest.raises(PolicyInvalid, match="scope"):
        load_bundle(content, source="b", keys=trusted(keys))


def test_hashes_keep_numbers_as_written_and_ignore_layout() -> None:
    one = file_hash("data.json", b'{"b": 1.0, "a": [1e3]}', "SHA-256")
    assert one == file_hash("x/data.json", b'{\n"a":[1e3],"b":1.0}', "SHA-256")
    assert one != file_hash("data.json", b'{"b": 1, "a": [1000]}', "SHA-256")
    assert file_hash("a.rego", b"x", "SHA-256") != file_hash("a.rego", b"x ", "SHA-256")


@pytest.mark.service
def test_opa_accepts_what_we_sign(opa: str, folder: Path, keys: Path, tmp_path: Path) -> None:
    (folder / "tricky" / "data.json").write_text(TRICKY)  # numbers that only OPA keeps exactly
    pack = load_pack(folder)
    files = bundle_files(folder, pack)
    files[SIGNATURES] = sign(files, (keys / "rsa.pem").read_text(), "RS256", "rsa")
    (tmp_path / "b.tar.gz").write_bytes(write_archive(files))
    command = [opa, "build", "--bundle", tmp_path / "b.tar.gz", "--output", tmp_path / "out.tar.gz"]
    command += [
        "--verification-key",
        keys / "rsa.pub",
        "--verification-key-id",
        "rsa",
        "--signing-key",
        keys / "rsa.pem",
    ]
    ran = subprocess.run(command, capture_output=True, check=False, timeout=60)
    assert ran.returncode == 0, ran.stderr
    files["team/data.json"] = b'{"given": 2}'
    (tmp_path / "b.tar.gz").write_bytes(write_archive(files))
    assert subprocess.run(command, capture_output=True, check=False, timeout=60).returncode != 0


@pytest.mark.service
@pytest.mark.parametrize(("key", "algorithm"), [("rsa", "RS256"), ("rsa", "PS384"), ("ec", "ES256")])
def test_we_accept_what_opa_signs(opa: str, folder: Path, keys: Path, tmp_path: Path, key: str, algorithm: str) -> None:
    (folder / "tricky" / "data.json").write_text(TRICKY.replace("12345678901234567890123", "123"))
    (folder / "yaml").mkdir()
    (folder / "yaml" / "data.yaml").write_text("b: [1, x, true, null]\na: {c: 5}\n")
    (folder / "words.rego").write_text('package words\n\nword := "é<&>"\n')
    subprocess.run(
        [
            *[
                opa,
                "build",
                "--bundle",
                folder,
                "--output",
                tmp_path / "b.tar.gz",
                "--signing-key",
                keys / f"{key}.pem",
            ],
            *["--signing-alg", algorithm, "--revision", "r7", "--verification-key-id", key],
        ],
        check=True,
        timeout=60,
        capture_output=True,
    )
    content = (tmp_path / "b.tar.gz").read_bytes()
    pack = load_bundle(content, source="b", keys=trusted(keys, key, algorithm))
    assert pack.data["team"] == {"given": 1}
    assert {module.package for module in pack.modules} >= {"team.a", "words"}
    with pytest.raises(PolicyInvalid):
        load_bundle(content, source="b", keys=trusted(keys, "other"))


def archive(*members: tuple[str, bytes | str]) -> bytes:
    """A tar.gz of files, or of symbolic links where the content is a string."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        for name, content in members:
            member = tarfile.TarInfo(name)
            if isinstance(content, str):
                member.type, member.linkname = tarfile.SYMTYPE, content
                tar.addfile(member)
            else:
                member.size = len(content)
                tar.addfile(member, io.BytesIO(content))
    return packed.getvalue()


GOOD = archive(("a.rego", b"package a\n"))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "not a tar.gz"),
        (b"not a bundle", "not a tar.gz"),
        (GOOD[:40], "not a tar.gz"),
        (gzip.compress(b"x" * 600), "not a tar.gz"),
        (archive(), "holds nothing"),
        (archive(("../a.rego", b"package a\n")), "impossible"),
        (archive(("a/../../b.rego", b"package a\n")), "impossible"),
        (archive(("a.rego", b"package a\n"), ("./a.rego", b"package b\n")), "repeated"),
        (archive(("a.rego", "/etc/passwd")), "no regular file"),
        (archive(("data.json", b"x" * ((64 << 20) + 1))), "larger"),
    ],
    ids=lambda value: value if isinstance(value, str) else "content",  # a gzip holds the time it was made
)
def test_what_is_no_plain_archive_is_refused(content: bytes, words: str) -> None:
    with pytest.raises(PolicyInvalid, match=words):
        read_archive(content, "b")


def test_names_with_a_leading_slash_are_inside(folder: Path) -> None:
    assert set(read_archive(archive(("/a.rego", b"x"), ("./b.rego", b"y")), "b")) == {"a.rego", "b.rego"}


# --- Pulled over HTTP -----------------------------------------------------------------------------------------------


class Shelf:
    """A server with one bundle on it, which counts what it was asked."""

    def __init__(self) -> None:
        self.content = b""
        self.tag = '"1"'
        self.down = False
        self.answers: list[int] = []
        self.port = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        if self.down:
            status, body = 503, b""
        elif f"if-none-match: {self.tag}" in head:
            status, body = 304, b""
        else:
            status, body = 200, self.content
        self.answers.append(status)
        writer.write(
            f"HTTP/1.1 {status} X\r\nETag: {self.tag}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode()
            + body
        )
        await writer.drain()
        writer.close()


@asynccontextmanager
async def shelf() -> AsyncIterator[Shelf]:
    found = Shelf()
    server = await asyncio.start_server(found.serve, "127.0.0.1", 0)
    found.port = server.sockets[0].getsockname()[1]
    try:
        yield found
    finally:
        server.close()


def test_a_pulled_bundle_is_verified_kept_and_replaced_as_one(folder: Path, keys: Path, tmp_path: Path) -> None:
    shipped = tmp_path / "shipped"
    shipped.mkdir()
    (shipped / "s.rego").write_text("package shipped\n\nvalue := 0\n")

    def settings(port: int) -> PolicySettings:
        one = BundleSettings(name="team", url=f"http://127.0.0.1:{port}/b.tar.gz", interval=3600)
        return PolicySettings(watch_interval=0, bundles=(one,), verification_keys=trusted(keys))

    async def value(store: PolicyStore) -> Any:
        return await store.engine.evaluate("data.team.a.value", {})

    async def scenario() -> None:
        async with shelf() as server:
            server.content = write_archive(bundle(folder, keys))
            with pytest.raises(PolicyUnavailable):
                await PolicyStore.open(settings(server.port), shipped=shipped)  # nowhere to keep it
            store = await PolicyStore.open(settings(server.port), shipped=shipped, data_dir=tmp_path / "data")
            assert await value(store) == 1
            (pulled,) = store._pulled

            assert await pulled.pull() is False
            assert server.answers[-1] == 304

            (folder / "team" / "data.json").write_text('{"given": 1, "more": 2}')
            server.content, server.tag = write_archive(bundle(folder, keys)), '"2"'
            revision = store.status.revision
            assert await pulled.pull() is True
            assert (await store.reload()).revision != revision

            server.tag = '"3"'
            server.content = write_archive(bundle(folder, keys, "other"))
            with pytest.raises(PolicyInvalid):
                await pulled.pull()
            revision = store.status.revision
            assert (await store.reload()).revision == revision
            assert await value(store) == 1
            await store.close()

            server.down = True  # the last good copy is enough to start
            store = await PolicyStore.open(settings(server.port), shipped=shipped, data_dir=tmp_path / "data")
            assert store.status.revision == revision
            await store.close()
            (kept,) = (tmp_path / "data" / "bundles").glob("*.tar.gz")
            kept.write_bytes(server.content)  # but not one that was tampered with
            with pytest.raises(PolicyInvalid):
                await PolicyStore.open(settings(server.port), shipped=shipped, data_dir=tmp_path / "data")

    asyncio.run(scenario())


def test_a_follower_takes_a_new_version_by_itself(folder: Path, keys: Path, tmp_path: Path) -> None:
    shipped = tmp_path / "shipped"
    shipped.mkdir()
    (shipped / "s.rego").write_text("package shipped\n\nvalue := 0\n")

    async def scenario() -> None:
        async with shelf() as server:
            server.content = write_archive(bundle(folder, keys))
            one = BundleSettings.model_construct(
                name="team",
                url=f"http://127.0.0.1:{server.port}/b",
                token="",
                ca_file=None,
                interval=0.05,
                unsigned=False,
            )
            settings = PolicySettings(watch_interval=0, bundles=(one,), verification_keys=trusted(keys))
            changes: list[Any] = []
            store = await PolicyStore.open(settings, shipped=shipped, data_dir=tmp_path / "data")
            store.on_change = changes.append
            before = store.status.revision
            (folder / "team" / "new.rego").write_text("package team.new\n\nvalue := 5\n")
            server.content, server.tag = write_archive(bundle(folder, keys)), '"2"'
            async with asyncio.timeout(30):
                while store.status.revision == before:
                    await asyncio.sleep(0.01)
                assert await store.engine.evaluate("data.team.new.value", {}) == 5
                server.content, server.tag = b"rubbish", '"3"'
                while not store.status.problems:
                    await asyncio.sleep(0.01)
            assert await store.engine.evaluate("data.team.new.value", {}) == 5
            await store.close()
            assert [bool(change.problems) for change in changes] == [False, True]

    asyncio.run(scenario())


@pytest.mark.parametrize(
    "fields",
    [
        {"url": "http://h/b", "token": "env:X"},
        {"url": "https://user:pw@h/b"},
        {"url": "file:///etc/passwd"},
        {"url": "https://h/b", "token": "literal"},
        {"url": "https://h/b", "name": "../x"},
    ],
)
def test_an_unsafe_bundle_setting_is_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        BundleSettings(**{"name": "team"} | fields)


def test_a_pulled_bundle_needs_a_key_or_a_word() -> None:
    one = BundleSettings(name="team", url="https://h/b")
    with pytest.raises(ValueError, match="verification_keys"):
        PolicySettings(bundles=(one,))
    assert PolicySettings(bundles=(one.model_copy(update={"unsigned": True}),))


def test_the_shipped_pack_makes_a_bundle_that_joins_nothing(tmp_path: Path) -> None:
    files = bundle_files(SHIPPED, load_pack(SHIPPED))
    manifest = json.loads(files[".manifest"])
    assert manifest["revision"] == load_pack(SHIPPED).revision
    assert load_bundle(write_archive(files), source="b", keys={}).revision == manifest["revision"]
