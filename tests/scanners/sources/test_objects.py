"""Object stores: what is read is one state of each object, whole, or an error that says why."""

from __future__ import annotations

import dataclasses
import hashlib
import os
import shutil
import ssl
import subprocess
from pathlib import Path

import pytest

from scanners.errors import LimitReached, TargetMissing, UnreadableInput, YumenError
from scanners.sources import objects
from scanners.sources.interface import SourceChanged, SourceFailed, SourceForbidden

pytestmark = pytest.mark.service
WEIGHTS = os.urandom(3_000_000)
FIXTURES = {"s3": "s3", "gs": "gcs", "oss": "oss"}
"""The store of each scheme."""


@pytest.fixture(autouse=True)
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(objects, "PIECE", 1 << 20)


@pytest.mark.parametrize("kind", FIXTURES)
def test_a_folder_and_a_single_object(kind, request, bring):
    store = request.getfixturevalue(FIXTURES[kind])
    for name, content in (("config.json", b"{}"), ("sub/weights.bin", WEIGHTS)):
        store.put(f"models/chat/{name}", content)
    store.put("models/chatter", b"another model")
    staged, files = bring(f"{kind}://models/chat", store.access)
    assert files == {"config.json": b"{}", "sub/weights.bin": WEIGHTS}
    assert (staged.name, staged.pinned) == ("chat", f"{kind}://models/chat")
    versions = {file.name: (file.version, file.sha256) for file in staged.files}
    assert versions["sub/weights.bin"][1] == hashlib.sha256(WEIGHTS).hexdigest()
    assert all(version for version, _ in versions.values())
    store.put("models/one.gguf", b"GGUF")
    store.put("models/one.gguf.sig", b"{}")
    single, files = bring(f"{kind}://models/one.gguf", store.access)
    assert files == {"one.gguf": b"GGUF", "one.gguf.sig": b"{}"}
    assert single.name == "one.gguf"
    assert single.pinned.startswith(f"{kind}://models/one.gguf?")


def test_the_same_bytes_have_the_same_digest_and_others_another(s3, bring):
    s3.put("models/same/a", b"1")
    first = bring("s3://models/same", s3.access)[0].digest
    assert bring("s3://models/same/", s3.access)[0].digest == first
    s3.put("models/same/a", b"2")
    assert bring("s3://models/same", s3.access)[0].digest != first


def test_a_generation_of_gcs_can_be_named_and_one_that_is_gone_is_missing(gcs, bring):
    gcs.put("models/g.bin", b"x")
    staged, _ = bring("gs://models/g.bin", gcs.access)
    assert bring(staged.pinned, gcs.access)[1] == {"g.bin": b"x"}
    with pytest.raises(YumenError):
        bring("gs://models/g.bin?generation=1", gcs.access)


def test_a_version_of_s3_can_be_named_and_one_that_is_gone_is_missing(s3, bring):
    versions = []
    for content in (b"first", b"second"):
        s3.put("kept/v.bin", content)
        versions.append(s3.version_of("kept/v.bin"))
    staged, files = bring("s3://kept/v.bin", s3.access)
    assert files == {"v.bin": b"second"}
    for version, content in zip(versions, (b"first", b"second"), strict=True):
        staged, files = bring(f"s3://kept/v.bin?versionId={version}", s3.access)
        assert (files, staged.pinned) == ({"v.bin": content}, f"s3://kept/v.bin?versionId={version}")
        assert staged.files[0].version == version
    with pytest.raises(YumenError):
        bring("s3://kept/v.bin?versionId=01JGONE00000000000000000000", s3.access)


@pytest.mark.parametrize("scheme", FIXTURES)
def test_nothing_there(scheme, request, bring):
    store = request.getfixturevalue(FIXTURES[scheme])
    with pytest.raises(TargetMissing):
        bring(f"{scheme}://models/no/such", store.access)


@pytest.mark.parametrize("region", ["", "oss-local"], ids=["version 1", "version 4"])
def test_oss_takes_either_signature_and_short_lived_keys(oss, bring, region):
    oss.put("models/signed/a +&=?é", b"1")
    access = dataclasses.replace(oss.access, region=region)
    assert bring("oss://models/signed", access)[1] == {"a +&=?é": b"1"}
    secrets = dict(oss.access.secrets)
    for wrong in (
        {},
        {**secrets, "secret": "wrong"},
        {**secrets, "key": "nobody"},
        {**secrets, "token": "expired"},
        {"key": secrets["key"], "secret": secrets["secret"]},
    ):
        with pytest.raises(SourceForbidden) as refused:
            bring("oss://models/signed", dataclasses.replace(access, secrets=wrong))
        assert "wrong" not in refused.value.diagnostics()


def test_a_version_of_oss_can_be_named_and_one_that_is_gone_is_missing(oss, bring):
    versions = []
    for content in (b"first", b"second"):
        oss.put("models/v.bin", content)
        versions.append(oss.version_of("models/v.bin"))
    assert bring("oss://models/v.bin", oss.access)[1] == {"v.bin": b"second"}
    for version, content in zip(versions, (b"first", b"second"), strict=True):
        staged, files = bring(f"oss://models/v.bin?versionId={version}", oss.access)
        assert (files, staged.pinned) == ({"v.bin": content}, f"oss://models/v.bin?versionId={version}")
    with pytest.raises(TargetMissing):
        bring("oss://models/v.bin?versionId=CAEQgone", oss.access)


