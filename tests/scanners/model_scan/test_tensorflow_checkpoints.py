"""TensorFlow checkpoints: an index, and the files of numbers that belong to it."""

from __future__ import annotations

import struct

from scanners.model_scan import scan_model


def test_the_numbers_of_a_tensorflow_checkpoint_are_known_by_its_index(tmp_path, verdict):
    (tmp_path / "c.data-00000-of-00001").write_bytes(bytes(range(128, 256)) * 4)
    assert verdict(scan_model(tmp_path)) == "unknown"
    (tmp_path / "c.index").write_bytes(b"\0" * 60 + struct.pack("<Q", 0xDB4775248B80FB57))
    assert verdict(scan_model(tmp_path)) == "pass"
