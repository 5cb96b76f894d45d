"""The health page: the worst part decides, and a part that cannot say how it is counts as failed."""

from __future__ import annotations

import pytest

from mcp_server.health import Health, Probe, report


def broken() -> Health:
    raise RuntimeError("no idea")


OK: Probe = lambda: Health("ok", "closed", "all well")  # noqa: E731
DEGRADED: Probe = lambda: Health("degraded", "closed", "old policy")  # noqa: E731
FAILED: Probe = lambda: Health("failed", "closed", "disk full")  # noqa: E731


@pytest.mark.parametrize(
    ("probes", "serves", "status"),
    [
        ({"a": OK}, True, "ok"),
        ({"a": OK, "b": DEGRADED}, True, "degraded"),
        ({"a": FAILED, "b": DEGRADED}, False, "failed"),
        ({"a": OK, "b": broken}, False, "failed"),
    ],
)
def test_the_worst_part_decides(probes: dict[str, Probe], serves: bool, status: str) -> None:
    can_serve, page = report(probes)
    assert (can_serve, page["status"]) == (serves, status)


def test_details_are_for_the_machines_own_people() -> None:
    assert report({"a": FAILED})[1]["parts"] == {"a": {"state": "failed", "fail_mode": "closed", "detail": "disk full"}}
    assert report({"a": FAILED}, details=False)[1]["parts"] == {"a": {"state": "failed", "fail_mode": "closed"}}
