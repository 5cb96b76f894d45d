"""The sample builder beside these tests, as a fixture and for parametrisation."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest


def load_samples() -> ModuleType:
    name = "yumen_model_samples"
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name("samples.py"))
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        spec.loader.exec_module(module)
    return sys.modules[name]


@pytest.fixture(scope="session")
def samples() -> ModuleType:
    return load_samples()


def verdict_of(report) -> str:
    """What the shipped policy says: fail for critical and high, unknown for anything skipped, else pass."""
    if any(finding.severity in ("critical", "high") for finding in report.findings):
        return "fail"
    return "unknown" if report.coverage.skipped else "pass"


@pytest.fixture(scope="session")
def verdict():
    return verdict_of
