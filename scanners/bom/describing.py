"""The two ways into the records: a model on disk, and a bill of materials that somebody else wrote."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from scanners.bom.cyclonedx import read_cyclonedx
from scanners.bom.facts import Described, ModelFacts
from scanners.bom.reading import describe_model
from scanners.errors import UnreadableInput
from scanners.findings import Report
from scanners.model_files.digests import Progress
from scanners.model_files.trust import read_small
from scanners.signatures.strict_json import MalformedDocument, parse

MAX_BOM = 64 << 20


@dataclass(frozen=True, slots=True)
class DescribedModel:
    """A model on disk with all that is known of it."""

    described: Described
    report: Report


@dataclass(frozen=True, slots=True)
class ImportedBom:
    """What a bill of materials says of a model, and the digest that it gives: both declared, not verified."""

    facts: ModelFacts
    digest: str


def describe(target: Path, given: ModelFacts, progress: Progress | None = None) -> DescribedModel:
    """The model at `target` with the facts `given` over what its files declare. Raises what `describe_model` raises."""
    return DescribedModel(*describe_model(target, given, progress))


def import_bom(path: Path) -> ImportedBom:
    """The CycloneDX ML-BOM at `path`. Raises UnreadableInput, TargetMissing, TargetRefused."""
    try:
        document = parse(read_small(path, MAX_BOM))
    except MalformedDocument as malformed:
        raise UnreadableInput(f"{path.name!r} is no BOM: {malformed}") from None
    return ImportedBom(*read_cyclonedx(document))
