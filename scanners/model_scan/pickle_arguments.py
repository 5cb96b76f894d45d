"""Reads what follows an opcode: lines, lengths, numbers and texts, and puts constants on the stack.

It accepts the union of what C `_pickle`, Python's `pickle._Unpickler` and torch's unpickler accept: numbers in other
bases, texts with broken escapes. Where a loader would stop with an error and another might not, it goes on and says so.
"""

from __future__ import annotations

import codecs
import re
import struct
from dataclasses import dataclass, field

from scanners.model_scan.pickle_values import Blob, Unknown, Value

MAX_INLINE = 1 << 16
"""Strings and bytes longer than this stay in the file as a Blob."""
MAX_LINE = 1 << 24
LONG_LINE = "a text argument is too long"
MAX_NUMBER_TEXT = 4000
MAX_DIVERGENCES = 50
MAX_EMBEDDED = 2000
_EMBEDDED = frozenset((b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05", b"gA", b"80"))
_MAX_WINDOW = 1 << 16
_MODEL_STARTS = frozenset(b"{bCt")
_MODEL = re.compile(rb"\{(?:L.{8}|\s{0,20}\")(?:Config.{0,20}|)learner|binf|CBM1|tree\nversion=", re.S)
"""How models begin that libraries of trees keep as a constant: UBJSON, JSON, XGBoost's binary, CatBoost, LightGBM."""
EMBEDDED_STARTS = frozenset(start[0] for start in _EMBEDDED)
TINY = 8
"""No constant of so few bytes is looked into for a pickle, nor one of SHORT bytes for a model."""
SHORT = 64
UNPACK_I4 = struct.Struct("<i").unpack_from
UNPACK_U4 = struct.Struct("<I").unpack_from
UNPACK_U8 = struct.Struct("<Q").unpack_from
UNPACK_F8 = struct.Struct(">d").unpack_from


@dataclass(slots=True)
class Run:
    """How one run of the machine ended."""

    start: int
    end: int = 0
    stopped: bool = False
    """STOP was reached: a loader would return an object here."""
    error: str = ""
    """Why the machine could not go on; empty after STOP."""
    divergences: list[tuple[int, str]] = field(default_factory=list)
    """Oddities at which some loader fails and another may not."""
    sparse: tuple[int, int] | None = None
    """Where the memo was first written far beyond what the bytes before could have filled, and at which number."""
    opcodes: int = 0
    result: Value = None


class Broken(Exception):
    """The stream cannot be followed any further."""


class ArgumentReader:
    """The data, the position in it, and the stack that constants are put on."""

    def __init__(self, data: memoryview, start: int, max_line: int) -> None:
        whole = data.obj
        # What lies in memory as it is read costs less without the view.
        self.data = whole if isinstance(whole, bytes) and len(whole) == len(data) else data
        self.size = len(data)
        self.pos = start
        self.stack: list[Value] = []
        self.max_line = max_line
        self.outcome = Run(start)
        self.long_numbers = False
        """Whether a number was read that hashes otherwise than to itself."""
        self._window = b""
        self._window_start = 0
        self._window_step = 64
        self.models: list[Blob] = []
        """Constants that begin as such a model does; one more than MAX_EMBEDDED when there are too many."""
        self.embedded: list[tuple[int, bytes]] = []
        """Constants that look like pickles themselves, with their offsets; also as base64 or hexadecimal."""

    # Reading arguments

    def _diverge(self, what: str) -> None:
        self.outcome.divergences.append((self.pos - 1, what))
        if len(self.outcome.divergences) > MAX_DIVERGENCES:
            raise Broken("too many malformed opcodes")

    def _line(self) -> bytes:
        """The text up to the next line feed: from a window over the data that grows while lines follow one another."""
        data = self.data
        if type(data) is bytes:
            start = self.pos
            end = data.find(b"\n", start, start + 4 * self.max_line)
            if end >= 0:
                self.pos = end + 1
                return data[start:end]
        at = self.pos - self._window_start
        end = self._window.find(b"\n", at) if at >= 0 else -1
        if end < 0:
            at, end = 0, self._open_window()
        line = self._window[at:end]
        self.pos += len(line) + 1
        return line

    def _open_window(self) -> int:
        """Put a window over a whole line from here on; where in it the line ends."""
        start, step = self.pos, self._window_step
        self._window_start, self._window_step = start, min(step * 4, _MAX_WINDOW)
        while True:
            self._window = bytes(self.data[start : start + step])
            end = self._window.find(b"\n")
            if end >= 0:
                return end
            if start + step >= self.size:
                self.pos = self.size
                self.outcome.error = "the data ends inside an opcode"
                raise Broken("the data ends inside an opcode")
            if step > self.max_line:
                raise Broken(LONG_LINE)
            step *= 4

    def _take(self, length: int, text: bool) -> Value:
        start = self.pos
        end = start + length
        if end > self.size:
            raise Broken("the data ends inside an opcode")
        self.pos = end
        if length > TINY:
            first = self.data[start]
            if (
                length > SHORT
                and first in _MODEL_STARTS
                and len(self.models) <= MAX_EMBEDDED
                and _MODEL.match(self.data, start, end)
            ):
                self.models.append(Blob(start, length, text))
            if length > MAX_INLINE:
                return Blob(start, length, text)
            if first in EMBEDDED_STARTS and len(self.embedded) < MAX_EMBEDDED:
                piece = bytes(self.data[start:end])
                if piece[:2] in _EMBEDDED:
                    self.embedded.append((start, piece))
        return str(self.data[start:end], "utf-8", "surrogateescape") if text else bytes(self.data[start:end])

    def _number(self, text: bytes) -> Value:
        """Python reads int(text, 0); C pickle tries strtol first, so '010' is 8 there. Both are only values to us."""
        if len(text) > MAX_NUMBER_TEXT:  # CPython since 3.10.7 refuses it; older ones take quadratic time
            self._diverge("a very long number")
            return Unknown("a very long number")
        self.long_numbers |= len(text) > 18
        try:
            return int(text, 0)
        except ValueError:
            try:
                return int(text.strip(b" \t\r\0") or b"x", 8 if text.lstrip(b" +-").startswith(b"0") else 10)
            except ValueError:
                self._diverge("a number that cannot be read")
                return Unknown("unreadable number")

    # Constants

    def proto(self) -> None:
        version = self.data[self.pos]
        self.pos += 1
        if version > 5:
            self._diverge(f"protocol {version} does not exist")

    def frame(self) -> None:
        length = UNPACK_U8(self.data, self.pos)[0]
        self.pos += 8
        if length > self.size - self.pos:
            self._diverge("a frame is longer than the data")

    def none(self) -> None:
        self.stack.append(None)

    def true(self) -> None:
        self.stack.append(True)

    def false(self) -> None:
        self.stack.append(False)

    def int_text(self) -> None:
        text = self._line()
        self.stack.append({b"00": False, b"01": True}[text] if text in (b"00", b"01") else self._number(text))

    def long_text(self) -> None:
        text = self._line()
        self.stack.append(self._number(text[:-1] if text.endswith(b"L") else text))

    def binint(self) -> None:
        self.stack.append(UNPACK_I4(self.data, self.pos)[0])
        self.pos += 4

    def binint1(self) -> None:
        self.stack.append(self.data[self.pos])
        self.pos += 1

    def binint2(self) -> None:
        position = self.pos
        self.stack.append(self.data[position] | self.data[position + 1] << 8)
        self.pos = position + 2

    def long1(self) -> None:
        start = self.pos + 1
        end = start + self.data[start - 1]
        if end > self.size:
            raise Broken("the data ends inside an opcode")
        self.pos = end
        self.long_numbers |= end - start > 7
        self.stack.append(int.from_bytes(self.data[start:end], "little", signed=True))

    def long4(self) -> None:
        length = UNPACK_I4(self.data, self.pos)[0]
        self.pos += 4
        if length < 0:
            raise Broken("a negative length")
        raw = self._take(length, False)
        self.long_numbers |= length > 7
        if isinstance(raw, bytes) and length <= 1024:
            self.stack.append(int.from_bytes(raw, "little", signed=True))
        else:
            self.stack.append(Unknown("a very long number"))

    def float_text(self) -> None:
        text = self._line()
        try:
            self.stack.append(float(text[:MAX_NUMBER_TEXT]))
        except ValueError:
            self.stack.append(Unknown("unreadable number"))
            self._diverge("a number that cannot be read")

    def binfloat(self) -> None:
        self.stack.append(UNPACK_F8(self.data, self.pos)[0])
        self.pos += 8

    def string_text(self) -> None:
        text = self._line().strip()
        if len(text) >= 2 and text[:1] == text[-1:] and text[:1] in b"'\"":
            text = text[1:-1]
        else:
            self._diverge("a string without quotes")
        try:
            decoded = codecs.escape_decode(text)[0]
        except ValueError:
            self._diverge("a string with a broken escape")
            decoded = text
        self.stack.append(decoded.decode("utf-8", "surrogateescape"))

    def _sized(self, length: int, text: bool) -> None:
        if length < 0:
            raise Broken("a negative length")
        self.stack.append(self._take(length, text))

    def binstring(self) -> None:
        length = UNPACK_I4(self.data, self.pos)[0]
        self.pos += 4
        self._sized(length, True)

    def short_string(self) -> None:
        length = self.data[self.pos]
        self.pos += 1
        self.stack.append(self._take(length, True))

    def binbytes(self) -> None:
        length = UNPACK_U4(self.data, self.pos)[0]
        self.pos += 4
        self._sized(length, False)

    def short_bytes(self) -> None:
        length = self.data[self.pos]
        self.pos += 1
        self.stack.append(self._take(length, False))

    def bytes8(self) -> None:
        length = UNPACK_U8(self.data, self.pos)[0]
        self.pos += 8
        self._sized(length, False)

    def unicode_text(self) -> None:
        text = self._line()
        try:
            self.stack.append(text.decode("raw-unicode-escape" if b"\\" in text else "latin-1"))
        except UnicodeDecodeError:
            self.stack.append(text.decode("latin-1"))
            self._diverge("a string with a broken escape")

    def binunicode(self) -> None:
        length = UNPACK_U4(self.data, self.pos)[0]
        self.pos += 4
        self.stack.append(self._take(length, True))

    def unicode8(self) -> None:
        length = UNPACK_U8(self.data, self.pos)[0]
        self.pos += 8
        self._sized(length, True)

    def next_buffer(self) -> None:
        self.stack.append(Unknown("out-of-band buffer"))

    def readonly_buffer(self) -> None:
        return
