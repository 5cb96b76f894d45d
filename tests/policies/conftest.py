"""What the tests of the Rego need."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest


@pytest.fixture(scope="module")
def opa() -> str:
    """The reference implementation, where it is installed."""
    found = shutil.which("opa") or shutil.which("opa", path=str(Path.home() / "go" / "bin"))
    if found is None:
        if os.environ.get("YUMEN_CI") == "1":
            pytest.fail("opa is not installed")
        pytest.skip("opa is not installed")
    return found
