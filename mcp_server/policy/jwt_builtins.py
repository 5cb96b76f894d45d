"""`io.jwt.*` of Rego: decode and verify, with keys that the policy gives. Signing is not offered.

https://www.openpolicyagent.org/docs/policy-reference/builtins/tokens
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from typing import Any

_FAMILIES = ("rs", "ps", "es", "hs")
_CONSTRAINTS = {"cert", "secret", "alg", "iss", "time", "aud"}
_NO = [False, {}, {}]


def decode(token: str) -> list[Any]:
    """[header, payload, signature in hex], nothing verified. Raises for what is no JWS with a JSON object in it."""
    import jwt

    parts: Mapping[str, Any] = jwt.decode_complete(token, options={"verify_signature": False})
    return [parts["header"], parts["payload"], parts["signature"].hex()]


def verifier(algorithm: str) -> Callable[[str, str], bool]:
    """`io.jwt.verify_<algorithm>`: whether a key (PEM, certificate, JWK, JWKS; the secret for hs) signed a token.

    It raises ValueError for what is no token or no key.
    """
    name = "EdDSA" if algorithm == "eddsa" else algorithm.upper()

    def verify(token: str, key: str) -> bool:
        if not isinstance(token, str) or token.count(".") != 2:
            raise ValueError("a token has three sections")
        return _signed_by(token, _keys(key, name), name)

    return verify


def decode_verify(token: str, constraints: Mapping[str, Any]) -> list[Any]:
    """[true, header, payload] if the signature and all constraints hold, else [false, {}, {}].

    Raises ValueError for constraints that make no sense, as OPA does.
    """
    import jwt

    unknown = set(constraints) - _CONSTRAINTS
    if unknown:
        raise ValueError(f"unknown token constraint: {min(unknown)}")
    if ("cert" in constraints) == ("secret" in constraints):
        raise ValueError("give either cert or secret")
    try:
        header, payload, _ = decode(token)
    except (jwt.InvalidTokenError, ValueError):
        return list(_NO)
    algorithm = header.get("alg")
    if not isinstance(algorithm, str) or constraints.get("alg", algorithm) != algorithm:
        return list(_NO)
    # A public key is never used as a secret, whatever the token says of itself.
    if algorithm.startswith("HS") != ("secret" in constraints):
        return list(_NO)
    keys = _keys(constraints.get("secret", constraints.get("cert")), algorithm)
    if not _signed_by(token, keys, algorithm) or not _claims_hold(payload, constraints):
        return list(_NO)
    return [True, header, payload]


def _claims_hold(payload: Mapping[str, Any], constraints: Mapping[str, Any]) -> bool:
    now = float(constraints.get("time", time.time_ns())) / 1e9
    expires, begins, audience = payload.get("exp"), payload.get("nbf"), payload.get("aud")
    if expires is not None and not (_is_number(expires) and now < expires):
        return False
    if begins is not None and not (_is_number(begins) and now >= begins):
        return False
    if "iss" in constraints and payload.get("iss") != constraints["iss"]:
        return False
    if "aud" in constraints:
        return constraints["aud"] in (audience if isinstance(audience, list) else [audience])
    return audience is None


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _signed_by(token: str, keys: list[Any], algorithm: str) -> bool:
    import jwt

    for key in keys:
        try:
            jwt.api_jws.PyJWS().decode(token, key, algorithms=[algorithm])
        except (jwt.InvalidTokenError, jwt.InvalidKeyError, TypeError, ValueError):
            continue
        return True
    return False


def _keys(given: object, algorithm: str) -> list[Any]:
    """The keys in a PEM, certificate, JWK or JWKS that go with `algorithm`. Raises ValueError for anything else."""
    import jwt
    from cryptography import x509
    from cryptography.hazmat.primitives import serialization

    if not isinstance(given, str):
        raise ValueError("a key must be text")
    if algorithm.startswith("HS"):
        return [given.encode()]
    text = given.strip()
    if text.startswith("{"):
        document = json.loads(text)
        found = [jwt.PyJWK(key, algorithm) for key in document.get("keys", [document])]
        return [key.key for key in found]
    if "BEGIN CERTIFICATE" in text:
        return [x509.load_pem_x509_certificate(text.encode()).public_key()]
    return [serialization.load_pem_public_key(text.encode())]


EXTENSIONS: Mapping[str, tuple[int, Callable[..., Any]]] = {
    "io.jwt.decode": (1, decode),
    "io.jwt.decode_verify": (2, decode_verify),
    **{
        f"io.jwt.verify_{name}": (2, verifier(name))
        for name in (*(f"{family}{bits}" for family in _FAMILIES for bits in (256, 384, 512)), "eddsa")
    },
}
"""Name -> number of arguments and the function."""
