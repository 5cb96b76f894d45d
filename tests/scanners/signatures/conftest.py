"""Certificates of every kind."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from functools import partial

import certificates
import pytest
from certificates import Issued

NOW = datetime.datetime(2026, 6, 1, tzinfo=datetime.UTC)
DAY = datetime.timedelta(days=1)


@pytest.fixture(scope="session")
def issue() -> Callable[..., Issued]:
    return partial(certificates.issue, start=NOW - DAY, end=NOW + DAY)


@pytest.fixture(scope="session")
def now() -> datetime.datetime:
    return NOW


@pytest.fixture(scope="session")
def root(issue: Callable[..., Issued]) -> Issued:
    return issue("Root", ca=True, start=NOW - 30 * DAY, end=NOW + 30 * DAY)
