"""What `beginning` says of patterns, pinned: it reads the tree that `re` compiles, which Python does not promise."""

import re

import pytest

from scanners.personal_data.rules import all_rules
from scanners.personal_data.rules.beginning import beginning, digits_of, starter, width

INFINITE = float("inf")


@pytest.mark.parametrize(
    ("pattern", "widths", "begins", "digits"),
    [
        ("abc", (3, 3), "a", (0, INFINITE)),
        ("[a-c]x|dd?", (1, 2), "abcd", (0, INFINITE)),
        (r"(?<![A-Z])(?:AB){2,3}", (4, 6), "A", (0, INFINITE)),
        (r"\s?[0-9]{4}(?![0-9])", (4, 5), "\t\n\x0b\x0c\r 0123456789", (4, 4)),
        (r"(?P<v>[1-3])(?P<s>[ \-]?)[0-9](?P=s)[0-9]{2}(?![0-9])", (4, 6), "123", (4, 4)),
        (r"(?=[xy])(?:x1|y22)(?![A-Za-z0-9])", (2, 3), "xy", (1, 2)),
        (r"(?>ab)+c?", (2, None), "a", (0, INFINITE)),
        (r"[0-9]++", (1, None), "0123456789", (0, INFINITE)),
        ("路(?:[0-9]号)?", (1, 3), "路", (0, INFINITE)),
        (r"x*?y", (1, None), "xy", (0, INFINITE)),
    ],
)
def test_what_a_pattern_says(
    pattern: str, widths: tuple[int, int | None], begins: str, digits: tuple[int, float]
) -> None:
    least, most = width(pattern)
    assert (least, most if widths[1] is not None else None) == widths
    said = beginning(pattern)
    assert all(character in said for character in begins)
    assert digits_of(pattern) == digits


def test_what_is_not_certain_may_begin_a_match() -> None:
    for pattern in (".x", r"(a)?\1b", r"[^a]", r"\w"):
        assert all(character in beginning(pattern) for character in "b7é路")
    assert beginning("a?").empty
    assert starter("a?", beginning("a?")) is None


def test_case_counts_only_where_the_pattern_minds_it() -> None:
    assert beginning("Ab").characters == {"A"}
    assert beginning("Ab", ignore_case=True).characters == beginning("(?i:Ab)").characters == {"A", "a"}


def test_a_starter_looks_back_behind_its_first_character() -> None:
    pattern = r"(?<![A-Z])(?<!x\.)[0-9]{3}"
    found = starter(pattern, beginning(pattern))
    assert found is not None
    text = "1 A2 x.3 .4"
    assert [text[match.start()] for match in found.finditer(text)] == ["1", "4"]
    assert found.match("2") is not None


def test_every_rule_is_read_and_its_starter_is_a_superset_of_its_beginnings() -> None:
    for rule in all_rules():
        least, most = width(rule.pattern)
        assert 0 <= least <= most, rule.id
        assert rule.first.characters or rule.first.beyond or rule.first.empty, rule.id
        assert rule.starter is None or isinstance(rule.starter, re.Pattern)
