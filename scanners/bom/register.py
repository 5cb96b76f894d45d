"""The register of models: versions with their facts, and what happened to them; a row set per tenant."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Literal

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion, Version
from pydantic import Field, TypeAdapter

from scanners.bom.facts import ModelFacts
from scanners.bom.register_store import Database, RegisterStore, Row
from scanners.errors import UnreadableInput, YumenError

EventKind = Literal["evaluation", "approval", "rejection", "deployment", "retirement", "filing"]

_FACTS = TypeAdapter(ModelFacts)
MAX_DEPTH = 32
"""Generations of models made from models."""


class VersionTaken(YumenError):
    """That version of the model is registered with other content; a version never changes."""

    code = "version_taken"


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to a version."""

    kind: Annotated[EventKind, Field(description="What kind of thing happened")]
    what: Annotated[str, Field(min_length=1, description="The service deployed to, the evaluation, the filing number")]
    detail: Annotated[str, Field(description="Result, reason, environment")] = ""
    at: Annotated[str, Field(description="When, RFC 3339; filled in when it is recorded")] = ""
    by: Annotated[str, Field(description="Who recorded it; filled in when it is recorded")] = ""


@dataclass(frozen=True, slots=True)
class Registered:
    """A version of a model as the register holds it."""

    name: str
    version: str
    digest: Annotated[str, Field(description="As model_hash answers it")]
    facts: ModelFacts
    registered: Annotated[str, Field(description="When, RFC 3339")]
    registered_by: str
    events: tuple[Event, ...] = ()

    @property
    def deployments(self) -> tuple[str, ...]:
        """Services that run it now: deployed to and not retired from since, by the order of recording."""
        running: dict[str, None] = {}
        for event in self.events:
            if event.kind == "deployment":
                running[event.what] = None
            elif event.kind == "retirement":
                running.pop(event.what, None)
        return tuple(running)


@dataclass(frozen=True, slots=True)
class Question:
    """Which versions are asked for: those that fit every part that is given."""

    name: str = ""
    version: str = ""
    digest: str = ""
    dataset: str = ""
    library: str = ""
    """A requirement such as 'torch<2.6'; a bare name means any version."""
    ancestor: str = ""
    """A model, by name or digest, that it was made from, directly or through others."""
    service: str = ""
    deployed: bool = False


@dataclass(frozen=True, slots=True)
class Affected:
    """A version that fits a question, and why."""

    version: Registered
    why: Annotated[tuple[str, ...], Field(description="Which of its facts fit the question")]
    uncertain: Annotated[tuple[str, ...], Field(description="Why it may or may not fit; empty if it does")] = field(
        default=()
    )


