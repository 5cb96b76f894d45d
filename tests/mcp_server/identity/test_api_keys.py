from __future__ import annotations

import os
import re
import sqlite3
import stat
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import anyio
import pytest

from mcp_server.identity.api_keys import ApiKeyStore, secret_matches, split_key
from mcp_server.identity.errors import IdentityUnavailable, Unauthenticated
from mcp_server.identity.key_check import ApiKeyCheck
from mcp_server.identity.settings import ApiKeySettings

pytestmark = pytest.mark.anyio
ROOT = Path(__file__).parents[3]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "api_keys.sqlite"


@pytest.fixture
def store(file: Path) -> ApiKeyStore:
    return ApiKeyStore(file)


@pytest.fixture
async def check(file: Path, clock: Any) -> AsyncIterator[ApiKeyCheck]:
    check = ApiKeyCheck(ApiKeyStore(file, clock), ApiKeySettings())
    yield check
    check.close()


def make(store: ApiKeyStore, **changes: Any) -> tuple[str, str]:
    told: dict[str, Any] = {"label": "ci", "tenant": "acme", "roles": ("agent",), "scopes": ("yumen:read",)}
    key, stored = store.create(**(told | changes))
    return key, stored.id


async def reason(check: ApiKeyCheck, key: str) -> str:
    with pytest.raises(Unauthenticated) as caught:
        await check.verify(key)
    assert str(caught.value) in ("The access token is invalid.", "The access token expired.")
    return caught.value.reason


async def test_a_key_may_say_where_its_callers_are(store: ApiKeyStore, check: ApiKeyCheck) -> None:
    assert (await check.verify(make(store, jurisdiction="CN")[0])).jurisdiction == "CN"
    assert (await check.verify(make(store)[0])).jurisdiction == ""


async def test_a_file_from_before_keys_had_a_jurisdiction_is_completed(file: Path, store: ApiKeyStore) -> None:
    key, identifier = make(store)
    store.close()
    with sqlite3.connect(file) as database:
        database.execute("ALTER TABLE api_key DROP COLUMN jurisdiction")
    database.close()
    for _ in range(2):
        opened = ApiKeyStore(file)
        found = opened.find(identifier)
        assert found is not None
        assert found.jurisdiction == ""
        assert secret_matches(split_key(key)[1], found)  # type: ignore[index]
        opened.close()


async def test_a_key_names_its_principal(store: ApiKeyStore, check: ApiKeyCheck) -> None:
    key, identifier = make(store)
    principal = await check.verify(key)
    assert (principal.subject, principal.tenant, principal.roles) == (f"key:{identifier}", "acme", ("agent",))
    assert (principal.scopes, principal.method, principal.client) == ({"yumen:read"}, "api_key", "ci")
    assert await check.verify(key) is principal  # the second time from memory


async def test_only_a_slow_hash_is_stored(store: ApiKeyStore, file: Path) -> None:
    key, identifier = make(store)
    secret = key.rpartition("_")[2]
    store.close()
    for path in file.parent.iterdir():
        assert secret.encode() not in path.read_bytes()
    stored = ApiKeyStore(file).find(identifier)
    assert stored is not None
    assert stored.cost[0] >= 1 << 14
    assert secret_matches(secret, stored)
    assert not secret_matches(secret[:-1] + "a" * (secret[-1] != "a") + "b" * (secret[-1] == "a"), stored)


def test_two_keys_never_share_anything(store: ApiKeyStore) -> None:
    (one, _), (other, _) = make(store), make(store)
    first, second = store.all()
    assert one != other
    assert first.salt != second.salt
    assert first.hash != second.hash
    assert re.fullmatch(r"ymn_[a-z2-7]{16}_[a-z2-7]{52}", one)


def test_the_key_file_is_the_owners_alone(store: ApiKeyStore, file: Path) -> None:
    make(store)
    for path in file.parent.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path


def test_a_file_that_was_too_open_is_closed(file: Path) -> None:
    file.touch(0o666)
    ApiKeyStore(file)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    "key",
    [
        "", "ymn_", "ymn__", "ymn_a_b", "ymn_" + "a" * 16, "ymn_" + "a" * 16 + "_" + "a" * 51,
        "ymn_" + "a" * 16 + "_" + "a" * 53, "ymn_" + "A" * 16 + "_" + "a" * 52, "ymn_" + "a" * 16 + "_" + "a" * 52 + "\n",
        "ymn_" + "а" * 16 + "_" + "a" * 52, "YMN_" + "a" * 16 + "_" + "a" * 52, "ymn_" + "1" * 16 + "_" + "a" * 52,
    ],
)  # fmt: skip
async def test_what_has_not_the_form_of_a_key_costs_nothing(check: ApiKeyCheck, key: str) -> None:
    assert split_key(key) is None
    assert await reason(check, key) == "malformed"


async def test_a_wrong_secret_and_an_unknown_key_look_alike(store: ApiKeyStore, check: ApiKeyCheck) -> None:
    key, identifier = make(store)
    wrong = f"ymn_{identifier}_{'a' * 52}"
    unknown = f"ymn_{'a' * 16}_{key.rpartition('_')[2]}"
    for _ in range(2):  # computed, then remembered
        assert await reason(check, wrong) == "unknown_key"
        assert await reason(check, unknown) == "unknown_key"
    assert (await check.verify(key)).tenant == "acme"


