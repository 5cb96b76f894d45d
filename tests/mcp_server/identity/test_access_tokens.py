from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from mcp_server.identity.access_tokens import AccessTokens
from mcp_server.identity.errors import IdentityUnavailable, Unauthenticated
from mcp_server.identity.settings import IdentitySettings, IssuerSettings

pytestmark = pytest.mark.anyio

RESOURCE = "http://127.0.0.1:8765/mcp"
Make = Callable[..., AccessTokens]


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(trust_env=False) as client:
        yield client


@pytest.fixture
def tokens(provider: Any, client: httpx.AsyncClient, clock: Any) -> Make:
    def make(**changes: Any) -> AccessTokens:
        issuer = IssuerSettings(issuer=provider.issuer, **changes)
        return AccessTokens(IdentitySettings(issuers=(issuer,)), RESOURCE, client, clock=clock)

    return make


async def reason(verification: Awaitable[object]) -> str:
    """Why a token was refused; the message for the client never says more than RFC 6750 lets it."""
    with pytest.raises(Unauthenticated) as caught:
        await verification
    assert caught.value.error == "invalid_token"
    assert str(caught.value) in ("The access token is invalid.", "The access token expired.")
    return caught.value.reason


async def test_a_good_token_names_its_principal(provider: Any, tokens: Make) -> None:
    principal = await tokens().verify(provider.token())
    assert (principal.subject, principal.tenant, principal.issuer, principal.method) == (
        "alice", "acme", provider.issuer, "oidc",
    )  # fmt: skip
    assert (principal.roles, principal.scopes, principal.client) == (("analyst",), {"yumen:read"}, "assistant")
    assert principal.expires is not None
    assert principal.expires > time.time()


@pytest.mark.parametrize(
    ("why", "changes"),
    [
        ("expired", {"exp": 1_700_000_000}),
        ("expired", {"exp": None}),
        ("not_yet_valid", {"nbf": 4_000_000_000}),
        ("not_yet_valid", {"iat": 4_000_000_000}),
        ("audience", {"aud": "https://other.example/mcp"}),
        ("audience", {"aud": None}),
        ("audience", {"aud": ["https://other.example/mcp", "https://third.example"]}),
        ("audience", {"aud": {RESOURCE: True}}),
        ("audience", {"aud": RESOURCE + "/admin"}),
        ("audience", {"aud": "http://127.0.0.1:8765"}),
        ("audience", {"aud": [RESOURCE, 7]}),
        ("issuer", {"iss": "https://evil.example"}),
        ("issuer", {"iss": None}),
        ("malformed", {"exp": "4000000000"}),
        ("malformed", {"exp": True}),
        ("malformed", {"exp": 10**400}),
        ("malformed", {"nbf": [1]}),
        ("subject", {"sub": None}),
        ("subject", {"sub": ""}),
        ("subject", {"sub": 7}),
        ("subject", {"sub": "a\nb"}),
        ("subject", {"sub": "a" * 300}),
        ("tenant", {"tenant": None}),
        ("tenant", {"tenant": ["acme"]}),
        ("roles", {"roles": {"admin": True}}),
        ("roles", {"roles": [1]}),
        ("roles", {"roles": ["x"] * 300}),
        ("scopes", {"scope": 1}),
        ("token_type", {"kind": "JWT"}),
        ("token_type", {"kind": None}),
        ("token_type", {"kind": "logout+jwt"}),
        ("token_type", {"nonce": "n"}),
        ("token_type", {"at_hash": "n"}),
        ("token_type", {"typ": "Refresh"}),
        ("token_type", {"token_use": "id"}),
        ("unknown_key", {"key_id": "unknown"}),
        ("foreign_key_header", {"header": {"jwk": {"kty": "oct", "k": "AAAA"}}}),
        ("foreign_key_header", {"header": {"jku": "https://evil.example/keys"}}),
        ("foreign_key_header", {"header": {"x5u": "https://evil.example/cert"}}),
        ("foreign_key_header", {"header": {"x5c": ["AAAA"]}}),
        ("foreign_key_header", {"header": {"crit": ["exp"], "exp": 1}}),
        ("too_long", {"padding": "x" * 9000}),
    ],
)
async def test_what_is_wrong_with_a_properly_signed_token(
    provider: Any, tokens: Make, why: str, changes: dict[str, Any]
) -> None:
    assert await reason(tokens().verify(provider.token(**changes))) == why


