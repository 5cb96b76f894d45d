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
_PROMISE, _LANGUAGE, _CLOSURE, _ENVIRONMENT, _BYTECODE, _EXPRESSION = 5, 6, 3, 4, 21, 20
_SINKS = words("r_data.sinks")
_OUTSIDE = words("r_data.outside")
"""Functions that no model needs: they run programs, talk to the network, load native code or delete files."""


@dataclass(slots=True)
class _Stream:
    data: memoryview
    position: int
    items: int = 0
    promises: int = 0
    code: int = 0
    called: set[str] = field(default_factory=set)
    """Functions that language objects call by name."""
    references: list[str] = field(default_factory=list)
    """What a reference may lead back to, in the order of the stream: the names of symbols, and '' for everything else."""

    def integer(self) -> int:
        value: int = struct.unpack_from(">i", self.data, self.position)[0]
        self.position += 4
        return value

    def skip(self, length: int) -> None:
        if length < 0 or length > len(self.data) - self.position:
            raise UnreadableInput("the R stream is cut off")
        self.position += length


def read_r(part: Part, scan: Examiner) -> None:
    """Examine an .rds or .RData file (after decompression)."""
    ledger, data = scan.ledger, part.data
    ledger.count("r files")
    head = part.head(16)
    start = 5 if head.startswith((b"RDX", b"RDA")) else 0
    if bytes(data[start : start + 2]) != b"X\n":
        _as_text(part, scan)
        return
    stream = _Stream(data, start + 2)
    names: set[str] = set()
    try:
        version = stream.integer()
        stream.skip(8)
        if version == 3:
            stream.skip(stream.integer())
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
            stream.skip(4)
            for _ in range(stream.integer()):
                _symbol(stream)
            stream.references.append("")
            continue
        if kind == _ENVIRONMENT:
            stream.skip(4)
            stream.references.append("")
            pending += 4
            continue
        if kind == 9:
            stream.skip(max(stream.integer(), 0))
        elif kind in (10, 13):
            stream.skip(4 * _length(stream))
        elif kind == 14:
            stream.skip(8 * _length(stream))
        elif kind == 15:
            stream.skip(16 * _length(stream))
        elif kind == 24:
            stream.skip(_length(stream))
        elif kind in (16, 19, _EXPRESSION):
            pending += _length(stream)
            stream.code += kind == _EXPRESSION
        elif kind in (7, 8):
            length = stream.integer()
            names.add(bytes(stream.data[stream.position : stream.position + max(length, 0)]).decode("utf-8", "replace"))
            stream.skip(length)
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
    length = stream.integer()
    start = stream.position
    stream.skip(max(length, 0))
    return bytes(stream.data[start : start + max(length, 0)]).decode("utf-8", "replace")


def _as_text(part: Part, scan: Examiner) -> None:
    """The ascii and native binary forms are rare; they are not walked."""
    scan.ledger.skip(part.path, "R's ASCII and native binary serialisation is not supported")
