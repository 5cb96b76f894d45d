"""Whose law applies: ISO 3166-1 alpha-2 codes, and EEA, as the residency pack knows them."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import Field

PATTERN = r"^([A-Z]{2}|EEA)$"

Jurisdiction = Annotated[str, Field(pattern=rf"^$|{PATTERN}")]
"""One of them, or empty: not known."""


def is_jurisdiction(text: str) -> bool:
    """Whether `text` is in the form of one."""
    return re.fullmatch(PATTERN, text) is not None