@pytest.mark.parametrize(
    "changes",
    [
        {"kind": "at+jwt"},
        {"kind": "application/AT+JWT"},
        {"aud": ["https://other.example", RESOURCE]},
        {"aud": RESOURCE + "/"},
        {"exp": lambda now: now - 10},  # within the skew
        {"nbf": lambda now: now + 10},
        {"iat": None, "nbf": None},
        {"key_id": None},  # only one key it can be
    ],
)
async def test_what_is_still_right(provider: Any, tokens: Make, changes: dict[str, Any]) -> None:
    now = int(time.time())
    told = {name: value(now) if callable(value) else value for name, value in changes.items()}
    assert (await tokens().verify(provider.token(**told))).subject == "alice"


async def test_a_forged_signature_is_refused(provider: Any, tokens: Make) -> None:
    head, body, signature = provider.token().split(".")
    flipped = ("B" if signature[10] == "A" else "A").join((signature[:10], signature[11:]))
    other = provider.token(sub="mallory").split(".")[1]
    for forged in (f"{head}.{body}.{flipped}", f"{head}.{other}.{signature}", f"{head}.{body}.{signature[:-8]}"):
        assert await reason(tokens().verify(forged)) == "signature"


async def test_another_key_with_the_same_id_is_refused(provider: Any, tokens: Make) -> None:
    stranger = rsa.generate_private_key(65537, 2048)
    assert await reason(tokens().verify(provider.token(key=stranger))) == "signature"


async def test_alg_none_is_refused(provider: Any, tokens: Make) -> None:
    head = {"alg": "none", "typ": "at+jwt", "kid": "first"}
    for name in ("none", "None", "NONE"):
        unsigned = jwt.encode(provider.claims(), "", "none", head)
        _, body, _ = unsigned.split(".")
        head_text = base64.urlsafe_b64encode(json.dumps(head | {"alg": name}).encode()).rstrip(b"=").decode()
        assert await reason(tokens().verify(f"{head_text}.{body}.")) == "malformed"
        assert await reason(tokens().verify(f"{head_text}.{body}.AAAA")) == "algorithm"


async def test_hmac_with_the_public_key_is_refused(provider: Any, tokens: Make) -> None:
    for name, digest in (("HS256", hashlib.sha256), ("HS512", hashlib.sha512)):
        head = base64.urlsafe_b64encode(json.dumps({"alg": name, "typ": "at+jwt", "kid": "first"}).encode()).rstrip(
            b"="
        )
        body = provider.token().split(".")[1].encode()
        mac = hmac.new(provider.pem(), head + b"." + body, digest).digest()
        forged = head + b"." + body + b"." + base64.urlsafe_b64encode(mac).rstrip(b"=")
        assert await reason(tokens().verify(forged.decode())) == "algorithm"


async def test_an_algorithm_that_is_not_the_keys_own_is_refused(provider: Any, tokens: Make) -> None:
    # The JWK says RS256; PS256 is allowed by configuration, but not with this key.
    assert await reason(tokens().verify(provider.token(algorithm="PS256"))) == "unknown_key"


