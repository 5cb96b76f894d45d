"""How far the bodies of rules get: a mark behind each statement says when it held. No line moves."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass
from typing import Any

from mcp_server.policy.insertions import Insertion, at_the_end, end
from mcp_server.policy.syntax import path_of

_MARK = "yumen_mark"
_STATEMENT_ENDS = re.compile(rb"[ \t\r]*(?:[#\n;}]|\Z)")


@dataclass(frozen=True, slots=True)
class Body:
    """One body of one definition; each `else` is one of its own, a rule without a body has one without
    statements, and an `else` without one has none."""

    rule: str
    """Its path, data.….name."""
    file: str
    line: int
    statements: tuple[tuple[int, int], ...]
    """First and last line of each."""
    first: int
    """Number of the mark behind the first of them."""


class Marks:
    """The marks in the modules of one engine."""

    def __init__(self) -> None:
        self._bodies: list[Body] = []
        self._next = 0
        self._reached: set[int] = set()

    def attach(self, engine: Any) -> None:
        """Have `engine` tell when a mark is reached."""
        engine.add_extension(_MARK, 1, self._reach)

    def _reach(self, number: float) -> bool:
        self._reached.add(int(number))
        return True

    def into(self, text: str, tree: Mapping[str, Any]) -> str:
        """The module `text`, whose syntax tree is `tree`, with its marks."""
        source = text.encode()
        package = ".".join(path_of(tree["ast"]["package"]["refr"]))
        insertions: list[Insertion] = []
        for item in tree["ast"]["rules"]:
            spec = item.get("Spec")
            if spec is None:
                continue  # a default: what holds where nothing else does
            ((_, head),) = spec["head"].items()
            name = ".".join(("data", package, *path_of(head["refr"])[:1]))
            for number, body in enumerate(spec["bodies"] or [{"query": None}]):
                query = body["query"]
                if number and not (query and query["stmts"]):
                    continue  # an else that asks nothing
                statements = query["stmts"] if query else []
                where = query["span"] if number else spec["span"]
                spans = tuple(_lines(statement["span"], source) for statement in statements)
                self._bodies.append(Body(name, tree["source"]["file"], where["line"], spans, self._next))
                insertions += self._marks_in(query, statements, source)
        return _with(source, insertions)

    def _marks_in(self, query: Any, statements: list[Any], source: bytes) -> Iterator[Insertion]:
        for number, statement in enumerate(statements):
            mark = f"{_MARK}({self._next})"
            self._next += 1
            if number == len(statements) - 1:
                yield from at_the_end(query, mark, source)
            elif _STATEMENT_ENDS.match(source, after := end(statement["span"], source)):
                yield Insertion(after, f"; {mark}")

    def courses(self, lines: Mapping[str, Set[int]]) -> list[tuple[str, str, int, int, list[tuple[int, int]]]]:
        """Rule, file, line, statements that held, and all of them, of each body entered since the last time.

        `lines` are the lines of each file that were evaluated.
        """
        found = []
        for body in self._bodies:
            held = [n for n in range(len(body.statements)) if body.first + n in self._reached]
            begins = body.statements[0][0] if body.statements else body.line
            if held or begins in lines.get(body.file, ()):
                passed = held[-1] + 1 if held else 0
                found.append((body.rule, body.file, body.line, passed, list(body.statements)))
        self._reached.clear()
        return found


def _lines(span: Mapping[str, Any], source: bytes) -> tuple[int, int]:
    return span["line"], span["line"] + source.count(b"\n", span["start"], span["end"])


def _with(source: bytes, insertions: list[Insertion]) -> str:
    parts, last = [], 0
    for insertion in sorted(insertions, key=lambda insertion: insertion.offset):
        parts += [source[last : insertion.offset], insertion.text.encode()]
        last = insertion.offset
    return b"".join([*parts, source[last:]]).decode()
