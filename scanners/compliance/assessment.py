"""From results of checks and answers of people to the status of every control. Pure; nothing is read here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from scanners.compliance.frameworks import Control, Framework, Words

Status = Literal["error", "fail", "unknown", "not_applicable", "pass"]

ORDER: tuple[Status, ...] = ("error", "fail", "unknown", "not_applicable", "pass")
"""Worst first: a control is as good as the worst of its parts."""


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What one check said, and on which input."""

    check: str
    status: Status
    evidence: tuple[str, ...] = ()
    """What was seen: findings, claims, counts. A pass without any is no pass."""
    remedy: Words | None = None
    digest: str = ""
    """'sha256:<hex>' of what the check looked at."""
    decision: str = ""
    """Id of the call that decided it; its records in the audit log carry it."""
    record: int | None = None
    """Index of its record in the audit log, where that was known when the report was written."""


@dataclass(frozen=True, slots=True)
class Attestation:
    """A person's answer to the question of a control."""

    answer: Literal["yes", "no", "not_applicable"]
    evidence: tuple[str, ...]
    by: str
    date: str


@dataclass(frozen=True, slots=True)
class Waiver:
    """A failure that somebody accepts until a day."""

    control: str
    """'<framework>/<control>'"""
    reason: str
    by: str
    until: str


@dataclass(frozen=True, slots=True)
class ControlStatus:
    """One control, assessed."""

    control: str
    title: Words
    status: Status
    checks: tuple[CheckResult, ...]
    question: Words | None = None
    answer: Attestation | None = None
    waiver: Waiver | None = None
    before: Status | None = None
    """Its status in the report before this one."""


@dataclass(frozen=True, slots=True)
class Assessment:
    """One framework, assessed."""

    framework: str
    title: Words
    source: str
    url: str
    controls: tuple[ControlStatus, ...]

    def count(self, status: Status) -> int:
        """How many controls have `status`."""
        return sum(1 for control in self.controls if control.status == status)


@dataclass(frozen=True, slots=True)
class ComplianceReport:
    """What an auditor gets."""

    date: str
    revision: str
    """Digest of the policy pack that decided."""
    inputs: Mapping[str, str]
    """What was looked at -> its digest."""
    assessments: tuple[Assessment, ...]
    previous: str = ""
    """Day of the report that this one is compared with."""
    version: int = field(default=1)


def assess(
    framework: Framework,
    results: Mapping[str, CheckResult],
    attestations: Mapping[str, Attestation],
    waivers: Iterable[Waiver],
    *,
    date: str,
    before: Mapping[str, Status] | None = None,
) -> Assessment:
    """The status of each control of `framework` on `date`. Keys are '<framework>/<control>' throughout."""
    standing = {waiver.control: waiver for waiver in waivers if waiver.until >= date}
    return Assessment(
        framework.id,
        framework.title,
        framework.source,
        framework.url,
        tuple(
            _control(control, f"{framework.id}/{control.id}", results, attestations, standing, date, before or {})
            for control in framework.controls
        ),
    )


def _control(
    control: Control,
    key: str,
    results: Mapping[str, CheckResult],
    attestations: Mapping[str, Attestation],
    waivers: Mapping[str, Waiver],
    date: str,
    before: Mapping[str, Status],
) -> ControlStatus:
    found = tuple(_believed(results.get(check) or CheckResult(check, "unknown")) for check in control.checks)
    answer = attestations.get(key)
    parts: list[Status] = [result.status for result in found]
    if control.question is not None:
        parts.append(_answered(answer, date))
    status: Status = min(parts, key=ORDER.index) if parts else "unknown"
    waiver = waivers.get(key) if status in ("error", "fail", "unknown") else None
    return ControlStatus(control.id, control.title, status, found, control.question, answer, waiver, before.get(key))


def _believed(result: CheckResult) -> CheckResult:
    """A pass that examined nothing is unknown."""
    if result.status == "pass" and not result.evidence:
        return replace(result, status="unknown", evidence=("the check examined nothing",))
    return result


def _answered(answer: Attestation | None, date: str) -> Status:
    """An answer counts with evidence, a name, and for a year."""
    if answer is None or not answer.by:
        return "unknown"
    if answer.answer == "no":
        return "fail"
    if not answer.evidence or not _a_year_before(date) <= answer.date <= date:
        return "unknown"
    return "pass" if answer.answer == "yes" else "not_applicable"


def _a_year_before(date: str) -> str:
    return f"{int(date[:4]) - 1:04d}{date[4:]}"


def statuses(report: ComplianceReport) -> dict[str, Status]:
    """'<framework>/<control>' -> status, to compare the next report with."""
    return {
        f"{assessment.framework}/{control.control}": control.status
        for assessment in report.assessments
        for control in assessment.controls
    }
