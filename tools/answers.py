"""The one shape in which every checking tool answers, so that policies, agents and people read them alike."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from scanners.findings import Coverage, Finding, Subject, Verdict


class Arguments(BaseModel):
    """Base of every tool's arguments: an unknown argument is an error, never ignored."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)


class RecordReference(BaseModel):
    """Where the audit log holds this call. The gate fills it in after the record is written."""

    index: int = Field(description="Index of the call's outcome record in the audit log")
    checkpoint: str | None = Field(
        default=None,
        description="'origin size root' of the signed checkpoint that covers the record; null while buffered",
    )


class Answer(BaseModel):
    """What a checking tool answers. Tools subclass it to add what is their own."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    verdict: Verdict = Field(
        description="pass, fail, or unknown; unknown means 'not examined' and must not be treated as pass"
    )
    summary: str = Field(description="One sentence that can be repeated to a person")
    findings: tuple[Finding, ...] = Field(default=(), description="What was found, worst first")
    coverage: Coverage = Field(default_factory=Coverage, description="What was and was not examined")
    subject: Subject = Field(description="What was looked at, by digest")
    record: RecordReference | None = Field(default=None, description="The audit record of this call")
