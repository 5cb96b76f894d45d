"""io.jwt.* answers as OPA does, on good tokens and on forged ones."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from mcp_server.policy.guard import Guarded

NOW = 1_000_000_000
CLAIMS = {"iss": "me", "sub": "ada", "exp": NOW + 60, "nbf": NOW - 60}


def public(key: Any) -> str:
    encoded: bytes = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return encoded.decode()


@pytest.fixture(scope="module")
def cases() -> list[tuple[str, str]]:
    """Expressions of Rego, each with what it should give as JSON ('error' where the evaluation fails)."""
    one, other = (rsa.generate_private_key(65537, 2048) for _ in range(2))
    curve = ec.generate_private_key(ec.SECP256R1())
    rs = jwt.encode(CLAIMS, one, algorithm="RS256")
    es = jwt.encode(CLAIMS, curve, algorithm="ES256")
    hs = jwt.encode(CLAIMS, "a secret of thirty-two bytes, yes", algorithm="HS256")
    none = jwt.encode(CLAIMS, "", algorithm="none")
    for_blue = jwt.encode(CLAIMS | {"aud": ["blue"]}, one, algorithm="RS256")
    jwk = json.dumps({"keys": [json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(one.public_key())) | {"alg": "RS256"}]})
    pem = public(one)

    def verified(token: str, **constraints: Any) -> str:
        fields: dict[str, Any] = {"cert": pem, "time": NOW * 10**9} | constraints
        return f"io.jwt.decode_verify({json.dumps(token)}, {json.dumps({k: v for k, v in fields.items() if v is not None})})[0]"

    def call(name: str, token: str, key: str) -> str:
        return f"io.jwt.{name}({json.dumps(token)}, {json.dumps(key)})"

    return [
        (f"io.jwt.decode({json.dumps(rs)})[1].sub", '"ada"'),
        (f"io.jwt.decode({json.dumps(rs)})[0].alg", '"RS256"'),
        ('io.jwt.decode("x")', "error"),
        (call("verify_rs256", rs, pem), "true"),
        (call("verify_rs256", rs, jwk), "true"),
        (call("verify_rs256", rs, public(other)), "false"),
        (call("verify_ps256", rs, pem), "false"),
        (call("verify_es256", es, public(curve)), "true"),
        (call("verify_hs256", hs, "a secret of thirty-two bytes, yes"), "true"),
        (call("verify_hs256", hs, "another secret"), "false"),
        (call("verify_rs256", none, pem), "false"),
        (verified(rs), "true"),
        (verified(rs, iss="me", alg="RS256"), "true"),
        (verified(rs, iss="you"), "false"),
        (verified(rs, alg="RS512"), "false"),
        (verified(rs, time=(NOW + 61) * 10**9), "false"),
        (verified(rs, time=(NOW - 61) * 10**9), "false"),
        (verified(rs, cert=public(other)), "false"),
        (verified(rs, aud="blue"), "false"),
        (verified(for_blue), "false"),
        (verified(for_blue, aud="blue"), "true"),
        (verified(none), "false"),
        (verified(hs, cert=None, secret="a secret of thirty-two bytes, yes"), "true"),
        (verified(jwt.encode(CLAIMS, "x" * 32, algorithm="HS256")), "false"),
        (verified(rs, cert=None), "error"),
        (verified(rs, colour="red"), "error"),
    ]


def test_tokens_are_decoded_and_verified(cases: list[tuple[str, str]]) -> None:
    for expression, wanted in cases:
        checked = Guarded([("a.rego", f"package a\n\np := {expression} if input.go\n")], {})
        assert checked.problems == []
        try:
            answer = checked.evaluate("data.a.p", '{"go": true}')
        except RuntimeError:
            answer = "error"
        assert answer == wanted, expression


@pytest.mark.service
def test_opa_answers_the_same(cases: list[tuple[str, str]], opa: str, tmp_path: Path) -> None:
    for number, (expression, _) in enumerate(cases):
        (tmp_path / f"{number}.rego").write_text(f"package c{number}\n\np := {expression}\n")
    for number, (expression, wanted) in enumerate(cases):
        ran = subprocess.run(
            [
                opa,
                "eval",
                "--strict-builtin-errors",
                "--format",
                "raw",
                "--data",
                tmp_path / f"{number}.rego",
                f"data.c{number}.p",
            ],
            capture_output=True,
            check=False,
            timeout=30,
        )
        answer = "error" if ran.returncode else ran.stdout.decode().strip()
        assert answer in (wanted, wanted.strip('"')), expression
