"""The names of the formats, as settings use them."""

from __future__ import annotations

from typing import Literal

Document = Literal["json", "ocsf", "ocsf-1.9", "ecs"]
"""Formats that are a JSON document."""

Format = Literal["json", "ocsf", "ocsf-1.9", "ecs", "cef", "leef"]
