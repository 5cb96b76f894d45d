"""JSON has one meaning here, or none."""

from __future__ import annotations

import pytest

from scanners.signatures.strict_json import MAX_DEPTH, MalformedDocument, parse


def test_ordinary_json_is_read() -> None:
    assert parse(b'{"a": [1, 2.5, "\\u00e9", null, true]}') == {"a": [1, 2.5, "é", None, True]}


def _nested(depth: int) -> bytes:
    return b"[" * depth + b"]" * depth


def test_nesting_up_to_the_limit_is_read() -> None:
    parse(_nested(MAX_DEPTH))


REFUSED = {
    "empty": b"",
    "truncated": b'{"a": ',
    "trailing": b"{} {}",
    "duplicate name": b'{"a": 1, "a": 2}',
    "duplicate name deep inside": b'[{"b": {"a": 1, "\\u0061": 2}}]',
    "not a number": b"[NaN]",
    "infinity": b"[-Infinity]",
    "not UTF-8": b'["\xff"]',
    "UTF-16": '{"a": 1}'.encode("utf-16"),
    "byte order mark": b"\xef\xbb\xbf{}",
    "one too deep": _nested(MAX_DEPTH + 1),
    "deep enough to break a parser": _nested(100_000),
    "objects all the way down": b'{"a":' * 100_000,
    "a number of ten thousand digits": b"[" + b"9" * 10_000 + b"]",
    "comment": b"{} // ok",
    "single quotes": b"{'a': 1}",
}


@pytest.mark.parametrize("raw", REFUSED.values(), ids=REFUSED)
def test_what_parsers_disagree_about_is_refused(raw: bytes) -> None:
    with pytest.raises(MalformedDocument):
        parse(raw)
