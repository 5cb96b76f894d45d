"""OmegaConf's interpolations in a configuration: `${a.b}` stands for the value at that path from the root.

Syntax: omegaconf.readthedocs.io, "Variable interpolation". Resolvers (`${oc.decode:…}`) and relative paths (`${.a}`) are
not computed.
"""

from __future__ import annotations

import re

from scanners.model_scan.documents import Document

_REFERENCE = re.compile(r"\$\{\s*([A-Za-z_][\w.\[\]]*)\s*\}")
_STEP = re.compile(r"[^.\[\]]+")
_MAX_ROUNDS = 20
_MAX_LENGTH = 1000


def interpolated(value: str, root: Document) -> str | None:
    """The text with every reference replaced; None where one cannot be computed."""
    for _ in range(_MAX_ROUNDS):
        if "${" not in value:
            return value
        found = _REFERENCE.search(value)
        inner = _at(found[1], root) if found is not None else None
        if found is None or inner is None or len(value) + len(inner) > _MAX_LENGTH:
            return None
        value = value[: found.start()] + inner + value[found.end() :]
    return None


def _at(path: str, root: Document) -> str | None:
    """The text or number at a path such as `model.parts[0].name`."""
    here = root
    for step in _STEP.findall(path):
        if isinstance(here, dict) and step in here:
            here = here[step]
        elif isinstance(here, list) and step.isdigit() and int(step[:9]) < len(here):
            here = here[int(step)]
        else:
            return None
    return str(here) if isinstance(here, str | int) else None
