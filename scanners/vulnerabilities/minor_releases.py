"""Minor releases of Red Hat and its descendants, mended side by side: each by builds of its own.

A build says its minor release ('…el9_2.4', '…module+el8.9.0+…'). One flaw may have a fix for 9.2 and another, of a higher
version, for 9.3: a build of 9.2 is mended by the first, though the second is above it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from scanners.vulnerabilities.advisories import Event
from scanners.vulnerabilities.candidates import Span

_MINOR = re.compile(r"[.+]el([0-9]{1,2})(?:_|\.)([0-9]{1,2})(?![0-9])")


def minor_release(version: str) -> tuple[str, str] | None:
    """('9', '2') of a build for 9.2; None where the build does not say."""
    match = _MINOR.search(version) if "el" in version else None
    return (match[1], match[2]) if match else None


def own_spans(spans: Sequence[Span], own: tuple[str, str] | None) -> Sequence[Span]:
    """The spans that decide for a build: those with a fix of its own minor release, if it has one, else all."""
    if own is None:
        return spans
    return [span for span in spans if any(is_own_fix(event, own) for event in span)] or spans


def is_own_fix(event: Event, own: tuple[str, str] | None) -> bool:
    """Whether an event is a fix that was built for that minor release."""
    return own is not None and event[0] == "fixed" and minor_release(event[1]) == own
