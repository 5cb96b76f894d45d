"""Personal data in text, JSON and text files: found, and taken out."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Self

import orjson
from pydantic import Field, JsonValue, model_validator

from scanners.findings import Coverage, Finding, Report, Severity, Skipped, Subject
from scanners.personal_data.detect import MAX_CHARACTERS, Language, detect, detect_value
from scanners.personal_data.entities import Detection, Entity
from scanners.personal_data.find import DEFAULT_THRESHOLD
from scanners.personal_data.keys import manifest_key, tenant_key
from scanners.personal_data.manifest import Manifest, manifest
from scanners.personal_data.profiles import Profile, profile
from scanners.personal_data.redact import redact_text, redact_value
from scanners.personal_data.transform import Keys, Transformation, Transformer
from scanners.personal_data.values import leaves
from scanners.personal_data.vault import Vault
from scanners.texts import read_text_file
from tools import datasets
from tools.answers import Answer, Arguments
from tools.context import ToolContext
from tools.registry import Tool

RECOGNIZERS = "recognizers.yaml"
"""A team's own Presidio recognisers, in the data directory; loaded as they are, beside Yumen's rules."""
MAX_ENTITIES = 20_000
"""Entities listed in one answer; past it the answer says so and is 'unknown'."""

_HIGH = frozenset(
    {
        *(
            "SECRET",
            "CN_ID_CARD",
            "CN_BANK_CARD",
            "CREDIT_CARD",
            "US_SSN",
            "IBAN_CODE",
            "CN_PASSPORT",
            "CN_MILITARY_ID",
        ),
        *("HK_ID_CARD", "MO_ID_CARD", "TW_ID_CARD", "CN_HKMO_PERMIT", "MEDICAL_RECORD_NUMBER", "HEALTH_INSURANCE_ID"),
    }
)
_LOW = frozenset({"URL", "IP_ADDRESS", "MAC_ADDRESS", "UUID", "UK_POSTCODE", "CN_USCC"})


class DetectArguments(Arguments):
    """What to examine: exactly one of `text`, `value` and `target`."""

    text: str | None = Field(default=None, description="The text to examine")
    value: JsonValue = Field(default=None, description="A JSON value to examine; its keys are used as context")
    target: str | None = Field(default=None, description="Path of a UTF-8 text file to examine")
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


class RedactArguments(DetectArguments):
    method: Transformation | None = Field(
        default=None,
        description="'replace' or the profile's when left out. mask: '*' for every character; partial_mask: ends shown; "
        "replace: '<TYPE>'; hash: '<TYPE:digest>' under the tenant's key; surrogate: a realistic other value; date_shift; "
        "generalise; token: reversible by pii_restore; format_preserving: FF1 over the digits; keep",
    )
    methods: dict[str, Transformation] = Field(
        default_factory=dict, description="Another method for some types, e.g. {'DATE_OF_BIRTH': 'date_shift'}"
    )
    data_subject: str = Field(
        default="",
        max_length=200,
        description="For tokens: whose data this is, by your own pseudonymous id; pii_erase destroys it by this name",
    )
    manifest: bool = Field(default=False, description="Return a signed manifest of what was taken out")


class RestoreArguments(Arguments):
    """What to restore: exactly one of `text` and `value`."""

    text: str | None = Field(default=None, description="Text that holds tokens of pii_redact")
    value: JsonValue = Field(default=None, description="JSON value that holds tokens of pii_redact")
    purpose: str = Field(
        min_length=8, max_length=500, description="Why the originals are needed; kept in the audit record"
    )

    @model_validator(mode="after")
    def _one_input(self) -> Self:
        if (self.text is not None) + ("value" in self.model_fields_set) != 1:
            raise ValueError("give exactly one of 'text' and 'value'")
        return self


class EraseArguments(Arguments):
    data_subject: str = Field(min_length=1, max_length=200, description="The data subject given to pii_redact")
    purpose: str = Field(
        min_length=8, max_length=500, description="Why, e.g. the erasure request; kept in the audit record"
    )


class DetectAnswer(Answer):
    entities: tuple[Entity, ...] = Field(
        default=(),
        description="Offsets are code points of the original text, end exclusive; for JSON inside the value at `path`",
    )
    counts: dict[str, int] = Field(default_factory=dict, description="Entities by type")
    cannot_claim: tuple[str, ...] = Field(default=(), description="What this answer does not prove under the profile")


class RedactAnswer(DetectAnswer):
    text: str | None = Field(default=None, description="The redacted text (for `text` and `target`)")
    value: JsonValue = Field(default=None, description="The redacted JSON value (for `value`), of the same shape")
    manifest: Manifest | None = Field(default=None, description="What was taken out where, signed; never the data")


class RestoreAnswer(Answer):
    text: str | None = Field(default=None, description="The text with its tokens turned back")
    value: JsonValue = Field(default=None, description="The JSON value with its tokens turned back")
    restored: int = Field(default=0, description="How many tokens were turned back")


class EraseAnswer(Answer):
    destroyed: int = Field(default=0, description="How many keys were destroyed; 0: there were none")


async def pii_detect(arguments: DetectArguments, context: ToolContext) -> DetectAnswer:
    """Personal data in a text, a JSON value or a text file."""
    source = await _source(arguments, context)
    subject, found = source.subject, await _examined(arguments, context, source)
    report = Report(subject, _findings(found.entities), _coverage(arguments, found))
    counts = _counts(found.entities)
    return DetectAnswer(
        verdict=await context.verdict(report),
        summary=_summary(counts, found, "found"),
        findings=report.findings,
        coverage=report.coverage,
        subject=subject,
        entities=found.entities[:MAX_ENTITIES],
        counts=counts,
        cannot_claim=_regime(arguments).cannot_claim if arguments.profile else (),
    )


async def pii_redact(arguments: RedactArguments, context: ToolContext) -> RedactAnswer:
    """The same input without its personal data; what could not be examined is withheld."""
    source = await _source(arguments, context)
    subject, found = source.subject, await _examined(arguments, context, source)
    key = tenant_key(context.data_dir, context.caller.tenant, "redaction")
    change = _transformer(arguments, context, key)
    text: str | None = None
    value: JsonValue = None
    originals: dict[str | None, str]
    if source.text is not None:
        text = redact_text(source.text, found.entities, change, unread=found.unread)
        originals = {None: source.text}
    else:
        items = list(leaves(arguments.value, keys=arguments.keys))
        withheld = frozenset(items[number].path for number, _ in found.unread)
        value = redact_value(arguments.value, found.entities, change, withheld=withheld)
        originals = {leaf.path: leaf.text for leaf in items}
    statement = None
    if arguments.manifest:
        result = (
            text.encode("utf-8", "surrogatepass")
            if text is not None
            else orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
        )
        statement = manifest(
            subject.digest,
            result,
            [(e, originals[e.path][e.start : e.end], change.way(e.type)) for e in found.entities],
            complete=not found.skipped,
            key=key,
            signing=manifest_key(context.data_dir, context.caller.tenant),
        )
    counts = _counts(found.entities)
    report = Report(subject, (), _coverage(arguments, found))
    return RedactAnswer(
        verdict=await context.verdict(report),
        summary=_summary(counts, found, "removed"),
        coverage=report.coverage,
        subject=subject,
        entities=found.entities[:MAX_ENTITIES],
        counts=counts,
        cannot_claim=_regime(arguments).cannot_claim if arguments.profile else (),
        text=text,
        value=value,
        manifest=statement,
    )


async def pii_restore(arguments: RestoreArguments, context: ToolContext) -> RestoreAnswer:
    """The originals behind the tokens, for a stated purpose."""
    vault = Vault(context.data_dir, context.caller.tenant)
    text: str | None = None
    value: JsonValue = None
    if arguments.text is not None:
        text, count = vault.restored(arguments.text)
        raw = arguments.text.encode("utf-8", "surrogatepass")
    else:
        raw = json.dumps(arguments.value, sort_keys=True, separators=(",", ":")).encode()
        value, count = _restored(arguments.value, vault)
    subject = Subject("tokens", _keyed(raw, context), "value" if text is None else "text")
    report = Report(subject, (), Coverage(examined={"tokens": count}))
    return RestoreAnswer(
        verdict=await context.verdict(report),
        summary=f"{count} tokens were turned back into their originals.",
        coverage=report.coverage,
        subject=subject,
        text=text,
        value=value,
        restored=count,
    )


async def pii_erase(arguments: EraseArguments, context: ToolContext) -> EraseAnswer:
    """Crypto-erasure: every token of a data subject becomes unreadable, wherever it is."""
    count = Vault(context.data_dir, context.caller.tenant).erase(arguments.data_subject)
    subject = Subject("data-subject", _keyed(arguments.data_subject.encode(), context))
    report = Report(subject, (), Coverage(examined={"keys": count}))
    return EraseAnswer(
        verdict=await context.verdict(report),
        summary=f"{count} keys were destroyed; the data subject's tokens can no longer be read.",
        coverage=report.coverage,
        subject=subject,
        destroyed=count,
    )


def _restored(value: JsonValue, vault: Vault) -> tuple[JsonValue, int]:
    """A JSON value with the tokens in its strings and keys turned back, and how many there were."""
    if isinstance(value, str):
        return vault.restored(value)
    if isinstance(value, list):
        pairs = [_restored(item, vault) for item in value]
        return [item for item, _ in pairs], sum(count for _, count in pairs)
    if isinstance(value, dict):
        total, out = 0, {}
        for name, item in value.items():
            key, keys = vault.restored(name)
            out[key], count = _restored(item, vault)
            total += keys + count
        return out, total
    return value, 0


def _transformer(arguments: RedactArguments, context: ToolContext, key: bytes) -> Transformer:
    regime = _regime(arguments) if arguments.profile else None
    method = arguments.method or (regime.method if regime else "replace")
    by_type = {**(regime.methods if regime and arguments.method is None else {}), **arguments.methods}
    tokens = "token" in (method, *by_type.values())
    vault = Vault(context.data_dir, context.caller.tenant).key(arguments.data_subject) if tokens else None
    return Transformer(Keys(key, vault), method, by_type)


def _regime(arguments: DetectArguments) -> Profile:
    return profile(arguments.profile or "")


@dataclass(frozen=True, slots=True)
class _Source:
    """What is examined: a text, or else a JSON value, and the name that records give it."""

    subject: Subject
    text: str | None
    value: JsonValue = None


async def _source(arguments: DetectArguments, context: ToolContext) -> _Source:
    """The input, read once: what is searched is what is named by digest and what is redacted.

    Texts and values are named by an HMAC under the tenant's key and not by a plain hash: a short text such as a
    telephone number could be found again by hashing all of them. Files are named by SHA-256, as everywhere.
    """
    if arguments.target is not None:
        file = await context.scan(read_text_file, context.resolve(arguments.target), limit=4 * MAX_CHARACTERS)
        return _Source(Subject("text", file.digest, arguments.target), file.text)
    if arguments.text is not None:
        raw = arguments.text.encode("utf-8", "surrogatepass")
        return _Source(Subject("text", _keyed(raw, context), "text"), arguments.text)
    raw = json.dumps(arguments.value, sort_keys=True, separators=(",", ":")).encode()
    return _Source(Subject("json", _keyed(raw, context), "value"), None, arguments.value)


async def _examined(arguments: DetectArguments, context: ToolContext, source: _Source) -> Detection:
    """What was found, as the profile wants it reported."""
    regime = _regime(arguments) if arguments.profile else None
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
    source: _Source,
    entities: tuple[str, ...] | None,
    threshold: float,
) -> Detection:
    team = context.data_dir / RECOGNIZERS
    options: dict[str, Any] = {
        "entities": entities,
        "threshold": threshold,
        "language": arguments.language,
        "recognizers": team if team.is_file() else None,
    }
    if source.text is not None:
        return await context.scan(detect, source.text, **options)
    return await context.scan(detect_value, source.value, keys=arguments.keys, **options)


def _keyed(raw: bytes, context: ToolContext) -> str:
    key = tenant_key(context.data_dir, context.caller.tenant, "subject")
    return f"hmac-sha256:{hmac.new(key, raw, hashlib.sha256).hexdigest()}"


def _counts(entities: Iterable[Entity]) -> dict[str, int]:
    return dict(sorted(Counter(entity.type for entity in entities).items()))


def _findings(entities: Iterable[Entity]) -> tuple[Finding, ...]:
    """One finding a type: how many, never which."""
    order = {"high": 0, "medium": 1, "low": 2}
    findings = [
        Finding(
            rule=f"personal_data.{kind.lower()}",
            severity=_severity(kind),
            title=f"{count} × {kind}",
            evidence=f"{count} found; their places are in `entities`",
            remediation="Remove or redact it (pii_redact) before the text leaves.",
        )
        for kind, count in _counts(entities).items()
    ]
    return tuple(sorted(findings, key=lambda finding: (order[finding.severity], finding.rule)))


def _severity(kind: str) -> Severity:
    return "high" if kind in _HIGH else "low" if kind in _LOW else "medium"


def _coverage(arguments: DetectArguments, found: Detection) -> Coverage:
    skipped = found.skipped
    if len(found.entities) > MAX_ENTITIES:
        skipped += (
            Skipped(f"entities after the first {MAX_ENTITIES}", "not listed in this answer; `counts` holds them all"),
        )
    return Coverage(examined={"characters": found.characters}, skipped=skipped)


def _summary(counts: dict[str, int], found: Detection, verb: str) -> str:
    total = sum(counts.values())
    listed = ", ".join(f"{count} {kind}" for kind, count in counts.items())
    sentence = f"{total} pieces of personal data {verb} ({listed})." if total else "No personal data was found."
    return sentence + (" Part of the input was not examined." if found.skipped else "")


TOOLS: tuple[Tool, ...] = (
    Tool(
        name="pii_detect",
        title="Find personal data",
        description="Find personal data and secrets in a text, a JSON value or a UTF-8 text file: Chinese and other identifiers "
        "checked by their check digits, contacts, accounts, names, addresses. Returns types and places, never the data itself.",
        family="personal_data",
        risk="read",
        arguments=DetectArguments,
        answer=DetectAnswer,
        run=pii_detect,
        targets=("target",),
    ),
    Tool(
        name="pii_redact",
        title="Redact personal data",
        description="Return a text or JSON value without its personal data: masked, replaced by its type, or by a keyed hash. "
        "JSON keeps its shape. What could not be examined is withheld.",
        family="personal_data",
        risk="read",
        arguments=RedactArguments,
        answer=RedactAnswer,
        run=pii_redact,
        targets=("target",),
    ),
    Tool(
        name="pii_restore",
        title="Restore tokens to personal data",
        description="Turn the tokens of pii_redact (method: token) back into the originals, for a stated purpose; recorded.",
        family="personal_data",
        risk="change",
        arguments=RestoreArguments,
        answer=RestoreAnswer,
        run=pii_restore,
    ),
    Tool(
        name="pii_erase",
        title="Destroy a data subject's tokens",
        description="Destroy the keys of one data subject: its tokens can never be restored again, wherever they went.",
        family="personal_data",
        risk="change",
        arguments=EraseArguments,
        answer=EraseAnswer,
        run=pii_erase,
    ),
    *datasets.TOOLS,
)
