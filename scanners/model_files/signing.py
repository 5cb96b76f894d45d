"""The statement that a signer of a model signs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from scanners.errors import UnreadableInput
from scanners.findings import Coverage, Report, Skipped, Subject
from scanners.model_files.digests import Algorithm, Progress
from scanners.model_files.inventory import take_inventory
from scanners.model_files.manifest import DEFAULT_SHARD, Method, Serialization, build_manifest
from scanners.model_files.statement import SignedManifest, left_out, write_statement


@dataclass(frozen=True, slots=True)
class StatedModel:
    """The in-toto statement for a model (JSON), and what it speaks of."""

    statement: str
    report: Report
    serialization: Serialization


def state_model(
    target: Path,
    method: Method = "files",
    algorithm: Algorithm = "sha256",
    shard_size: int | None = None,
    signature_name: str | None = None,
    progress: Progress | None = None,
) -> StatedModel:
    """The model-signing statement for every file of the model at `target` but `signature_name`.

    The format leaves out what belongs to git; the report says so under coverage. Nothing else is left out silently.

    Raises UnreadableInput when something lies in the folder that cannot be signed (a link, a device); TargetRefused,
    TargetMissing, LimitReached.
    """
    size = (shard_size or DEFAULT_SHARD) if method == "shards" else None
    serialization = Serialization(method, algorithm, size)
    inventory = take_inventory(target)
    ignored = (signature_name,) if signature_name is not None else ()
    present = [file for file in inventory.files if inventory.single or file.name not in ignored]
    files = [file for file in present if inventory.single or not left_out(file.name)]
    others = [other.what for other in inventory.others]
    if size is not None:
        others += [file.name for file in files if not file.size]
    if others:
        raise UnreadableInput(
            f"{others[0]!r} cannot be covered by the signature"
            + (f", nor {len(others) - 1} more" if others[1:] else ""),
            remedy="remove links, devices and files with several hard links; empty files need the method 'files'",
        )
    manifest = build_manifest(files, serialization, progress)
    if not manifest.entries:
        raise UnreadableInput("there is no file to sign", remedy="an empty folder is not a model; check the path")
    signed = SignedManifest(manifest, follows_links=False, ignored=ignored, model_name=inventory.root.name)
    report = Report(
        subject=Subject("model", manifest.digest(single=inventory.single), inventory.root.name),
        findings=(),
        coverage=Coverage(
            examined={"files": len(files), "bytes": sum(file.size for file in files)},
            skipped=tuple(
                Skipped(file.name, "the signing format leaves out what belongs to git: it is not protected")
                for file in present
                if not inventory.single and left_out(file.name)
            ),
        ),
    )
    return StatedModel(write_statement(signed).decode(), report, serialization)
