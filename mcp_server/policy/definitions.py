"""Rules that cannot stand together, functions that call themselves, and rules that are probably not meant.

OPA refuses the first two when it compiles; the embedded engine would find out in the middle of an evaluation, or end.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from mcp_server.policy.errors import Problem
from mcp_server.policy.syntax import ModuleSyntax, Rule

Path = tuple[str, ...]
_TEAM = ("team", "authz")
_ASKED_OF_A_TEAM = {"deny", "obligations"}
_ALLOWS = re.compile(
    r'\s*(?:true|"(?:allow|pass)"|\{.*"(?:allow|decision|verdict)"\s*:\s*(?:true|"(?:allow|pass)").*)', re.DOTALL
)
_DECIDES = re.compile(r"allow(ed)?|decision|verdict|authorized|permit(ted)?")


def conflicts(modules: Sequence[ModuleSyntax]) -> list[Problem]:
    """Definitions of one name as a function and as none, with another number of arguments, or with two defaults."""
    first: dict[Path, tuple[ModuleSyntax, Rule]] = {}
    defaults: set[Path] = set()
    problems: list[Problem] = []
    for module in modules:
        for rule in module.rules:
            path = (*module.package, rule.name)
            place, known = first.setdefault(path, (module, rule))
            if (known.is_function, known.arguments) != (rule.is_function, rule.arguments):
                problems.append(
                    Problem(
                        module.file,
                        rule.line,
                        1,
                        f"{rule.name} is {_kind(rule)}, and {_kind(known)} at {place.file}:{known.line}",
                    )
                )
            if rule.default:
                if path in defaults:
                    problems.append(Problem(module.file, rule.line, 1, f"{rule.name} has a default above"))
                defaults.add(path)
    return problems


def _kind(rule: Rule) -> str:
    return f"a function of {rule.arguments} argument(s)" if rule.is_function else "no function"


def endless(modules: Sequence[ModuleSyntax]) -> list[Problem]:
    """Functions that call themselves, directly or through others."""
    called: dict[Path, set[Path]] = {}
    places: dict[Path, tuple[str, int]] = {}
    for module in modules:
        for rule in module.rules:
            if rule.is_function:
                path = (*module.package, rule.name)
                places.setdefault(path, (module.file, rule.line))
                called.setdefault(path, set()).update(_meant(name, module) for name in rule.calls)
    return [
        Problem(*places[path], 1, f"{path[-1]} calls itself: rules and functions may not recur")
        for path in called
        if _reaches(path, called)
    ]


def _meant(name: str, module: ModuleSyntax) -> Path:
    head, *rest = name.split(".")
    if head == "data":
        return tuple(rest)
    if head in module.imports:
        return (*module.imports[head][1:], *rest)
    return (*module.package, head, *rest)


def _reaches(path: Path, called: Mapping[Path, set[Path]]) -> bool:
    waiting, seen = list(called[path]), set[Path]()
    while waiting:
        here = waiting.pop()
        if here == path:
            return True
        if here not in seen:
            seen.add(here)
            waiting += called.get(here, ())
    return False


def doubtful(modules: Sequence[ModuleSyntax]) -> list[Problem]:
    """What is allowed, and probably not meant."""
    return [*_allowing_defaults(modules), *_unasked(modules), *_of_the_clock(modules)]


def _of_the_clock(modules: Sequence[ModuleSyntax]) -> Iterator[Problem]:
    for module in modules:
        for call in module.calls:
            if call.name == "time.now_ns" and module.package[:1] != ("yumen",):
                message = (
                    "what asks time.now_ns is neither remembered nor decided again alike: a call has input.call.minute"
                )
                yield Problem(module.file, call.line, call.column, message)


def _allowing_defaults(modules: Sequence[ModuleSyntax]) -> Iterator[Problem]:
    for module in modules:
        for rule in module.rules:
            if rule.default and _DECIDES.fullmatch(rule.name) and _ALLOWS.match(rule.default):
                message = f"default {rule.name} allows: what no rule speaks of, or the input lacks, is let through"
                yield Problem(module.file, rule.line, 1, message)


def _unasked(modules: Sequence[ModuleSyntax]) -> Iterator[Problem]:
    own = [module for module in modules if module.package == _TEAM]
    if own and not any(rule.name in _ASKED_OF_A_TEAM for module in own for rule in module.rules):
        yield Problem(
            own[0].file, 1, 1, "of the package team.authz only deny and obligations are asked, and it has neither"
        )
