"""A report as one HTML page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from html import escape
from typing import get_args

from scanners.files import printable_name as shown
from scanners.findings import Finding, Report, Severity, Verdict
from scanners.reports.page import page
from scanners.reports.table import place

_COLOUR: Mapping[Severity | Verdict, str] = {
    "critical": "#7a1f5c",
    "high": "#b3261e",
    "medium": "#b98900",
    "low": "#47708f",
    "info": "#8a929b",
    "pass": "#2e7d4f",
    "fail": "#b3261e",
    "unknown": "#b98900",
}


def html(report: Report, verdict: Verdict, summary: str) -> str:
    """Verdict, findings worst first, what was not examined, and the age of the data. All that is not ours is escaped."""
    counts = Counter(finding.severity for finding in report.findings)
    legend = "".join(
        _tag(severity, f"{counts[severity]} {severity}") + " " for severity in get_args(Severity) if counts[severity]
    )
    examined = " · ".join(f"{count} {_text(what)}" for what, count in report.coverage.examined.items())
    data = "".join(f"<br>{_text(source)}: {_text(date)}" for source, date in report.coverage.data.items())
    return page(
        f"{report.subject.kind} {shown(report.subject.name)}: {verdict}",
        f"<h1>{_text(report.subject.name or report.subject.kind)} {_tag(verdict, verdict)}</h1>"
        f'<p>{_text(summary)}</p><p class="meta">{_text(report.subject.kind)} <code>{_text(report.subject.digest)}</code>'
        f"<br>examined: {examined or '—'}{data}</p><p>{legend}</p>{_findings(report)}{_skipped(report)}",
    )


def _findings(report: Report) -> str:
    if not report.findings:
        return "<p>Nothing was found in what was examined.</p>"
    rows = "".join(_row(finding) for finding in report.findings)
    return (
        "<h2>Findings</h2><table><thead><tr><th>Severity</th><th>Finding</th><th>Place</th></tr></thead>"
        f"<tbody>{rows}</tbody></table>"
    )


def _row(finding: Finding) -> str:
    references = ", ".join((finding.rule, *finding.references))
    layer = f"<br>layer {_text(finding.location.layer[:19])}" if finding.location.layer else ""
    return (
        f"<tr><td>{_tag(finding.severity, finding.severity)}</td><td>{_text(finding.title)}"
        f'<div class="evidence">{_text(finding.evidence)}</div><div class="remedy">{_text(finding.remediation)}</div>'
        f'<div class="evidence">{_text(references)}</div></td>'
        f'<td class="evidence"><code>{_text(place(finding.location))}</code>{layer}</td></tr>'
    )


def _skipped(report: Report) -> str:
    if not report.coverage.skipped:
        return ""
    rows = "".join(
        f"<tr><td>{_text(part.what)}</td><td>{_text(part.why)}</td></tr>" for part in report.coverage.skipped
    )
    return f"<h2>Not examined</h2><table><thead><tr><th>What</th><th>Why</th></tr></thead><tbody>{rows}</tbody></table>"


def _tag(kind: Severity | Verdict, text: str) -> str:
    return f'<span class="tag" style="background:{_COLOUR[kind]}">{escape(text)}</span>'


def _text(text: str) -> str:
    return escape(shown(text))
