"""Regular expressions whose matching may take time without end: a repeat of what is itself only a repeat.

`(a+)+`, `(.*)*`, `(\\w+|x)*`: a text of n characters can be divided among the two repeats in 2^n ways, and a backtracking
engine (Python, Oniguruma, fancy-regex) tries them all when the text does not match. Read without compiling it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from scanners.model_scan.limits import Budget

_OPCODES = 8
"""A character costs as much as so many opcodes of a pickle."""
_SUSPECT = re.compile(r"[*+}][)|]")
_ATOM = re.compile(r"\\[pPxuNgk]\{[^}]{0,64}\}|\\.|[^\\\[\]()|*+?{}]", re.S)
_SET = re.compile(r"\[\^?\]?(?:\\.|\[:\w+:\]|[^\]\\])*+\]", re.S)
_REPEAT = re.compile(r"(?:[*+]|\{\d+,\})([?+]?)")
_BOUNDED = re.compile(r"\?[?+]?|\{\d*(?:,\d+)?\}[?+]?")
_OPENING = re.compile(r"\((?:\?(?:[a-zA-Z-]*:|>|<?[=!]|P?<\w+>|\|)|\*\w+:?)?")


@dataclass(slots=True)
class _Group:
    """What was read of a group: of its present branch, how many atoms, and whether the only one is repeated without end."""

    atomic: bool = False
    atoms: int = 0
    repeated: bool = False
    ambiguous: bool = False
    """A branch before this was one endless repeat alone."""
    branches: list[str] = field(default_factory=list)

    def branch(self) -> None:
        self.ambiguous |= self.atoms == 1 and self.repeated
        self.atoms, self.repeated = 0, False


def may_never_end(pattern: str, budget: Budget) -> bool:
    """Whether the expression repeats a repeat without anything between; False for what cannot be read.

    Raises LimitReached.
    """
    budget.spend_opcodes(_OPCODES * len(pattern))
    if not _SUSPECT.search(pattern):
        return False
    stack, position = [_Group()], 0
    closed: _Group | None = None
    sets = True
    while position < len(pattern):
        character = pattern[position]
        if character == "(":
            found = _OPENING.match(pattern, position)
            opening = found[0] if found else "("
            stack.append(_Group(atomic=opening == "(?>"))
            position += len(opening)
            closed = None
            continue
        if character == ")" and len(stack) > 1:
            closed = stack.pop()
            closed.branch()
            position += 1
            if position < len(pattern) and pattern[position] not in "*+?{":
                # A group alone counts as what is in it.
                stack[-1].repeated = stack[-1].atoms == 0 and closed.ambiguous and not closed.atomic
            stack[-1].atoms += 1
            continue
        if character == "|":
            stack[-1].branch()
            position, closed = position + 1, None
            continue
        if (repeat := _REPEAT.match(pattern, position)) is not None:
            if closed is not None and closed.ambiguous and not closed.atomic and repeat[1] != "+":
                return True
            stack[-1].repeated = stack[-1].atoms == 1 and repeat[1] != "+"
            position, closed = repeat.end(), None
            continue
        if (bounded := _BOUNDED.match(pattern, position)) is not None and bounded[0]:
            position, closed = bounded.end(), None
            continue
        atom = None
        if character == "[" and sets:
            atom = _SET.match(pattern, position)
            sets = atom is not None  # one that is not closed: none after it is
        atom = atom or _ATOM.match(pattern, position)
        position = atom.end() if atom else position + 1
        stack[-1].atoms += 1
        stack[-1].repeated = False
        closed = None
    return False
