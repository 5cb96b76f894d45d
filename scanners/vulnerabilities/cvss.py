"""Base scores from CVSS vectors: v3.0 and v3.1 (specification §7.1), v2 (guide §3.2.1)."""

from __future__ import annotations

import math
from collections.abc import Mapping

from scanners.findings import Severity

_V3 = {
    "AV": {"N": 0.85, "A": 0.62, "L": 0.55, "P": 0.2},
    "AC": {"L": 0.77, "H": 0.44},
    "UI": {"N": 0.85, "R": 0.62},
    "C": {"H": 0.56, "L": 0.22, "N": 0.0},
    "I": {"H": 0.56, "L": 0.22, "N": 0.0},
    "A": {"H": 0.56, "L": 0.22, "N": 0.0},
}
_V3_PRIVILEGES = {"U": {"N": 0.85, "L": 0.62, "H": 0.27}, "C": {"N": 0.85, "L": 0.68, "H": 0.5}}
_V2 = {
    "AV": {"L": 0.395, "A": 0.646, "N": 1.0},
    "AC": {"H": 0.35, "M": 0.61, "L": 0.71},
    "Au": {"M": 0.45, "S": 0.56, "N": 0.704},
    "C": {"N": 0.0, "P": 0.275, "C": 0.66},
    "I": {"N": 0.0, "P": 0.275, "C": 0.66},
    "A": {"N": 0.0, "P": 0.275, "C": 0.66},
}


def base_score(vector: str) -> float | None:
    """The base score of a vector, 0.0 to 10.0; None for one that is not understood."""
    prefix, _, rest = vector.partition("/")
    try:
        if prefix in ("CVSS:3.0", "CVSS:3.1"):
            return _score_v3(_metrics(rest))
        if not prefix.startswith("CVSS:"):
            return _score_v2(_metrics(vector))
    except (KeyError, ValueError):
        return None
    return None


def severity(score: float) -> Severity:
    """The qualitative rating of a base score (CVSS v3.1 §5)."""
    if score >= 9.0:
        return "critical"
    if score >= 7.0:
        return "high"
    if score >= 4.0:
        return "medium"
    return "low" if score > 0 else "info"


def _metrics(text: str) -> dict[str, str]:
    return dict(part.split(":", 1) for part in text.split("/"))


def _score_v3(metrics: Mapping[str, str]) -> float:
    scope_changed = metrics["S"] == "C"
    impact_base = 1 - math.prod(1 - _V3[name][metrics[name]] for name in ("C", "I", "A"))
    impact = 6.42 * impact_base
    if scope_changed:
        impact = 7.52 * (impact_base - 0.029) - 3.25 * (impact_base - 0.02) ** 15
    exploitability = 8.22 * _V3_PRIVILEGES[metrics["S"]][metrics["PR"]]
    exploitability *= math.prod(_V3[name][metrics[name]] for name in ("AV", "AC", "UI"))
    if impact <= 0:
        return 0.0
    return _round_up(min((1.08 if scope_changed else 1.0) * (impact + exploitability), 10.0))


def _round_up(value: float) -> float:
    # CVSS v3.1, appendix A: integer arithmetic, so that every platform rounds alike.
    scaled = round(value * 100_000)
    return scaled / 100_000 if scaled % 10_000 == 0 else (scaled // 10_000 + 1) / 10.0


def _score_v2(metrics: Mapping[str, str]) -> float:
    impact = 10.41 * (1 - math.prod(1 - _V2[name][metrics[name]] for name in ("C", "I", "A")))
    exploitability = 20 * math.prod(_V2[name][metrics[name]] for name in ("AV", "AC", "Au"))
    return round((0.6 * impact + 0.4 * exploitability - 1.5) * (0 if impact == 0 else 1.176), 1)
