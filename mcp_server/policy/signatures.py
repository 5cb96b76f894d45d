"""Signed bundles, as OPA signs them: one JWS over the hashes of all files.

https://www.openpolicyagent.org/docs/management-bundles#signing
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import yaml
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from pydantic import BaseModel, ConfigDict, Field

from mcp_server.policy.errors import PolicyInvalid, Problem

SIGNATURES = ".signatures.json"
MANIFEST = ".manifest"
_STRUCTURED = ("data.json", "data.yaml", "data.yml", MANIFEST)
_HASHES = {"SHA-256": "sha256", "SHA-384": "sha384", "SHA-512": "sha512"}

Algorithm = Literal["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]


class VerificationKey(BaseModel):
    """A key that bundles may be signed with. The algorithm is the key's, and never what a signature claims."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    key: Path = Field(description="Public key, PEM")
    algorithm: Algorithm = Field(default="RS256", description="The only algorithm that this key is used with")
    scope: str = Field(default="", description="Scope that the signature must name; empty for none")


def verify(files: Mapping[str, bytes], keys: Mapping[str, VerificationKey], source: str) -> None:
    """See that `files`, the whole content of a bundle, are exactly what one of `keys` signed.

    Raises PolicyInvalid.
    """
    signed = _signed_files(files, keys, source)
    present = {name for name in files if name != SIGNATURES}
    problems = [Problem(f"{source}:{name}", 0, 0, "is not covered by the signature") for name in present - set(signed)]
    problems += [Problem(f"{source}:{name}", 0, 0, "was signed but is missing") for name in set(signed) - present]
    for name in sorted(present & set(signed)):
        algorithm, expected = signed[name]
        try:
            found = file_hash(name, files[name], algorithm)
        except (ValueError, RecursionError, yaml.YAMLError) as error:
            problems.append(Problem(f"{source}:{name}", 0, 0, f"cannot be hashed: {error}"))
            continue
        if found != expected:
            problems.append(Problem(f"{source}:{name}", 0, 0, "is not what was signed"))
    if problems:
        raise PolicyInvalid(problems)


def sign(files: Mapping[str, bytes], private_key: str, algorithm: Algorithm, keyid: str, scope: str = "") -> bytes:
    """The content of `.signatures.json` for `files`; `private_key` is PEM. Raises ValueError and TypeError for a wrong key."""
    import jwt

    key = serialization.load_pem_private_key(private_key.encode(), None)
    if not isinstance(key, RSAPrivateKey | EllipticCurvePrivateKey | Ed25519PrivateKey):
        raise TypeError("the key must be RSA, ECDSA or Ed25519")
    claims: dict[str, Any] = {
        "files": [
            {"name": name, "hash": file_hash(name, content, "SHA-256"), "algorithm": "SHA-256"}
            for name, content in sorted(files.items())
            if name != SIGNATURES
        ],
        "keyid": keyid,
    }
    if scope:
        claims["scope"] = scope
    token = jwt.encode(claims, key, algorithm=algorithm, headers={"kid": keyid})
    return json.dumps({"signatures": [token]}).encode()


def file_hash(name: str, content: bytes, algorithm: str) -> str:
    """The hash of one file: of its raw bytes, for data and manifest of a canonical form of what they say."""
    digest = hashlib.new(_HASHES[algorithm])
    if name.rpartition("/")[2] in _STRUCTURED:
        value = _parsed_yaml(content) if name.endswith((".yaml", ".yml")) else _parsed_json(content)
        digest.update(_canonical(value).encode())
    else:
        digest.update(content)
    return digest.hexdigest()


def _signed_files(
    files: Mapping[str, bytes], keys: Mapping[str, VerificationKey], source: str
) -> dict[str, tuple[str, str]]:
    import jwt  # most servers verify no bundle, and start without it

    def wrong(message: str) -> PolicyInvalid:
        return PolicyInvalid([Problem(f"{source}:{SIGNATURES}", 0, 0, message)])

    if SIGNATURES not in files:
        raise wrong("the bundle is not signed")
    try:
        match json.loads(files[SIGNATURES]):
            case {"signatures": [str(token)]}:
                pass
            case _:
                raise wrong("must hold exactly one signature")
        header, unverified = jwt.get_unverified_header(token), jwt.decode(token, options={"verify_signature": False})
        # Only to choose among our own keys: what is chosen then decides about the algorithm and the scope.
        keyid = unverified.get("keyid") or header.get("kid") or (next(iter(keys)) if len(keys) == 1 else "")
        key = keys.get(keyid) if isinstance(keyid, str) else None
        if key is None:
            raise wrong(f"signed with a key that is not configured: {keyid!r:.100}")
        claims = jwt.decode(
            token, key.key.read_text("utf-8"), algorithms=[key.algorithm], options={"verify_aud": False}
        )
    except (jwt.InvalidTokenError, ValueError, RecursionError) as error:
        raise wrong(f"the signature does not hold: {error}") from None
    except OSError as error:
        raise wrong(f"the verification key cannot be read: {error}") from None
    if claims.get("scope", "") != key.scope:
        raise wrong(f"signed for the scope {claims.get('scope', '')!r:.100}, not {key.scope!r}")
    signed: dict[str, tuple[str, str]] = {}
    for entry in claims["files"] if isinstance(claims.get("files"), list) else []:
        match entry:
            case {"name": str(name), "hash": str(value), "algorithm": str(algorithm)} if algorithm in _HASHES:
                signed[name.lstrip("/")] = (algorithm, value)
            case _:
                raise wrong("names a file without a hash that can be checked")
    return signed


class _Number(str):
    """A JSON number, as it was written: 1.0 and 1 are different bytes."""

    __slots__ = ()


def _parsed_json(content: bytes) -> object:
    def constant(name: str) -> object:
        raise ValueError(f"{name} is not JSON")

    return json.loads(content, parse_int=_Number, parse_float=_Number, parse_constant=constant)


def _parsed_yaml(content: bytes) -> object:
    return _parsed_json(json.dumps(yaml.safe_load(content)).encode())


def _canonical(value: object) -> str:
    """What OPA hashes: JSON without spaces, keys sorted, strings as Go writes them, numbers untouched."""
    if isinstance(value, _Number):
        return str(value)
    if isinstance(value, dict):
        return "{" + ",".join(f"{_text(key)}:{_canonical(value[key])}" for key in sorted(value)) + "}"
    if isinstance(value, list):
        return "[" + ",".join(_canonical(item) for item in value) + "]"
    if isinstance(value, str):
        return _text(value)
    return json.dumps(value)


def _text(value: str) -> str:
    written = json.dumps(value, ensure_ascii=False)
    # Go escapes these two even with HTML escaping off; lone surrogates become the replacement character.
    written = written.replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
    return written.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
