"""The tools for personal data in text, JSON, documents and data sets."""

from __future__ import annotations

from tools import datasets, pii_detect, pii_redact, pii_tokens
from tools.registry import Tool

TOOLS: tuple[Tool, ...] = (pii_detect.TOOL, pii_redact.TOOL, pii_tokens.RESTORE, pii_tokens.ERASE, *datasets.TOOLS)
