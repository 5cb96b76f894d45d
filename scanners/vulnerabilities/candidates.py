"""The advisories about one package, as the database keeps them: together, in the order of their ids, ready to be matched.

Most advisories about an installed package do not affect it. So one row holds what decides, and what is only shown in a
finding stays with the advisory.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple, cast

import orjson

from scanners.findings import Severity
from scanners.vulnerabilities.advisories import Event, EventKind

Span = Sequence[Event]
LISTED = 1000
"""Advisories in one row; of a kernel there are several rows."""
_MENDED_IN = "introduced 0\nfixed "
"""How nearly all ranges begin."""
_CVE = re.compile(r"CVE-[0-9]{4}-[0-9]{4,}\Z")


class Candidate(NamedTuple):
    """An advisory about a package, before its versions are compared.

    Its parts are texts until they are asked for: to make lists of what is not looked at would cost most of a match.
    """

    id: str
    number: int
    """Of the advisory in the database."""
    ranges: str
    """A line for each event ('fixed 1.2'), and an empty one between ranges."""
    versions: str
    """Versions affected by name, a line each, between line breaks; empty where there are none."""
    unclear: str
    stream: str
    severity: Severity | None
    state: str
    known: str
    """The names of each vulnerability that it is about, a line each, and an empty one between vulnerabilities."""
    notices: str
    """The advisory's own names, a line each, where it is about several vulnerabilities."""

    @property
    def spans(self) -> list[Span]:
        """The ranges, each a list of events."""
        return _spans(self.ranges)

    @property
    def vulnerabilities(self) -> list[list[str]]:
        """For each vulnerability that it is about: its names."""
        return [names.split("\n") for names in self.known.split("\n\n")]

    def about(self, vulnerabilities: Iterable[Iterable[str]]) -> Candidate:
        """The same, as far as it is about those."""
        return self._replace(known="\n\n".join(map("\n".join, vulnerabilities)))

    @property
    def exonerates(self) -> bool:
        """Whether the advisory says of this very package that it is not affected."""
        return not (self.ranges or self.versions or self.unclear)


class Row(NamedTuple):
    """An advisory about a package, as a build collects it. What is in JSON has the form that `Affected` gives it."""

    id: str
    number: int
    ranges_json: str
    versions_json: str
    unclear: str
    stream: str
    severity: Severity | None
    state: str
    aliases_json: str
    upstream_json: str


def pack(rows: Iterable[Row]) -> str:
    """At most LISTED advisories about one package as one text."""
    return orjson.dumps([tuple(_packed(row)) for row in rows]).decode()


def unpack(text: str) -> list[Candidate]:
    """What `pack` wrote."""
    new = tuple.__new__  # `Candidate._make` counts the parts, and takes three times as long
    return [new(Candidate, row) for row in orjson.loads(text)]


def _packed(row: Row) -> Candidate:
    ranges = orjson.loads(row.ranges_json)
    versions = orjson.loads(row.versions_json)
    known, notices = known_as(row.id, orjson.loads(row.aliases_json), orjson.loads(row.upstream_json))
    return Candidate(
        row.id,
        row.number,
        "\n\n".join(_lines(f"{kind} {version}" for kind, version in events) for events in ranges),
        "\n".join(("", *versions, "")) if versions else "",
        row.unclear,
        row.stream,
        row.severity,
        row.state,
        "\n\n".join(map(_lines, known)),
        _lines(notices),
    )


def _lines(texts: Iterable[str]) -> str:
    """A line each: a line break inside one could not be told from the end of it."""
    return "\n".join(text.replace("\n", " ") for text in texts)


def _spans(text: str) -> list[Span]:
    if text.startswith(_MENDED_IN) and "\n" not in (fixed := text[len(_MENDED_IN) :]):
        return [[("introduced", "0"), ("fixed", fixed)]]
    return [[_event(line) for line in span.split("\n")] for span in text.split("\n\n")] if text else []


def _event(line: str) -> Event:
    kind, version = line.split(" ", 1)
    return cast(EventKind, kind), version


def known_as(
    identity: str, aliases: Sequence[str], upstream: Sequence[str]
) -> tuple[list[tuple[str, ...]], tuple[str, ...]]:
    """The names of each vulnerability that an advisory is about, and the advisory's own where it is about several."""
    own = (identity, *aliases)
    by_cve: dict[str, list[str]] = {}
    for name in upstream:
        if match := _CVE.search(name):  # also of 'UBUNTU-CVE-2024-1'
            by_cve.setdefault(match[0], []).append(name)
    if len(by_cve) > 1:
        return [tuple(dict.fromkeys((cve, *names))) for cve, names in by_cve.items()], own
    embedded = match[0] if (match := _CVE.search(identity)) else identity
    return [tuple(dict.fromkeys((*own, embedded, *upstream, *by_cve)))], ()
