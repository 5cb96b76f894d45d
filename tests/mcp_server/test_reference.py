"""The reference pages say what the code says."""

from __future__ import annotations

from pathlib import Path

import pytest

from mcp_server.reference import pages

DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize("name", sorted(pages()))
def test_the_committed_page_is_current(name: str) -> None:
    assert (DOCS / name).read_text() == pages()[name], "run `make docs`"