async def test_a_key_revoked_by_another_process_stops_working_at_once(
    store: ApiKeyStore, check: ApiKeyCheck, file: Path
) -> None:
    key, identifier = make(store)
    other, _ = make(store)
    await check.verify(key)
    script = (
        "import sys; from pathlib import Path; from mcp_server.identity.api_keys import ApiKeyStore\n"
        "ApiKeyStore(Path(sys.argv[1])).revoke(sys.argv[2])"
    )
    subprocess.run(
        [sys.executable, "-c", script, file, identifier], check=True, env={**os.environ, "PYTHONPATH": str(ROOT)}
    )
    assert await reason(check, key) == "revoked"
    assert (await check.verify(other)).tenant == "acme"


async def test_a_key_created_later_works_at_once(check: ApiKeyCheck, file: Path) -> None:
    key, _ = make(ApiKeyStore(file))
    assert (await check.verify(key)).tenant == "acme"


async def test_a_deleted_row_stops_working_at_once(store: ApiKeyStore, check: ApiKeyCheck, file: Path) -> None:
    key, identifier = make(store)
    await check.verify(key)
    with sqlite3.connect(file) as database:
        database.execute("DELETE FROM api_key WHERE id = ?", (identifier,))
    assert await reason(check, key) == "unknown_key"


async def test_a_change_of_roles_holds_at_once(store: ApiKeyStore, check: ApiKeyCheck, file: Path) -> None:
    key, identifier = make(store)
    await check.verify(key)
    with sqlite3.connect(file) as database:
        database.execute("UPDATE api_key SET roles = '[\"viewer\"]' WHERE id = ?", (identifier,))
    assert (await check.verify(key)).roles == ("viewer",)


async def test_a_replaced_file_counts_within_a_second(
    store: ApiKeyStore, check: ApiKeyCheck, file: Path, tmp_path: Path, clock: Any
) -> None:
    key, _ = make(store)
    await check.verify(key)
    other = ApiKeyStore(tmp_path / "other.sqlite")
    restored, _ = make(other)
    other.close()
    for suffix in ("-wal", "-shm"):
        file.with_name(file.name + suffix).unlink(missing_ok=True)
    (tmp_path / "other.sqlite").replace(file)
    clock.now += 1
    assert await reason(check, key) == "unknown_key"
    assert (await check.verify(restored)).tenant == "acme"


async def test_a_second_store_in_the_same_process_disturbs_nothing(check: ApiKeyCheck, file: Path) -> None:
    for _ in range(3):
        other = ApiKeyStore(file)
        key, identifier = make(other)
        other.close()
        assert (await check.verify(key)).tenant == "acme"
        other = ApiKeyStore(file)
        other.revoke(identifier)
        other.close()
        assert await reason(check, key) == "revoked"


def test_a_link_is_not_followed(file: Path, tmp_path: Path) -> None:
    file.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(IdentityUnavailable):
        ApiKeyStore(file)


async def test_a_missing_file_lets_nobody_in(store: ApiKeyStore, check: ApiKeyCheck, file: Path, clock: Any) -> None:
    key, _ = make(store)
    await check.verify(key)
    file.unlink()
    clock.now += 1
    with pytest.raises(IdentityUnavailable):
        await check.verify(key)


async def test_a_corrupt_file_lets_nobody_in(store: ApiKeyStore, file: Path) -> None:
    key, _ = make(store)
    store.close()
    file.write_bytes(b"not a database" * 1000)
    with pytest.raises(IdentityUnavailable):
        ApiKeyStore(file)
    assert key


async def test_an_expired_key_is_refused_even_when_remembered(store: ApiKeyStore, file: Path) -> None:
    now = [1_800_000_000.0]
    check = ApiKeyCheck(ApiKeyStore(file), ApiKeySettings(), now=lambda: now[0])
    key, _ = make(store, lifetime=60, now=now[0])
    assert (await check.verify(key)).expires == now[0] + 60
    now[0] += 60
    assert await reason(check, key) == "expired"
    check.close()


async def test_a_flood_of_guesses_is_refused_while_real_keys_get_through(store: ApiKeyStore, file: Path) -> None:
    check = ApiKeyCheck(ApiKeyStore(file), ApiKeySettings(waiting=4))
    key, _ = make(store)
    outcomes: list[str] = []

    async def guess(number: int) -> None:
        letters = "abcdefghijklmnopqrstuvwxyz"
        try:
            await check.verify(f"ymn_{letters[number] * 16}_{'a' * 52}")
        except Unauthenticated:
            outcomes.append("checked")
        except IdentityUnavailable:
            outcomes.append("busy")

    async with anyio.create_task_group() as tasks:
        for number in range(20):
            tasks.start_soon(guess, number)
        assert (await check.verify(key)).tenant == "acme"
    assert outcomes.count("checked") == 4
    assert outcomes.count("busy") == 16
    check.close()


async def test_revoking_keeps_the_first_time_and_knows_its_keys(store: ApiKeyStore) -> None:
    _, identifier = make(store)
    assert store.revoke("a" * 16) is None
    first = store.revoke(identifier, now=100.0)
    assert first is not None
    assert first.state(200.0) == "revoked"
    assert store.revoke(identifier, now=200.0) == first
