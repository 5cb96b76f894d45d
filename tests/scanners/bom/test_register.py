"""The register never forgets, never changes what was registered, and answers who is affected."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

import pytest

from scanners.bom.facts import Ancestor, Dataset, Library, ModelFacts
from scanners.bom.register import Event, Question, Register, VersionTaken
from scanners.bom.register_store import FileStore, PostgresStore, RegisterStore, RegisterUnavailable
from scanners.errors import UnreadableInput

BASE = ModelFacts(name="base", version="1", datasets=(Dataset("X"),), libraries=(Library("Torch", "2.4.0"),))
CHAT = ModelFacts(name="chat", version="1", ancestors=(Ancestor("base"),), libraries=(Library("torch", "2.6.0"),))
SMALL = ModelFacts(
    name="small", version="1", ancestors=(Ancestor("renamed", digest="sha256:chat"),), libraries=(Library("torch"),)
)
BASE_DIGEST, CHAT_DIGEST = "sha256:base", "sha256:chat"


@pytest.fixture(params=["file", "postgres"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> RegisterStore:
    if request.param == "file":
        return FileStore(tmp_path / "models.sqlite")
    return PostgresStore(request.getfixturevalue("postgres").dsn)


@pytest.fixture
def register(store: RegisterStore) -> Register:
    register = Register(store, "acme")
    register.add(BASE, BASE_DIGEST, "ada")
    register.add(CHAT, CHAT_DIGEST, "ada")
    register.add(SMALL, "sha256:small", "ada")
    register.record(
        "base", "1", [Event("deployment", "search"), Event("deployment", "ads"), Event("retirement", "ads")], "ada"
    )
    register.record("small", "1", [Event("approval", "review 7"), Event("deployment", "phone")], "bob")
    return register


def names(register: Register, **question: object) -> list[str]:
    return [one.version.name for one in register.ask(Question(**question))]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("question", "found"),
    [
        ({}, ["base", "chat", "small"]),
        ({"name": "chat"}, ["chat"]),
        ({"name": "chat", "version": "2"}, []),
        ({"digest": CHAT_DIGEST}, ["chat"]),
        ({"dataset": "X"}, ["base"]),
        ({"dataset": "x"}, []),
        ({"ancestor": "base"}, ["chat", "small"]),
        ({"ancestor": BASE_DIGEST}, []),
        ({"ancestor": CHAT_DIGEST}, ["small"]),
        ({"library": "torch<2.5"}, ["base", "small"]),
        ({"library": "torch"}, ["base", "chat", "small"]),
        ({"library": "TORCH>=2.6"}, ["chat", "small"]),
        ({"library": "numpy"}, []),
        ({"service": "search"}, ["base"]),
        ({"service": "ads"}, []),
        ({"deployed": True}, ["base", "small"]),
        ({"deployed": True, "ancestor": "base"}, ["small"]),
    ],
)
def test_questions(register: Register, question: dict[str, object], found: list[str]) -> None:
    assert names(register, **question) == found


def test_an_unknown_version_is_uncertain_and_not_left_out(register: Register) -> None:
    affected = {one.version.name: one for one in register.ask(Question(library="torch<2.5"))}
    assert affected["base"].uncertain == ()
    assert affected["small"].uncertain == ("depends on torch of an unknown version",)


def test_the_answer_says_why(register: Register) -> None:
    (chat, small) = register.ask(Question(ancestor="base"))
    assert chat.why == ("made from base",)
    assert small.why == ("made from chat 1, made from base",)


def test_models_made_from_each_other_end_the_search(register: Register) -> None:
    register.add(ModelFacts(name="egg", version="1", ancestors=(Ancestor("hen"),)), "", "ada")
    register.add(ModelFacts(name="hen", version="1", ancestors=(Ancestor("egg"),)), "", "ada")
    assert names(register, ancestor="hen") == ["egg", "hen"]


def test_a_registered_version_never_changes(register: Register) -> None:
    assert register.add(BASE, BASE_DIGEST, "bob").registered_by == "ada"
    for facts, digest in ((BASE, "sha256:other"), (replace(BASE, licence="MIT"), BASE_DIGEST)):
        with pytest.raises(VersionTaken):
            register.add(facts, digest, "bob")


def test_tenants_do_not_see_each_other(register: Register, store: RegisterStore) -> None:
    other = Register(store, "globex")
    assert other.ask(Question()) == ()
    other.add(BASE, "sha256:theirs", "eve")
    assert names(register, ancestor="base") == ["chat", "small"]
    assert len(register.ask(Question(name="base"))) == 1


@pytest.mark.parametrize("library", ["torch<", "torch<<2", "torch==abc="])
def test_a_bad_requirement_is_an_error(register: Register, library: str) -> None:
    with pytest.raises(UnreadableInput):
        register.ask(Question(library=library))


def test_events_need_a_version(register: Register) -> None:
    with pytest.raises(UnreadableInput):
        register.record("base", "9", [Event("approval", "x")], "ada")
    with pytest.raises(UnreadableInput):
        register.add(ModelFacts(name="base"), "", "ada")


def test_many_writers_lose_nothing(register: Register) -> None:
    def work(number: int) -> None:
        register.record("base", "1", [Event("evaluation", f"run {number}")], "ci")

    threads = [threading.Thread(target=work, args=(number,)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (base,) = register.ask(Question(name="base"))
    assert sum(event.kind == "evaluation" for event in base.version.events) == 16


def test_of_two_who_register_one_version_one_is_told(store: RegisterStore) -> None:
    outcomes = []

    def work(number: int) -> None:
        try:
            outcomes.append(Register(store, "acme").add(replace(BASE, licence=f"L{number}"), BASE_DIGEST, "ci"))
        except VersionTaken:
            outcomes.append(None)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(outcomes) == 8
    assert sum(outcome is not None for outcome in outcomes) == 1


def test_a_store_that_cannot_be_reached_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for store in (
        FileStore(tmp_path / "file" / "models.sqlite"),
        PostgresStore("host=127.0.0.1 port=1 password=hidden"),
    ):
        with pytest.raises(RegisterUnavailable) as caught:
            Register(store, "acme").add(BASE, BASE_DIGEST, "ci")
        assert "hidden" not in caught.value.diagnostics()


def test_a_database_that_dies_takes_no_half_version_with_it(postgres) -> None:
    register = Register(PostgresStore(postgres.dsn), "acme")
    register.add(BASE, BASE_DIGEST, "ci")
    postgres.kill()
    with pytest.raises(RegisterUnavailable):
        register.add(CHAT, CHAT_DIGEST, "ci")
    postgres.start()
    register.add(CHAT, CHAT_DIGEST, "ci")
    assert names(register) == ["base", "chat"]
