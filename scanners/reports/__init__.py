"""A report in the forms that other programs and people read: SARIF, a table, and an HTML page."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Literal

from scanners.findings import Finding, Report, Verdict
from scanners.reports.html import html
from scanners.reports.sarif import sarif
from scanners.reports.table import table

Form = Literal["sarif", "table", "html"]

MAXIMUM_FINDINGS = 5_000
"""Findings in one document, worst first; how many more there are is said in it."""


@dataclass(frozen=True, slots=True)
class Document:
    """A report as text."""

    text: str
    media_type: str


def document(report: Report, verdict: Verdict, summary: str, form: Form) -> Document:
    """The report with its verdict in the form asked for. What was not examined is in each of them."""
    more = len(report.findings) - MAXIMUM_FINDINGS
    if more > 0:
        left = Finding("more", "info", f"{more} more findings are not listed here")
        report = Report(report.subject, (*report.findings[:MAXIMUM_FINDINGS], left), report.coverage)
    match form:
        case "sarif":
            text = json.dumps(sarif(report, verdict=verdict), ensure_ascii=False, indent=1) + "\n"
            return Document(text, "application/sarif+json")
        case "table":
            return Document(table(report, verdict, summary), "text/plain; charset=utf-8")
        case "html":
            return Document(html(report, verdict, summary), "text/html; charset=utf-8")
