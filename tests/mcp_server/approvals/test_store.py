"""Requests and votes: whose yes counts, for how long, and that one yes serves one call."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mcp_server.approvals.errors import ApprovalRefused, ApprovalsUnavailable, UnknownRequest
from mcp_server.approvals.requests import Person, Request, Terms, terms_of
from mcp_server.approvals.store import MOST_OPEN, ApprovalStore, new_id
from mcp_server.calls import Obligation
from mcp_server.errors import ObligationUnmet

ADA = Person("acme", "https://id.example", "ada", ("operator",))
BOB = Person("acme", "https://id.example", "bob", ("admin",))
EVE = Person("acme", "https://id.example", "eve", ("admin",))
FAR = Person("globex", "https://id.example", "far", ("admin",))


class Clock:
    now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(tmp_path: Path, clock: Clock) -> ApprovalStore:
    return ApprovalStore(tmp_path / "approvals.sqlite", clock)


def wanted(**changes: Any) -> Request:
    given: dict[str, Any] = {
        "id": new_id(), "binding": "b", "by": ADA, "method": "tools/call", "name": "model_sign", "arguments": '{"a":1}',
        "purpose": "", "terms": Terms(), "created": 0.0, "expires": 0.0, "used": None,
    }  # fmt: skip
    return Request(**(given | changes))


def test_a_call_waits_is_approved_and_happens_once(store: ApprovalStore, clock: Clock) -> None:
    request = store.claim(wanted())
    assert request.state(clock.now) == "open"
    assert store.claim(wanted()).id == request.id  # asking again is no second request
    store.vote(request.id, BOB, approve=True, recorded=True)
    used = store.claim(wanted())
    assert (used.id, used.state(clock.now), used.arguments) == (request.id, "used", "")
    assert [vote.by.subject for vote in used.votes] == ["bob"]
    assert store.claim(wanted()).id != request.id


def test_it_takes_as_many_different_people_as_asked_for(store: ApprovalStore) -> None:
    request = store.claim(wanted(terms=Terms(approvers=2)))
    assert store.vote(request.id, BOB, approve=True, recorded=True).approvals == 1
    with pytest.raises(ApprovalRefused, match="already"):
        store.vote(request.id, BOB, approve=True, recorded=True)
    with pytest.raises(ApprovalRefused, match="already"):  # the same person, with other roles
        store.vote(request.id, replace(BOB, roles=("x",)), approve=True, recorded=True)
    assert store.claim(wanted()).used is None
    store.vote(request.id, EVE, approve=True, recorded=True)
    assert store.claim(wanted()).used is not None


@pytest.mark.parametrize(
    ("by", "terms", "error", "words"),
    [
        (ADA, Terms(), ApprovalRefused, "of their own"),
        (replace(ADA, tenant="acme", roles=("admin",)), Terms(), ApprovalRefused, "of their own"),
        (FAR, Terms(), UnknownRequest, "no request"),
        (BOB, Terms(roles=("security",)), ApprovalRefused, "security"),
    ],
)
def test_who_may_not_decide(store: ApprovalStore, by: Person, terms: Terms, error: type[Exception], words: str) -> None:
    request = store.claim(wanted(terms=terms))
    for approve in (True, False):
        with pytest.raises(error, match=words):
            store.vote(request.id, by, approve=approve, recorded=True)
    assert store.waiting("acme")[0].votes == ()


def test_one_no_is_final_until_the_request_is_over(store: ApprovalStore, clock: Clock) -> None:
    request = store.claim(wanted(terms=Terms(lifetime=60)))
    store.vote(request.id, BOB, approve=True, recorded=True)
    assert store.vote(request.id, EVE, approve=False, recorded=True).state(clock.now) == "denied"
    assert store.claim(wanted()).state(clock.now) == "denied"
    assert store.waiting() == ()
    with pytest.raises(ApprovalRefused, match="denied"):
        store.vote(request.id, Person("acme", "i", "zoe"), approve=True, recorded=True)
    clock.now += 60
    assert store.claim(wanted()).id != request.id


def test_an_approval_that_is_late_or_used_late_is_none(store: ApprovalStore, clock: Clock) -> None:
    late = store.claim(wanted(terms=Terms(lifetime=60)))
    unused = store.claim(wanted(binding="c", terms=Terms(lifetime=60)))
    store.vote(unused.id, BOB, approve=True, recorded=True)
    clock.now += 60
    with pytest.raises(ApprovalRefused, match="expired"):
        store.vote(late.id, BOB, approve=True, recorded=True)
    again = store.claim(wanted(binding="c"))
    assert (again.id == unused.id, again.used) == (False, None)


def test_what_waits_is_shown_by_tenant_and_long_arguments_are_not_kept(store: ApprovalStore) -> None:
    store.claim(wanted())
    store.claim(wanted(binding="far", by=FAR, arguments="x" * 20_000))
    assert [request.by.subject for request in store.waiting("acme")] == ["ada"]
    assert [request.arguments for request in store.waiting()] == ['{"a":1}', ""]


def test_nobody_fills_the_file(store: ApprovalStore, clock: Clock) -> None:
    for number in range(MOST_OPEN):
        store.claim(wanted(binding=str(number)))
    with pytest.raises(ApprovalRefused, match="too many"):
        store.claim(wanted(binding="more"))
    store.claim(wanted(binding="more", by=BOB))
    clock.now += 100 * 86_400
    store.claim(wanted())
    assert len(store.waiting()) == 1


def test_an_approval_serves_one_call_in_whichever_process(store: ApprovalStore, tmp_path: Path) -> None:
    request = store.claim(wanted())
    store.vote(request.id, BOB, approve=True, recorded=True)
    other = ApprovalStore(tmp_path / "approvals.sqlite", Clock())
    assert [one.claim(wanted()).used is not None for one in (other, store)] == [True, False]


def test_votes_beside_the_gate_wait_for_the_log(store: ApprovalStore) -> None:
    request = store.claim(wanted(terms=Terms(approvers=2)))
    store.vote(request.id, BOB, approve=True, recorded=True)
    store.vote(request.id, EVE, approve=True, recorded=False)
    (found,) = store.unrecorded()
    assert (found.request.id, found.vote.by.subject) == (request.id, "eve")
    store.recorded(found.number)
    assert store.unrecorded() == ()


def test_a_file_that_cannot_be_used_is_said_to_be(tmp_path: Path) -> None:
    (tmp_path / "broken").write_bytes(b"no database" * 100)
    for path in (tmp_path / "broken", tmp_path):
        with pytest.raises(ApprovalsUnavailable):
            ApprovalStore(path)
    assert (tmp_path / "fresh").exists() is False
    ApprovalStore(tmp_path / "fresh").close()
    assert (tmp_path / "fresh").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    "parameters",
    [
        {"approvers": 0},
        {"approvers": 11},
        {"approvers": True},
        {"approvers": "2"},
        {"roles": "admin"},
        {"roles": [1]},
        {"roles": [""]},
        {"lifetime": 0},
        {"lifetime": 1e9},
        {"lifetime": float("nan")},
        {"who": "anybody"},
    ],
)
def test_terms_that_make_no_sense_refuse(parameters: dict[str, Any]) -> None:
    with pytest.raises(ObligationUnmet):
        terms_of((Obligation("approval", parameters),))


def test_the_strictest_terms_count() -> None:
    asked: Callable[..., Obligation] = lambda **given: Obligation("approval", given)  # noqa: E731
    assert terms_of(()) is None
    assert terms_of((Obligation("deadline", {}),)) is None
    assert terms_of((asked(), asked(approvers=3, lifetime=60), asked(roles=["a", "b"]), asked(roles=["b"]))) == Terms(
        3, ("b",), 60.0
    )
    with pytest.raises(ObligationUnmet, match="exclude"):
        terms_of((asked(roles=["a"]), asked(roles=["b"])))


def test_the_command_line_lists_and_decides_as_the_local_principal(tmp_path: Path) -> None:
    def run(*words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "mcp_server.cli", "approval", *words, "--data-dir", str(tmp_path)]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    store = ApprovalStore(tmp_path / "approvals.sqlite")
    mine = store.claim(wanted(by=Person("default", "yumen:local", "local")))
    other = store.claim(wanted(binding="x", by=FAR, purpose="release: 1.4"))
    listed = run("list").stdout
    assert mine.id in listed
    assert "purpose: release: 1.4" in listed
    refused = run("approve", mine.id)
    assert refused.returncode == 4
    assert "of their own" in refused.stderr
    assert run("approve", other.id).stdout == f"{other.id}: 1 of 1 approvals\n"
    assert run("approve", other.id).returncode == 4
    assert run("approve", "apr-0000000000000000").returncode == 4
