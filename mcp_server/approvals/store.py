"""Requests for approval in a SQLite file, which servers and the command line share.

Every change is one transaction that begins with the write lock, so that an approval serves one call in whichever process.
"""

from __future__ import annotations

import json
import os
import secrets
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from mcp_server.approvals.errors import ApprovalRefused, ApprovalsUnavailable, UnknownRequest
from mcp_server.approvals.requests import Person, Request, Terms, Vote

FILE = "approvals.sqlite"
"""Name of the file in the data directory."""
MOST_OPEN = 20
"""Requests that one principal may have waiting."""
_LONGEST_ARGUMENTS = 16 << 10
_KEPT = 90 * 86_400
"""Seconds for which a request that is over is kept, without its arguments."""

_SCHEMA = (
    """CREATE TABLE IF NOT EXISTS request (
    id TEXT PRIMARY KEY, binding TEXT NOT NULL, tenant TEXT NOT NULL, issuer TEXT NOT NULL, subject TEXT NOT NULL,
    method TEXT NOT NULL, name TEXT NOT NULL, arguments TEXT NOT NULL, purpose TEXT NOT NULL, terms TEXT NOT NULL,
    created REAL NOT NULL, expires REAL NOT NULL, used REAL
) STRICT""",
    """CREATE TABLE IF NOT EXISTS vote (
    number INTEGER PRIMARY KEY AUTOINCREMENT, request TEXT NOT NULL, tenant TEXT NOT NULL, issuer TEXT NOT NULL,
    subject TEXT NOT NULL, roles TEXT NOT NULL, approve INTEGER NOT NULL, at REAL NOT NULL, recorded INTEGER NOT NULL,
    UNIQUE (request, issuer, subject)
) STRICT""",
    "CREATE INDEX IF NOT EXISTS request_binding ON request (binding)",
)
_COLUMNS = "id, binding, tenant, issuer, subject, method, name, arguments, purpose, terms, created, expires, used"


@dataclass(frozen=True, slots=True)
class UnrecordedVote:
    """A vote that no log has yet: it was given beside the gate, on the command line."""

    number: int
    request: Request
    vote: Vote


