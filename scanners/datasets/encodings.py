"""In which encoding a text file is written: by its byte-order mark, else by what its first bytes can be."""

from __future__ import annotations

import codecs
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from scanners.datasets.batches import MAX_LINE
from scanners.errors import UnreadableInput

SAMPLE = 1 << 18
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_HAN = re.compile(r"[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]")
_WIDE = ("utf-16", "utf-32")


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a text file, with its end."""

    number: int
    """From 1."""
    text: str
    """Empty when it could not be read."""
    unread: str = ""
    """Why it could not be read."""


def encoding_of(file: BinaryIO, asked: str) -> str:
    """The encoding to read with; 'auto' looks. The file is left at its start.

    UTF-8 unless the sample holds no valid line of it beyond ASCII and reads as Chinese in GB 18030.
    Raises UnreadableInput for an encoding that does not exist.
    """
    if asked != "auto":
        try:
            return codecs.lookup(asked).name
        except LookupError:
            raise UnreadableInput(f"there is no encoding {asked!r}", remedy="e.g. utf-8, gb18030, cp1252") from None
    sample = file.read(SAMPLE)
    file.seek(0)
    for mark, name in _MARKS:
        if sample.startswith(mark):
            return name
    found = [line for line in sample.split(b"\n")[:-1] or [sample] if not line.isascii()]
    if found and not any(_reads(line, "utf-8") for line in found) and all(_reads(line, "gb18030") for line in found):
        text = b"".join(found).decode("gb18030", "replace")
        beyond = sum(1 for character in text if ord(character) > 127)
        if len(_HAN.findall(text)) >= 0.9 * beyond:
            return "gb18030"
    return "utf-8"


def _reads(line: bytes, encoding: str) -> bool:
    try:
        line.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def lines(file: BinaryIO, encoding: str) -> Iterator[Line]:
    """Every line; one that is too long or not in the encoding comes without its text."""
    if encoding.startswith(_WIDE):
        yield from _wide_lines(file, encoding)
        return
    number = 0
    while raw := file.readline(MAX_LINE + 1):
        number += 1
        if len(raw) > MAX_LINE and not raw.endswith(b"\n"):
            while (more := file.readline(MAX_LINE)) and not more.endswith(b"\n"):
                pass
            yield Line(number, "", f"longer than {MAX_LINE} bytes")
            continue
        try:
            text = raw.decode(encoding)
        except UnicodeDecodeError as error:
            yield Line(number, "", f"not {encoding}: byte {error.start} of the line ({error.reason})")
            continue
        yield Line(number, text.removeprefix("\ufeff") if number == 1 else text)


def _wide_lines(file: BinaryIO, encoding: str) -> Iterator[Line]:
    """As `lines`, where a line end is more than one byte; after a wrong unit the rest is not read."""
    number = 0
    text = io.TextIOWrapper(file, encoding=encoding, newline="")
    try:
        while line := text.readline(MAX_LINE):
            number += 1
            if len(line) == MAX_LINE and not line.endswith("\n"):
                while (more := text.readline(MAX_LINE)) and not more.endswith("\n"):
                    pass
                yield Line(number, "", f"longer than {MAX_LINE} characters")
                continue
            yield Line(number, line)
    except UnicodeError as error:
        yield Line(number + 1, "", f"not {encoding} ({error}); neither is what follows it read")
    finally:
        text.detach()
