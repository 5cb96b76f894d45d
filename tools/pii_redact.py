"""pii_redact: the same input without its personal data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import orjson
from pydantic import Field, JsonValue

from scanners.documents.document import CannotBeRedacted
from scanners.documents.reading import edited_source
from scanners.findings import Report
from scanners.personal_data.entities import Detection
from scanners.personal_data.keys import manifest_key, tenant_key
from scanners.personal_data.manifest import Manifest, manifest
from scanners.personal_data.redact import WITHHELD, edits, redact_text, redact_value
from scanners.personal_data.transform import Keys, Transformation, Transformer
from scanners.personal_data.values import leaves
from scanners.personal_data.vault import Vault
from tools.context import ToolContext
from tools.pii_detect import DetectAnswer
from tools.pii_inputs import DetectArguments, Source, examined, regime_of, source_of
from tools.pii_report import MAX_ENTITIES, counts, coverage, summary
from tools.registry import Tool


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


class RedactAnswer(DetectAnswer):
    text: str | None = Field(default=None, description="The redacted text (for `text` and `target`)")
    value: JsonValue = Field(default=None, description="The redacted JSON value (for `value`), of the same shape")
    manifest: Manifest | None = Field(default=None, description="What was taken out where, signed; never the data")


@dataclass(frozen=True, slots=True)
class _Redacted:
    """The input without its personal data, and the text of each place before."""

    originals: Mapping[str | None, str]
    text: str | None = None
    value: JsonValue = None

    def raw(self) -> bytes:
        if self.text is not None:
            return self.text.encode("utf-8", "surrogatepass")
        return orjson.dumps(self.value, option=orjson.OPT_SORT_KEYS)


async def pii_redact(arguments: RedactArguments, context: ToolContext) -> RedactAnswer:
    """The same input without its personal data; what could not be examined is withheld.

    Raises CannotBeRedacted for a document that is read, but not written anew.
    """
    source = await source_of(arguments, context)
    if source.document is not None and (not source.is_picked or source.document.skipped):
        raise CannotBeRedacted(
            f"{source.path.name if source.path else 'the document'} is read, but not redacted here",
            remedy="Word, Excel and e-mail are redacted by dataset_redact, into a new file; of PDF, its source or its text",
        )
    subject, found = source.subject, await examined(arguments, context, source)
    key = tenant_key(context.data_dir, context.caller.tenant, "redaction")
    change = _transformer(arguments, context, key)
    done = await _redacted(arguments, context, source, found, change)
    statement = None
    if arguments.manifest:
        statement = manifest(
            subject.digest,
            done.raw(),
            [(e, done.originals[e.path][e.start : e.end], change.way(e.type)) for e in found.entities],
            complete=not found.skipped,
            key=key,
            signing=manifest_key(context.data_dir, context.caller.tenant),
        )
    by_type = counts(found.entities)
    report = Report(subject, (), coverage(found))
    return RedactAnswer(
        verdict=await context.verdict(report),
        summary=summary(by_type, found, "removed"),
        coverage=report.coverage,
        subject=subject,
        entities=found.entities[:MAX_ENTITIES],
        counts=by_type,
        cannot_claim=regime_of(arguments).cannot_claim if arguments.profile else (),
        text=done.text,
        value=done.value,
        manifest=statement,
    )


async def _redacted(
    arguments: RedactArguments, context: ToolContext, source: Source, found: Detection, change: Transformer
) -> _Redacted:
    if source.document is not None and source.path is not None:
        before = "".join(part.text for part in source.document.parts)
        whole = ((0, len(before), WITHHELD),) if found.unread else tuple(edits(before, found.entities, change))
        text = await context.scan(edited_source, source.path, source.subject.digest, whole)
        return _Redacted({entity.path: before for entity in found.entities}, text)
    if source.text is not None:
        return _Redacted({None: source.text}, redact_text(source.text, found.entities, change, unread=found.unread))
    items = list(leaves(arguments.value, keys=arguments.keys))
    withheld = frozenset(items[number].path for number, _ in found.unread)
    value = redact_value(arguments.value, found.entities, change, withheld=withheld)
    return _Redacted({leaf.path: leaf.text for leaf in items}, value=value)


def _transformer(arguments: RedactArguments, context: ToolContext, key: bytes) -> Transformer:
    regime = regime_of(arguments) if arguments.profile else None
    method = arguments.method or (regime.method if regime else "replace")
    by_type = {**(regime.methods if regime and arguments.method is None else {}), **arguments.methods}
    tokens = "token" in (method, *by_type.values())
    vault = Vault(context.data_dir, context.caller.tenant).key(arguments.data_subject) if tokens else None
    return Transformer(Keys(key, vault), method, by_type)


TOOL = Tool(
    name="pii_redact",
    title="Redact personal data",
    description="Return a text, JSON value, HTML or Markdown file without its personal data: masked, replaced by its type, "
    "or by a keyed hash. JSON keeps its shape, markup stays. What could not be examined is withheld.",
    family="personal_data",
    risk="read",
    arguments=RedactArguments,
    answer=RedactAnswer,
    run=pii_redact,
    targets=("target",),
)
