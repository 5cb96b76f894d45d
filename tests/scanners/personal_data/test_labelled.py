"""Precision and recall on the labelled set that no rule was written from, and on disguised copies of it."""

import importlib.util
import sys
from collections import Counter
from pathlib import Path
from types import ModuleType

import pytest

from scanners.personal_data.find import find

CHECKSUMMED = frozenset({"CN_ID_CARD", "CN_BANK_CARD", "CN_USCC", "CREDIT_CARD", "IBAN_CODE", "DE_TAX_ID", "CRYPTO"})


@pytest.fixture(scope="module")
def labelled() -> ModuleType:
    spec = importlib.util.spec_from_file_location("labelled", Path(__file__).with_name("labelled.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["labelled"] = module
    spec.loader.exec_module(module)
    return module


class Score:
    """Hits, misses and false alarms by type; a hit has the type and overlaps all but two characters."""

    def __init__(self) -> None:
        self.hit, self.missed, self.false = Counter[str](), Counter[str](), Counter[str]()
        self.clean = self.clean_hit = 0

    def add(self, text: str, spans: tuple[tuple[str, int, int], ...]) -> None:
        got = [(e.type, e.start, e.end) for e in find(text).entities]
        for kind, start, end in spans:
            near = any(k == kind and abs(s - start) + abs(e - end) <= 2 for k, s, e in got)
            (self.hit if near else self.missed)[kind] += 1
        for kind, start, end in got:
            if not any(k == kind and s < end and start < e for k, s, e in spans):
                self.false[kind] += 1
        if not spans:
            self.clean += 1
            self.clean_hit += bool(got)

    def precision(self, kinds: frozenset[str] | set[str]) -> float:
        hit, false = sum(self.hit[k] for k in kinds), sum(self.false[k] for k in kinds)
        return hit / (hit + false)

    def recall(self, kinds: frozenset[str] | set[str]) -> float:
        hit, missed = sum(self.hit[k] for k in kinds), sum(self.missed[k] for k in kinds)
        return hit / (hit + missed)

    @property
    def kinds(self) -> set[str]:
        return set(self.hit) | set(self.missed) | set(self.false)


def test_the_bars_hold_on_unseen_templates(labelled: ModuleType) -> None:
    score = Score()
    for sentence in labelled.sentences(2026, "test", 2500):
        score.add(sentence.text, sentence.spans)
    assert score.precision(score.kinds) >= 0.97
    assert score.recall(score.kinds) >= 0.95
    assert score.precision(CHECKSUMMED) >= 0.99
    assert score.recall(CHECKSUMMED) >= 0.97
    assert score.recall({kind for kind in score.kinds if kind.startswith("CN_")}) >= 0.97
    assert score.clean_hit / score.clean <= 0.01
    for kind in score.kinds:
        assert score.precision({kind}) >= 0.9, kind
        assert score.recall({kind}) >= 0.9, kind


DISGUISES = {
    "full width": lambda text: "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text),
    "zero width": lambda text: "\u200b".join(text),
    "unicode escapes": lambda text: "".join(f"\\u{ord(c):04x}" for c in text),
    "entities": lambda text: "".join(f"&#{ord(c)};" for c in text),
    "percent": lambda text: "".join(f"%{byte:02X}" for byte in text.encode()),
}


@pytest.mark.parametrize("disguise", DISGUISES)
def test_disguised_values_are_still_found(labelled: ModuleType, disguise: str) -> None:
    hit = total = 0
    for sentence in labelled.sentences(7, "test", 200):
        for kind, start, end in sentence.spans:
            if kind in ("PERSON", "ADDRESS"):
                continue
            before, after = sentence.text[:start], sentence.text[end:]
            found = find(before + DISGUISES[disguise](sentence.text[start:end]) + after).entities
            hit += any(e.type == kind and e.start <= start + 12 and e.end > start for e in found)
            total += 1
    assert hit / total >= 0.8
