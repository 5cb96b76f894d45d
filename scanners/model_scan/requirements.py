"""Requirements beside a model: packages that an installer would fetch from elsewhere than the package index."""

from __future__ import annotations

import re
from collections.abc import Iterable

from scanners.model_scan.documents import Document
from scanners.model_scan.parts import Examiner, Part

_FILES = re.compile(r"(?:[\w.-]*requirements[\w.-]*|constraints)\.(?:txt|in)\Z|(?:pyproject\.toml|setup\.cfg)\Z")
_FETCHES = re.compile(
    r"--(?:extra-)?index-url|--trusted-host|--find-links|@\s*(?:https?|file|git\+)|^\s*(?:-e\s+)?(?:git\+|https?:|file:)"
    r"|^\s*(?:-i|-f)\s"
)


def is_requirements(name: str) -> bool:
    """Whether a text file of this name is read by pip."""
    return _FILES.match(name.rpartition("/")[2]) is not None


def examine_requirements(lines: Iterable[str], part: Part, scan: Examiner) -> None:
    """Judge the lines of a requirements file, or of the `pip` list of a conda or MLflow environment."""
    for line in lines:
        if _FETCHES.search(line):
            scan.ledger.find("model.config.network", part.path, line.strip())
            scan.ledger.skip(part.path, "requirements that come from outside the package index")


def listed_requirements(document: Document) -> list[str]:
    """Every requirement of a conda environment or MLflow's python_env.yaml, and the channels they come from."""
    found: list[str] = []
    keys = ("dependencies", "build_dependencies", "channels")
    pending: list[Document] = [document[key] for key in keys if key in document] if isinstance(document, dict) else []
    while pending:
        value = pending.pop()
        if isinstance(value, str):
            found.append(value)
        elif isinstance(value, list):
            pending.extend(value)
        elif isinstance(value, dict):
            pending.extend(value.values())
    return found
