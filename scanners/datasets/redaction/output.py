"""Where a redacted data set is put: a new file with its manifest beside it, both or neither, and nothing overwritten."""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

import orjson
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from scanners.datasets.redaction.plan import Plan
from scanners.datasets.redaction.redact import CHANGES, Redacted, result_name
from scanners.datasets.redaction.statement import Statement, public_key_of
from scanners.errors import TargetRefused

MANIFEST = ".manifest.jsonl"


@dataclass
class Output:
    """A folder beside `path`, in which a worker makes the file, until it is published under its name."""

    path: Path
    folder: Path

    @classmethod
    def at(cls, path: Path, source: Path) -> Output:
        """Raises TargetRefused if something is there, or it is called another kind of file than `source`."""
        for wanted in (path, manifest_of(path)):
            if wanted.is_symlink() or wanted.exists():
                raise TargetRefused(
                    f"{wanted.name!r} cannot be written: something is there", remedy="remove it or choose another name"
                )
        if path.suffix.lower() != source.suffix.lower():
            raise TargetRefused(
                f"{path.name!r} is not called what it would be",
                remedy=f"the format is kept: choose a name that ends in {source.suffix}",
            )
        folder = path.parent / f".{secrets.token_hex(8)}.redacting"
        try:
            folder.mkdir(mode=0o700)
        except OSError as error:
            raise TargetRefused("no file can be made there", detail=str(error)) from None
        return cls(path, folder)

    def __enter__(self) -> Output:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)

    def publish(self, done: Redacted, plan: Plan, signing: Ed25519PrivateKey) -> Statement:
        """Sign what was made and put it in its place. Raises TargetRefused if something came there meanwhile."""
        made, changes = self.folder / result_name(self.path), self.folder / CHANGES
        regime = plan.profile
        statement = Statement(
            subject=done.subject,
            result=_digest(made),
            changes=_digest(changes),
            counts=done.types,
            profile=f"{plan.regime} {regime.version}" if regime else "",
            complete=not done.skipped,
            public_key=public_key_of(signing),
        ).signed(signing)
        with changes.open("ab") as file:
            file.write(orjson.dumps(statement.model_dump()) + b"\n")
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(changes, manifest_of(self.path))  # unlike a rename, this replaces nothing
            try:
                os.link(made, self.path)
            except OSError:
                manifest_of(self.path).unlink()
                raise
        except OSError as error:
            raise TargetRefused(f"{self.path.name!r} cannot be written", detail=str(error)) from None
        return statement


def manifest_of(path: Path) -> Path:
    """Where the manifest of a redacted file lies."""
    return path.with_name(path.name + MANIFEST)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return f"sha256:{hashlib.file_digest(file, 'sha256').hexdigest()}"
