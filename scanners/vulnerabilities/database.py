"""The local vulnerability database: one SQLite file, written whole by a build and only read by scans."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from functools import cached_property
from operator import itemgetter
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self, TypeVar, cast

import orjson

from scanners.errors import TargetMissing, UnreadableInput
from scanners.findings import Severity
from scanners.vulnerabilities.advisories import Event

SCHEMA_VERSION = 4
REMEMBERED = 64
"""Answers that are kept, the latest."""
T = TypeVar("T")
SCHEMA = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE source (
  name TEXT PRIMARY KEY, last_update TEXT NOT NULL, imported TEXT NOT NULL,
  advisories INTEGER NOT NULL, refused INTEGER NOT NULL, withdrawn INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE ecosystem (
  name TEXT PRIMARY KEY, last_update TEXT NOT NULL, affected INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE advisory (
  number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, modified TEXT NOT NULL, summary TEXT NOT NULL,
  aliases TEXT NOT NULL, upstream TEXT NOT NULL, severity TEXT, cvss TEXT NOT NULL, refs TEXT NOT NULL, digest TEXT NOT NULL
);
CREATE TABLE affected (
  ecosystem TEXT NOT NULL, name TEXT NOT NULL, advisory INTEGER NOT NULL REFERENCES advisory (number),
  ranges TEXT NOT NULL, versions TEXT NOT NULL, unclear TEXT NOT NULL, stream TEXT NOT NULL, severity TEXT,
  state TEXT NOT NULL
);
CREATE TABLE standing (
  ecosystem TEXT NOT NULL, name TEXT NOT NULL, cve TEXT NOT NULL, modified TEXT NOT NULL,
  evaluated INTEGER NOT NULL, state TEXT NOT NULL, PRIMARY KEY (ecosystem, name, cve)
) WITHOUT ROWID;
CREATE TABLE exploited (cve TEXT PRIMARY KEY, since TEXT NOT NULL, ransomware INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE forecast (cve TEXT PRIMARY KEY, probability REAL NOT NULL) WITHOUT ROWID;
"""
INDEXES = "CREATE INDEX affected_by_package ON affected (ecosystem, name);"


class DatabaseUnusable(UnreadableInput):
    """The file is not a vulnerability database of this version of Yumen."""

    code = "database_unusable"


@dataclass(frozen=True, slots=True)
class Source:
    """One feed that the database was built from."""

    name: str
    last_update: str
    """The newest moment that the feed itself names, RFC 3339; empty where it names none."""
    imported: str
    advisories: int
    refused: int
    """Records that could not be read as advisories: what they would have said is missing."""
    withdrawn: int


