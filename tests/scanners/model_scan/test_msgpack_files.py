"""MessagePack: plain data passes, an application's own types are unknown, pickles in arrays fail."""

# ruff: noqa: E501 - tables are read as rows

from __future__ import annotations

import pytest

from scanners.model_scan import scan_bytes

PAYLOAD = b"\x80\x04\x8c\x02os\x8c\x06system\x93\x8c\x02id\x85R."
FLAX = b"\x81\xa6params\x81\xa6kernel\xc7\x08\x01\x93\x91\x02\xa1f\xc4\x01\0"


def array_of(kind: bytes, content: bytes) -> bytes:
    return b"\x83\xc4\x02nd\xc3\xc4\x04kind\xc4" + bytes([len(kind)]) + kind + b"\xc4\x04data\xc4" + bytes([len(content)]) + content  # fmt: skip


@pytest.mark.parametrize(
    ("content", "wanted"),
    [
        (FLAX, "pass"),
        (b"\x93\xcb\0\0\0\0\0\0\0\0\xd9\x02ab\xc0", "pass"),
        (FLAX.replace(b"\xc7\x08\x01", b"\xc7\x08\x2a"), "unknown"),
        (FLAX.replace(b"\x93\x91", b"\x92\x91"), "unknown"),
        (b"\x81\xa1a\xc7" + bytes([len(PAYLOAD)]) + b"\x01" + PAYLOAD, "fail"),
        (array_of(b"f", b"\0" * 8), "pass"),
        (array_of(b"O", PAYLOAD), "fail"),
        (FLAX + b"\0rest", "unknown"),
        (FLAX[:-1], "unknown"),
        (b"\xdd\xff\xff\xff\xff" + b"\x01" * 20, "unknown"),
        (b"\x91" * 5000 + b"\x01", "unknown"),
        (b"\xdf\xff\xff\xff\xff" + b"\xa1a\x01" * 9, "unknown"),
    ],
)
def test_what_a_decoder_would_make_of_it(verdict, content, wanted):
    assert verdict(scan_bytes("flax_model.msgpack", content)) == wanted


def test_a_pickle_is_not_taken_for_it(verdict):
    assert verdict(scan_bytes("m.pkl", b"\x80")) == "unknown"
    assert verdict(scan_bytes("m.pkl", FLAX)) == "unknown"