async def test_elliptic_and_edwards_keys_verify(provider: Any, tokens: Make, ec_key: Any, ed_key: Any) -> None:
    provider.keys += [provider.public(ec_key, "ES256", "p256"), provider.public(ed_key, "EdDSA", "ed")]
    verifier = tokens()
    assert (await verifier.verify(provider.token(key=ec_key, algorithm="ES256", key_id="p256"))).subject == "alice"
    assert (await verifier.verify(provider.token(key=ed_key, algorithm="EdDSA", key_id="ed"))).subject == "alice"
    crossed = provider.token(key=ec_key, algorithm="ES256", key_id="first")
    assert await reason(verifier.verify(crossed)) == "unknown_key"


@pytest.mark.parametrize(
    ("header", "payload"),
    [
        (b'{"alg":"RS256","alg":"RS256","typ":"at+jwt","kid":"first"}', b"{}"),
        (b'{"alg":"RS256","typ":"at+jwt","kid":"first"}', b'{"iss":"x","iss":"y"}'),
        (b'{"alg":"RS256","typ":"at+jwt","kid":"first"}', b'{"iss":"x","act":{"sub":"a","sub":"b"}}'),
        (b'{"alg":"RS256","typ":"at+jwt","kid":"first"}', b'{"iss":"x","exp":NaN}'),
        (b'{"alg":"RS256","typ":"at+jwt","kid":"first"}', b'["iss"]'),
        (b'{"alg":"RS256","typ":"at+jwt","kid":7}', b"{}"),
        (b'{"alg":"RS256","typ":"at+jwt","kid":""}', b"{}"),
        (b'{"alg":["RS256"],"typ":"at+jwt"}', b"{}"),
        (b'{"alg":"RS256","typ":1}', b"{}"),
        (b"[]", b"{}"),
        (b"\xff", b"{}"),
        (b'{"alg":"RS256"}', b"\xff\xfe"),
        (b'{"alg":"RS256"}', b"[" * 4000),
        (b'{"alg":"RS256"}', b'{"iss":' + b"1" * 5000 + b"}"),
    ],
)
async def test_bytes_that_are_no_token(provider: Any, tokens: Make, header: bytes, payload: bytes) -> None:
    assert await reason(tokens().verify(provider.assembled(header, payload))) == "malformed"


@pytest.mark.parametrize(
    "raw", ["", ".", "..", "a.b", "a.b.c.d", "a b.c.d", "é.é.é", "AA==.AA==.AA==", "A.A.A", "\0.\0.\0"]
)
async def test_text_that_is_no_token(tokens: Make, raw: str) -> None:
    assert await reason(tokens().verify(raw)) == "malformed"


async def test_a_rotated_key_is_found_without_a_restart(provider: Any, tokens: Make, ec_key: Any, clock: Any) -> None:
    verifier = tokens()
    old = provider.token()
    await verifier.verify(old)
    provider.keys = [provider.public(ec_key, "ES256", "second")]
    new = provider.token(key=ec_key, algorithm="ES256", key_id="second")
    assert await reason(verifier.verify(new)) == "unknown_key"  # too soon after the last fetch
    clock.now += 11
    assert (await verifier.verify(new)).subject == "alice"
    assert await reason(verifier.verify(old)) == "unknown_key"  # the withdrawn key's tokens end with it


async def test_unknown_key_ids_cause_at_most_one_fetch_an_interval(provider: Any, tokens: Make, clock: Any) -> None:
    verifier = tokens()
    await verifier.verify(provider.token())
    clock.now += 11
    for number in range(20):
        assert await reason(verifier.verify(provider.token(key_id=f"made-up-{number}"))) == "unknown_key"
    assert provider.fetches == 2


async def test_many_callers_share_one_fetch(provider: Any, tokens: Make) -> None:
    verifier = tokens()
    await asyncio.gather(*(verifier.verify(provider.token(jti=str(number))) for number in range(20)))
    assert provider.fetches == 1


