"""Regular expressions that may never end, in tokenizers and in what a pickle calls."""

import json

import pytest

from scanners.model_scan.limits import Budget
from scanners.model_scan.regex_costs import may_never_end
from scanners.model_scan.scan import scan_bytes

ENDLESS = [
    r"(a+)+$",
    r"(.*)*x",
    r"(\w+|x)*y",
    r"((a+))+",
    r"(?:\p{L}+)+",
    r"(?:(?:a*))*b",
    r"(a|b+)+c",
    r"(a{2,})+",
    r"(?<n>[a-z]+)*",
]
HONEST = [
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+",
    r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}]*[\p{Ll}]+(?i:'s|'t)?",
    r"(?:\s+\w+)*",
    r"(a+b)+",
    r"(?>a+)+",
    r"(?:a++)+",
    r"(a+)?",
    r"(?<=\s)+$",
    r"\(+\)+",
    r"[(a+)]+",
    r"(?:[a-z]+\.)+[a-z]+",
    r"(",
    r"[",
    "\\",
    r"a{",
    "",
]


@pytest.mark.parametrize("pattern", ENDLESS)
def test_a_repeat_of_a_repeat(pattern):
    assert may_never_end(pattern, Budget())


@pytest.mark.parametrize("pattern", HONEST)
def test_what_ends_or_cannot_be_read(pattern):
    assert not may_never_end(pattern, Budget())


@pytest.mark.parametrize(("pattern", "wanted"), [(r"(a+)+$", "fail"), (HONEST[0], "pass")])
def test_a_tokenizer(verdict, pattern, wanted):
    document = {"pre_tokenizer": {"type": "Split", "pattern": {"Regex": pattern}}}
    assert verdict(scan_bytes("tokenizer.json", json.dumps(document).encode())) == wanted


@pytest.mark.parametrize(("pattern", "wanted"), [(b"(a+)+$", "fail"), (b"a+$", "unknown")])
def test_a_match_while_loading(verdict, pattern, wanted):
    content = b"cre\nmatch\n(S'" + pattern + b"'\nS'aaaaaaaaaaaa!'\ntR."
    assert verdict(scan_bytes("m.pkl", content)) == wanted
