"""Decisions remembered by exactly what the policy reads, so that a repeated question costs no evaluation.

Rego is pure: a rule's value depends on the input it refers to, on data, and on nothing else but a few builtins that ask
the outside world. So two questions that agree in every path that the rule's packages mention have the same decision. The
paths are read from the text of the modules, generously: a mention in a string counts, and a reference whose
end is computed counts as the whole of what stands before it. A pack that uses a builtin of the outside world, or looks at
the clock in `input.call.time`, is simply never answered from memory.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Hashable, Mapping
from operator import attrgetter
from typing import Any, Final, Generic, TypeVar

import orjson

from mcp_server.calls import Decision
from mcp_server.policy.packs import Pack
from mcp_server.policy.question import Question
from mcp_server.policy.reach import Path, modules_behind, references, without_comment_lines

T = TypeVar("T")
Key = tuple[Hashable, ...]

_IMPURE = re.compile(
    r"\b(?:http\.send|time\.now_ns|rand\.intn|uuid\.rfc4122|opa\.runtime|net\.lookup_ip_addr|io\.jwt\.decode_verify)\b"
)

SECTIONS: Final[dict[str, dict[str, str]]] = {
    "version": {},
    "call": {
        "id": "id",
        "method": "method",
        "name": "name",
        "time": "received",
        "minute": "minute",
        "purpose": "purpose",
        "size": "size",
    },
    "principal": {
        name: f"principal.{name}"
        for name in ("subject", "issuer", "method", "tenant", "roles", "scopes", "client", "jurisdiction")
    },
    "origin": {name: f"origin.{name}" for name in ("transport", "address", "protocol_version", "client_name")},
    "tool": {name: name for name in ("name", "family", "risk", "digest")},
    "targets": {},
    "arguments": {},
    "candidates": {},
}
"""What `Question.document` is made of: of call, principal and origin which attribute of the call each field is, of
tool which of the tool."""


class Memory(Generic[T]):
    """Values by their keys, at most `size` of them. What was not used while half as many others came is forgotten.

    Two generations instead of an order of use: a hit is one look-up, and the keys are long to hash.
    """

    def __init__(self, size: int = 4096) -> None:
        self._half = max(1, size // 2)
        self._young: dict[Hashable, T] = {}
        self._old: dict[Hashable, T] = {}

    def get(self, key: Hashable) -> T | None:
        """The value, if it is remembered. What is in a key and cannot be hashed is never remembered."""
        try:
            found = self._young.get(key)
            if found is None and (found := self._old.get(key)) is not None:
                self.put(key, found)
        except TypeError:
            return None
        return found

    def put(self, key: Hashable, value: T) -> None:
        if len(self._young) >= self._half:
            self._old, self._young = self._young, {}
        with contextlib.suppress(TypeError):
            self._young[key] = value


class AnswerMemo(Memory[Any]):
    """Answers of one rule of one pack, by the whole of its input."""

    def __init__(self, pack: Pack, entrypoint: str) -> None:
        super().__init__()
        self.revision = pack.revision
        self._is_pure = paths_read(pack, entrypoint) is not None

    def key(self, document: Mapping[str, Any]) -> bytes | None:
        """`document` as a key; None if the answer depends on more, or there is no such JSON."""
        if not self._is_pure:
            return None
        try:
            return orjson.dumps(document)
        except TypeError:  # the engine will say so
            return None


class DecisionMemo(Memory[Decision]):
    """Decisions of one entry point of one pack, by what the policy reads of the question."""

    def __init__(self, pack: Pack, entrypoint: str, size: int = 4096) -> None:
        super().__init__(size)
        self.revision = pack.revision
        paths = paths_read(pack, entrypoint)
        self._key = None if paths is None else key_of(paths)

    def key(self, question: Question) -> Key | None:
        """What the decision on `question` depends on; None when that is everything, or cannot be told."""
        if self._key is None:
            return None
        try:
            return self._key(question)
        except TypeError:  # something in it is not what it should be: the engine will say so
            return None


def paths_read(pack: Pack, entrypoint: str) -> tuple[Path, ...] | None:
    """Every path of `input` that `entrypoint` may depend on; None if it may depend on more than the input and data."""
    paths: set[Path] = set()
    for module in modules_behind([module for module in pack.modules if not module.is_test], entrypoint):
        text = without_comment_lines(module.text)
        if _IMPURE.search(text):
            return None
        paths.update(path for root, path in references(text) if root == "input")
    return _shortest(paths)


def key_of(paths: tuple[Path, ...]) -> Callable[[Question], Key] | None:
    """The function from a question to what stands at `paths` of its document, without making the document.

    None when the paths are the whole of it: no two questions are equal. A path that no document has is the same in
    all of them; one that leads into a field counts as the field.
    """
    if () in paths:
        return None
    of_call: set[str] = set()
    of_tool: set[str] = set()
    for path in paths:
        fields = SECTIONS.get(path[0], {})
        wanted = fields.values() if len(path) == 1 else [fields[path[1]]] if path[1] in fields else ()
        (of_tool if path[0] == "tool" else of_call).update(wanted)
    call_part, tool_part = _getter(of_call), _getter(of_tool)
    in_arguments = tuple(path[1:] for path in paths if path[0] == "arguments")
    read = {path[0] for path in paths}

    def key(question: Question) -> Key:
        arguments = question.arguments
        return (
            call_part(question.call),
            tool_part(question.tool) if question.tool is not None else None,
            # As JSON, in which 1, 1.0 and true differ.
            orjson.dumps(None if arguments is None else [_at(arguments, path) for path in in_arguments])
            if in_arguments
            else None,
            tuple([(target.argument, str(target.path)) for target in question.targets]) if "targets" in read else None,
            tuple([(one.name, one.kind, one.family, one.risk) for one in question.candidates])
            if "candidates" in read
            else None,
        )

    return key


def _getter(attributes: set[str]) -> Callable[[object], Hashable]:
    return attrgetter(*sorted(attributes)) if attributes else lambda _: None


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
