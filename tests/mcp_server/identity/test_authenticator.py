from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from mcp_server.identity.authenticator import Authenticator, local_principal, open_key_store
from mcp_server.identity.errors import Unauthenticated
from mcp_server.identity.settings import ApiKeySettings, IdentitySettings, IssuerSettings, LocalPrincipalSettings

pytestmark = pytest.mark.anyio

RESOURCE = "http://127.0.0.1:8765/mcp"


@pytest.fixture
def settings(provider: Any) -> IdentitySettings:
    return IdentitySettings(issuers=(IssuerSettings(issuer=provider.issuer),))


@pytest.fixture
async def authenticator(settings: IdentitySettings, tmp_path: Path) -> AsyncIterator[Authenticator]:
    async with Authenticator.open(settings, tmp_path, RESOURCE) as authenticator:
        yield authenticator


async def test_both_kinds_of_credential_are_told_apart(
    authenticator: Authenticator, provider: Any, tmp_path: Path
) -> None:
    key, _ = open_key_store(tmp_path).create(label="", tenant="acme", roles=("agent",))
    assert (await authenticator.authenticate(f"Bearer {key}")).method == "api_key"
    assert (await authenticator.authenticate(f"bearer {provider.token()}")).method == "oidc"


@pytest.mark.parametrize(
    ("header", "status", "error", "reason"),
    [
        (None, 401, None, "missing"),
        ("", 401, None, "scheme"),
        ("Basic YTpi", 401, None, "scheme"),
        ("ymn_a_b", 401, None, "scheme"),
        ("Bearer", 400, "invalid_request", "malformed"),
        ("Bearer ", 400, "invalid_request", "malformed"),
        ("Bearer a b", 400, "invalid_request", "malformed"),
        ("Bearer a,Bearer b", 400, "invalid_request", "malformed"),
        ("Bearer a\r\nX-Injected: 1", 400, "invalid_request", "malformed"),
        ("Bearer \u00e9", 400, "invalid_request", "malformed"),
        ("Bearer " + "a" * 9000, 401, "invalid_token", "too_long"),
        ("Bearer abc", 401, "invalid_token", "malformed"),
        ("Bearer ymn_abc", 401, "invalid_token", "malformed"),
        ("Bearer ymn_" + "a" * 16 + "_" + "a" * 52, 401, "invalid_token", "unknown_key"),
    ],
)
async def test_a_header_that_proves_nobody(
    authenticator: Authenticator, header: str | None, status: int, error: str | None, reason: str
) -> None:
    with pytest.raises(Unauthenticated) as caught:
        await authenticator.authenticate(header)
    assert (caught.value.status, caught.value.error, caught.value.reason) == (status, error, reason)


async def test_keys_can_be_switched_off(tmp_path: Path) -> None:
    settings = IdentitySettings(api_keys=ApiKeySettings(enabled=False))
    async with Authenticator.open(settings, tmp_path, RESOURCE) as authenticator:
        key, _ = open_key_store(tmp_path).create(label="", tenant="acme", roles=("agent",))
        with pytest.raises(Unauthenticated):
            await authenticator.authenticate(f"Bearer {key}")


async def test_without_an_issuer_no_token_holds(provider: Any, tmp_path: Path) -> None:
    async with Authenticator.open(IdentitySettings(), tmp_path, RESOURCE) as authenticator:
        with pytest.raises(Unauthenticated) as caught:
            await authenticator.authenticate(f"Bearer {provider.token()}")
    assert (caught.value.status, caught.value.reason) == (401, "issuer")


async def test_two_issuers_with_one_subject_are_two_principals(realms: Any, rsa_key: Any, tmp_path: Path) -> None:
    one, other = realms.add(rsa_key), realms.add(rsa_key)
    settings = IdentitySettings(issuers=tuple(IssuerSettings(issuer=each.issuer) for each in (one, other)))
    async with Authenticator.open(settings, tmp_path, RESOURCE) as authenticator:
        first = await authenticator.authenticate(f"Bearer {one.token()}")
        second = await authenticator.authenticate(f"Bearer {other.token()}")
    assert first.subject == second.subject
    assert first.issuer != second.issuer


def test_the_local_principal_is_the_configured_one() -> None:
    principal = local_principal(LocalPrincipalSettings(subject="me", tenant="home", roles=("viewer",)))
    assert (principal.subject, principal.tenant, principal.roles, principal.method) == (
        "me",
        "home",
        ("viewer",),
        "local",
    )
    assert principal.expires is None
