"""A report as a table in plain text, for terminals and logs."""

from __future__ import annotations

from scanners.files import printable_name as shown
from scanners.findings import Location, Report, Verdict

_WIDEST = 60
"""Characters of the column of places; a longer place gets a line of its own."""


def table(report: Report, verdict: Verdict, summary: str) -> str:
    """Verdict, findings with place and remedy, what was not examined, and the age of the data. Nothing is cut off."""
    lines = [f"{verdict.upper()}  {shown(summary)}", f"{report.subject.kind}  {report.subject.digest}", ""]
    rows = [(finding.severity, place(finding.location), finding) for finding in report.findings]
    width = min(max((len(where) for _, where, _ in rows), default=0), _WIDEST)
    indent = " " * (8 + 2 + width + 2)
    for severity, where, finding in rows:
        if len(where) > width:
            lines.append(f"{severity:<8}  {where}")
            lines.append(f"{indent}{shown(finding.title)}")
        else:
            lines.append(f"{severity:<8}  {where:<{width}}  {shown(finding.title)}")
        details = (finding.evidence, finding.remediation, ", ".join((finding.rule, *finding.references)))
        lines += [f"{indent}{shown(text)}" for text in details if text]
    if not rows:
        lines.append("nothing was found in what was examined")
    if report.coverage.skipped:
        lines += ["", f"not examined ({len(report.coverage.skipped)}):"]
        lines += [f"  {shown(part.what)}: {shown(part.why)}" for part in report.coverage.skipped]
    if report.coverage.examined:
        lines += ["", "examined: " + ", ".join(f"{count} {what}" for what, count in report.coverage.examined.items())]
    lines += [f"{source}: as of {date}" for source, date in report.coverage.data.items()]
    return "\n".join(line.rstrip() for line in lines) + "\n"


def place(location: Location) -> str:
    """Path and line, or layer, in one line."""
    where = shown(location.path or "")
    if location.line is not None:
        where += f":{location.line}"
    return where or (location.layer or "")[:19]
