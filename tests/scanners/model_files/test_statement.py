"""A statement is taken apart strictly: what could be read in two ways, or leaves bytes unprotected, is refused."""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Callable
from typing import Any

import pytest

from scanners.model_files.manifest import Manifest, PartName, Serialization
from scanners.model_files.statement import SignedManifest, read_statement, write_statement
from scanners.signatures.bundle import UnsupportedBundle
from scanners.signatures.dsse import IN_TOTO
from scanners.signatures.outcomes import SignatureRejected
from scanners.signatures.strict_json import MalformedDocument

ONE, TWO = "1" * 64, "2" * 64
FILES = SignedManifest(
    Manifest(Serialization(), {PartName("a"): ONE, PartName("b/c"): TWO}), False, ("notes",), "model"
)
SHARDS = SignedManifest(
    Manifest(Serialization("shards", "sha256", 10), {PartName("a", 0, 10): ONE, PartName("a", 10, 15): TWO}),
    False,
    (),
    "model",
)


def _document(signed: SignedManifest = FILES) -> Any:
    return json.loads(write_statement(signed))


def _read(document: Any) -> SignedManifest:
    """`document` as a statement whose subject is made to fit, so that only the change under test is wrong."""
    keep = document.pop("keep", False)
    with contextlib.suppress(AttributeError, IndexError, KeyError, TypeError, ValueError):
        joined = "".join(resource["digest"] for resource in document["predicate"]["resources"])
        if not keep:
            document["subject"][0]["digest"]["sha256"] = hashlib.sha256(bytes.fromhex(joined)).hexdigest()
    return read_statement(IN_TOTO, json.dumps(document).encode())


@pytest.mark.parametrize("signed", [FILES, SHARDS], ids=["files", "shards"])
def test_what_is_written_is_read(signed: SignedManifest) -> None:
    found = read_statement(IN_TOTO, write_statement(signed))
    assert found.manifest == signed.manifest
    assert found.model_name == "model"
    assert set(signed.ignored) <= set(found.ignored)


def _names(*names: str) -> Callable[[Any], None]:
    def change(document: Any) -> None:
        document["predicate"]["resources"] = [{"name": name, "algorithm": "sha256", "digest": ONE} for name in names]

    return change


def _set(path: str, value: Any) -> Callable[[Any], None]:
    def change(document: Any) -> None:
        *way, last = path.split("/")
        for step in way:
            document = document[int(step) if step.isdigit() else step]
        document[last] = value

    return change


MALFORMED: dict[str, Callable[[Any], None]] = {
    "climbs out": _names("../../etc/passwd"),
    "climbs out in the middle": _names("a/../../b"),
    "absolute": _names("/etc/passwd"),
    "not normalized": _names("a//b"),
    "dot step": _names("./a"),
    "folder": _names("a/"),
    "NUL": _names("a\0b"),
    "half a surrogate": _names("a\ud800"),
    "twice": _names("a", "a"),
    "the same once normalized": _names("caf\u00e9", "cafe\u0301"),
    "itself among others": _names(".", "a"),
    "empty name": _names(""),
    "no name": _set("predicate/resources/0/name", None),
    "name is a number": _set("predicate/resources/0/name", 7),
    "short digest": _set("predicate/resources/0/digest", "11"),
    "upper-case digest": _set("predicate/resources/0/digest", "A" * 64),
    "no digest": _set("predicate/resources/0/digest", None),
    "another algorithm": _set("predicate/resources/0/algorithm", "blake3"),
    "resource is text": _set("predicate/resources", ["a"]),
    "resources is an object": _set("predicate/resources", {}),
    "no subject": _set("subject", []),
    "two subjects": _set("subject", [{"name": "a", "digest": {"sha256": ONE}}] * 2),
    "subject is text": _set("subject", "model"),
    "predicate is a list": _set("predicate", []),
    "ignores a number": _set("predicate/serialization/ignore_paths", [1]),
    "ignores text": _set("predicate/serialization/ignore_paths", "a"),
    "no type": _set("_type", ""),
}


