"""Patterns that several threads use, compiled by the first of them."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import hyperscan
import pytest

from scanners.patterns import Patterns, compiled_once


def patterns(*expressions: bytes) -> Patterns:
    database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    database.compile(expressions=list(expressions), ids=list(range(len(expressions))), flags=[0] * len(expressions))
    return Patterns(database)


def test_threads_scan_at_once_also_while_one_of_them_reports():
    both = threading.Barrier(2)
    found = patterns(b"needle")

    def look(number: int) -> list[int]:
        ends: list[int] = []

        def saw(pattern: int, start: int, end: int, flags: int, context: object) -> None:
            ends.append(end)
            both.wait(timeout=30)

        found.scan(b"x" * number + b"needle", saw)
        return ends

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(look, (1, 2))) == [[7], [8]]


def test_a_scan_that_is_stopped_says_so():
    with pytest.raises(hyperscan.ScanTerminated):
        patterns(b"a").scan(b"aaa", lambda *match: True)


def test_what_takes_long_is_made_once_whoever_asks_meanwhile():
    made: list[str] = []
    asked = threading.Barrier(4)

    @compiled_once
    def make(name: str) -> list[str]:
        made.append(name)
        return [name]

    def ask(number: int) -> list[str]:
        asked.wait(timeout=30)
        return make("rules")

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(ask, range(4)))
    assert made == ["rules"]
    assert all(answer is answers[0] for answer in answers)


def test_what_could_not_be_made_is_tried_again():
    tries: list[int] = []

    @compiled_once
    def make() -> int:
        tries.append(1)
        if len(tries) == 1:
            raise MemoryError
        return 7

    with pytest.raises(MemoryError):
        make()
    assert make() == 7
