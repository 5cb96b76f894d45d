"""Writing a data set anew: first what its columns are, then cell by cell. What the worker runs for `dataset_redact`."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from scanners.datasets.reading import rewrite
from scanners.datasets.redaction.editing import RedactingEditor
from scanners.datasets.redaction.ledger import Ledger
from scanners.datasets.redaction.plan import Plan, Secrets
from scanners.datasets.scan import profile_file
from scanners.errors import UnreadableInput
from scanners.findings import Skipped

CHANGES = "changes.jsonl"


def result_name(path: Path) -> str:
    """What the file is called in the folder in which it is made."""
    return f"result{path.suffix.lower()}"


@dataclass(frozen=True, slots=True)
class RedactedColumn:
    """What was taken out of one column."""

    table: str
    name: str
    types: Mapping[str, int]
    """Entity type -> how many."""


@dataclass(frozen=True, slots=True)
class Redacted:
    """What was done. The file and the list of changes lie in the folder."""

    subject: str
    """SHA-256 of the original, as read: 'sha256:<hex>'."""
    rows: int
    types: Mapping[str, int]
    columns: tuple[RedactedColumn, ...] = ()
    skipped: tuple[Skipped, ...] = ()


def redact_file(source: Path, folder: Path, plan: Plan, secrets: Secrets) -> Redacted:
    """Write `source` without its personal data to `folder`, in its own format, with a list of the changes.

    A column whose cells are mostly of one type loses all of them, also those in which nothing was recognised.
    Raises UnreadableInput when it cannot be read, or changes while it is read.
    """
    before = _digest(source)
    found = profile_file(source, _threshold(plan), plan.encoding)
    known = {(column.table, column.name): column.type for column in found.columns if column.type is not None}
    named = {column.name for column in found.columns}
    if missing := plan.columns.keys() - named:
        raise UnreadableInput(
            f"{source.name} has no column {sorted(missing)[0]!r}", remedy=f"it has {', '.join(sorted(named)[:50])}"
        )
    with (folder / CHANGES).open("wb") as file:
        ledger = Ledger(file)
        editor = RedactingEditor(plan, secrets.keys(), known, ledger)
        rewrite(source, plan.encoding, folder / result_name(source), editor)
    if _digest(source) != before:
        raise UnreadableInput(
            f"{source.name} was changed while it was read", remedy="redact a copy that nobody writes to"
        )
    columns = tuple(RedactedColumn(*place, dict(types)) for place, types in ledger.columns.items())
    return Redacted(before, found.rows, dict(sorted(ledger.types.items())), columns, ledger.all_skipped())


def _threshold(plan: Plan) -> float:
    regime = plan.profile
    return regime.lowest_threshold if regime else plan.threshold


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return f"sha256:{hashlib.file_digest(file, 'sha256').hexdigest()}"
