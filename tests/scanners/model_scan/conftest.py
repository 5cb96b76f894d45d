"""The sample builder beside these tests, as a fixture."""

from __future__ import annotations

from types import ModuleType

import pytest

from . import samples as built


@pytest.fixture(scope="session")
def samples() -> ModuleType:
    return built


def verdict_of(report) -> str:
    """What the shipped policy says: fail for critical and high, unknown for anything skipped, else pass."""
    if any(finding.severity in ("critical", "high") for finding in report.findings):
        return "fail"
    return "unknown" if report.coverage.skipped else "pass"


@pytest.fixture(scope="session")
def verdict():
    return verdict_of