class Candidate(NamedTuple):
    """An advisory about a package, before its versions are compared.

    A tuple, and what only findings show stays JSON: most advisories about an installed package do not affect it.
    """

    id: str
    aliases: tuple[str, ...]
    upstream: tuple[str, ...]
    ranges: tuple[tuple[Event, ...], ...]
    versions: tuple[str, ...]
    unclear: str
    stream: str
    severity: Severity | None
    summary: str
    digest: str
    references_json: str
    state: str = ""

    @property
    def references(self) -> tuple[str, ...]:
        return _strings(self.references_json)

    @property
    def exonerates(self) -> bool:
        """Whether the advisory says of this very package that it is not affected."""
        return not (self.ranges or self.versions or self.unclear)


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a distribution is with a vulnerability that it has not mended."""

    evaluated: bool
    """False: it has not looked yet whether the package is affected at all."""
    state: str


class Database:
    """A vulnerability database opened for reading."""

    def __init__(self, path: Path) -> None:
        """Raises TargetMissing or DatabaseUnusable."""
        if not path.is_file():
            raise TargetMissing(
                f"there is no vulnerability database at {path.name}", remedy="build one: yumen db build DIR|ZIP…"
            )
        self._answers: dict[Hashable, object] = {}
        self._connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True)
        try:
            self.meta: Mapping[str, str] = dict(self._connection.execute("SELECT key, value FROM meta"))
        except sqlite3.DatabaseError as error:
            self._connection.close()
            raise _unusable(path) from error
        if self.meta.get("schema") != str(SCHEMA_VERSION):
            self._connection.close()
            raise _unusable(path)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._connection.close()

    @property
    def digest(self) -> str:
        """'sha256:…' over every record in it: the same records give the same digest."""
        return self.meta["digest"]

    @cached_property
    def ecosystems(self) -> Mapping[str, str]:
        """Every ecosystem that it has advisories for, with the date of the last update of its source."""
        return dict(self._connection.execute("SELECT name, last_update FROM ecosystem ORDER BY name"))

    @cached_property
    def _by_artifact(self) -> Mapping[str, tuple[str, ...]]:
        names: dict[str, list[str]] = defaultdict(list)
        for (name,) in self._connection.execute(
            "SELECT DISTINCT name FROM affected WHERE ecosystem = 'Maven' OR ecosystem LIKE 'Maven:%'"
        ):
            names[name.rpartition(":")[2]].append(name)
        return {artifact: tuple(sorted(found)) for artifact, found in names.items()}

    def maven_names(self, artifact: str) -> tuple[str, ...]:
        """Every 'group:artifact' with advisories that has this artifact."""
        return self._by_artifact.get(artifact, ())

    def sources(self) -> tuple[Source, ...]:
        rows = self._connection.execute(
            "SELECT name, last_update, imported, advisories, refused, withdrawn FROM source ORDER BY name"
        )
        return tuple(Source(*row) for row in rows)

    def exploited(self, cve: str) -> str | None:
        """Since when the vulnerability is known to be used in attacks (KEV); None if it is not known to be."""
        return self._exploited.get(cve)

    @cached_property
    def _exploited(self) -> Mapping[str, str]:
        return dict(self._connection.execute("SELECT cve, since FROM exploited"))

    def probability(self, cve: str) -> float | None:
        """How likely it is used in attacks within 30 days (EPSS), from 0 to 1; None where there is no forecast."""
        if not self._has_forecasts:
            return None
        row = self._connection.execute("SELECT probability FROM forecast WHERE cve = ?", (cve,)).fetchone()
        return row[0] if row else None

    @cached_property
    def _has_forecasts(self) -> bool:
        return self._connection.execute("SELECT 1 FROM forecast LIMIT 1").fetchone() is not None

    def remember(self, question: Hashable, answer: Callable[[], T]) -> T:
        """The answer to a question that was asked lately, else a new one: the packages of one source ask the same."""
        if question in self._answers:
            found = self._answers.pop(question)
        else:
            found = answer()
            if len(self._answers) >= REMEMBERED:
                del self._answers[next(iter(self._answers))]
        self._answers[question] = found
        return cast(T, found)

    def standing(self, ecosystem: str, name: str, cve: str) -> Standing | None:
        """What the distribution says of an unmended vulnerability in a source package; None: nothing."""
        if not self._has_standings:
            return None
        row = self._connection.execute(
            "SELECT evaluated, state FROM standing WHERE ecosystem = ? AND name = ? AND cve = ?", (ecosystem, name, cve)
        ).fetchone()
        return Standing(bool(row[0]), row[1]) if row else None

    @cached_property
    def _has_standings(self) -> bool:
        return self._connection.execute("SELECT 1 FROM standing LIMIT 1").fetchone() is not None

    def candidates(self, ecosystem: str, name: str) -> list[Candidate]:
        """Every advisory that names the package (PyPI names in their normal form), in the order of their ids."""
        rows = self._connection.execute(
            "SELECT id, aliases, upstream, ranges, versions, unclear, stream,"
            " coalesce(affected.severity, advisory.severity), summary, digest, refs, state"
            " FROM affected JOIN advisory ON advisory = number WHERE ecosystem = ? AND name = ?",
            (ecosystem, name),
        ).fetchall()
        rows.sort(key=itemgetter(0))
        return [
            Candidate(identity, _strings(aliases), _strings(upstream), _ranges(ranges), _strings(versions), *more)
            for identity, aliases, upstream, ranges, versions, *more in rows
        ]


def _strings(text: str) -> tuple[str, ...]:
    return () if text == "[]" else tuple(orjson.loads(text))


def _ranges(text: str) -> tuple[tuple[Event, ...], ...]:
    return tuple([tuple(map(tuple, events)) for events in orjson.loads(text)])


def _unusable(path: Path) -> DatabaseUnusable:
    return DatabaseUnusable(
        f"{path.name} is not a vulnerability database that this version reads",
        remedy="build it again: yumen db build DIR|ZIP…",
    )
