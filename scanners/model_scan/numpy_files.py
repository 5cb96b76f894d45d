"""NumPy's .npy: a header that must be a plain literal, then raw numbers or a pickle of objects.

Format: numpy.lib.format (NEP 1).
"""

from __future__ import annotations

import ast
import struct

from scanners.model_scan.parts import Examiner, Part
from scanners.model_scan.pickle_stream import read_pickle, search_hidden

MAGIC = b"\x93NUMPY"
_MAX_HEADER = 1 << 20
_CODES = "biufcmMSUVt?a"


def read_npy(part: Part, scan: Examiner) -> None:
    """Examine an .npy file; arrays of objects are pickles."""
    ledger, data = scan.ledger, part.data
    head = part.head(12)
    ledger.count("numpy arrays")
    if len(head) < 10:
        ledger.find("model.structure.damaged", part.path, "the NumPy header is cut off")
        ledger.skip(part.path, "the NumPy header is cut off")
        return
    wide = head[6] >= 2
    length = struct.unpack("<I", head[8:12])[0] if wide and len(head) == 12 else struct.unpack("<H", head[8:10])[0]
    start = 12 if wide else 10
    if length > _MAX_HEADER or start + length > len(data):
        ledger.find("model.numpy.header", part.path, f"a header of {length} bytes in a file of {len(data)}")
        ledger.skip(part.path, "the NumPy header is larger than the file")
        return
    text = bytes(data[start : start + length]).decode("latin-1").strip()
    body = start + length
    try:
        header = ast.literal_eval(text)
        fields = set(header)
        description = header["descr"]
    except (ValueError, SyntaxError, TypeError, KeyError, RecursionError, MemoryError):
        ledger.find("model.numpy.header", part.path, text[:200])
        read_body_as_pickle(part, scan, body)
        return
    if fields != {"descr", "fortran_order", "shape"}:
        ledger.find("model.numpy.header", part.path, f"keys {sorted(map(str, fields))}")
    if _has_objects(description):
        read_body_as_pickle(part, scan, body)
        return
    expected = _size(description, header.get("shape"))
    if expected is None:
        ledger.skip(
            part.path, f"a NumPy array of type {str(description)[:60]} and shape {str(header.get('shape'))[:60]}"
        )
        search_hidden(part, scan, body, min(len(data), body + (1 << 26)))
    if expected is not None and expected > len(data) - body:
        huge = expected > 1 << 30 and expected > 1000 * (len(data) - body + 1)
        ledger.find(
            "model.numpy.header" if huge else "model.structure.damaged",
            part.path,
            f"{expected} bytes declared, {len(data) - body} there",
        )
        ledger.skip(part.path, "the array is cut off")
    elif expected is not None and expected < len(data) - body:
        search_hidden(part, scan, body + expected, len(data))
    # NumPy 1.16 and older, and readers that do not look at the header, would unpickle here.
    if body < len(data) and data[body] == 0x80:
        search_hidden(part, scan, body, min(body + (1 << 16), len(data)))


def read_body_as_pickle(part: Part, scan: Examiner, body: int) -> None:
    """The object array's pickle after the header, with offsets of the whole file."""
    inner = part.data[body:]
    read_pickle(Part(part.path, part.name, inner, part.depth), scan)


def _has_objects(description: object) -> bool:
    if isinstance(description, str):
        return description.lstrip("<>=|")[:1] == "O"
    if isinstance(description, tuple | list):
        return any(_has_objects(item) for item in description)
    return False


def _item_size(description: object) -> int | None:
    """Bytes of one element of a dtype's description: a code such as '<f8', or a list of named fields."""
    if isinstance(description, str):
        code = description.lstrip("<>=|")
        digits = code[1:].split("[")[0]
        if code[:1] not in _CODES or not digits.isdecimal():
            return None
        return int(digits) * (4 if code[0] == "U" else 1)
    if isinstance(description, list) and description:
        total = 0
        for entry in description:
            if not isinstance(entry, tuple) or len(entry) not in (2, 3) or (size := _item_size(entry[1])) is None:
                return None
            for extent in entry[2] if len(entry) == 3 and isinstance(entry[2], tuple) else ():
                if not isinstance(extent, int):
                    return None
                size *= extent
            total += size
        return total
    return None


def _size(description: object, shape: object) -> int | None:
    size = _item_size(description)
    if size is None or not isinstance(shape, tuple):
        return None
    for extent in shape:
        if not isinstance(extent, int) or extent < 0:
            return None
        size *= extent
    return size
