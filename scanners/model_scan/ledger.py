"""The notes that readers take while they look: findings, what was not examined, and counts."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

from scanners.files import printable_name
from scanners.findings import Coverage, Finding, Location, Severity, Skipped
from scanners.model_scan.limits import Budget
from scanners.model_scan.rules import RULES

MAX_PER_RULE_AND_PATH = 25
_SEVERITY_ORDER: tuple[Severity, ...] = ("critical", "high", "medium", "low", "info")


@dataclass(slots=True)
class Ledger:
    """Everything that one scan saw. Repetitions are counted, not listed."""

    budget: Budget = field(default_factory=Budget)
    _findings: list[Finding] = field(default_factory=list)
    _skipped: dict[tuple[str, str], Skipped] = field(default_factory=dict)
    _seen: set[tuple[str, str, str]] = field(default_factory=set)
    _per_rule: dict[tuple[str, str], int] = field(default_factory=lambda: defaultdict(int))
    examined: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    _raw: set[str] = field(default_factory=set)
    _claimed: set[str] = field(default_factory=set)
    _sizes: dict[str, int] = field(default_factory=dict)
    _expected: list[tuple[str, int, str]] = field(default_factory=list)

    def find(
        self,
        rule: str,
        path: str,
        evidence: str = "",
        *,
        offset: int | None = None,
        title: str = "",
        line: int | None = None,
    ) -> None:
        """Record that `rule` (an id of `rules.RULES`) was seen at `path`."""
        path, evidence = printable_name(path), printable_name(evidence[:1000])
        known = RULES[rule]
        if (rule, path, evidence) in self._seen:
            return
        self._seen.add((rule, path, evidence))
        self._per_rule[rule, path] += 1
        if self._per_rule[rule, path] > MAX_PER_RULE_AND_PATH:
            if known.severity not in ("critical", "high"):
                self.skip(path, f"more than {MAX_PER_RULE_AND_PATH} findings of {rule}; the rest is not listed")
            return
        self._findings.append(
            Finding(
                rule=rule,
                severity=known.severity,
                title=title or known.title,
                location=Location(path=path, offset=offset, line=line),
                evidence=evidence,
                remediation=known.remediation,
                references=known.references,
            )
        )

    def skip(self, what: str, why: str) -> None:
        """Record that `what` was not examined: no verdict of 'pass' is possible any more."""
        what = printable_name(what[:1000])
        if len(self._skipped) < 1000:
            self._skipped.setdefault((what, why), Skipped(what, why))

    def raw(self, path: str) -> None:
        """Bytes of no known format: not examined, unless a model of the same folder claims them as its weights."""
        self._raw.add(path)

    def claim(self, path: str) -> None:
        """A model says that its weights lie at `path` as plain numbers."""
        self._claimed.add(path)

    def measure(self, path: str, size: int) -> None:
        """The file at `path` has so many bytes."""
        self._sizes[path] = size

    def expect(self, path: str, size: int, by: str) -> None:
        """The manifest at `by` says that the file at `path` has so many bytes."""
        self._expected.append((path, size, by))

    def count(self, kind: str, number: int = 1) -> None:
        self.examined[kind] += number

    @property
    def alarmed(self) -> bool:
        """Whether anything critical or high was found so far."""
        return any(finding.severity in ("critical", "high") for finding in self._findings)

    def findings(self) -> tuple[Finding, ...]:
        """Worst first, then in the order of path and offset."""
        for path, size, by in self._expected:
            if self._sizes.get(path, size) != size:
                self.find("model.ollama.digest", by, f"{path} has {self._sizes[path]} bytes, not {size}")
        return tuple(
            sorted(
                self._findings,
                key=lambda found: (
                    _SEVERITY_ORDER.index(found.severity),
                    found.location.path or "",
                    found.location.offset or 0,
                ),
            )
        )

    def coverage(self, data: dict[str, str]) -> Coverage:
        for path in sorted(self._raw - self._claimed):
            self.skip(path, "the format is not known")
        return Coverage(examined=dict(self.examined), skipped=tuple(self._skipped.values()), data=dict(data))
