"""UBJSON (draft 12), as XGBoost writes it: parsed to plain data, with every length checked against the bytes there are."""

from __future__ import annotations

import struct

from scanners.errors import LimitReached, UnreadableInput
from scanners.model_scan.documents import Document

MAX_DEPTH = 60
MAX_VALUES = 50_000_000
_NUMBERS = {"i": ">b", "U": ">B", "I": ">h", "l": ">i", "L": ">q", "d": ">f", "D": ">d"}
_INTEGERS = "iUIlL"


def parse_ubjson(data: memoryview) -> tuple[Document, int]:
    """The value at the start of `data`, and where it ends. Raises UnreadableInput and LimitReached."""
    reader = _Reader(data)
    try:
        return reader.value(reader.byte(), 0), reader.position
    except (struct.error, IndexError):
        raise UnreadableInput("the UBJSON is cut off") from None


class _Reader:
    def __init__(self, data: memoryview) -> None:
        self.data = data
        self.position = 0
        self.values = 0

    def byte(self) -> str:
        code = chr(self.data[self.position])
        self.position += 1
        return code

    def number(self, code: str) -> int | float:
        form = _NUMBERS[code]
        found: int | float = struct.unpack_from(form, self.data, self.position)[0]
        self.position += struct.calcsize(form)
        return found

    def length(self) -> int:
        code = self.byte()
        if code not in _INTEGERS:
            raise UnreadableInput("a UBJSON length is no integer")
        found = int(self.number(code))
        if not 0 <= found <= len(self.data):
            raise UnreadableInput("a UBJSON length is out of bounds")
        return found

    def text(self) -> str:
        length = self.length()
        raw = bytes(self.data[self.position : self.position + length])
        if len(raw) < length:
            raise UnreadableInput("a UBJSON text reaches past the end")
        self.position += length
        return raw.decode("utf-8", "replace")

    def value(self, code: str, depth: int) -> Document:
        self.values += 1
        if depth > MAX_DEPTH or self.values > MAX_VALUES:
            raise LimitReached("the UBJSON is nested too deeply or holds too many values")
        if code in _NUMBERS:
            return self.number(code)
        match code:
            case "S" | "H":
                return self.text()
            case "C":
                return self.byte()
            case "T" | "F":
                return code == "T"
            case "Z" | "N":
                return None
            case "[":
                return self.array(depth)
            case "{":
                return self.object(depth)
        raise UnreadableInput("a UBJSON value has no known type")

    def opened(self) -> tuple[str, int | None]:
        """The type and count that a container gives for all its items (`$` and `#`), where it does."""
        kind, count = "", None
        if chr(self.data[self.position]) == "$":
            self.position += 1
            kind = self.byte()
        if chr(self.data[self.position]) == "#":
            self.position += 1
            count = self.length()
        elif kind:
            raise UnreadableInput("a UBJSON container gives a type and no count")
        return kind, count

    def array(self, depth: int) -> Document:
        kind, count = self.opened()
        if kind in _NUMBERS and count is not None:
            form = f">{count}{_NUMBERS[kind][1]}"
            found = list(struct.unpack_from(form, self.data, self.position))
            self.position += struct.calcsize(form)
            return found
        items: list[Document] = []
        while (len(items) < count) if count is not None else (chr(self.data[self.position]) != "]"):
            items.append(self.value(kind or self.byte(), depth + 1))
        self.position += count is None
        return items

    def object(self, depth: int) -> Document:
        kind, count = self.opened()
        found: dict[str, Document] = {}
        number = 0
        while (number < count) if count is not None else (chr(self.data[self.position]) != "}"):
            key = self.text()
            if key in found:
                raise UnreadableInput("a UBJSON key occurs twice")
            found[key] = self.value(kind or self.byte(), depth + 1)
            number += 1
        self.position += count is None
        return found
