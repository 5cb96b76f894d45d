"""Hot reload: a good pack takes effect, a broken one does not, and nobody is refused meanwhile."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from mcp_server.policy.errors import PolicyInvalid
from mcp_server.policy.settings import PolicySettings
from mcp_server.policy.store import PolicyChange, PolicyStore

ONE = "package a\n\nvalue := 1\n"
TWO = "package a\n\nvalue := 2\n"
TEST = "package a_test\n\nimport data.a\n\ntest_value if a.value in {1, 2, 3}\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "pack").mkdir()
    (tmp_path / "pack" / "a.rego").write_text(ONE)
    (tmp_path / "pack" / "a_test.rego").write_text(TEST)
    return tmp_path / "pack"


Use = Callable[[PolicyStore], Awaitable[None]]


def with_store(folder: Path, use: Use, *, interval: float = 0, changes: list[PolicyChange] | None = None) -> None:
    async def scenario() -> None:
        seen = changes if changes is not None else []
        store = await PolicyStore.open(PolicySettings(watch_interval=interval), shipped=folder)
        store.on_change = seen.append
        try:
            await use(store)
        finally:
            await store.close()

    asyncio.run(scenario())


async def value(store: PolicyStore) -> Any:
    return await store.engine.evaluate("data.a.value", {})


def test_a_changed_pack_takes_effect(folder: Path) -> None:
    changes: list[PolicyChange] = []

    async def use(store: PolicyStore) -> None:
        before = store.status
        (folder / "a.rego").write_text(TWO)
        assert await value(store) == 1
        status = await store.reload()
        assert await value(store) == 2
        assert status.revision != before.revision
        assert status.since > before.since
        assert changes == [PolicyChange(before.revision, status.revision)]

    with_store(folder, use, changes=changes)


STRICT = 'package team.authz\n\ndeny contains {"code": "frozen", "message": "frozen"} if input.tool.risk != "read"\n'


def test_a_teams_rule_that_forbids_more_takes_effect_beside_the_shipped_tests(tmp_path: Path) -> None:
    team = tmp_path / "team"
    (team / "config" / "authz").mkdir(parents=True)
    (team / "a.rego").write_text("package team.authz\n")

    async def scenario() -> None:
        store = await PolicyStore.open(PolicySettings(watch_interval=0, packs=(team,), deadline=10))
        before = store.status.revision
        (team / "a.rego").write_text(STRICT)
        (team / "config" / "authz" / "data.json").write_text('{"tenants": {"barred": ["acme", "t"]}}')
        (team / "a_test.rego").write_text(
            "package team.authz_test\n\nimport data.team.authz\n\n"
            'test_frozen if count(authz.deny) == 1 with input as {"tool": {"risk": "admin"}}\n'
        )
        status = await store.reload()
        assert status.problems == ()
        assert status.revision != before
        (team / "a.rego").write_text(STRICT.replace("!=", "=="))  # its own test is no longer true
        status = await store.reload()
        assert [problem.file for problem in status.problems] == ["team/a_test.rego"]
        await store.close()

    asyncio.run(scenario())


def test_an_unchanged_pack_is_left_alone(folder: Path) -> None:
    changes: list[PolicyChange] = []

    async def use(store: PolicyStore) -> None:
        engine = store.engine
        (folder / "a.rego").touch()
        await store.reload()
        assert store.engine is engine
        assert changes == []

    with_store(folder, use, changes=changes)


@pytest.mark.parametrize(
    ("file", "text", "place"),
    [
        ("a.rego", "package a\n\nvalue := \n", "a.rego:4:1"),
        ("a.rego", "package a\n\nvalue := x\n", "a.rego:3:10"),
        ("a.rego", "package a\n\nvalue := 4\n", "a_test.rego:5:1: test_value"),
        ("a_test.rego", TEST + "\ntest_more if no_such(1)\n", "a_test.rego:7:"),
        ("data.json", '{"a": {"value": 3}}', "a.rego:3:1"),
        ("data.json", '{"a": ', "data.json:1:7"),
    ],
)
def test_a_broken_edit_keeps_the_old_pack_and_says_where(folder: Path, file: str, text: str, place: str) -> None:
    changes: list[PolicyChange] = []

    async def use(store: PolicyStore) -> None:
        revision = store.status.revision
        old = (folder / file).read_text() if (folder / file).exists() else None
        (folder / file).write_text(text)
        status = await store.reload()
        assert status.revision == revision
        assert str(status.problems[0]).startswith(place)
        assert changes == [PolicyChange(revision, revision, status.problems)]
        assert await value(store) == 1
        (folder / file).unlink() if old is None else (folder / file).write_text(old)
        assert (await store.reload()).problems == ()

    with_store(folder, use, changes=changes)


def test_a_pack_that_vanishes_keeps_deciding(folder: Path) -> None:
    async def use(store: PolicyStore) -> None:
        shutil.rmtree(folder)
        assert (await store.reload()).problems
        assert await value(store) == 1

    with_store(folder, use)


def test_the_watcher_sees_a_change_by_itself(folder: Path) -> None:
    changes: list[PolicyChange] = []

    async def use(store: PolicyStore) -> None:
        (folder / "a.rego").write_text(TWO)
        async with asyncio.timeout(30):
            while await value(store) != 2:
                await asyncio.sleep(0.01)
            (folder / "b.rego").write_text("package b\n\nbroken := \n")
            while not store.status.problems:
                await asyncio.sleep(0.01)
            (folder / "b.rego").unlink()
            while store.status.problems:
                await asyncio.sleep(0.01)

    with_store(folder, use, interval=0.05, changes=changes)
    assert [bool(change.problems) for change in changes] == [False, True]


def test_no_question_is_refused_during_reloads(folder: Path) -> None:
    async def use(store: PolicyStore) -> None:
        answers: list[Any] = []
        done = asyncio.Event()

        async def ask() -> None:
            while not done.is_set():
                answers.append(await value(store))

        askers = [asyncio.create_task(ask()) for _ in range(8)]
        for text in (TWO, ONE, TWO):
            (folder / "a.rego").write_text(text)
            assert (await store.reload()).problems == ()
        done.set()
        await asyncio.gather(*askers)
        assert set(answers) == {1, 2}
        assert await value(store) == 2

    with_store(folder, use)


def test_a_store_does_not_open_on_a_broken_pack(folder: Path) -> None:
    (folder / "a.rego").write_text("package a\n\nvalue := \n")
    with pytest.raises(PolicyInvalid, match=r"a\.rego:4:1"):
        asyncio.run(PolicyStore.open(PolicySettings(watch_interval=0), shipped=folder))
