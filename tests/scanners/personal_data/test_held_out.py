"""The bars on a second set of another make: values by Faker, texts as offices write them."""

import importlib.util
import sys
from collections import Counter
from pathlib import Path

import pytest

from scanners.personal_data.find import find

_SPEC = importlib.util.spec_from_file_location("held_out", Path(__file__).with_name("held_out.py"))
assert _SPEC is not None
assert _SPEC.loader is not None
held_out = importlib.util.module_from_spec(_SPEC)
sys.modules[_SPEC.name] = held_out
_SPEC.loader.exec_module(held_out)

CHECKSUMMED = {"CN_ID_CARD", "CN_BANK_CARD", "CN_USCC", "CREDIT_CARD", "IBAN_CODE", "DE_TAX_ID", "TW_ID_CARD", "UK_NHS"}
CHINESE = {
    "CN_ID_CARD",
    "CN_BANK_CARD",
    "CN_USCC",
    "CN_PASSPORT",
    "CN_HKMO_PERMIT",
    "CN_LICENSE_PLATE",
    "WECHAT_ID",
    "QQ_NUMBER",
}


class Tally:
    """Hits, misses and false alarms by type, and how many clean records were hit."""

    def __init__(self, seed: int, count: int) -> None:
        self.hit, self.missed, self.false = Counter[str](), Counter[str](), Counter[str]()
        self.clean = self.clean_hit = 0
        for record in held_out.records(seed, count):
            got = [(e.type, e.start, e.end) for e in find(record.text).entities]
            for kind, start, end in record.spans:
                near = any(k == kind and abs(s - start) + abs(e - end) <= 2 for k, s, e in got)
                (self.hit if near else self.missed)[kind] += 1
            for kind, start, end in got:
                self.false[kind] += not any(k == kind and s < end and start < e for k, s, e in record.spans)
            if not record.spans:
                self.clean += 1
                self.clean_hit += bool(got)

    def precision(self, kinds: set[str]) -> float:
        hit, false = sum(self.hit[k] for k in kinds), sum(self.false[k] for k in kinds)
        return hit / (hit + false)

    def recall(self, kinds: set[str]) -> float:
        hit, missed = sum(self.hit[k] for k in kinds), sum(self.missed[k] for k in kinds)
        return hit / (hit + missed)


@pytest.fixture(scope="module")
def tally() -> Tally:
    return Tally(2026, 1500)


def test_the_bars_hold(tally: Tally) -> None:
    every = set(tally.hit) | set(tally.missed) | set(tally.false)
    assert tally.precision(every) >= 0.97
    assert tally.recall(every) >= 0.95
    assert tally.clean_hit / tally.clean <= 0.01


def test_what_has_check_digits_is_found_and_nothing_else_is_taken_for_it(tally: Tally) -> None:
    assert tally.recall(CHECKSUMMED) >= 0.97
    assert tally.precision(CHECKSUMMED) >= 0.99
    assert tally.recall(CHINESE) >= 0.97