async def test_old_keys_serve_for_a_while_when_the_issuer_is_down_and_then_nothing_does(
    provider: Any, tokens: Make, clock: Any
) -> None:
    verifier = tokens(refresh=100, stale_if_error=1000)
    token = provider.token()
    await verifier.verify(token)
    provider.status = 500
    clock.now += 1050
    assert (await verifier.verify(token)).subject == "alice"
    assert (await verifier.verify(provider.token(jti="2"))).subject == "alice"
    clock.now += 100
    for each in (token, provider.token(jti="3")):
        with pytest.raises(IdentityUnavailable):
            await verifier.verify(each)
    provider.status = 200
    clock.now += 11
    assert (await verifier.verify(token)).subject == "alice"


@pytest.mark.parametrize(
    "raw",
    [b"", b"{}", b"[]", b'{"keys":{}}', b'{"keys":[]}', b'{"keys":[{"kty":"oct","k":"AAAA"}]}', b"<html>", b"[" * 100_000,
     b'{"keys":[' + b"{}," * 200 + b"{}]}", b" " * 300_000],
)  # fmt: skip
async def test_a_key_document_that_is_none_verifies_nothing(provider: Any, tokens: Make, raw: bytes) -> None:
    provider.raw = raw
    with pytest.raises(IdentityUnavailable):
        await tokens().verify(provider.token())


async def test_an_issuer_that_cannot_be_reached_verifies_nothing(client: httpx.AsyncClient, provider: Any) -> None:
    issuer = IssuerSettings(issuer=provider.issuer, jwks_uri="http://127.0.0.1:9/keys")
    verifier = AccessTokens(IdentitySettings(issuers=(issuer,)), RESOURCE, client)
    with pytest.raises(IdentityUnavailable):
        await verifier.verify(provider.token())


async def test_discovery_falls_back_to_openid_connect(provider: Any, tokens: Make) -> None:
    provider.oauth_metadata = False
    assert (await tokens().verify(provider.token())).subject == "alice"


async def test_metadata_of_another_issuer_is_not_believed(provider: Any, tokens: Make) -> None:
    provider.metadata_issuer = "https://other.example"
    with pytest.raises(IdentityUnavailable):
        await tokens().verify(provider.token())


@pytest.mark.filterwarnings("ignore::jwt.warnings.InsecureKeyLengthWarning")
async def test_weak_and_foreign_keys_are_left_out(provider: Any, tokens: Make) -> None:
    weak = rsa.generate_private_key(65537, 1024)
    provider.keys += [
        provider.public(weak, "RS256", "weak"),
        provider.public(provider.key, "RS256", "encryption", use="enc"),
        provider.public(provider.key, "RS256", "signing", key_ops=["sign"]),
    ]
    verifier = tokens()
    for key, name in ((weak, "weak"), (provider.key, "encryption"), (provider.key, "signing")):
        assert await reason(verifier.verify(provider.token(key=key, key_id=name))) == "unknown_key"


async def test_a_token_that_fits_two_keys_is_refused(provider: Any, tokens: Make) -> None:
    other = rsa.generate_private_key(65537, 2048)
    for key_id in ("first", None):
        provider.keys = [provider.public(provider.key, "RS256", key_id), provider.public(other, "RS256", key_id)]
        assert await reason(tokens().verify(provider.token(key_id=key_id))) == "unknown_key"


async def test_one_id_for_two_kinds_of_key_is_clear_enough(provider: Any, tokens: Make, ec_key: Any) -> None:
    provider.keys.append(provider.public(ec_key, "ES256", "first"))
    verifier = tokens()
    assert (await verifier.verify(provider.token())).subject == "alice"
    assert (await verifier.verify(provider.token(key=ec_key, algorithm="ES256"))).subject == "alice"


async def test_a_remembered_token_still_expires(provider: Any, client: httpx.AsyncClient) -> None:
    wall = [time.time()]
    issuer = IssuerSettings(issuer=provider.issuer, skew=0)
    verifier = AccessTokens(IdentitySettings(issuers=(issuer,)), RESOURCE, client, now=lambda: wall[0])
    token = provider.token()
    first = await verifier.verify(token)
    assert await verifier.verify(token) is first
    wall[0] += 301
    assert await reason(verifier.verify(token)) == "expired"


