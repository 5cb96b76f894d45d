"""Many values searched in one text: each is found as if it stood alone."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from re import _constants as op  # type: ignore[attr-defined]
from re import _parser  # type: ignore[attr-defined]
from typing import Any

from scanners.personal_data.context import BARRIER
from scanners.personal_data.find import find
from scanners.personal_data.rules import all_rules
from scanners.personal_data.values import Leaf, in_one_text

_SPEC = importlib.util.spec_from_file_location("labelled_values", Path(__file__).with_name("labelled.py"))
assert _SPEC is not None
assert _SPEC.loader is not None
labelled = importlib.util.module_from_spec(_SPEC)
sys.modules[_SPEC.name] = labelled
_SPEC.loader.exec_module(labelled)


def test_a_neighbour_changes_nothing() -> None:
    texts = [sentence.text for sentence in islice(labelled.sentences(5, "test", 1500), 1500)]
    together: dict[str, list[tuple[str, int, int]]] = {}
    for entity in in_one_text([Leaf(str(n), text, "") for n, text in enumerate(texts)], find).entities:
        together.setdefault(entity.path or "", []).append((entity.type, entity.start, entity.end))
    wrong = []
    for number, text in enumerate(texts):
        alone = [(entity.type, entity.start, entity.end) for entity in find(text).entities]
        if sorted(together.get(str(number), [])) != sorted(alone):
            wrong.append((text, alone, together.get(str(number), [])))
    assert not wrong, wrong[:5]


def test_the_last_value_ends_where_its_leaf_ends() -> None:
    items = [Leaf("a", "张伟", "姓名"), Leaf("b", "高血压", "诊断"), Leaf("c", "110101199003074514", "身份证号")]
    found = {entity.path: entity.type for entity in in_one_text(items, find).entities}
    assert found == {"a": "PERSON", "b": "MEDICAL_CONDITION", "c": "CN_ID_CARD"}


def crossing(nodes: Any) -> Iterator[Any]:
    """The parts of a parsed pattern that would take the wall between two leaves as a part of the value."""
    for what, value in nodes:
        if what is op.IN:
            negated = value[0][0] is op.NEGATE
            members = value[1:] if negated else value
            if negated != any(holds_barrier(*member) for member in members):
                yield value
        elif what is op.ANY or (what is op.NOT_LITERAL and value != ord(BARRIER)):
            yield what, value
        elif what in (op.MAX_REPEAT, op.MIN_REPEAT, op.POSSESSIVE_REPEAT):
            yield from crossing(value[2])
        elif what is op.SUBPATTERN:
            yield from crossing(value[3])
        elif what is op.ATOMIC_GROUP:
            yield from crossing(value)
        elif what is op.BRANCH:
            for branch in value[1]:
                yield from crossing(branch)


def holds_barrier(what: Any, value: Any) -> bool:
    if what is op.RANGE:
        return bool(value[0] <= ord(BARRIER) <= value[1])
    return bool(value == ord(BARRIER)) if what is op.LITERAL else "_NOT_" in str(value)


def test_no_rule_reads_over_the_wall() -> None:
    patterns = ((rule.id, text) for rule in all_rules() for text in (rule.pattern, rule.lead) if text)
    assert not [(rule, over) for rule, text in patterns for over in crossing(_parser.parse(text))]


def test_a_nul_of_the_value_itself_is_no_wall() -> None:
    items = [Leaf("a", "138\x001234\x005678", "手机"), Leaf("b", "1380013", "x\x00y"), Leaf("c", "8000", "")]
    found = [(e.path, e.type, e.start, e.end) for e in in_one_text(items, find).entities]
    assert found == [("a", "PHONE_NUMBER", 0, 13)]
