"""TFRecord files: data, record by record, to the end."""

from __future__ import annotations

import pytest

from scanners.model_scan import scan_bytes

# As TensorFlow wrote them: an empty record, and one of six letters.
EMPTY = bytes.fromhex("000000000000000029039807d8ea82a2")
LETTERS = bytes.fromhex("06000000000000007369d537616263646566519265 82".replace(" ", ""))
PAYLOAD = b"\x80\x04\x8c\x02os\x8c\x06system\x93\x8c\x02id\x85R."


@pytest.mark.parametrize(
    ("content", "wanted"),
    [
        (EMPTY, "pass"),
        (EMPTY + LETTERS + EMPTY, "pass"),
        (LETTERS[:-1], "unknown"),
        (EMPTY + b"\x01", "unknown"),
        (EMPTY + PAYLOAD, "fail"),
        (EMPTY.replace(b"\x29", b"\x28"), "unknown"),
    ],
)
def test_records(verdict, content, wanted):
    assert verdict(scan_bytes("d.tfrecord", content)) == wanted
