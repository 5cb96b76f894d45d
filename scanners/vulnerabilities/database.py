"""The local vulnerability database: one SQLite file, written whole by a build and only read by scans."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self, TypeVar, cast

import orjson

from scanners.errors import TargetMissing, UnreadableInput
from scanners.vulnerabilities.candidates import Candidate, unpack

SCHEMA_VERSION = 5
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
CREATE TABLE package (
  ecosystem TEXT NOT NULL, name TEXT NOT NULL, part INTEGER NOT NULL, advisories TEXT NOT NULL,
  PRIMARY KEY (ecosystem, name, part)
) WITHOUT ROWID;
CREATE TABLE standing (
  ecosystem TEXT NOT NULL, name TEXT NOT NULL, cve TEXT NOT NULL, modified TEXT NOT NULL,
  evaluated INTEGER NOT NULL, state TEXT NOT NULL, PRIMARY KEY (ecosystem, name, cve)
) WITHOUT ROWID;
CREATE TABLE exploited (cve TEXT PRIMARY KEY, since TEXT NOT NULL, ransomware INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE forecast (cve TEXT PRIMARY KEY, probability REAL NOT NULL) WITHOUT ROWID;
"""


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


class Evidence(NamedTuple):
    """What a finding shows of the advisory that it rests on."""

    summary: str
    digest: str
    """SHA-256 of the record as read, hex."""
    references: tuple[str, ...]


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
            "SELECT DISTINCT name FROM package WHERE ecosystem = 'Maven' OR ecosystem LIKE 'Maven:%'"
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

    def exploited(self, cves: Iterable[str]) -> Mapping[str, str]:
        """Those of the vulnerabilities that are known to be used in attacks (KEV), and since when."""
        return dict(self._about("SELECT cve, since FROM exploited WHERE cve IN (SELECT value FROM json_each(?))", cves))

    def probabilities(self, cves: Iterable[str]) -> Mapping[str, float]:
        """How likely each is used in attacks within 30 days (EPSS), from 0 to 1, where there is a forecast."""
        return dict(
            self._about("SELECT cve, probability FROM forecast WHERE cve IN (SELECT value FROM json_each(?))", cves)
        )

    def evidence(self, numbers: Iterable[int]) -> Mapping[int, Evidence]:
        """What findings show of advisories, by number."""
        rows = self._about(
            "SELECT number, summary, digest, refs FROM advisory WHERE number IN (SELECT value FROM json_each(?))",
            numbers,
        )
        return {number: Evidence(summary, digest, _strings(refs)) for number, summary, digest, refs in rows}

    def _about(self, question: str, values: Iterable[str] | Iterable[int]) -> Iterator[Any]:
        """The rows about any of the values, which are asked for together."""
        return self._connection.execute(question, (orjson.dumps(list(values)).decode(),))

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
        row = self._connection.execute(
            "SELECT evaluated, state FROM standing WHERE ecosystem = ? AND name = ? AND cve = ?", (ecosystem, name, cve)
        ).fetchone()
        return Standing(bool(row[0]), row[1]) if row else None

    @cached_property
    def has_standings(self) -> bool:
        """Whether any distribution says how far it is."""
        return self._connection.execute("SELECT 1 FROM standing LIMIT 1").fetchone() is not None

    def candidates(self, ecosystem: str, name: str) -> list[Candidate]:
        """Every advisory that names the package (PyPI names in their normal form), in the order of their ids."""
        rows = self._connection.execute(
            "SELECT advisories FROM package WHERE ecosystem = ? AND name = ? ORDER BY part", (ecosystem, name)
        )
        return [candidate for (text,) in rows for candidate in unpack(text)]


def _strings(text: str) -> tuple[str, ...]:
    return () if text == "[]" else tuple(orjson.loads(text))


def _unusable(path: Path) -> DatabaseUnusable:
    return DatabaseUnusable(
        f"{path.name} is not a vulnerability database that this version reads",
        remedy="build it again: yumen db build DIR|ZIP…",
    )
