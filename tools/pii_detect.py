"""pii_detect: personal data in text, JSON and documents, found."""

from __future__ import annotations

from pydantic import Field

from scanners.findings import Report
from scanners.personal_data.entities import Entity
from tools.answers import Answer
from tools.context import ToolContext
from tools.pii_inputs import DetectArguments, examined, regime_of, source_of
from tools.pii_report import MAX_ENTITIES, counts, coverage, findings, summary
from tools.registry import Tool


class DetectAnswer(Answer):
    entities: tuple[Entity, ...] = Field(
        default=(),
        description="Offsets are code points of the original text, end exclusive; for JSON inside the value at `path`",
    )
    counts: dict[str, int] = Field(default_factory=dict, description="Entities by type")
    cannot_claim: tuple[str, ...] = Field(default=(), description="What this answer does not prove under the profile")


async def pii_detect(arguments: DetectArguments, context: ToolContext) -> DetectAnswer:
    """Personal data in a text, a JSON value, a text file or a document."""
    source = await source_of(arguments, context)
    subject, found = source.subject, await examined(arguments, context, source)
    report = Report(subject, findings(found.entities), coverage(found))
    by_type = counts(found.entities)
    return DetectAnswer(
        verdict=await context.verdict(report),
        summary=summary(by_type, found, "found"),
        findings=report.findings,
        coverage=report.coverage,
        subject=subject,
        entities=found.entities[:MAX_ENTITIES],
        counts=by_type,
        cannot_claim=regime_of(arguments).cannot_claim if arguments.profile else (),
    )


TOOL = Tool(
    name="pii_detect",
    title="Find personal data",
    description="Find personal data and secrets in a text, a JSON value, a text file or a document "
    "(PDF, Word, Excel, HTML, Markdown, e-mail): Chinese and other identifiers "
    "checked by their check digits, contacts, accounts, names, addresses. Returns types and places, never the data itself.",
    family="personal_data",
    risk="read",
    arguments=DetectArguments,
    answer=DetectAnswer,
    run=pii_detect,
    targets=("target",),
)
