from __future__ import annotations

import pytest

from mcp_server.audit.frames import CHECKPOINT, CONTENT, RECORD, BadFrame, encode, scan


def test_frames_come_back_as_they_went_in() -> None:
    data = encode(RECORD, b"one") + encode(CONTENT, b"") + encode(CHECKPOINT, b"two" * 1000)
    assert [(frame.kind, frame.payload) for frame in scan(data)] == [
        (RECORD, b"one"),
        (CONTENT, b""),
        (CHECKPOINT, b"two" * 1000),
    ]
    assert [frame.end for frame in scan(data)][-1] == len(data)


def test_a_flip_of_any_bit_is_seen() -> None:
    data = encode(RECORD, b"some payload")
    for bit in range(len(data) * 8):
        flipped = bytearray(data)
        flipped[bit // 8] ^= 1 << bit % 8
        with pytest.raises(BadFrame):
            list(scan(bytes(flipped)))


def test_a_cut_at_any_byte_is_seen_and_named() -> None:
    whole = encode(RECORD, b"first")
    data = whole + encode(RECORD, b"second")
    for length in range(len(whole) + 1, len(data)):
        with pytest.raises(BadFrame) as caught:
            list(scan(data[:length]))
        assert caught.value.offset == len(whole)
