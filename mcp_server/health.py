"""What `/healthz` and `yumen doctor` say: each part, whether it works, and what happens to calls when it does not."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

State = Literal["ok", "degraded", "failed"]


@dataclass(frozen=True, slots=True)
class Health:
    """The state of one part at this moment."""

    state: State
    fail_mode: str
    """What becomes of calls when this part fails, in words."""
    detail: str = ""


Probe = Callable[[], Health]


def report(probes: Mapping[str, Probe], *, details: bool = True) -> tuple[bool, dict[str, object]]:
    """Whether calls can be served, and the page that says why.

    A probe that raises counts as failed: a part that cannot say how it is, is not well.
    """
    parts: dict[str, dict[str, str]] = {}
    worst: State = "ok"
    for name, probe in probes.items():
        try:
            health = probe()
        except Exception as error:  # noqa: BLE001 - whatever a broken part raises, the page must still come
            health = Health("failed", "unknown", type(error).__name__)
        parts[name] = {"state": health.state, "fail_mode": health.fail_mode} | (
            {"detail": health.detail} if details else {}
        )
        worst = max(worst, health.state, key=("ok", "degraded", "failed").index)
    return worst != "failed", {"status": worst, "parts": parts}
