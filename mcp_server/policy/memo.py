"""Decisions remembered by exactly what the policy reads, so that a repeated question costs no evaluation.

Rego is pure: a rule's value depends on the input it refers to, on data, and on nothing else but a few builtins that ask
the outside world. So two inputs that agree in every path that the rule's packages mention have the same decision. The
paths are read from the text of the modules, generously: a mention in a string counts, and a reference whose
end is computed counts as the whole of what stands before it. A pack that uses a builtin of the outside world, or looks at
the clock in `input.call.time`, is simply never answered from memory.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

import orjson

from mcp_server.calls import Decision
from mcp_server.policy.packs import Pack
from mcp_server.policy.reach import Path, modules_behind, references, without_comment_lines

_IMPURE = re.compile(
    r"\b(?:http\.send|time\.now_ns|rand\.intn|uuid\.rfc4122|opa\.runtime|net\.lookup_ip_addr|io\.jwt\.decode_verify)\b"
)


class DecisionMemo:
    """Decisions of one entry point of one pack, at most `size` of them, the longest unused forgotten first."""

    def __init__(self, pack: Pack, entrypoint: str, size: int = 4096) -> None:
        self.revision = pack.revision
        self._paths = paths_read(pack, entrypoint)
        self._size = size
        self._known: OrderedDict[bytes, Decision] = OrderedDict()

    def key(self, document: Mapping[str, Any]) -> bytes | None:
        """What the decision on `document` depends on; None when that is everything, or cannot be told."""
        if self._paths is None:
            return None
        try:
            return orjson.dumps([_at(document, path) for path in self._paths])
        except TypeError:  # not JSON: the engine will say so
            return None

    def get(self, key: bytes) -> Decision | None:
        found = self._known.get(key)
        if found is not None:
            self._known.move_to_end(key)
        return found

    def put(self, key: bytes, decision: Decision) -> None:
        self._known[key] = decision
        if len(self._known) > self._size:
            self._known.popitem(last=False)


def paths_read(pack: Pack, entrypoint: str) -> tuple[Path, ...] | None:
    """Every path of `input` that `entrypoint` may depend on; None if it may depend on more than the input and data."""
    paths: set[Path] = set()
    for module in modules_behind([module for module in pack.modules if not module.is_test], entrypoint):
        text = without_comment_lines(module.text)
        if _IMPURE.search(text):
            return None
        paths.update(path for root, path in references(text) if root == "input")
    return _shortest(paths)


def _shortest(paths: set[Path]) -> tuple[Path, ...]:
    """Without the paths that another one already covers."""
    return tuple(sorted(path for path in paths if not any(path[:end] in paths for end in range(len(path)))))


def _at(document: Any, path: Path) -> Any:
    """The value at `path`, wrapped so that absent and null differ."""
    for step in path:
        if not isinstance(document, dict) or step not in document:
            return []
        document = document[step]
    return [document]
