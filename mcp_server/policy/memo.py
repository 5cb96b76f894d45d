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
from mcp_server.policy.packs import Module, Pack

Path = tuple[str, ...]

_REFERENCE = re.compile(r'(?<![\w.])(input|data)((?:\s*\.\s*[A-Za-z_]\w*|\s*\[\s*"[^"\\]*"\s*\])*)', re.ASCII)
_STEP = re.compile(r'\.\s*([A-Za-z_]\w*)|\[\s*"([^"\\]*)"', re.ASCII)
_COMMENT_LINE = re.compile(r"^\s*#.*$", re.MULTILINE)
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
    package = tuple(entrypoint.split(".")[1:-1])
    modules = {module.path: module for module in pack.modules if not module.is_test}
    waiting: list[Path] = [package]
    seen: set[str] = set()
    paths: set[Path] = set()
    while waiting:
        wanted = waiting.pop()
        for module in modules.values():
            if module.path in seen or not _related(_package(module), wanted):
                continue
            seen.add(module.path)
            text = _without_comment_lines(module.text)
            if _IMPURE.search(text):
                return None
            for root, path in _references(text):
                if root == "data":
                    waiting.append(path)
                else:
                    paths.add(path)
    return _shortest(paths)


def _without_comment_lines(text: str) -> str:
    # A raw string may span lines; in a module with one, '#' at the start of a line need not begin a comment.
    return text if "`" in text else _COMMENT_LINE.sub("", text)


def _references(text: str) -> list[tuple[str, Path]]:
    found = []
    for match in _REFERENCE.finditer(text):
        found.append((match[1], tuple(step[1] or step[2] for step in _STEP.finditer(match[2]))))
    return found


def _package(module: Module) -> Path:
    return tuple(module.package.split("."))


def _related(package: Path, reference: Path) -> bool:
    """Whether `data.<reference>` may take a value from `package`: one path begins with the other."""
    shared = min(len(package), len(reference))
    return package[:shared] == reference[:shared]


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
