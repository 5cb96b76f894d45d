from __future__ import annotations

import base64
import json

from hypothesis import given
from hypothesis import strategies as st

from mcp_server.identity.errors import Unauthenticated
from mcp_server.identity.tokens import UnverifiedToken, parse

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
names = st.sampled_from(["alg", "kid", "typ", "iss", "crit", "jwk", "exp", "x"])
objects = st.dictionaries(names, values, max_size=6)


def attempt(text: str) -> UnverifiedToken | None:
    """The token, or None; anything but the one error is a bug."""
    try:
        return parse(text, 8192)
    except Unauthenticated:
        return None


@given(st.text())
def test_any_text_is_a_token_or_refused(text: str) -> None:
    attempt(text)


@given(st.lists(st.binary(max_size=200), min_size=3, max_size=3))
def test_any_bytes_are_a_token_or_refused(parts: list[bytes]) -> None:
    attempt(".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts))


@given(objects, objects)
def test_any_objects_are_a_token_of_the_right_types_or_refused(
    header: dict[str, object], claims: dict[str, object]
) -> None:
    parts = [json.dumps(header).encode(), json.dumps(claims).encode(), b"signature"]
    token = attempt(".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts))
    if token is not None:
        assert isinstance(token.algorithm, str)
        assert isinstance(token.issuer, str)
        assert token.key_id is None or isinstance(token.key_id, str)
        assert not {"crit", "jwk"} & header.keys()