class Register:
    """The register of one tenant."""

    def __init__(self, store: RegisterStore, tenant: str) -> None:
        self._store = store
        self._tenant = tenant

    def add(self, facts: ModelFacts, digest: str, by: str) -> Registered:
        """Register a version, or find it registered with the same content. Raises VersionTaken, UnreadableInput."""
        if not facts.name or not facts.version:
            raise UnreadableInput("a registered model needs a name and a version", remedy="give both in the facts")
        text = _FACTS.dump_json(facts).decode()
        with self._store.transaction() as database:
            fresh = database.rows(
                "INSERT INTO version (tenant, name, version, digest, facts, registered, registered_by) "
                "VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (tenant, name, version) DO NOTHING RETURNING id",
                (self._tenant, facts.name, facts.version, digest, text, _now(), by),
            )
            for new in fresh:
                database.run_many(
                    "INSERT INTO relation (version, kind, name, of_version, digest) VALUES (?, ?, ?, ?, ?)",
                    [(new["id"], *relation) for relation in _relations(facts)],
                )
            row = self._row(database, facts.name, facts.version)
            if row is not None and (row["digest"], row["facts"]) != (digest, text):
                raise VersionTaken(
                    f"{facts.name} {facts.version} is registered with other content ({row['digest']})",
                    remedy="register it under a new version; what was registered stays as it was",
                )
            return self._registered(database, row)

    def record(self, name: str, version: str, events: Sequence[Event], by: str) -> Registered:
        """Append events to a version. Raises UnreadableInput if it is not registered."""
        with self._store.transaction() as database:
            row = self._row(database, name, version)
            if row is None:
                raise UnreadableInput(f"{name} {version} is not registered", remedy="register it first")
            database.run_many(
                "INSERT INTO event (version, kind, at, by, what, detail) VALUES (?, ?, ?, ?, ?, ?)",
                [(row["id"], event.kind, _now(), by, event.what, event.detail) for event in events],
            )
            return self._registered(database, row)

    def ask(self, question: Question, limit: int = 1000) -> tuple[Affected, ...]:
        """Every version that fits, or may fit, in the order of registration. Raises UnreadableInput for a bad question."""
        requirement = _requirement(question.library) if question.library else None
        found = []
        with self._store.transaction() as database:
            rows = database.rows("SELECT * FROM version WHERE tenant = ? ORDER BY id", (self._tenant,))
            related = self._descendants(database, question.ancestor) if question.ancestor else {}
            for row in rows:
                version = self._registered(database, row)
                affected = _fits(version, question, requirement, related.get(row["id"]))
                if affected is not None:
                    found.append(affected)
                if len(found) >= limit:
                    break
        return tuple(found)

    def _descendants(self, database: Database, ancestor: str) -> dict[int, str]:
        """By version: the chain of models that leads from it to `ancestor`."""
        chains: dict[int, str] = {}
        frontier = [(ancestor, ancestor)]
        for _ in range(MAX_DEPTH):
            upcoming = []
            for name, chain in frontier:
                rows = database.rows(
                    "SELECT v.id, v.name, v.version, v.digest FROM relation r JOIN version v ON v.id = r.version "
                    "WHERE v.tenant = ? AND r.kind = 'ancestor' AND (r.name = ? OR r.digest = ?)",
                    (self._tenant, name, name),
                )
                for row in rows:
                    if row["id"] not in chains:
                        chains[row["id"]] = f"made from {chain}"
                        longer = f"{row['name']} {row['version']}, made from {chain}"
                        upcoming += [(key, longer) for key in (row["name"], row["digest"]) if key]
            if not upcoming:
                break
            frontier = upcoming
        return chains

    def _row(self, database: Database, name: str, version: str) -> Row | None:
        query = "SELECT * FROM version WHERE tenant = ? AND name = ? AND version = ?"
        found = database.rows(query, (self._tenant, name, version))
        return found[0] if found else None

    def _registered(self, database: Database, row: Row | None) -> Registered:
        if row is None:
            raise UnreadableInput("the register lost a version while it was read")
        events = database.rows(
            "SELECT kind, what, detail, at, by FROM event WHERE version = ? ORDER BY rowid", (row["id"],)
        )
        return Registered(
            name=row["name"],
            version=row["version"],
            digest=row["digest"],
            facts=_FACTS.validate_json(row["facts"]),
            registered=row["registered"],
            registered_by=row["registered_by"],
            events=tuple(Event(**event) for event in events),
        )


def _relations(facts: ModelFacts) -> Iterator[tuple[str, str, str, str]]:
    for dataset in facts.datasets:
        yield "dataset", dataset.name, dataset.version, dataset.digest
    for library in facts.libraries:
        yield "library", library.name.lower(), library.version, ""
    for ancestor in facts.ancestors:
        yield "ancestor", ancestor.name, ancestor.version, ancestor.digest
    for service in facts.services:
        yield "service", service.name, service.version, ""


def _fits(
    version: Registered, question: Question, requirement: tuple[str, SpecifierSet] | None, chain: str | None
) -> Affected | None:
    """Whether a version fits every part of the question; a library of unknown version leaves it uncertain."""
    facts = version.facts
    why, uncertain = [], []
    plain = (question.name, version.name), (question.version, version.version), (question.digest, version.digest)
    if any(asked and asked != own for asked, own in plain):
        return None
    if question.dataset:
        data = [one for one in facts.datasets if question.dataset in (one.name, one.digest)]
        if not data:
            return None
        why += [f"{one.role} data {one.name} {one.version}".strip() for one in data]
    if question.ancestor:
        if chain is None:
            return None
        why.append(chain)
    if requirement is not None:
        name, wanted = requirement
        own_versions = [one.version for one in facts.libraries if one.name.lower() == name]
        states = [_satisfies(own, wanted) for own in own_versions]
        if True in states:
            why.append(f"depends on {name} {own_versions[states.index(True)]}".strip())
        elif None in states:
            uncertain.append(f"depends on {name} of an unknown version")
        else:
            return None
    if question.service:
        if question.service not in (*version.deployments, *(one.name for one in facts.services)):
            return None
        why.append(f"service {question.service}")
    if question.deployed and not version.deployments:
        return None
    return Affected(version, tuple(why), tuple(uncertain))


def _requirement(text: str) -> tuple[str, SpecifierSet]:
    name = text.strip()
    for index, character in enumerate(name):
        if character in "<>=!~ ":
            name, rest = name[:index], name[index:]
            break
    else:
        rest = ""
    try:
        return name.lower(), SpecifierSet(rest, prereleases=True)
    except InvalidSpecifier:
        raise UnreadableInput(f"{text!r} is no requirement", remedy="write it like 'torch<2.6'") from None


def _satisfies(version: str, wanted: SpecifierSet) -> bool | None:
    """Whether `version` lies in `wanted`; None if that cannot be told."""
    if not str(wanted):
        return True
    try:
        return Version(version) in wanted
    except InvalidVersion:
        return None


def _now() -> str:
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