def test_wrong_missing_and_expired_credentials(s3, bring):
    s3.put("closed/m/a", b"1")
    for secrets in ({}, {"key": "yumen", "secret": "wrong"}, {"key": "nobody", "secret": "x"}):
        with pytest.raises(SourceForbidden) as refused:
            bring("s3://closed/m", dataclasses.replace(s3.access, secrets=secrets))
        assert "wrong" not in refused.value.diagnostics()


@pytest.mark.parametrize("scheme", ["s3", "oss"])
def test_more_than_may_be_brought(scheme, request, bring):
    store = request.getfixturevalue(FIXTURES[scheme])
    for number in range(4):
        store.put(f"models/many/{number}", b"x" * 1000)
    with pytest.raises(LimitReached, match="more than 3 objects"):
        bring(f"{scheme}://models/many", store.access, max_files=3)
    with pytest.raises(LimitReached, match="4,000 bytes"):
        bring(f"{scheme}://models/many", store.access, max_bytes=3999)


@pytest.mark.parametrize("scheme", ["s3", "oss"])
def test_a_store_that_breaks_off_is_asked_for_the_rest(scheme, spoiled, bring):
    store, spoiler = spoiled(scheme)
    store.put("models/broken/w", WEIGHTS)
    broken = []

    def once(answer):
        if answer.is_content and len(broken) < 2:
            broken.append(answer.asked)
            answer.body = answer.body[: len(answer.body) // 2]

    spoiler.spoil = once
    _, files = bring(f"{scheme}://models/broken", dataclasses.replace(store.access, endpoint=spoiler.endpoint))
    assert files == {"w": WEIGHTS}
    assert broken


@pytest.mark.parametrize("scheme", ["s3", "oss"])
def test_an_object_replaced_while_it_is_read_is_never_a_mixture(scheme, spoiled, bring):
    store, spoiler = spoiled(scheme)
    store.put("models/moving/w", WEIGHTS)
    pieces = []

    def replace(answer):
        if answer.is_content:
            pieces.append(answer)
            if len(pieces) == 1:
                store.put("models/moving/w", os.urandom(len(WEIGHTS)))

    spoiler.spoil = replace
    with pytest.raises(SourceChanged):
        bring(f"{scheme}://models/moving", dataclasses.replace(store.access, endpoint=spoiler.endpoint))


def stall(answer):
    answer.hold = answer.is_content


def lie_longer(answer):
    if answer.is_content:
        answer.body += b"more"
        answer.headers["Content-Length"] = str(len(answer.body))


def lie_shorter(answer):
    if answer.is_content:
        answer.body = answer.body[:-1]
        answer.headers["Content-Length"] = str(len(answer.body))


def empty(answer):
    if answer.is_content:
        answer.body = b""
        answer.headers["Content-Length"] = "0"


def no_xml(answer):
    if answer.method == "GET" and not answer.is_content:
        answer.body = b"<html>proxy login</html>"
        answer.headers["Content-Length"] = str(len(answer.body))


@pytest.mark.parametrize("scheme", ["s3", "oss"])
@pytest.mark.parametrize("spoil", [stall, lie_longer, lie_shorter, empty, no_xml])
def test_a_store_that_lies_or_stalls(spoil, scheme, spoiled, bring):
    store, spoiler = spoiled(scheme)
    store.put("models/lies/w", b"0123456789")
    spoiler.spoil = spoil
    access = dataclasses.replace(store.access, endpoint=spoiler.endpoint, seconds=0.5)
    with pytest.raises((SourceFailed, TargetMissing)):
        bring(f"{scheme}://models/lies", access)


NAMES = ["../up", "a/../../b", "a//b", "..", "a\\b", "rtl\u202egnp", "line\nbreak", "/absolute"]


@pytest.mark.parametrize("name", NAMES)
def test_keys_that_would_leave_the_folder_or_deceive(name, s3, spoiler, bring):
    s3.put("models/names/PLACE", b"x")

    def rename(answer):
        if answer.method == "GET" and not answer.is_content:
            shown = name.replace("\n", "&#10;").encode()
            answer.body = answer.body.replace(b"names/PLACE", b"names/" + shown)
            answer.headers["Content-Length"] = str(len(answer.body))

    spoiler.spoil = rename
    with pytest.raises((UnreadableInput, TargetMissing)):
        bring("s3://models/names", dataclasses.replace(s3.access, endpoint=spoiler.endpoint))


def test_a_store_with_tls_of_an_own_authority(s3, spoiler, bring, tmp_path):
    """Without the authority's certificate nothing is read."""
    assert shutil.which("openssl")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout",
         tmp_path / "key", "-out", tmp_path / "ca", "-days", "2", "-subj", "/CN=127.0.0.1", "-addext",
         "subjectAltName=IP:127.0.0.1"],
        check=True, capture_output=True,
    )  # fmt: skip
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "ca", tmp_path / "key")
    spoiler.server.socket = context.wrap_socket(spoiler.server.socket, server_side=True)
    s3.put("models/tls/w", b"0123456789")
    access = dataclasses.replace(s3.access, endpoint=spoiler.endpoint.replace("http:", "https:"), seconds=2.0)
    with pytest.raises(SourceFailed):
        bring("s3://models/tls", access)
    assert bring("s3://models/tls", dataclasses.replace(access, ca_file=Path(tmp_path / "ca")))[1] == {
        "w": b"0123456789"
    }
