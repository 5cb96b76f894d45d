"""What the tools for personal data examine: a text, a JSON value, or a file, read once."""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

from pydantic import Field, JsonValue, model_validator

from scanners.documents.document import Document
from scanners.documents.reading import KINDS, NOT_READ, PICKED, WORKBOOKS, document_file
from scanners.findings import Subject
from scanners.personal_data.detect import MAX_CHARACTERS, Language, detect, detect_parts, detect_value
from scanners.personal_data.entities import Detection
from scanners.personal_data.entity_model import FILE as ENTITY_MODEL
from scanners.personal_data.find import DEFAULT_THRESHOLD
from scanners.personal_data.keys import tenant_key
from scanners.personal_data.profiles import Profile, profile
from scanners.texts import read_text_file
from tools.answers import Arguments
from tools.context import ToolContext

RECOGNIZERS = "recognizers.yaml"
"""A team's own Presidio recognisers, in the data directory; loaded as they are, beside Yumen's rules."""
DOCUMENTS = KINDS | WORKBOOKS | frozenset(NOT_READ)
"""Suffixes of files that are read as documents; any other is read as UTF-8 text."""


class DetectArguments(Arguments):
    """What to examine: exactly one of `text`, `value` and `target`."""

    text: str | None = Field(default=None, description="The text to examine")
    value: JsonValue = Field(default=None, description="A JSON value to examine; its keys are used as context")
    target: str | None = Field(
        default=None,
        description="Path of a UTF-8 text file or a document (PDF, Word, Excel, HTML, Markdown, e-mail) to examine",
    )
    entities: tuple[str, ...] | None = Field(
        default=None, description="Only these entity types, e.g. ['CN_ID_CARD', 'EMAIL_ADDRESS']; all when left out"
    )
    profile: str | None = Field(
        default=None,
        description="A regime's entities, thresholds and methods: gdpr, hipaa_safe_harbor, pipl_sensitive, gbt_35273_2020, "
        "gbt_45574_2025, jrt_0197_2020, pci_dss",
    )
    threshold: float | None = Field(
        default=None,
        ge=0.0,
        le=1.0,
        description="Lowest confidence that is reported; 0.5 or the profile's when left out",
    )
    language: Language = Field(default="auto", description="Language of the text, if known")
    keys: bool = Field(default=True, description="For JSON values: examine object keys too")

    @model_validator(mode="after")
    def _one_input(self) -> Self:
        if ("text" in self.model_fields_set and self.text is not None) + ("value" in self.model_fields_set) + (
            self.target is not None
        ) != 1:
            raise ValueError("give exactly one of 'text', 'value' and 'target'")
        return self


def regime_of(arguments: DetectArguments) -> Profile:
    """Raises UnknownProfile."""
    return profile(arguments.profile or "")


@dataclass(frozen=True, slots=True)
class Source:
    """What is examined: a text, a document, or else a JSON value, and the name that records give it."""

    subject: Subject
    text: str | None
    value: JsonValue = None
    document: Document | None = None
    path: Path | None = None
    """Of the file, where it is one."""

    @property
    def is_picked(self) -> bool:
        """Whether it is a document of one text that can be changed in its source."""
        return self.document is not None and self.path is not None and self.path.suffix.lower() in PICKED


async def source_of(arguments: DetectArguments, context: ToolContext) -> Source:
    """The input, read once: what is searched is what is named by digest and what is redacted.

    Texts and values are named by an HMAC under the tenant's key and not by a plain hash: a short text such as a
    telephone number could be found again by hashing all of them. Files are named by SHA-256, as everywhere.
    """
    if arguments.target is not None:
        path = context.resolve(arguments.target)
        if path.suffix.lower() in DOCUMENTS:
            read = await context.scan(document_file, path)
            return Source(Subject("document", read.digest, arguments.target), None, document=read.document, path=path)
        file = await context.scan(read_text_file, path, limit=4 * MAX_CHARACTERS)
        return Source(Subject("text", file.digest, arguments.target), file.text)
    if arguments.text is not None:
        raw = arguments.text.encode("utf-8", "surrogatepass")
        return Source(Subject("text", keyed(raw, context), "text"), arguments.text)
    raw = json.dumps(arguments.value, sort_keys=True, separators=(",", ":")).encode()
    return Source(Subject("json", keyed(raw, context), "value"), None, arguments.value)


async def examined(arguments: DetectArguments, context: ToolContext, source: Source) -> Detection:
    """What was found, as the profile wants it reported."""
    regime = regime_of(arguments) if arguments.profile else None
    entities = arguments.entities or (regime.entities if regime else None)
    threshold = arguments.threshold
    if threshold is None:
        threshold = regime.lowest_threshold if regime else DEFAULT_THRESHOLD
    found = await _searched(arguments, context, source, entities, threshold)
    as_the_profile_says = regime is not None and arguments.threshold is None and arguments.entities is None
    return regime.applied(found) if regime is not None and as_the_profile_says else found


async def _searched(
    arguments: DetectArguments,
    context: ToolContext,
    source: Source,
    entities: tuple[str, ...] | None,
    threshold: float,
) -> Detection:
    team, model = context.data_dir / RECOGNIZERS, context.data_dir / ENTITY_MODEL
    options: dict[str, Any] = {
        "entities": entities,
        "threshold": threshold,
        "language": arguments.language,
        "recognizers": team if team.is_file() else None,
        "entity_model": model if model.is_file() else None,
    }
    if source.document is not None:
        found = await context.scan(detect_parts, source.document.parts, **options)
        return replace(found, skipped=source.document.skipped + found.skipped)
    if source.text is not None:
        return await context.scan(detect, source.text, **options)
    return await context.scan(detect_value, source.value, keys=arguments.keys, **options)


def keyed(raw: bytes, context: ToolContext) -> str:
    """The name of a text in records: an HMAC under the tenant's key."""
    key = tenant_key(context.data_dir, context.caller.tenant, "subject")
    return f"hmac-sha256:{hmac.new(key, raw, hashlib.sha256).hexdigest()}"