class ApprovalStore:
    """The file, mode 0600. Every method raises ApprovalsUnavailable when it cannot be read or written."""

    def __init__(self, path: Path, clock: Callable[[], float] = time.time) -> None:
        self._path = path
        self._clock = clock
        try:
            os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
            self._database = sqlite3.connect(path, timeout=2.0, isolation_level=None)
            self._database.execute("PRAGMA journal_mode = WAL")
            self._database.execute("PRAGMA synchronous = FULL")
            for statement in _SCHEMA:
                self._database.execute(statement)
        except (sqlite3.Error, OSError) as error:
            raise self._unavailable(error) from error

    def close(self) -> None:
        self._database.close()

    def claim(self, wanted: Request) -> Request:
        """The request for what `wanted` is bound to: an approved one, which is used up by this; else what there is or is made.

        Raises ApprovalRefused when its principal has too many waiting.
        """
        now = self._clock()
        with self._change():
            self._forget(now)
            for request in self._requests("binding = ? ORDER BY rowid DESC", (wanted.binding,)):
                state = request.state(now)
                if state == "approved":
                    self._database.execute(
                        "UPDATE request SET used = ?, arguments = '' WHERE id = ?", (now, request.id)
                    )
                    return self._one(request.id)
                if state == "open" or (state == "denied" and now < request.expires):
                    return request
            waiting = self._requests(
                "issuer = ? AND subject = ? AND used IS NULL AND expires > ?",
                (wanted.by.issuer, wanted.by.subject, now),
            )
            if len(waiting) >= MOST_OPEN:
                raise ApprovalRefused(
                    "too many calls of yours wait for approval", remedy="have some of them decided first"
                )
            arguments = wanted.arguments if len(wanted.arguments) <= _LONGEST_ARGUMENTS else ""
            row = (
                wanted.id, wanted.binding, wanted.by.tenant, wanted.by.issuer, wanted.by.subject, wanted.method, wanted.name,
                arguments, wanted.purpose, _terms_json(wanted.terms), now, now + wanted.terms.lifetime, None,
            )  # fmt: skip
            self._database.execute(f"INSERT INTO request ({_COLUMNS}) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?)", row)  # noqa: S608
            return self._one(wanted.id)

    def vote(self, identifier: str, by: Person, *, approve: bool, recorded: bool, any_tenant: bool = False) -> Request:
        """Count what `by` says of a request, once. `recorded`: the log has it already.

        Raises UnknownRequest, also for a request of another tenant, and ApprovalRefused.
        """
        now = self._clock()
        with self._change():
            request = self._one(identifier)
            if request.by.tenant != by.tenant and not any_tenant:
                raise _unknown(identifier)
            state = request.state(now)
            if by.is_same(request.by):
                raise ApprovalRefused("nobody approves or denies a call of their own", remedy="ask somebody else")
            if not request.may_decide(by):
                raise ApprovalRefused(f"this takes one of the roles {', '.join(request.terms.roles)}")
            if any(by.is_same(vote.by) for vote in request.votes):
                raise ApprovalRefused("you have already decided on this request")
            if state not in ("open", "approved") or (state == "approved" and approve):
                raise ApprovalRefused(f"the request is {state}; there is nothing left to decide")
            row = (identifier, by.tenant, by.issuer, by.subject, json.dumps(by.roles), int(approve), now, int(recorded))
            self._database.execute(
                "INSERT INTO vote (request, tenant, issuer, subject, roles, approve, at, recorded) VALUES (?,?,?,?,?,?,?,?)",
                row,
            )
            return self._one(identifier)

    def waiting(self, tenant: str | None = None) -> tuple[Request, ...]:
        """Requests that are open or approved, oldest first; of one tenant, or of all."""
        now = self._clock()
        found = self._requests("used IS NULL AND expires > ? ORDER BY rowid", (now,))
        return tuple(
            request
            for request in found
            if request.state(now) in ("open", "approved") and tenant in (None, request.by.tenant)
        )

    def unrecorded(self) -> tuple[UnrecordedVote, ...]:
        """Votes that are in no log yet, oldest first."""
        rows = self._rows("SELECT number, request FROM vote WHERE NOT recorded ORDER BY number LIMIT 100", ())
        found = []
        for number, identifier in rows:
            request = self._one(str(identifier))
            (subject, issuer), *_ = self._rows("SELECT subject, issuer FROM vote WHERE number = ?", (number,))
            vote = next(vote for vote in request.votes if (vote.by.subject, vote.by.issuer) == (subject, issuer))
            found.append(UnrecordedVote(int(str(number)), request, vote))
        return tuple(found)

    def recorded(self, number: int) -> None:
        """The vote is in a log."""
        with self._change():
            self._database.execute("UPDATE vote SET recorded = 1 WHERE number = ?", (number,))

    def _forget(self, now: float) -> None:
        """Arguments leave with the end of their request, and the request with its time."""
        self._database.execute("UPDATE request SET arguments = '' WHERE expires <= ? AND arguments != ''", (now,))
        gone = "SELECT id FROM request WHERE expires < ?"
        self._database.execute(f"DELETE FROM vote WHERE recorded AND request IN ({gone})", (now - _KEPT,))  # noqa: S608
        self._database.execute(
            "DELETE FROM request WHERE expires < ? AND id NOT IN (SELECT request FROM vote)", (now - _KEPT,)
        )

    def _one(self, identifier: str) -> Request:
        found = self._requests("id = ?", (identifier,))
        if not found:
            raise _unknown(identifier)
        return found[0]

    def _requests(self, condition: str, values: tuple[object, ...]) -> list[Request]:
        rows = self._rows(f"SELECT {_COLUMNS} FROM request WHERE {condition}", values)  # noqa: S608
        return [_request(row, self._votes(str(row[0]))) for row in rows]

    def _votes(self, identifier: str) -> tuple[Vote, ...]:
        columns = "tenant, issuer, subject, roles, approve, at"
        rows = self._rows(f"SELECT {columns} FROM vote WHERE request = ? ORDER BY number", (identifier,))  # noqa: S608
        return tuple(
            Vote(
                Person(str(tenant), str(issuer), str(subject), tuple(json.loads(str(roles)))),
                bool(approve),
                float(str(at)),
            )
            for tenant, issuer, subject, roles, approve, at in rows
        )

    def _rows(self, statement: str, values: tuple[object, ...]) -> list[tuple[object, ...]]:
        try:
            return self._database.execute(statement, values).fetchall()
        except sqlite3.Error as error:
            raise self._unavailable(error) from error

    @contextmanager
    def _change(self) -> Iterator[None]:
        try:
            self._database.execute("BEGIN IMMEDIATE")
            with self._database:
                yield
        except sqlite3.Error as error:
            raise self._unavailable(error) from error

    def _unavailable(self, error: Exception) -> ApprovalsUnavailable:
        return ApprovalsUnavailable("approvals cannot be read or kept", detail=f"{self._path}: {error}")


def new_id() -> str:
    """An id that nobody guesses and people can read out."""
    return f"apr-{secrets.token_hex(8)}"


def _unknown(identifier: str) -> UnknownRequest:
    return UnknownRequest(f"there is no request {identifier!r:.40}", remedy="`yumen approval list` shows what waits")


def _request(row: tuple[object, ...], votes: tuple[Vote, ...]) -> Request:
    identifier, binding, tenant, issuer, subject, method, name, arguments, purpose, terms, created, expires, used = row
    approvers, roles, lifetime = json.loads(str(terms))
    return Request(
        id=str(identifier),
        binding=str(binding),
        by=Person(str(tenant), str(issuer), str(subject)),
        method=str(method),
        name=str(name),
        arguments=str(arguments),
        purpose=str(purpose),
        terms=Terms(approvers, tuple(roles), lifetime),
        created=float(str(created)),
        expires=float(str(expires)),
        used=used if isinstance(used, float) else None,
        votes=votes,
    )


def _terms_json(terms: Terms) -> str:
    return json.dumps([terms.approvers, list(terms.roles), terms.lifetime])
