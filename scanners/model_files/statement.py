"""The OpenSSF model-signing statement 1.0: the signed manifest of a model, read strictly, and written.

https://github.com/ossf/model-signing-spec/blob/main/spec/v1.0.md
"""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from scanners.model_files.digests import DIGEST_BYTES
from scanners.model_files.inventory import MAX_FILES
from scanners.model_files.manifest import Manifest, Method, PartName, Serialization
from scanners.signatures.bundle import UnsupportedBundle, mapping, text
from scanners.signatures.dsse import IN_TOTO
from scanners.signatures.outcomes import SignatureRejected
from scanners.signatures.strict_json import MalformedDocument, parse

STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
PREDICATE_TYPE = "https://model_signing/signature/v1.0"
ALWAYS_IGNORED = (".git", ".gitattributes", ".github", ".gitignore")
"""What every signer leaves out (§6.2): somebody can change it without breaking the signature."""

ITSELF = "."
"""How the model-signing package names the one file of a model that is a file; the specification uses its name."""

_SHARD = re.compile(r"(?P<file>.+):(?P<start>0|[1-9]\d{0,18}):(?P<end>[1-9]\d{0,18})", re.DOTALL)


@dataclass(frozen=True, slots=True)
class SignedManifest:
    """What a statement says of a model. It holds only as far as the signature over it does."""

    manifest: Manifest
    follows_links: bool
    """The signer hashed what symbolic links lead to."""
    ignored: tuple[str, ...]
    """Paths that the signer left out, with everything below them."""
    model_name: str

    def ignores(self, name: str) -> bool:
        """Whether the file `name` lies in what the signer left out."""
        return left_out(name, (*ALWAYS_IGNORED, *self.ignored))


def left_out(name: str, paths: Sequence[str] = ALWAYS_IGNORED) -> bool:
    """Whether the file `name` is one of `paths`, counted from the top of the model, or lies below one (§6.2.1)."""
    return any(name == path or name.startswith(f"{path}/") for path in paths)


def read_statement(payload_type: str, payload: bytes) -> SignedManifest:
    """The manifest in the payload of an envelope.

    Raises MalformedDocument; UnsupportedBundle for another predicate, method or algorithm; SignatureRejected ('empty')
    for a statement that lists no file, which vouches for nothing.
    """
    if payload_type != IN_TOTO:
        raise UnsupportedBundle(f"the payload is of the type {payload_type[:100]!r} and not an in-toto statement")
    statement = parse(payload)
    if text(statement, "_type") != STATEMENT_TYPE:
        raise UnsupportedBundle(f"the statement is not an in-toto statement of version 1 ({STATEMENT_TYPE})")
    predicate_type = text(statement, "predicateType")
    if predicate_type != PREDICATE_TYPE:
        raise UnsupportedBundle(f"the predicate {predicate_type[:200]!r} is not {PREDICATE_TYPE}")
    predicate = mapping(statement, "predicate")
    settings = mapping(predicate, "serialization")
    serialization = _serialization(settings)
    resources = predicate.get("resources")
    if not isinstance(resources, list) or len(resources) > MAX_FILES:
        raise MalformedDocument(f"'resources' is not a list of at most {MAX_FILES} parts")
    if not resources:
        raise SignatureRejected("empty", "the statement lists no file: it vouches for nothing")
    entries = _entries(resources, serialization)
    name, digest = _subject(statement)
    if digest != hashlib.sha256(bytes.fromhex("".join(entries.values()))).hexdigest():
        raise MalformedDocument("the subject's digest is not that of the listed parts")
    return SignedManifest(
        manifest=Manifest(serialization, entries),
        follows_links=settings.get("allow_symlinks") is True,
        ignored=_ignored(settings),
        model_name=name,
    )


def write_statement(signed: SignedManifest) -> bytes:
    """The in-toto statement for `signed`, in the one order of bytes that this function always gives."""
    entries = sorted((str(part), digest) for part, digest in signed.manifest.entries.items())
    serialization = signed.manifest.serialization
    settings: dict[str, Any] = {"method": serialization.method, "hash_type": serialization.algorithm}
    if serialization.shard_size is not None:
        settings["shard_size"] = serialization.shard_size
    settings["allow_symlinks"] = signed.follows_links
    settings["ignore_paths"] = sorted({*ALWAYS_IGNORED, *signed.ignored})
    root = hashlib.sha256(bytes.fromhex("".join(digest for _, digest in entries))).hexdigest()
    statement = {
        "_type": STATEMENT_TYPE,
        "subject": [{"name": signed.model_name, "digest": {"sha256": root}}],
        "predicateType": PREDICATE_TYPE,
        "predicate": {
            "serialization": settings,
            "resources": [
                {"name": name, "algorithm": serialization.algorithm, "digest": digest} for name, digest in entries
            ],
        },
    }
    return json.dumps(statement, ensure_ascii=False, separators=(",", ":")).encode()


