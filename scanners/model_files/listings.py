"""Lists of digests that nobody signed: SHA256SUMS and its like, a safetensors index, what the Hugging Face client keeps.

They tell a damaged or mixed-up model from a whole one. Whoever can change the model can change a list that lies beside it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

from scanners.errors import UnreadableInput
from scanners.files import RegularFile
from scanners.findings import Coverage, Finding, Location, Report, Skipped, Subject
from scanners.model_files.digests import Algorithm, Progress
from scanners.model_files.inventory import Inventory, take_inventory
from scanners.model_files.manifest import Manifest, PartName, Serialization, build_manifest, differences
from scanners.model_files.reading import SteadyFile
from scanners.model_files.trust import read_small
from scanners.model_files.weights.opening import read_index
from scanners.model_files.weights.safetensors_files import read_safetensors
from scanners.model_files.weights.tensors import Tensor

MAX_LIST = 64 << 20
HUB_FOLDER = ".cache/huggingface/download/"
"""Where the Hugging Face client keeps one '<file>.metadata' for each file it fetched into a folder."""

_GNU = re.compile(r"\\?(?P<hex>[0-9a-fA-F]{32,128}) [ *](?P<name>.+)")
_TAGGED = re.compile(r"(?P<kind>SHA256|BLAKE2b|BLAKE3) \((?P<name>.+)\) = (?P<hex>[0-9a-fA-F]{32,128})")
_KINDS: Mapping[str, Algorithm] = {"SHA256": "sha256", "BLAKE2b": "blake2b", "BLAKE3": "blake3"}


def check_listing(target: Path, listing: Path, progress: Progress | None = None) -> Report:
    """Compare the model at `target` with the list at `listing`, whose kind is told by its name and content.

    `listing` is a list as sha256sum, b2sum or b3sum write it, a '*.index.json' of safetensors shards, or the folder
    '.cache/huggingface' of a download. Raises UnreadableInput, TargetRefused, TargetMissing, LimitReached.
    """
    inventory = take_inventory(target)
    own = listing.resolve()
    files = [file for file in inventory.files if file.path != own and not file.name.startswith(HUB_FOLDER)]
    if listing.is_dir():
        findings, skipped = _hub_findings(inventory, files, progress)
    elif listing.name.endswith(".index.json"):
        findings, skipped = _index_findings(files, own)
    else:
        findings, skipped = _digest_findings(files, own, progress)
    if own.is_relative_to(inventory.root):
        skipped.append(Skipped("who made the list", "it lies inside the model and is not signed"))
    actual = build_manifest(inventory.files, Serialization(), progress)
    return Report(
        subject=Subject("model", actual.digest(single=inventory.single), inventory.root.name),
        findings=tuple(findings),
        coverage=Coverage(
            {"files": len(files), "bytes": sum(file.size for file in files)}, (*inventory.others, *skipped)
        ),
    )


def read_checksums(name: str, text: str) -> tuple[Algorithm, dict[str, str]]:
    """The digests (lower-case hex) by file name in a list, and their algorithm. Raises UnreadableInput."""
    digests: dict[str, str] = {}
    kinds: set[Algorithm] = set()
    for line in text.splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        found = _TAGGED.fullmatch(line) or _GNU.fullmatch(line)
        if found is None:
            raise UnreadableInput(f"{name!r} holds a line that is no digest with a file name")
        kinds.add(_KINDS[found["kind"]] if "kind" in found.re.groupindex else _by_length(name, found["hex"]))
        file = _unescaped(found["name"]) if line.startswith("\\") else found["name"]
        file = file.removeprefix("./")
        if digests.setdefault(file, found["hex"].lower()) != found["hex"].lower():
            raise UnreadableInput(f"{name!r} lists {file[:200]!r} with two digests")
    if len(kinds) != 1:
        raise UnreadableInput(f"{name!r} is empty, or mixes digests of several kinds")
    return kinds.pop(), digests


def _by_length(name: str, digest: str) -> Algorithm:
    """BLAKE3 and SHA-256 look alike; a list of BLAKE3 digests has it in its name (b3sum, *.b3)."""
    if len(digest) == 64:
        return "blake3" if re.search(r"b3|blake3", name, re.IGNORECASE) else "sha256"
    if len(digest) == 128 and re.search(r"b2|blake2", name, re.IGNORECASE):
        return "blake2b"
    raise UnreadableInput(
        f"{name!r} holds digests of a kind that is not checked here", remedy="give SHA-256, BLAKE2b or BLAKE3 digests"
    )


def _unescaped(name: str) -> str:
    return re.sub(r"\\([\\nr])", lambda found: {"\\": "\\", "n": "\n", "r": "\r"}[found[1]], name)


def _digest_findings(
    files: Sequence[RegularFile], listing: Path, progress: Progress | None
) -> tuple[list[Finding], list[Skipped]]:
    try:
        text = read_small(listing, MAX_LIST).decode()
    except UnicodeDecodeError:
        raise UnreadableInput(f"{listing.name!r} is not text") from None
    algorithm, digests = read_checksums(listing.name, text)
    serialization = Serialization("files", algorithm)
    expected = Manifest(serialization, {PartName(name): digest for name, digest in digests.items()})
    listed = [file for file in files if file.name in digests]
    actual = build_manifest(listed, serialization, progress)
    return list(differences(expected, actual)), _unlisted(files, digests)


def _unlisted(files: Sequence[RegularFile], listed: Mapping[str, object]) -> list[Skipped]:
    return [Skipped(file.name, "the list does not name this file") for file in files if file.name not in listed]


def _index_findings(files: Sequence[RegularFile], index: Path) -> tuple[list[Finding], list[Skipped]]:
    """Whether every tensor lies in the shard that the index names, and nothing else does. An index has no digests."""
    weight_map, total = read_index(index)
    present = {file.name: file for file in files}
    findings: list[Finding] = []
    found: dict[str, str] = {}
    size = 0
    with ExitStack() as stack:
        for shard in sorted(set(weight_map.values())):
            if (file := present.get(shard)) is None:
                findings.append(_finding("missing", shard, "the index names this shard", "it is not there"))
                continue
            steady = stack.enter_context(SteadyFile.opened(file.path, file.name))
            for tensor in _tensors(file.path, steady):
                found[tensor.name] = shard
                size += tensor.bytes
    for name in sorted(weight_map.keys() | found.keys()):
        wanted, actual = weight_map.get(name), found.get(name)
        if wanted != actual and not (actual is None and wanted not in present):
            findings.append(_finding("changed", name, f"in {wanted or 'no shard'}", f"in {actual or 'no shard'}"))
    if total is not None and not findings and total != size:
        findings.append(_finding("changed", index.name, f"{total} bytes of tensors", f"{size} bytes"))
    skipped = [Skipped("the values of the tensors", "an index names no digests: it says only what lies where")]
    return findings, skipped


def _tensors(path: Path, file: SteadyFile) -> Iterator[Tensor]:
    if path.suffix == ".safetensors":
        yield from read_safetensors(path, file)
    else:
        raise UnreadableInput(f"{path.name!r} is no safetensors file", remedy="an index of other shards is not checked")


def _hub_findings(
    inventory: Inventory, files: Sequence[RegularFile], progress: Progress | None
) -> tuple[list[Finding], list[Skipped]]:
    etags = {
        file.name.removeprefix(HUB_FOLDER).removesuffix(".metadata"): _etag(file.path)
        for file in inventory.files
        if file.name.startswith(HUB_FOLDER) and file.name.endswith(".metadata")
    }
    if not etags:
        raise UnreadableInput(f"there is no metadata of a download below {HUB_FOLDER!r}")
    large = {name: etag for name, etag in etags.items() if len(etag) == 64}
    present = {file.name: file for file in files}
    manifest = build_manifest([present[name] for name in large if name in present], Serialization(), progress)
    actual = {part.file: digest for part, digest in manifest.entries.items()}
    actual |= {name: _git_blob(present[name]) for name, etag in etags.items() if len(etag) == 40 and name in present}
    findings = []
    for name, etag in sorted(etags.items()):
        if name not in present:
            findings.append(_finding("missing", name, etag, "nothing"))
        elif actual.get(name) != etag:
            findings.append(_finding("changed", name, etag, actual.get(name, "nothing")))
    return findings, _unlisted(files, etags)


def _etag(path: Path) -> str:
    """The second line: SHA-256 of a large file, or git's blob id of a small one."""
    lines = read_small(path, 1 << 16).decode("utf-8", "replace").splitlines()
    etag = lines[1].strip() if len(lines) > 1 else ""
    if re.fullmatch(r"[0-9a-f]{64}|[0-9a-f]{40}", etag) is None:
        raise UnreadableInput(f"{path.name!r} names no digest")
    return etag


def _git_blob(file: RegularFile) -> str:
    content = read_small(file.path, MAX_LIST)
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()


def _finding(kind: str, name: str, expected: str, found: str) -> Finding:
    return Finding(
        rule=f"model.digest.{kind}",
        severity="high" if kind == "missing" else "critical",
        title=f"{name} is not what the list says" if kind == "changed" else f"{name} was expected and is not there",
        location=Location(path=name),
        evidence=f"expected {expected}, found {found}",
        remediation="Fetch the model again, completely, and check it again.",
    )
