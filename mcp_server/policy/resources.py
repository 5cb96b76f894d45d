"""Policies as MCP resources: `policy://<path in the pack>`, the Rego, data and frameworks in force."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Protocol

from mcp_server.policy.packs import Pack
from mcp_server.surface import Resource

SCHEME = "policy://"
_TYPES: Mapping[str, str] = {"rego": "text/plain", "json": "application/json", "yaml": "application/yaml"}


class Loaded(Protocol):
    """The policy store, as far as this needs it."""

    @property
    def pack(self) -> Pack: ...


def policy_resources(store: Loaded) -> Sequence[Resource]:
    """Every file of the pack in force."""
    return _resources(store.pack)


@lru_cache(maxsize=2)
def _resources(pack: Pack) -> tuple[Resource, ...]:
    return tuple(_resource(path, text) for path, text in sorted(pack.texts.items()))


def _resource(path: str, text: str) -> Resource:
    return Resource(
        uri=SCHEME + path,
        name=path,
        title=f"Policy file {path}",
        mime_type=_TYPES[path.rpartition(".")[2]],
        read=_reader(text),
    )


def _reader(text: str) -> Callable[[], str]:
    return lambda: text
