"""One made file, and what is known of it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Sample:
    name: str
    content: bytes
    hostile: bool
    technique: str
    container: str = "plain"
