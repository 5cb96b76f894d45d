"""Which modules a rule may depend on, read from their text, generously.

A mention in a string counts, and a reference whose end is computed counts as the whole of what stands before it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from mcp_server.policy.modules import Module

Path = tuple[str, ...]

_REFERENCE = re.compile(r'(?<![\w.])(input|data)((?:\s*\.\s*[A-Za-z_]\w*|\s*\[\s*"[^"\\]*"\s*\])*)', re.ASCII)
_STEP = re.compile(r'\.\s*([A-Za-z_]\w*)|\[\s*"([^"\\]*)"', re.ASCII)
_COMMENT_LINE = re.compile(r"^\s*#.*$", re.MULTILINE)


def modules_behind(modules: Sequence[Module], entrypoint: str) -> list[Module]:
    """The modules, in their order, without which `entrypoint` might have another value."""
    packages = {module.path: tuple(module.package.split(".")) for module in modules}
    waiting: list[Path] = [tuple(entrypoint.split(".")[1:])]
    seen: set[str] = set()
    while waiting:
        wanted = waiting.pop()
        for module in modules:
            if module.path in seen or not _related(packages[module.path], wanted):
                continue
            seen.add(module.path)
            waiting += [path for root, path in references(without_comment_lines(module.text)) if root == "data"]
    return [module for module in modules if module.path in seen]


def references(text: str) -> list[tuple[str, Path]]:
    """Every reference to `input` or `data` in `text`: which of the two, and the path as far as it is written out."""
    found = []
    for match in _REFERENCE.finditer(text):
        found.append((match[1], tuple(step[1] or step[2] for step in _STEP.finditer(match[2]))))
    return found


def without_comment_lines(text: str) -> str:
    """`text` without lines that are comments, unless it has raw strings, in which '#' may begin a line."""
    return text if "`" in text else _COMMENT_LINE.sub("", text)


def _related(package: Path, reference: Path) -> bool:
    """Whether `data.<reference>` may take a value from `package`: one path begins with the other."""
    shared = min(len(package), len(reference))
    return package[:shared] == reference[:shared]
