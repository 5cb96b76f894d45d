"""The gate never changes a result: with it and without it, every text yields the same entities."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scanners.personal_data import matcher
from scanners.personal_data.entities import Entity
from scanners.personal_data.gate import gate
from scanners.personal_data.matcher import matched, places
from scanners.personal_data.normalise import normalised
from scanners.personal_data.rules import all_rules
from scanners.personal_data.rules.rule import Rule

FRAGMENTS = st.sampled_from(
    [
        "手机",
        "身份证",
        "电话：",
        "order ",
        "Mr. ",
        "John ",
        "Müller ",
        "passport ",
        "路",
        "号",
        " ",
        "\n",
        "-",
        "省",
        "市",
        "@",
        ".",
        "(",
        ")",
        "/",
        ",",
    ]
)


def of_the_rule(rule: Rule) -> st.SearchStrategy[str]:
    """Strings that the rule's own pattern generates, behind what must lead it."""
    letters = st.characters(codec="utf-8")
    body = st.from_regex(rule.compiled, alphabet=letters)
    return (
        st.tuples(st.from_regex(rule.compiled_lead, alphabet=letters), body).map("".join)
        if rule.compiled_lead
        else body
    )


def of_a_rule() -> st.SearchStrategy[str]:
    """Strings that some rule's own pattern generates."""
    return st.sampled_from(all_rules()).flatmap(of_the_rule)


def in_order(found: list[Entity]) -> list[Entity]:
    return sorted(found, key=lambda entity: (entity.start, entity.end, entity.rule))


@settings(max_examples=150)
@given(st.lists(st.one_of(FRAGMENTS, st.text(max_size=8), of_a_rule()), max_size=6).map("".join))
def test_results_with_and_without_the_gate_are_identical(text: str) -> None:
    plain = normalised(text).text
    for threshold in (0.0, 0.5):
        with_gate = matched(plain, all_rules(), threshold=threshold)
        without = matched(plain, all_rules(), threshold=threshold, gated=False)
        assert in_order(with_gate.candidates) == in_order(without.candidates)


@settings(max_examples=50)
@given(
    st.lists(
        st.one_of(FRAGMENTS, of_a_rule(), st.sampled_from(["die lange Halle ", "会议讨论了道路 "])), max_size=8
    ).map("".join)
)
def test_the_size_of_a_block_changes_no_result(text: str) -> None:
    plain = normalised(text).text * 3
    whole = matched(plain, all_rules(), threshold=0.5)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(matcher, "BLOCK", 64)
        assert in_order(matched(plain, all_rules(), threshold=0.5).candidates) == in_order(whole.candidates)


@settings(max_examples=200)
@given(st.data())
def test_a_rule_wakes_for_what_its_own_pattern_matches(data: st.DataObject) -> None:
    rule = data.draw(st.sampled_from(all_rules()))
    text = data.draw(of_the_rule(rule))
    if any(places(rule, text, 0, len(text))):
        awake = gate(all_rules()).awake(text)
        assert awake.numbered if rule.numbered else rule in [one for one, _ in awake.rules]


@settings(max_examples=200)
@given(st.data())
def test_a_match_begins_where_its_rule_expects_it(data: st.DataObject) -> None:
    rule = data.draw(st.sampled_from(all_rules()))
    text = data.draw(of_the_rule(rule))
    match = rule.compiled.search(text)
    if match is not None and match.end() > match.start():
        assert text[match.start()] in rule.first
        assert rule.starter is None or rule.starter.match(text, match.start()) is not None
