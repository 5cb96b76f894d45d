"""Tools that also answer their report as a document, for CI and for people."""

from __future__ import annotations

import hashlib
from typing import Any, Literal

from pydantic import Field

from scanners.findings import Report, Verdict
from scanners.reports import document
from tools.answers import Answer, Arguments

Format = Literal["json", "sarif", "table", "html"]


class ReportArguments(Arguments):
    """Base of the arguments of such tools."""

    format: Format = Field(
        default="json",
        description="json: the answer alone. sarif, table, html: also the whole report in that form, as 'document'",
    )


class ReportAnswer(Answer):
    """Base of the answers of such tools."""

    document: str | None = Field(default=None, description="The report in the form asked for; write it to a file")
    media_type: str | None = Field(default=None, description="Media type of the document")
    document_digest: str | None = Field(default=None, description="'sha256:<hex>' of the document")


def written(report: Report, verdict: Verdict, summary: str, form: Format) -> dict[str, Any]:
    """The fields of `ReportAnswer` for the form asked for."""
    if form == "json":
        return {}
    made = document(report, verdict, summary, form)
    digest = "sha256:" + hashlib.sha256(made.text.encode()).hexdigest()
    return {"document": made.text, "media_type": made.media_type, "document_digest": digest}