@pytest.mark.parametrize("change", MALFORMED.values(), ids=MALFORMED)
def test_malformed_statements_are_refused(change: Callable[[Any], None]) -> None:
    document = _document()
    change(document)
    with pytest.raises(MalformedDocument):
        _read(document)


def _shards(*names: str, size: Any = 10) -> Callable[[Any], None]:
    def change(document: Any) -> None:
        _names(*names)(document)
        document["predicate"]["serialization"]["shard_size"] = size

    return change


MALFORMED_SHARDS: dict[str, Callable[[Any], None]] = {
    "a gap": _shards("a:0:10", "a:20:30"),
    "late start": _shards("a:10:20"),
    "overlap": _shards("a:0:10", "a:5:15"),
    "short in the middle": _shards("a:0:5", "a:5:10"),
    "too long": _shards("a:0:20"),
    "empty shard": _shards("a:0:0"),
    "backwards": _shards("a:10:0"),
    "no range": _shards("a"),
    "signed numbers": _shards("a:-1:9"),
    "leading zero": _shards("a:00:10"),
    "other digits": _shards("a:0:\u0661\u0660"),
    "no size": _shards("a:0:10", size=None),
    "zero size": _shards("a:0:10", size=0),
    "fractional size": _shards("a:0:10", size=10.5),
    "boolean size": _shards("a:0:1", size=True),
    "huge size": _shards("a:0:10", size=1e300),
}


@pytest.mark.parametrize("change", MALFORMED_SHARDS.values(), ids=MALFORMED_SHARDS)
def test_shards_that_do_not_cover_a_file_are_refused(change: Callable[[Any], None]) -> None:
    document = _document(SHARDS)
    change(document)
    with pytest.raises(MalformedDocument):
        _read(document)


@pytest.mark.parametrize("size", [10, 10.0])
def test_a_shard_size_that_went_through_protobuf_is_accepted(size: float) -> None:
    document = _document(SHARDS)
    _set("predicate/serialization/shard_size", size)(document)
    assert _read(document).manifest == SHARDS.manifest


def test_a_name_with_colons_can_be_sharded() -> None:
    document = _document(SHARDS)
    _shards("a:0:10:0:10", "a:0:10:10:12")(document)
    assert _read(document).manifest.files == {"a:0:10"}


@pytest.mark.parametrize(
    "change",
    [
        _set("_type", "https://in-toto.io/Statement/v2"),
        _set("predicateType", "https://slsa.dev/provenance/v1"),
        _set("predicateType", "https://model_signing/Digests/v0.1"),
        _set("predicate/serialization/method", "blocks"),
        _set("predicate/serialization/hash_type", "md5"),
    ],
)
def test_what_is_of_another_kind_is_unsupported_and_not_bad(change: Callable[[Any], None]) -> None:
    document = _document()
    change(document)
    with pytest.raises(UnsupportedBundle):
        _read(document)


def test_a_statement_about_nothing_vouches_for_nothing() -> None:
    document = _document()
    document["predicate"]["resources"] = []
    with pytest.raises(SignatureRejected) as rejected:
        _read(document)
    assert rejected.value.reason == "empty"


def test_the_subject_must_be_that_of_the_list() -> None:
    document = _document() | {"keep": True}
    document["subject"][0]["digest"]["sha256"] = ONE
    with pytest.raises(MalformedDocument, match="subject"):
        _read(document)


@pytest.mark.parametrize(
    ("listed", "left_out"),
    [
        (["./notes/"], ("notes",)),
        (["/tmp/notes", "../notes", ".", "", "a/../b"], ()),
        (None, ()),
    ],
)
def test_what_is_left_out_stays_inside_the_model(listed: list[str] | None, left_out: tuple[str, ...]) -> None:
    document = _document()
    _set("predicate/serialization/ignore_paths", listed)(document)
    assert _read(document).ignored == left_out


def test_unknown_fields_are_ignored() -> None:
    document = _document()
    document["predicate"]["resources"][0]["annotations"] = {"x": 1}
    document["predicate"]["more"] = True
    assert _read(document).manifest == FILES.manifest
