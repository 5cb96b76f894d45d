"""Building the database: feeds in, one SQLite file out, put in place only when it is whole."""

from __future__ import annotations

import hashlib
import itertools
import os
import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from operator import itemgetter
from pathlib import Path
from typing import Any, cast

import orjson

from scanners.vulnerabilities import debian_tracker, exploitation, osv, red_hat, secdb, ubuntu_vex
from scanners.vulnerabilities.advisories import Advisory
from scanners.vulnerabilities.candidates import LISTED, Row, pack
from scanners.vulnerabilities.database import SCHEMA, SCHEMA_VERSION, Source
from scanners.vulnerabilities.feeds import decode, table
from scanners.vulnerabilities.osv import NotAnAdvisory
from scanners.vulnerabilities.record_files import RecordFile, files

REFUSALS_SHOWN = 20
_COLLECTED = """
CREATE TABLE collected.affected (
  ecosystem TEXT NOT NULL, name TEXT NOT NULL, advisory INTEGER NOT NULL, ranges TEXT NOT NULL, versions TEXT NOT NULL,
  unclear TEXT NOT NULL, stream TEXT NOT NULL, severity TEXT, state TEXT NOT NULL
);
CREATE INDEX collected.affected_by_advisory ON affected (advisory);
"""
"""What the advisories say of packages, until all are read: a later record may take back an earlier one."""
_BY_PACKAGE = (
    "SELECT ecosystem, name, digest, id, number, ranges, versions, unclear, stream,"
    " coalesce(affected.severity, advisory.severity), state, aliases, upstream"
    " FROM affected JOIN advisory ON advisory = number"
    " ORDER BY ecosystem, name, id, ranges, versions, stream, unclear"
)
_NEWER_STANDING = (
    "INSERT INTO standing VALUES (?,?,?,?,?,?) ON CONFLICT DO UPDATE SET modified = excluded.modified,"
    " evaluated = excluded.evaluated, state = excluded.state WHERE excluded.modified >= standing.modified"
)


@dataclass(frozen=True, slots=True)
class Refusal:
    """A file of a feed that was not an advisory."""

    file: str
    why: str


@dataclass(frozen=True, slots=True)
class Build:
    """What a build put into the database."""

    path: Path
    digest: str
    sources: tuple[Source, ...]
    ecosystems: Mapping[str, str]
    refusals: tuple[Refusal, ...]
    """The first few of what was refused; each source has the count."""


