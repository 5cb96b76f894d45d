"""Words and steps that the model tools share."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

import anyio.to_thread

from scanners.findings import Report
from scanners.model_files.encryption import Identity
from scanners.model_files.manifest import KnownDigest
from scanners.model_files.memory import DigestMemory
from tools.context import ToolContext
from tools.wording import many

TARGET = "Path of a model file or of a folder with the model's files; or a place in a configured store: s3://, gs://, oss:// or oci://"


def counted(report: Report) -> str:
    """'2 changed, 1 extra': the findings by the last word of their rule."""
    kinds = [finding.rule.rpartition(".")[2] for finding in report.findings]
    return ", ".join(f"{kinds.count(kind)} {kind}" for kind in dict.fromkeys(kinds))


def not_examined(report: Report) -> str:
    """What to append to a sentence when something was left out; empty if nothing was."""
    count = len(report.coverage.skipped)
    return f"; {count} {'thing was' if count == 1 else 'things were'} not examined" if count else ""


DECRYPTION_KEY = (
    "Name of a decryption key of the server: files encrypted to it with age (name.age) count with their content, under "
    "their name in clear. They are read in a stream; nothing is written in clear"
)


class DecryptionKeys(Protocol):
    """The operator's keys by name."""

    def identity(self, name: str) -> Identity:
        """Raises UnreadableInput for a name that there is not, KeyUnusable for a key that cannot be read."""
        ...


def unlocked(context: ToolContext, name: str | None) -> Identity | None:
    """The key of that name, which policy has let the caller name."""
    return None if name is None else context.service(DecryptionKeys).identity(name)  # type: ignore[type-abstract]


REUSE = "Do not read files again that look exactly as when they were last hashed (size, inode, times), where policy allows it"


async def recall(context: ToolContext, target: Path, *, wanted: bool) -> tuple[KnownDigest, ...]:
    """Digests that may be reused for `target`: none unless it is wanted and policy allows it."""
    if not wanted or await context.evaluate("data.yumen.checks.model.reuse", {"target": str(target)}) is not True:
        return ()
    return await anyio.to_thread.run_sync(_memory(context).recall, target)


async def remember(context: ToolContext, digests: tuple[KnownDigest, ...], *, wanted: bool) -> None:
    """Keep digests for next time, if the caller reuses any."""
    if wanted and digests:
        await anyio.to_thread.run_sync(_memory(context).remember, digests)


def reused(report: Report) -> str:
    """What to append to a sentence when digests were reused; empty if every file was read."""
    count = report.coverage.examined.get("digests_reused", 0)
    return f"; {many(count, 'unchanged file was', 'unchanged files were')} not read again" if count else ""


def _memory(context: ToolContext) -> DigestMemory:
    return DigestMemory(context.data_dir / "digests.sqlite")
