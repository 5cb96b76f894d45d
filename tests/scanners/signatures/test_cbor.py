"""CBOR of hostile origin."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanners.signatures import cbor
from scanners.signatures.strict_json import MalformedDocument


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        ("00", 0),
        ("1864", 100),
        ("1b000000e8d4a51000", 1000000000000),
        ("20", -1),
        ("3863", -100),
        ("4401020304", b"\x01\x02\x03\x04"),
        ("6449455446", "IETF"),
        ("83010203", [1, 2, 3]),
        ("a201020304", {1: 2, 3: 4}),
        ("a26161016162820203", {"a": 1, "b": [2, 3]}),
        ("c11a514b67b0", cbor.Tagged(1, 1363896240)),
        ("f4", False),
        ("f5", True),
        ("f6", None),
    ],
)
def test_examples_of_the_standard(raw, value):
    """RFC 8949, appendix A."""
    assert cbor.parse(bytes.fromhex(raw)) == value


@pytest.mark.parametrize(
    "raw",
    ["", "18", "4401", "62c328", "5f42010243030405ff", "9fff", "bf6161019fff", "f93c00", "fb3ff199999999999a", "f7", "f818",
     "a201020103", "a1400a", "a1f501", "0000", "1c", "9b7fffffffffffffff", "bb7fffffffffffffff", "5b7fffffffffffffff",
     "81" * 40 + "00", "82" + "80" * 1],
)  # fmt: skip
def test_what_is_refused(raw):
    with pytest.raises(MalformedDocument):
        cbor.parse(bytes.fromhex(raw))


def test_many_values_are_refused():
    with pytest.raises(MalformedDocument, match="too large"):
        cbor.parse(cbor.encode_head(4, 10_000) + b"\0" * 10_000)


@given(st.binary(max_size=60))
def test_anything_else_is_read_or_refused(raw):
    with contextlib.suppress(MalformedDocument):
        cbor.parse(raw)
