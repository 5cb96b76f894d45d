"""YAML as plain data: put together from the parser's events, with every alias counted as if it were copied out."""

import pytest

from scanners.errors import LimitReached, UnreadableInput
from scanners.model_scan.documents import parse_yaml


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("a: 1\nb: [x, {y: z}]\n", [{"a": "1", "b": ["x", {"y": "z"}]}]),
        ("a: &it [x]\nb: *it\nc: {d: *it}\n", [{"a": ["x"], "b": ["x"], "c": {"d": ["x"]}}]),
        ("a: &it {b: *it}\n", [{"a": {"b": None}}]),
        ("--- a\n---\nb: c\n", ["a", {"b": "c"}]),
        ("base: &b {x: 1}\nit:\n  <<: *b\n", [{"base": {"x": "1"}, "it": {"<<": {"x": "1"}}}]),
        ("? [a, b]\n: c\n", [{"['a', 'b']": "c"}]),
        ("", []),
    ],
)
def test_documents(text, wanted):
    assert parse_yaml(text.encode()) == (wanted, [])


def test_tags_are_told():
    assert parse_yaml(b"a: !spam x\nb: !!str y\nc: !!python/name:os.system\n")[1] == [
        "!spam",
        "tag:yaml.org,2002:python/name:os.system",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "a0: &a0 [x]\n" + "".join(f"a{n + 1}: &a{n + 1} [{', '.join([f'*a{n}'] * 9)}]\n" for n in range(9)),
        "a0: &a0 {x: y}\n" + "".join(f"a{n + 1}: &a{n + 1} {{<<: [*a{n}, *a{n}]}}\n" for n in range(30)),
        f"a: &a [{', '.join('x' * 9999)}]\n" + "".join(f"k{n}: *a\n" for n in range(9999)),
    ],
)
def test_aliases_that_multiply_are_stopped_before_they_do(text):
    with pytest.raises(LimitReached):
        parse_yaml(text.encode())


@pytest.mark.parametrize("text", ["[" * 1000 + "]" * 1000, "? " * 1000 + "a", "a: *missing", "a: [", "a: \x01"])
def test_what_cannot_be_read(text):
    with pytest.raises(UnreadableInput):
        parse_yaml(text.encode())
