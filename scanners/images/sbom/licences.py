"""Licences as catalogues found them, in the words of the bills of materials."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression

_GNU = re.compile(r"\b(A?GPL|LGPL)-([1-3](?:\.\d)?)(\+?)(?![\w.])")
_DEBIAN: Mapping[str, str] = {"Expat": "MIT", "Apache-2": "Apache-2.0"}
"""Short names of Debian's copyright format that SPDX has under another ('License short name' §7.1)."""


def expression(licenses: Sequence[str]) -> str:
    """The SPDX expression of all of them together; empty where there is none, or one of them is no expression."""
    try:
        found = [str(canonicalize_license_expression(_spdx(text))) for text in licenses]
    except InvalidLicenseExpression:
        return ""
    return found[0] if len(found) == 1 else " AND ".join(f"({one})" if " " in one else one for one in found)


def choices(licenses: Sequence[str]) -> list[dict[str, Any]]:
    """As CycloneDX wants them: one expression of all of them, otherwise their names ('licenseChoice')."""
    if together := expression(licenses):
        return [{"expression": together}]
    return [{"license": {"name": text}} for text in licenses]


def _spdx(text: str) -> str:
    return _DEBIAN.get(text) or _GNU.sub(_gnu, text)


def _gnu(match: re.Match[str]) -> str:
    name, version, later = match.groups()
    return f"{name}-{version if '.' in version else version + '.0'}-{'or-later' if later else 'only'}"
