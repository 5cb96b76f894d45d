"""Built-in functions of Rego that the embedded engine lacks or gets wrong, as OPA defines them.

They run inside the engine process. A function that raises makes the evaluation fail, as strict built-in errors do.
https://www.openpolicyagent.org/docs/policy-reference/builtins
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from mcp_server.policy import jwt_builtins, network_builtins, text_builtins, time_builtins, value_builtins

Function = Callable[..., Any]

FORBIDDEN: Mapping[str, str] = {
    "http.send": "a decision must not depend on the network",
    "net.lookup_ip_addr": "a decision must not depend on the network",
    "opa.runtime": "it would show the environment of the process",
    "rego.parse_module": "policies do not read policies",
    "rand.intn": "the same question must get the same answer",
    "uuid.rfc4122": "the same question must get the same answer",
    "providers.aws.sign_req": "policies do not hold credentials",
    "io.jwt.encode_sign": "policies do not hold signing keys",
    "io.jwt.encode_sign_raw": "policies do not hold signing keys",
    "json.match_schema": "it words what is wrong differently than OPA",
    "json.verify_schema": "it words what is wrong differently than OPA",
    "yaml.marshal": "it writes YAML differently than OPA",
}
"""What no pack may call, with the reason."""


def glob_match(pattern: str, delimiters: Sequence[str] | None, text: str) -> bool:
    """Whether `text` fits `pattern`, where `*` stops at a delimiter ('.' if the list is empty, none if it is null)."""
    if delimiters is not None and not isinstance(delimiters, list):
        raise TypeError("delimiters are an array, or null")
    if any(not isinstance(delimiter, str) or len(delimiter) != 1 for delimiter in delimiters or ()):
        raise ValueError("a delimiter is one character")
    # The engine's own answer ignores the delimiters: it lets 'scan:*' match 'scan:a:b'.
    stops = () if delimiters is None else tuple(delimiters) or (".",)
    return _compiled_glob(pattern, stops).fullmatch(text) is not None


@lru_cache(maxsize=4096)
def _compiled_glob(pattern: str, stops: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile(_glob_expression(pattern, "".join(stops)), re.DOTALL)


def _glob_expression(pattern: str, stops: str) -> str:
    """`pattern` as a regular expression: the grammar of github.com/gobwas/glob, which OPA uses."""
    one = f"[^{re.escape(stops)}]" if stops else "."
    parts: list[str] = []
    braces = 0
    index = 0
    while index < len(pattern):
        sign = pattern[index]
        index += 1
        if sign == "*":
            if pattern.startswith("*", index):
                index += 1
                parts.append(".*")
            else:
                parts.append(f"{one}*")
        elif sign == "?":
            parts.append(one)
        elif sign == "\\":
            if index == len(pattern):
                raise ValueError("glob ends in a backslash")
            parts.append(re.escape(pattern[index]))
            index += 1
        elif sign == "[":
            end = pattern.find("]", index + 1)
            if end < 0:
                raise ValueError("glob has an unclosed '['")
            parts.append(_character_class(pattern[index:end]))
            index = end + 1
        elif sign == "{":
            braces += 1
            parts.append("(?:")
        elif sign == "}" and braces:
            braces -= 1
            parts.append(")")
        elif sign == "," and braces:
            parts.append("|")
        else:
            parts.append(re.escape(sign))
    if braces:
        raise ValueError("glob has an unclosed '{'")
    return "".join(parts)


def _character_class(inside: str) -> str:
    negated = inside.startswith("!")
    inside = inside.removeprefix("!")
    is_range = len(inside) == 3 and inside[1] == "-"
    body = f"{re.escape(inside[0])}-{re.escape(inside[2])}" if is_range else re.escape(inside)
    return f"[{'^' if negated else ''}{body}]"


def _digest(algorithm: str) -> Function:
    def digest(text: str) -> str:
        return hashlib.new(algorithm, text.encode()).hexdigest()

    return digest


def _hmac(algorithm: str) -> Function:
    def code(text: str, key: str) -> str:
        return hmac.new(key.encode(), text.encode(), algorithm).hexdigest()

    return code


def hmac_equal(left: str, right: str) -> bool:
    """Compare in time that does not depend on where they differ."""
    return hmac.compare_digest(left.encode(), right.encode())


EXTENSIONS: Mapping[str, tuple[int, Function]] = {
    "glob.match": (3, glob_match),
    "crypto.md5": (1, _digest("md5")),
    "crypto.sha1": (1, _digest("sha1")),
    "crypto.sha256": (1, _digest("sha256")),
    "crypto.hmac.md5": (2, _hmac("md5")),
    "crypto.hmac.sha1": (2, _hmac("sha1")),
    "crypto.hmac.sha256": (2, _hmac("sha256")),
    "crypto.hmac.sha512": (2, _hmac("sha512")),
    "crypto.hmac.equal": (2, hmac_equal),
    **jwt_builtins.EXTENSIONS,
    **network_builtins.EXTENSIONS,
    **text_builtins.EXTENSIONS,
    **time_builtins.EXTENSIONS,
    **value_builtins.EXTENSIONS,
}
"""Name -> number of arguments and the function."""
