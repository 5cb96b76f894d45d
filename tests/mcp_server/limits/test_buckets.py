from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcp_server.limits.buckets import Buckets, spend
from mcp_server.limits.settings import Rate


@pytest.mark.parametrize(
    ("rate", "times", "admitted"),
    [
        (Rate(per_second=1, burst=1), [0, 0, 0.5, 1, 1.5, 2], [True, False, False, True, False, True]),
        (Rate(per_second=1, burst=3), [0, 0, 0, 0, 1, 1], [True, True, True, False, True, False]),
        (Rate(per_second=10, burst=2), [0, 0, 0.05, 0.1, 0.2, 0.2], [True, True, False, True, True, False]),
        (Rate(per_second=1, burst=2), [0, 0, 100, 100, 100], [True, True, True, True, False]),
        (Rate(per_second=1, burst=1), [5, 4], [True, False]),  # a clock that steps back gives nothing away
    ],
)
def test_a_bucket_over_time(rate: Rate, times: list[float], admitted: list[bool]) -> None:
    tat, seen = 0.0, []
    for now in times:
        tat, wait = spend(tat, 1000 + now, rate)
        seen.append(wait == 0)
    assert seen == admitted


def test_the_wait_is_exactly_long_enough() -> None:
    rate = Rate(per_second=4, burst=1)
    tat, _ = spend(0.0, 100.0, rate)
    unchanged, wait = spend(tat, 100.0, rate)
    assert (unchanged, wait) == (tat, pytest.approx(0.25))
    assert spend(tat, 100.0 + wait, rate)[1] == 0


@given(
    per_second=st.floats(0.1, 1000),
    burst=st.integers(1, 50),
    steps=st.lists(st.floats(0, 2), min_size=1, max_size=200),
)
def test_never_more_than_the_burst_and_the_flow(per_second: float, burst: int, steps: list[float]) -> None:
    rate, tat, now, admitted = Rate(per_second=per_second, burst=burst), 0.0, 1e6, 0
    for step in steps:
        now += step
        tat, wait = spend(tat, now, rate)
        admitted += wait == 0
    assert admitted <= burst + sum(steps) * per_second + 1e-3


def test_memory_is_bounded_and_the_longest_unused_goes_first() -> None:
    buckets: Buckets[str] = Buckets(2)
    for key in ("a", "b", "a", "c"):
        buckets.put(key, 1.0)
    assert len(buckets) == 2
    assert [buckets.tat(key) for key in "abc"] == [1.0, 0.0, 1.0]
