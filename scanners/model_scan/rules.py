"""Every rule of the model scan, from `data/rules.json`; `docs/model-scan.md` explains them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from importlib.resources import files

from scanners.findings import Severity


@dataclass(frozen=True, slots=True)
class Rule:
    """One thing that the scan can find: how grave it is, what to do, and where to read about it."""

    id: str
    severity: Severity
    title: str
    remediation: str
    references: tuple[str, ...] = ()


def _load() -> dict[str, Rule]:
    text = files("scanners.model_scan").joinpath("data", "rules.json").read_text(encoding="utf-8")
    rows = (Rule(**{**row, "references": tuple(row["references"])}) for row in json.loads(text))
    return {rule.id: rule for rule in rows}


RULES = _load()