async def test_memory_of_tokens_is_bounded(provider: Any, client: httpx.AsyncClient) -> None:
    settings = IdentitySettings(issuers=(IssuerSettings(issuer=provider.issuer),), remembered=16)
    verifier = AccessTokens(settings, RESOURCE, client)
    for number in range(40):
        await verifier.verify(provider.token(jti=str(number)))
    assert len(verifier._verified) == 16


@pytest.mark.parametrize(
    ("settings", "claims", "expected"),
    [
        ({"claims": {"roles": ("realm_access.roles",)}}, {"realm_access": {"roles": ["a", "b", "a"]}}, ("a", "b")),
        ({"claims": {"roles": ("https://yumen.example/roles",)}}, {"https://yumen.example/roles": ["a"]}, ("a",)),
        (
            {"claims": {"roles": ("groups", "roles"), "role_names": {"sec": "admin"}}},
            {"groups": ["sec", "dev"]},
            ("admin",),
        ),
        ({"claims": {"roles": ("nothing.here",)}}, {}, ()),
        ({"claims": {"roles": ("sub.deeper",)}}, {}, ()),
        ({"claims": {"roles": ("roles",)}}, {"roles": "a b"}, ("a", "b")),
    ],
)
async def test_roles_come_from_the_configured_claims(
    provider: Any, tokens: Make, settings: dict[str, Any], claims: dict[str, Any], expected: tuple[str, ...]
) -> None:
    assert (await tokens(**settings).verify(provider.token(**claims))).roles == expected


async def test_a_default_tenant_fills_in_and_a_tenant_list_keeps_out(provider: Any, tokens: Make) -> None:
    assert (await tokens(default_tenant="home").verify(provider.token(tenant=None))).tenant == "home"
    assert (await tokens(tenants=("acme",)).verify(provider.token())).tenant == "acme"
    assert await reason(tokens(tenants=("other",)).verify(provider.token())) == "tenant"


async def test_the_jurisdiction_comes_from_the_configured_claim_or_is_not_known(provider: Any, tokens: Make) -> None:
    located = tokens(claims={"jurisdiction": "ctry"})
    assert (await located.verify(provider.token(ctry="DE"))).jurisdiction == "DE"
    assert (await located.verify(provider.token())).jurisdiction == ""
    assert (await tokens().verify(provider.token(ctry="DE"))).jurisdiction == ""
    for wrong in ("de", "Germany", "", 49, ["DE"], "DE\n"):
        assert await reason(located.verify(provider.token(ctry=wrong))) == "jurisdiction"


async def test_untyped_tokens_pass_only_when_configured(provider: Any, tokens: Make) -> None:
    verifier = tokens(require_at_jwt=False)
    assert (await verifier.verify(provider.token(kind="JWT"))).subject == "alice"
    assert await reason(verifier.verify(provider.token(kind="JWT", nonce="n"))) == "token_type"
    assert await reason(verifier.verify(provider.token(kind="dpop+jwt"))) == "token_type"


@pytest.mark.parametrize(
    "wrong",
    [
        {"issuer": "http://issuer.example"},
        {"issuer": "https://issuer.example?x=1"},
        {"issuer": "https://u:p@issuer.example"},
        {"issuer": "issuer"},
        {"issuer": "https://issuer.example", "jwks_uri": "http://issuer.example/keys"},
        {"issuer": "https://issuer.example", "jwks_uri": "file:///etc/passwd"},
        {"issuer": "https://issuer.example", "algorithms": ["HS256"]},
        {"issuer": "https://issuer.example", "algorithms": ["none"]},
        {"issuer": "https://issuer.example", "algorithms": []},
        {"issuer": "https://issuer.example", "skew": 3600},
        {"issuer": "https://issuer.example", "audience": "typo"},
    ],
)
def test_unsafe_settings_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        IssuerSettings.model_validate(wrong)