def _serialization(settings: Mapping[str, Any]) -> Serialization:
    method, algorithm = text(settings, "method"), text(settings, "hash_type")
    if algorithm not in DIGEST_BYTES:
        raise UnsupportedBundle(f"the digest algorithm {algorithm[:50]!r} is not one of {', '.join(DIGEST_BYTES)}")
    if method == "files":
        return Serialization("files", algorithm)
    if method != "shards":
        raise UnsupportedBundle(f"the serialization method {method[:50]!r} is not 'files' or 'shards'")
    size = settings.get("shard_size")
    # Statements that went through a protobuf Struct carry every number as a float.
    whole = int(size) if isinstance(size, float) and size.is_integer() else size
    if not isinstance(whole, int) or isinstance(whole, bool) or not 0 < whole < 1 << 62:
        raise MalformedDocument("'shard_size' is not a positive whole number")
    return Serialization("shards", algorithm, whole)


def _entries(resources: Sequence[Any], serialization: Serialization) -> dict[PartName, str]:
    digits = 2 * DIGEST_BYTES[serialization.algorithm]
    hexadecimal = re.compile(rf"[0-9a-f]{{{digits}}}")
    # The model-signing package writes the cut into the algorithm of a shard; the specification does not (§6.3.2).
    algorithms = {serialization.algorithm, f"{serialization.algorithm}-sharded-{serialization.shard_size}"}
    entries: dict[PartName, str] = {}
    for resource in resources:
        name = text(resource, "name")
        if text(resource, "algorithm") not in algorithms:
            raise MalformedDocument(f"{name[:200]!r} has a digest of another algorithm than the statement names")
        if not hexadecimal.fullmatch(digest := text(resource, "digest")):
            raise MalformedDocument(f"the digest of {name[:200]!r} is not {digits} lower-case hex digits")
        part = _part(name, serialization.method)
        if part in entries:
            raise MalformedDocument(f"{name[:200]!r} is listed twice")
        entries[part] = digest
    names = {part.file for part in entries}
    if ITSELF in names and len(names) > 1:
        raise MalformedDocument("it lists the model itself among the model's files")
    _require_distinct(names)
    if serialization.shard_size is not None:
        _require_complete(entries, serialization.shard_size)
    return entries


def _part(name: str, method: Method) -> PartName:
    if method == "files":
        return PartName(_plain_name(name))
    found = _SHARD.fullmatch(name)
    if found is None:
        raise MalformedDocument(f"{name[:200]!r} does not name a shard as 'file:start:end'")
    return PartName(_plain_name(found["file"]), int(found["start"]), int(found["end"]))


def _plain_name(name: str) -> str:
    """`name` if it is a normalized relative path (§6.1.2). It is only compared with names found, never opened."""
    if name == ITSELF:
        return name
    if "\0" in name or any(step in ("", ".", "..") for step in name.split("/")):
        raise MalformedDocument(f"{name[:200]!r} is not a plain path inside the model")
    try:
        name.encode()
    except UnicodeEncodeError:
        raise MalformedDocument("a name in it holds half of a surrogate pair") from None
    return name


def _require_distinct(names: set[str]) -> None:
    """Names that a normalizing file system takes for one would let one file answer for both."""
    seen: dict[str, str] = {}
    for name in sorted(names):
        other = seen.setdefault(unicodedata.normalize("NFC", name), name)
        if other != name:
            raise MalformedDocument(f"{ascii(name)[:200]} and {ascii(other)[:200]} differ only in how they are encoded")


def _require_complete(entries: Mapping[PartName, str], shard_size: int) -> None:
    """The shards of each file must cover it from its first byte without a gap, or the gap is free to change."""
    reached: dict[str, int] = {}
    for part in sorted(entries):
        begin, end = reached.get(part.file, 0), part.end or 0
        if part.start != begin or begin % shard_size or not begin < end <= begin + shard_size:
            raise MalformedDocument(f"the shards of {part.file[:200]!r} do not follow each other by {shard_size} bytes")
        reached[part.file] = end


def _subject(statement: Any) -> tuple[str, str]:
    subjects = statement.get("subject")
    if not isinstance(subjects, list) or len(subjects) != 1:
        raise MalformedDocument("the statement must have exactly one subject")
    return text(subjects[0], "name"), text(mapping(subjects[0], "digest"), "sha256")


def _ignored(settings: Mapping[str, Any]) -> tuple[str, ...]:
    listed = settings.get("ignore_paths")
    if listed is None:
        return ()
    if not isinstance(listed, list) or len(listed) > 1000:
        raise MalformedDocument("'ignore_paths' is not a list of at most 1000 paths")
    return tuple(_relative(listed))


def _relative(listed: Sequence[Any]) -> Iterator[str]:
    for path in listed:
        if not isinstance(path, str):
            raise MalformedDocument("'ignore_paths' holds something else than text")
        steps = [step for step in path.split("/") if step not in ("", ".")]
        if steps and ".." not in steps and not path.startswith("/"):
            yield "/".join(steps)
        # A path outside the model, which some signers record, or the model itself, leaves nothing out here.
