"""Go templates, as Ollama renders prompts with them: split into actions and judged, never rendered.

Syntax: pkg.go.dev/text/template; functions: `template/template.go` of github.com/ollama/ollama. A Go template reaches no
more than what it is given, so that what is left to find is what exhausts, what plants, and what does not parse.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from scanners.model_scan.planted_text import planted
from scanners.model_scan.vocabulary import words

_QUOTED = r"\"(?:[^\"\\\n]|\\.)*\"|`[^`]*`"
_ACTION = re.compile(
    r"\{\{(?:-\s)?\s*(/\*.*?\*/|(?:" + _QUOTED + r"|'(?:[^'\\\n]|\\.)*'|[^\"`'}]|\}(?!\}))*)\s*\}\}", re.S
)
_STRING = re.compile(_QUOTED)
_WORD = re.compile(r"(?<![\w.$])[A-Za-z_]\w*")
_NUMBER = re.compile(r"(?<![\w.$])(?:0[xX][\da-fA-F_]+|[\d_]+)")
_WIDTH = re.compile(r"%[-+# 0]*(\d{6,}|\*)|%[^%\s]*\.(\d{6,}|\*)")
_OPENING = ("if", "range", "with", "define", "block")
_KNOWN = words("go_templates.known")
"""Keywords, Go's own functions, and those that Ollama adds."""
_MAX_ROUNDS = 1_000_000
_MAX_WRITTEN = 1 << 28


@dataclass(slots=True)
class _Defined:
    """One `define`d template: how much it writes by itself, and what it calls, how often."""

    size: int = 0
    calls: list[tuple[str, int]] = field(default_factory=list)


def judge_go_template(source: str) -> list[tuple[str, int, str]]:
    """(rule, line, evidence) for everything in a template that exhausts, plants or does not parse."""
    found: list[tuple[str, int, str]] = []
    for what in planted(source):
        found.append(("model.template.injects", 1, what))
    try:
        found += [("model.template.exhaustion", line, what) for line, what in _costs(source)]
    except _Unparsable as error:
        found.append(("model.template.unparsable", error.line, error.why))
    return list(dict.fromkeys(found))[:50]


class _Unparsable(Exception):
    def __init__(self, line: int, why: str) -> None:
        super().__init__(why)
        self.line, self.why = line, why


def _actions(source: str) -> Iterator[tuple[int, int, str]]:
    """(characters of text before it, line, what is in it) of every action, and the text that is left as ''."""
    position, line = 0, 1
    while (opening := source.find("{{", position)) >= 0:
        line += source.count("\n", position, opening)
        action = _ACTION.match(source, opening)
        if action is None:
            raise _Unparsable(line, "an action that does not end")
        yield opening - position, line, action[1].strip().removesuffix("-").strip()
        line += source.count("\n", opening, action.end())
        position = action.end()
    yield len(source) - position, line, ""


def _costs(source: str) -> Iterator[tuple[int, str]]:
    templates: dict[str, _Defined] = {"": _Defined()}
    open_blocks: list[tuple[str, int]] = []  # keyword, and rounds of a loop
    names = [""]
    line = 1
    for before, line, action in _actions(source):
        rounds = 1
        for _, times in open_blocks:
            rounds = min(_MAX_WRITTEN, rounds * times)
        templates[names[-1]].size += before * rounds
        if not action or action.startswith("/*"):
            continue
        bare = _STRING.sub('""', action)
        keyword = (_WORD.match(bare) or [""])[0]
        unknown = [word for word in _WORD.findall(bare) if word not in _KNOWN]
        if unknown:
            raise _Unparsable(line, f"a function {unknown[0]} that Ollama does not have")
        yield from ((line, f"a width of {found[0] or found[1]}") for found in _WIDTH.findall(action))
        if keyword in _OPENING:
            times = max((int(text.replace("_", ""), 0) for text in _NUMBER.findall(bare) if text.strip("_")), default=1)
            open_blocks.append((keyword, max(1, times) if keyword == "range" else 1))
            if keyword == "range" and times > _MAX_ROUNDS:
                yield line, f"a loop of {times} rounds"
        if keyword in ("template", "define", "block"):
            name = (_STRING.search(action) or [""])[0].strip('"`')
            if keyword != "define":
                templates[names[-1]].calls.append((name, rounds))
            if keyword != "template":
                templates.setdefault(name, _Defined())
                names.append(name)
        if keyword == "end":
            if not open_blocks:
                raise _Unparsable(line, "an end of nothing")
            if open_blocks.pop()[0] in ("define", "block"):
                names.pop()
    if open_blocks:
        raise _Unparsable(line, f"{open_blocks[-1][0]} without an end")
    written = _written(templates)
    if written > _MAX_WRITTEN:
        yield line, "templates that call one another without end" if written >= 1 << 60 else f"{written} characters"


def _written(templates: dict[str, _Defined]) -> int:
    """How much the main template writes with all that it calls; what calls itself does not end."""
    known: dict[str, int] = {}

    def size(name: str, depth: int) -> int:
        if name not in templates:
            return 0
        if depth > 500 or known.get(name) == -1:
            return 1 << 60
        if name not in known:
            known[name] = -1
            called = sum(times * size(callee, depth + 1) for callee, times in templates[name].calls)
            known[name] = min(1 << 60, max(1, templates[name].size) + called)
        return known[name]

    return size("", 0)
