"""R's serialisation (.rds, .RData): promises and code, found by walking the items of the stream.

A promise that was never forced runs its expression when the object is first used (CVE-2024-27322).
Format: R Internals §1.8, serialize.c.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field

from scanners.errors import LimitReached, UnreadableInput
from scanners.model_scan.parts import Examiner, Part
from scanners.model_scan.vocabulary import words

_MAX_ITEMS = 20_000_000
_SHORT_LINE = 64
_MAX_LINE = 1 << 14
_MISSING = -(1 << 31)
"""NA_INTEGER."""
_PROMISE, _LANGUAGE, _CLOSURE, _ENVIRONMENT, _BYTECODE, _EXPRESSION = 5, 6, 3, 4, 21, 20
_SINKS = words("r_data.sinks")
_OUTSIDE = words("r_data.outside")
"""Functions that no model needs: they run programs, talk to the network, load native code or delete files."""


@dataclass(slots=True)
class _Stream:
    """R's binary forms: XDR, and the machine's own order (`order`)."""

    data: memoryview
    position: int
    order: str = ">"
    items: int = 0
    promises: int = 0
    code: int = 0
    called: set[str] = field(default_factory=set)
    """Functions that language objects call by name."""
    references: list[str] = field(default_factory=list)
    """What a reference may lead back to, in the order of the stream: the names of symbols, and '' for everything else."""

    def integer(self) -> int:
        value: int = struct.unpack_from(f"{self.order}i", self.data, self.position)[0]
        self.position += 4
        return value

    def skip(self, length: int) -> None:
        if length < 0 or length > len(self.data) - self.position:
            raise UnreadableInput("the R stream is cut off")
        self.position += length

    def numbers(self, count: int, size: int) -> None:
        """Go past so many numbers of so many bytes."""
        self.skip(count * size)

    def text(self, length: int) -> str:
        start = self.position
        self.skip(max(length, 0))
        return bytes(self.data[start : start + max(length, 0)]).decode("utf-8", "replace")


class _TextStream(_Stream):
    """R's ASCII form: a number or a text on each line, with escapes in texts."""

    def _line(self) -> bytes:
        for size in (_SHORT_LINE, _MAX_LINE):
            piece = bytes(self.data[self.position : self.position + size])
            end = piece.find(b"\n")
            if end >= 0:
                self.position += end + 1
                return piece[:end].strip()
        raise UnreadableInput("the R stream is cut off")

    def integer(self) -> int:
        line = self._line()
        try:
            return _MISSING if line == b"NA" else int(line[:20])
        except ValueError:
            raise UnreadableInput("a number that cannot be read") from None

    def numbers(self, count: int, size: int) -> None:
        for _ in range(count * max(1, size // 8)):
            self._line()

    def text(self, length: int) -> str:
        return self._line().decode("utf-8", "replace")[: max(length, 0) * 4]


def read_r(part: Part, scan: Examiner) -> None:
    """Examine an .rds or .RData file (after decompression)."""
    ledger, data = scan.ledger, part.data
    ledger.count("r files")
    head = part.head(16)
    start = 5 if head.startswith((b"RDX", b"RDA")) else 0
    form = bytes(data[start : start + 2])
    if form == b"A\n":
        stream: _Stream = _TextStream(data, start + 2)
    else:
        stream = _Stream(data, start + 2, ">" if form == b"X\n" else "<")
    names: set[str] = set()
    try:
        version = stream.integer()
        for _ in range(2):  # the versions of R that wrote it, and that can read it
            stream.integer()
        if version == 3:
            stream.text(stream.integer())
        _walk(stream, names)
    except (struct.error, UnreadableInput, LimitReached) as error:
        ledger.find("model.structure.damaged", part.path, "the R stream cannot be read to its end")
        ledger.skip(part.path, f"the R stream cannot be read to its end ({type(error).__name__})")
    sinks = sorted(names & _SINKS)
    if stream.promises:
        ledger.find(
            "model.r.promise",
            part.path,
            f"{stream.promises} promises" + (f"; the code names {', '.join(sinks[:8])}" if sinks else ""),
        )
    elif stream.code and (outside := sorted(stream.called & _OUTSIDE)):
        ledger.find("model.r.dangerous", part.path, f"code that calls {', '.join(outside[:8])}")
        ledger.skip(part.path, "R code is not analysed")
    elif stream.code:
        ledger.find(
            "model.r.code",
            part.path,
            "functions or expressions" + (f" that name {', '.join(sinks[:8])}" if sinks else ""),
        )
        ledger.skip(part.path, "R code is not analysed")


def _walk(stream: _Stream, names: set[str]) -> None:
    """Items in the order they are written, with a stack of how many are still to come instead of recursion."""
    pending, position = 1, False
    while pending:
        pending -= 1
        stream.items += 1
        if stream.items > _MAX_ITEMS:
            raise LimitReached("too many items in the R stream")
        flags = stream.integer()
        kind = flags & 0xFF
        attributes, tag = bool(flags & 0x200), bool(flags & 0x400)
        of_call, position = position, kind == _LANGUAGE and not attributes and not tag
        if kind in (2, _PROMISE, _LANGUAGE, _CLOSURE, 17, 239, 240):
            if kind == _PROMISE:
                stream.promises += 1
            elif kind in (_LANGUAGE, _CLOSURE, 240):
                stream.code += 1
            pending += (1 if attributes or kind in (239, 240) else 0) + (1 if tag else 0) + 2
            continue
        if kind == 1:  # symbol: its name follows as a CHARSXP item
            name = _symbol(stream)
            names.add(name)
            stream.references.append(name)
            if of_call:
                stream.called.add(name)
            continue
        if kind == 255:
            index = flags >> 8 or stream.integer()
            if of_call and 0 < index <= len(stream.references):
                stream.called.add(stream.references[index - 1])
            continue
        if kind in (254, 253, 242, 241, 251, 252, 250):
            if kind == 250:
                raise UnreadableInput("a class reference")
            continue
        if kind in (249, 248, 247):  # namespace, package, persistent: a character vector
            stream.integer()
            for _ in range(stream.integer()):
                _symbol(stream)
            stream.references.append("")
            continue
        if kind == _ENVIRONMENT:
            stream.integer()
            stream.references.append("")
            pending += 4
            continue
        if kind == 9:
            if (length := stream.integer()) >= 0:
                stream.text(length)
        elif kind in (10, 13):
            stream.numbers(_length(stream), 4)
        elif kind == 14:
            stream.numbers(_length(stream), 8)
        elif kind == 15:
            stream.numbers(_length(stream), 16)
        elif kind == 24:
            stream.numbers(_length(stream), 1)
        elif kind in (16, 19, _EXPRESSION):
            pending += _length(stream)
            stream.code += kind == _EXPRESSION
        elif kind in (7, 8):
            length = stream.integer()
            names.add(stream.text(length))
        elif kind == 22:
            stream.references.append("")
            pending += 2
        elif kind == 23 or kind == 25:
            stream.references += [""] * (kind == 23)
            pending += 0
        elif kind == 238:  # ALTREP: info, state, attributes
            pending += 3
            attributes = False
        elif kind == _BYTECODE:
            stream.code += 1
            raise UnreadableInput("byte code")
        else:
            raise UnreadableInput(f"an R item of unknown type {kind}")
        pending += 1 if attributes and kind != 9 else 0


def _length(stream: _Stream) -> int:
    length = stream.integer()
    if length == -1:
        high, low = stream.integer(), stream.integer()
        length = (high << 32) + low
    if length < 0 or length > len(stream.data):
        raise UnreadableInput("an R vector longer than the file")
    return length


def _symbol(stream: _Stream) -> str:
    stream.integer()
    return stream.text(stream.integer())
