"""`net.cidr_*` of Rego by the rules of Go's net package. https://pkg.go.dev/net#ParseCIDR

An IPv4 address that is written as IPv6 (::ffff:10.0.0.1) is that IPv4 address: a check of 10.0.0.0/8 holds for both.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
_MAPPED = 96
"""Bits before the IPv4 address in one that is mapped."""


def contains(outer: str, inner: str) -> bool:
    """Whether a network holds an address, or the whole of another network."""
    return _holds(_network(outer), _network(inner) if "/" in _text(inner) else _address(inner))


def intersects(left: str, right: str) -> bool:
    """Whether two networks share an address."""
    one, other = _network(left), _network(right)
    return one.version == other.version and one.overlaps(other)


def is_valid(text: Any) -> bool:
    """Whether `text` is a network with its prefix."""
    try:
        _network(text)
    except (TypeError, ValueError):
        return False
    return True


def merge(blocks: Sequence[str] | set[str]) -> set[str]:
    """The smallest set of networks that covers the same addresses. Raises ValueError for an address without prefix."""
    if not isinstance(blocks, list | set):
        raise TypeError("networks are an array or a set")
    networks = [_network(block) for block in blocks]
    four = [network for network in networks if isinstance(network, ipaddress.IPv4Network)]
    six = [network for network in networks if isinstance(network, ipaddress.IPv6Network)]
    merged: list[Network] = [*ipaddress.collapse_addresses(four), *ipaddress.collapse_addresses(six)]
    return {str(network) for network in merged}


def contains_matches(outer: object, inner: object) -> set[tuple[Any, Any]]:
    """Pairs of keys (indices, or the string itself) of each network in `outer` and what it contains in `inner`."""
    within = [(key, _network(block) if "/" in block else _address(block)) for key, block in _keyed(inner)]
    return {
        (outer_key, inner_key)
        for outer_key, outer_block in _keyed(outer)
        for inner_key, inner_block in within
        if _holds(_network(outer_block), inner_block)
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
    return _text(value[0] if isinstance(value, list | tuple) and value else value)


def _holds(outer: Network, inner: Network) -> bool:
    if isinstance(outer, ipaddress.IPv4Network) and isinstance(inner, ipaddress.IPv4Network):
        return inner.subnet_of(outer)
    if isinstance(outer, ipaddress.IPv6Network) and isinstance(inner, ipaddress.IPv6Network):
        return inner.subnet_of(outer)
    return False


def _network(text: Any) -> Network:
    found = re.fullmatch(r"([^/%]+)/([0-9]{1,5})", _text(text), re.ASCII)
    if found is None:
        raise ValueError(f"invalid CIDR address: {text:.100}")
    address, prefix = ipaddress.ip_address(found[1]), int(found[2])
    if prefix > address.max_prefixlen:
        raise ValueError(f"invalid CIDR address: {text:.100}")
    return _unmapped(address, prefix)


def _address(text: str) -> Network:
    if "%" in text:
        raise ValueError(f"invalid address: {text:.100}")
    address = ipaddress.ip_address(text)
    return _unmapped(address, address.max_prefixlen)


def _unmapped(address: ipaddress.IPv4Address | ipaddress.IPv6Address, prefix: int) -> Network:
    """The network of `prefix` bits around `address`; as net.IP.To4 does, of the masked address."""
    network = ipaddress.ip_network((address, prefix), strict=False)
    first = network.network_address
    if isinstance(first, ipaddress.IPv6Address) and first.ipv4_mapped is not None:
        return ipaddress.ip_network((first.ipv4_mapped, max(0, prefix - _MAPPED)), strict=False)
    return network


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("a network must be a string")
    return value


EXTENSIONS: Mapping[str, tuple[int, Callable[..., Any]]] = {
    "net.cidr_contains": (2, contains),
    "net.cidr_contains_matches": (2, contains_matches),
    "net.cidr_intersects": (2, intersects),
    "net.cidr_is_valid": (1, is_valid),
    "net.cidr_merge": (1, merge),
}
"""Name -> number of arguments and the function."""