def build_database(inputs: tuple[Path, ...], output: Path, *, as_of: str | None = None) -> Build:
    """Read every feed and replace the database at `output`.

    as_of: the date of the data, RFC 3339, where the feeds cannot say it themselves (or say it too early, being
    quiet); without it a source is as old as its newest record, or the newest file in its archive.
    Raises TargetMissing, UnreadableInput. A record that is not an advisory is counted and left out.
    """
    output.parent.mkdir(parents=True, exist_ok=True)
    unfinished = output.with_name(f".{output.name}.{os.getpid()}")
    collected = output.with_name(f".{output.name}.{os.getpid()}.collected")
    _remove(unfinished, collected)
    connection = sqlite3.connect(unfinished, isolation_level=None)
    try:
        connection.execute("ATTACH ? AS collected", (str(collected),))
        connection.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;")
        connection.executescript("PRAGMA collected.journal_mode = OFF; PRAGMA collected.synchronous = OFF;")
        connection.executescript(SCHEMA + _COLLECTED)
        connection.execute("BEGIN")
        writer = _Writer(connection, datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"))
        for path in inputs:
            writer.feed(path, as_of)
        digest = writer.finish()
        connection.execute("COMMIT")
        connection.close()
        with open(unfinished, "rb+") as file:
            os.fsync(file.fileno())
        os.replace(unfinished, output)
    finally:
        connection.close()
        _remove(unfinished, collected)
    return Build(output, digest, tuple(writer.sources), writer.ecosystems, tuple(writer.refusals))


def _remove(*files: Path) -> None:
    for file in files:
        file.unlink(missing_ok=True)


@dataclass
class _Counts:
    """What one source gave."""

    advisories: int = 0
    refused: int = 0
    withdrawn: int = 0
    newest_record: str = ""
    newest_file: str = ""
    ecosystems: set[str] = field(default_factory=set)

    def took(self, count: int, record_date: str, file_date: str) -> None:
        self.advisories += count
        self.newest_record = max(self.newest_record, record_date)
        self.newest_file = max(self.newest_file, file_date)


@dataclass
class _Writer:
    connection: sqlite3.Connection
    now: str
    sources: list[Source] = field(default_factory=list)
    ecosystems: dict[str, str] = field(default_factory=dict)
    refusals: list[Refusal] = field(default_factory=list)
    _numbers: dict[str, tuple[int, str]] = field(default_factory=dict)
    _counts: dict[str, int] = field(default_factory=dict)
    _withdrawn: dict[str, str] = field(default_factory=dict)
    _next: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def feed(self, path: Path, as_of: str | None) -> None:
        name = self._free_name(path.name)
        counts = _Counts()
        for file in files(path):
            try:
                self._file(file, counts)
            except NotAnAdvisory as error:
                counts.refused += 1
                if len(self.refusals) < REFUSALS_SHOWN:
                    self.refusals.append(Refusal(f"{name}:{file.name}"[:300], error.message))
        last_update = as_of or counts.newest_record or counts.newest_file
        for ecosystem in counts.ecosystems:
            self.ecosystems[ecosystem] = max(self.ecosystems.get(ecosystem, ""), last_update)
        self.sources.append(Source(name, last_update, self.now, counts.advisories, counts.refused, counts.withdrawn))

    def _file(self, file: RecordFile, counts: _Counts) -> None:
        if (text := table(file)) is not None:
            date, forecasts = exploitation.parse_epss(text)
            rows = [(item.cve, item.probability) for item in forecasts]
            self.connection.executemany("INSERT OR REPLACE INTO forecast VALUES (?,?)", rows)
            counts.took(len(rows), date, file.moment)
            return
        record = decode(file)
        if exploitation.is_kev(record):
            date, exploited = exploitation.parse_kev(record)
            known = [(item.cve, item.since, item.ransomware) for item in exploited]
            self.connection.executemany("INSERT OR REPLACE INTO exploited VALUES (?,?,?)", known)
            counts.took(len(known), date, file.moment)
        elif isinstance(record, Mapping) and ubuntu_vex.is_ubuntu_vex(record):
            date, standings = ubuntu_vex.parse(record)
            self.connection.executemany(
                _NEWER_STANDING, [(*item.key, date, item.evaluated, item.state) for item in standings]
            )
            counts.took(len(standings), date, file.moment)
        elif taken_back := _taken_back(record):
            counts.withdrawn += 1
            self._withdraw(*taken_back)
        else:
            for advisory in list(_advisories(record, file.data)):
                counts.took(1, advisory.modified, file.moment)
                counts.ecosystems.update(affected.ecosystem for affected in advisory.affected)
                self._add(advisory)
            if red_hat.is_csaf(record):
                counts.took(0, red_hat.modified(record), file.moment)

    def _withdraw(self, identity: str, modified: str) -> None:
        """Take back what an older copy of the record said, also one that is yet to come."""
        self._withdrawn[identity] = max(modified, self._withdrawn.get(identity, ""))
        known = self._numbers.get(identity)
        if known and known[1] <= modified:
            self._forget(known[0])
            del self._numbers[identity]

    def _forget(self, number: int) -> None:
        for (ecosystem,) in self.connection.execute(
            "SELECT ecosystem FROM affected WHERE advisory = ?", (number,)
        ).fetchall():
            self._counts[ecosystem] -= 1
        self.connection.execute("DELETE FROM affected WHERE advisory = ?", (number,))
        self.connection.execute("DELETE FROM advisory WHERE number = ?", (number,))

    def _add(self, advisory: Advisory) -> None:
        if advisory.modified and advisory.modified <= self._withdrawn.get(advisory.id, ""):
            return
        known = self._numbers.get(advisory.id)
        number = known[0] if known else next(self._next)
        if known and advisory.modified:
            if advisory.modified <= known[1]:
                return
            self._forget(number)
            known = None
        if known is None:
            self._numbers[advisory.id] = (number, advisory.modified)
            self.connection.execute(
                "INSERT INTO advisory VALUES (?,?,?,?,?,?,?,?,?,?)",
                (
                    number,
                    advisory.id,
                    advisory.modified,
                    advisory.summary,
                    _json(advisory.aliases),
                    _json(advisory.upstream),
                    advisory.severity,
                    advisory.cvss,
                    _json(advisory.references),
                    advisory.digest,
                ),
            )
        for affected in advisory.affected:
            self._counts[affected.ecosystem] = self._counts.get(affected.ecosystem, 0) + 1
            self.connection.execute(
                "INSERT INTO affected VALUES (?,?,?,?,?,?,?,?,?)",
                (
                    affected.ecosystem,
                    affected.name,
                    number,
                    _json(affected.ranges),
                    _json(affected.versions),
                    affected.unclear,
                    affected.stream,
                    affected.severity,
                    affected.state,
                ),
            )

    def finish(self) -> str:
        """Write what is known of the sources, and return the digest over all records."""
        content = hashlib.sha256()
        self.connection.execute("CREATE INDEX collected.affected_by_package ON affected (ecosystem, name)")
        rows = self.connection.execute(_BY_PACKAGE)
        for (ecosystem, name), about_it in itertools.groupby(rows, key=itemgetter(0, 1)):
            for part, some in enumerate(_portions(about_it)):
                for _, _, digest, *told in some:
                    row = Row(*told)
                    said = row.id, digest, row.ranges_json, row.versions_json, row.stream, row.unclear
                    content.update("\0".join((ecosystem, name, *said)).encode())
                packed = pack(Row(*told) for _, _, _, *told in some)
                self.connection.execute("INSERT INTO package VALUES (?,?,?,?)", (ecosystem, name, part, packed))
        for question in (
            "SELECT cve, since FROM exploited ORDER BY cve",
            "SELECT cve, probability FROM forecast ORDER BY cve",
            "SELECT ecosystem || char(0) || name || char(0) || cve AS place, evaluated || state FROM standing ORDER BY place",
        ):
            for cve, value in self.connection.execute(question):
                content.update(f"{cve}\0{value}".encode())
        digest = f"sha256:{content.hexdigest()}"
        meta = {"schema": str(SCHEMA_VERSION), "built": self.now, "digest": digest}
        self.connection.executemany("INSERT INTO meta VALUES (?,?)", meta.items())
        self.connection.executemany(
            "INSERT INTO source VALUES (?,?,?,?,?,?)",
            [(s.name, s.last_update, s.imported, s.advisories, s.refused, s.withdrawn) for s in self.sources],
        )
        self.connection.executemany(
            "INSERT INTO ecosystem VALUES (?,?,?)",
            [(name, date, self._counts.get(name, 0)) for name, date in self.ecosystems.items()],
        )
        return digest

    def _free_name(self, name: str) -> str:
        taken = {source.name for source in self.sources}
        return next(
            candidate
            for candidate in (name, *(f"{name} ({n})" for n in range(2, len(taken) + 3)))
            if candidate not in taken
        )


def _portions(rows: Iterator[tuple[Any, ...]]) -> Iterator[list[tuple[Any, ...]]]:
    """As many as stand in one row of the database, at a time."""
    while some := list(itertools.islice(rows, LISTED)):
        yield some


def _taken_back(record: object) -> tuple[str, str] | None:
    """Id and moment of the advisory that a record withdraws; None for a record in force."""
    if not isinstance(record, Mapping):
        return None
    if red_hat.is_csaf(record):
        return red_hat.deleted(record)
    return (str(record.get("id"))[:200], osv.moment(record.get("modified"))) if osv.is_withdrawn(record) else None


def _advisories(record: object, data: bytes) -> Iterator[Advisory]:
    if red_hat.is_csaf(record):
        yield from red_hat.parse(cast(Mapping[str, Any], record), data)
        return
    if secdb.is_secdb(record):
        yield from secdb.parse(cast(Mapping[str, Any], record))
    elif debian_tracker.is_tracker(record):
        yield from debian_tracker.parse(cast(Mapping[str, Any], record))
    else:
        yield osv.parse(record, data)


def _json(value: object) -> str:
    return orjson.dumps(value).decode()
