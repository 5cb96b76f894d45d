"""TensorFlow checkpoints: an index (a sorted table of names, shapes and checksums) and the numbers in files beside it.

Format: tensorflow/core/util/tensor_bundle and core/lib/io/format.h; the index ends in the table's magic number.
"""

from __future__ import annotations

import re

from scanners.model_scan.parts import Examiner, Part
from scanners.model_scan.pickle_stream import search_hidden

_MAGIC = (0xDB4775248B80FB57).to_bytes(8, "little")
_DATA = re.compile(r"\.data-\d{5}-of-\d{5}\Z")


def is_checkpoint_index(data: memoryview) -> bool:
    """Whether a file is the index of a checkpoint."""
    return len(data) >= 48 and bytes(data[-8:]) == _MAGIC


def read_checkpoint_index(part: Part, scan: Examiner) -> None:
    """The index holds names only; the files of numbers that belong to it are no longer unknown."""
    scan.ledger.count("tensorflow checkpoints")
    search_hidden(part, scan, 0, len(part.data))
    prefix = part.name.removesuffix(".index")
    container = part.path.removesuffix(part.name)
    for name in part.siblings:
        if name.startswith(prefix) and _DATA.fullmatch(name, len(prefix)):
            scan.ledger.claim(container + name)
