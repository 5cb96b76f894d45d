"""Built-in functions of Rego that the embedded engine lacks or gets wrong, as OPA defines them.

They run inside the engine process. A function that raises makes the evaluation fail, as strict built-in errors do.
https://www.openpolicyagent.org/docs/policy-reference/builtins
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from mcp_server.policy import jwt_builtins

Function = Callable[..., Any]
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

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
}
"""What no pack may call, on any engine, with the reason."""


def glob_match(pattern: str, delimiters: Sequence[str] | None, text: str) -> bool:
    """Whether `text` fits `pattern`, where `*` stops at a delimiter ('.' if the list is empty, none if it is null)."""
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


def cidr_intersects(left: str, right: str) -> bool:
    """Whether two networks share an address."""
    one, other = _network(left), _network(right)
    return one.version == other.version and one.overlaps(other)


def cidr_merge(blocks: Sequence[str] | set[str]) -> set[str]:
    """The smallest set of networks that covers the same addresses."""
    networks = [_network(block) for block in blocks]
    four = [network for network in networks if isinstance(network, ipaddress.IPv4Network)]
    six = [network for network in networks if isinstance(network, ipaddress.IPv6Network)]
    merged: list[Network] = [*ipaddress.collapse_addresses(four), *ipaddress.collapse_addresses(six)]
    return {str(network) for network in merged}


def cidr_contains_matches(outer: object, inner: object) -> set[tuple[Any, Any]]:
    """Pairs of keys (indices, or the string itself) of each network in `outer` and what it contains in `inner`."""
    return {
        (outer_key, inner_key)
        for outer_key, outer_block in _keyed(outer)
        for inner_key, inner_block in _keyed(inner)
        if _contains(_network(outer_block), _network(inner_block))
    }


def _keyed(blocks: object) -> list[tuple[Any, str]]:
    match blocks:
        case str():
            return [(blocks, blocks)]
        case Mapping():
            return [(key, _first(value)) for key, value in blocks.items()]
        case set() | frozenset():
            return [(value, _first(value)) for value in blocks]
        case list() | tuple():
            return [(index, _first(value)) for index, value in enumerate(blocks)]
    raise TypeError("networks must be a string, an array, a set or an object")


def _first(value: object) -> str:
    found = value[0] if isinstance(value, list | tuple) and value else value
    if not isinstance(found, str):
        raise TypeError("a network must be a string")
    return found


def _network(text: str) -> Network:
    return ipaddress.ip_network(text, strict=False)


def _contains(outer: Network, inner: Network) -> bool:
    if isinstance(outer, ipaddress.IPv4Network) and isinstance(inner, ipaddress.IPv4Network):
        return inner.subnet_of(outer)
    if isinstance(outer, ipaddress.IPv6Network) and isinstance(inner, ipaddress.IPv6Network):
        return inner.subnet_of(outer)
    return False


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
    "net.cidr_intersects": (2, cidr_intersects),
    "net.cidr_merge": (1, cidr_merge),
    "net.cidr_contains_matches": (2, cidr_contains_matches),
    **jwt_builtins.EXTENSIONS,
}
"""Name -> number of arguments and the function."""
