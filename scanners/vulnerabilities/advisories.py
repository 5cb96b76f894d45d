"""The nouns of vulnerability data, in the terms of the OSV schema (https://ossf.github.io/osv-schema/)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from scanners.findings import Severity

EventKind = Literal["introduced", "fixed", "last_affected", "limit"]
Event = tuple[EventKind, str]


@dataclass(frozen=True, slots=True)
class Affected:
    """One package that an advisory speaks of, and which of its versions."""

    ecosystem: str
    name: str
    ranges: tuple[tuple[Event, ...], ...] = ()
    """Version ranges in the ecosystem's order. Ranges over git commits are left out: packages carry versions."""
    versions: tuple[str, ...] = ()
    """Versions that are affected by name, in addition to the ranges."""
    unclear: str = ""
    """Why no version can be judged by this entry, e.g. because it names only git commits."""
    stream: str = ""
    """Of an RPM in a module: 'nodejs:18'. Other streams have fixes of their own."""
    severity: Severity | None = None
    """For this package, where the advisory rates each on its own."""
    state: str = ""
    """What the publisher says about mending it, in its words ('Will not fix'); empty where there is nothing to say."""


@dataclass(frozen=True, slots=True)
class Advisory:
    """One known vulnerability."""

    id: str
    modified: str
    """RFC 3339; empty where the source does not say."""
    summary: str
    aliases: tuple[str, ...]
    """Other names of the same vulnerability."""
    upstream: tuple[str, ...]
    """The vulnerabilities that it is about: a distribution's notice often mends several at once."""
    severity: Severity | None
    """None where nobody rated it."""
    cvss: str
    references: tuple[str, ...]
    digest: str
    """SHA-256 of the record as read, hex."""
    affected: tuple[Affected, ...]
