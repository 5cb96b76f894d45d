"""Pictures and recordings: what they show passes, what follows them is examined."""

from __future__ import annotations

import struct

import pytest

from scanners.model_scan import scan_bytes

PAYLOAD = b"\x80\x04\x8c\x02os\x8c\x06system\x93\x8c\x02id\x85R."
PNG = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 0) + b"IEND\xae\x42\x60\x82"
WAVE = b"RIFF" + struct.pack("<I", 12) + b"WAVEdata\0\0\0\0"
MP4 = struct.pack(">I", 16) + b"ftypmp42\0\0\0\0" + struct.pack(">I", 12) + b"mdat\x01\x02\x03\x04"


@pytest.mark.parametrize(("name", "content"), [("a.png", PNG), ("a.wav", WAVE), ("a.mp4", MP4), ("a.gif", b"GIF89a;")])
def test_it_passes_and_what_follows_is_examined(verdict, name, content):
    assert verdict(scan_bytes(name, content)) == "pass"
    assert verdict(scan_bytes(name, content[:-1])) == "unknown"
    if name == "a.gif":
        assert verdict(scan_bytes(name, content[:-1] + PAYLOAD)) == "fail"
    else:
        assert verdict(scan_bytes(name, content + PAYLOAD)) == "fail"


@pytest.mark.parametrize(
    "content",
    [
        b"RIFF\xff\xff\xff\x7fWAVE",
        b"\0\0\0\x01ftyp\0\0\0\0\0\0\0\0\0\0\0\0",
        b"\0\0\0\x04ftyp" + b"\0" * 20,
        b"\x89PNG\r\n\x1a\n" + b"\xff" * 20,
    ],
)
def test_one_that_lies_of_its_length_does_not_pass(verdict, content):
    assert verdict(scan_bytes("a", content)) == "unknown"
