"""Words that the model tools share."""

from __future__ import annotations

from scanners.findings import Report

TARGET = "Path or file:// URI of a model file or of a folder with the model's files"


def counted(report: Report) -> str:
    """'2 changed, 1 extra': the findings by the last word of their rule."""
    kinds = [finding.rule.rpartition(".")[2] for finding in report.findings]
    return ", ".join(f"{kinds.count(kind)} {kind}" for kind in dict.fromkeys(kinds))


def not_examined(report: Report) -> str:
    """What to append to a sentence when something was left out; empty if nothing was."""
    count = len(report.coverage.skipped)
    return f"; {count} {'thing was' if count == 1 else 'things were'} not examined" if count else ""
