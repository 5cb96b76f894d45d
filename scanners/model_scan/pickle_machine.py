"""An abstract machine for pickle's opcodes. It moves stand-ins, never objects: nothing is imported or called.

It accepts the union of what C `_pickle`, Python's `pickle._Unpickler` and torch's unpickler accept: numbers in other
bases, frames that lie (FRAME is no more than a hint to C pickle), POP of a mark, dotted names in every protocol,
out-of-band buffers. Where a loader would stop with an error and another might not, the machine goes on and says so.

Opcodes and their meaning: PEP 307, PEP 3154, PEP 574 and the `pickletools` documentation.
"""

from __future__ import annotations

import codecs
import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from scanners.model_scan.limits import Budget
from scanners.model_scan.pickle_values import Blob, DictValue, Persistent, SetValue, Unknown, Value

MAX_INLINE = 1 << 16
"""Strings and bytes longer than this stay in the file as a Blob."""
MAX_LINE = 1 << 24
MAX_NUMBER_TEXT = 4000
MAX_DIVERGENCES = 50
MAX_EMBEDDED = 2000
_EMBEDDED = frozenset((b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05", b"gA", b"80"))
_CHECK_EVERY = 200_000
_UNPACK_I4 = struct.Struct("<i").unpack_from
_UNPACK_U4 = struct.Struct("<I").unpack_from
_UNPACK_U8 = struct.Struct("<Q").unpack_from
_UNPACK_F8 = struct.Struct(">d").unpack_from


class Watcher(Protocol):
    """Who is told what the stream asks for, and answers with the value that results."""

    def import_global(self, module: Value, name: Value, offset: int) -> Value: ...
    def import_extension(self, code: int, offset: int) -> Value: ...
    def call(self, function: Value, args: Value, kwargs: Value, offset: int, *, restoring: bool = False) -> Value: ...
    def build(self, instance: Value, state: Value, offset: int) -> None: ...
    def extend(self, instance: Value, items: list[Value], offset: int) -> None: ...


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
    opcodes: int = 0
    result: Value = None


class _Stop(Exception):
    pass


class _Broken(Exception):
    pass


class PickleMachine:
    """Runs one pickle from `start`. `skip_after_build` lets a container format jump over raw bytes (joblib)."""

    def __init__(
        self,
        data: memoryview,
        start: int,
        watcher: Watcher,
        budget: Budget,
        *,
        memo: dict[int, Value] | None = None,
        skip_after_build: Callable[[Value, int], int | None] | None = None,
        max_opcodes: int | None = None,
        max_line: int = MAX_LINE,
    ) -> None:
        self.data = data
        self.size = len(data)
        self.pos = start
        self.stack: list[Value] = []
        self.marks: list[list[Value]] = []
        self.memo: dict[int, Value] = {} if memo is None else memo
        self.watcher = watcher
        self.budget = budget
        self.skip_after_build = skip_after_build
        self.max_opcodes = max_opcodes
        self.max_line = max_line
        self.outcome = Run(start)
        self.embedded: list[tuple[int, bytes]] = []
        """Constants that look like pickles themselves, with their offsets; also as base64 or hexadecimal."""

    def run(self) -> Run:
        """Run until STOP, an unknown opcode, the end of the data, or a bound (LimitReached)."""
        outcome, data, size, table = self.outcome, self.data, self.size, _TABLE
        count = 0
        try:
            while True:
                position = self.pos
                if position >= size:
                    outcome.error = "the data ends without STOP"
                    break
                operation = table[data[position]]
                self.pos = position + 1
                count += 1
                if operation is None:
                    outcome.error = f"unknown opcode 0x{data[position]:02x}"
                    self.pos = position
                    break
                try:
                    operation(self)
                except IndexError:
                    self._diverge("the stack is too short")
                if count % _CHECK_EVERY == 0:
                    self.budget.spend_opcodes(_CHECK_EVERY)
                if self.max_opcodes is not None and count >= self.max_opcodes:
                    outcome.error = "the bound on opcodes was reached"
                    break
        except _Stop:
            outcome.stopped = True
        except _Broken as broken:
            outcome.error = str(broken)
        except (struct.error, ValueError, OverflowError):
            outcome.error = "the data ends inside an opcode"
        self.budget.spend_opcodes(count % _CHECK_EVERY)
        outcome.opcodes = count
        outcome.end = min(self.pos, size)
        return outcome

    # Reading arguments

    def _diverge(self, what: str) -> None:
        self.outcome.divergences.append((self.pos - 1, what))
        if len(self.outcome.divergences) > MAX_DIVERGENCES:
            raise _Broken("too many malformed opcodes")

    def _line(self) -> bytes:
        start, data = self.pos, self.data
        step = 256
        while True:
            piece = bytes(data[start : start + step])
            end = piece.find(b"\n")
            if end >= 0:
                self.pos = start + end + 1
                return piece[:end]
            if start + step >= self.size:
                self.pos = self.size
                self.outcome.error = "the data ends inside an opcode"
                raise _Broken("the data ends inside an opcode")
            if step > self.max_line:
                raise _Broken("a text argument is too long")
            step *= 4

    def _take(self, length: int, text: bool) -> Value:
        start = self.pos
        end = start + length
        if end > self.size:
            raise _Broken("the data ends inside an opcode")
        self.pos = end
        if length > MAX_INLINE:
            return Blob(start, length, text)
        piece = bytes(self.data[start:end])
        if length > 8 and piece[:2] in _EMBEDDED and len(self.embedded) < MAX_EMBEDDED:
            self.embedded.append((start, piece))
        return piece.decode("utf-8", "surrogateescape") if text else piece

    def _number(self, text: bytes) -> Value:
        """Python reads int(text, 0); C pickle tries strtol first, so '010' is 8 there. Both are only values to us."""
        if len(text) > MAX_NUMBER_TEXT:  # CPython since 3.10.7 refuses it; older ones take quadratic time
            self._diverge("a very long number")
            return Unknown("a very long number")
        try:
            return int(text, 0)
        except ValueError:
            try:
                return int(text.strip(b" \t\r\0") or b"x", 8 if text.lstrip(b" +-").startswith(b"0") else 10)
            except ValueError:
                self._diverge("a number that cannot be read")
                return Unknown("unreadable number")

    def _pop_mark(self) -> list[Value]:
        if not self.marks:
            self._diverge("no mark on the stack")
            items, self.stack = self.stack, []
            return items
        items = self.stack
        self.stack = self.marks.pop()
        return items

    def _memo_key(self, text: bytes) -> int:
        try:
            return int(text[:MAX_NUMBER_TEXT])
        except ValueError:
            self._diverge("a memo index that cannot be read")
            return -1

    def _recall(self, key: int) -> None:
        try:
            self.stack.append(self.memo[key])
        except KeyError:
            self.stack.append(Unknown("memo entry never stored"))
            self._diverge("a memo entry that was never stored")

    # Constants

    def proto(self) -> None:
        version = self.data[self.pos]
        self.pos += 1
        if version > 5:
            self._diverge(f"protocol {version} does not exist")

    def frame(self) -> None:
        length = _UNPACK_U8(self.data, self.pos)[0]
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
        self.stack.append(_UNPACK_I4(self.data, self.pos)[0])
        self.pos += 4

    def binint1(self) -> None:
        self.stack.append(self.data[self.pos])
        self.pos += 1

    def binint2(self) -> None:
        position = self.pos
        self.stack.append(self.data[position] | self.data[position + 1] << 8)
        self.pos = position + 2

    def long1(self) -> None:
        length = self.data[self.pos]
        self.pos += 1
        raw = self._take(length, False)
        self.stack.append(int.from_bytes(raw, "little", signed=True) if isinstance(raw, bytes) else raw)

    def long4(self) -> None:
        length = _UNPACK_I4(self.data, self.pos)[0]
        self.pos += 4
        if length < 0:
            raise _Broken("a negative length")
        raw = self._take(length, False)
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
        self.stack.append(_UNPACK_F8(self.data, self.pos)[0])
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
            raise _Broken("a negative length")
        self.stack.append(self._take(length, text))

    def binstring(self) -> None:
        length = _UNPACK_I4(self.data, self.pos)[0]
        self.pos += 4
        self._sized(length, True)

    def short_string(self) -> None:
        length = self.data[self.pos]
        self.pos += 1
        self.stack.append(self._take(length, True))

    def binbytes(self) -> None:
        length = _UNPACK_U4(self.data, self.pos)[0]
        self.pos += 4
        self._sized(length, False)

    def short_bytes(self) -> None:
        length = self.data[self.pos]
        self.pos += 1
        self.stack.append(self._take(length, False))

    def bytes8(self) -> None:
        length = _UNPACK_U8(self.data, self.pos)[0]
        self.pos += 8
        self._sized(length, False)

    def unicode_text(self) -> None:
        text = self._line()
        try:
            self.stack.append(text.decode("raw-unicode-escape"))
        except UnicodeDecodeError:
            self.stack.append(text.decode("latin-1"))
            self._diverge("a string with a broken escape")

    def binunicode(self) -> None:
        length = _UNPACK_U4(self.data, self.pos)[0]
        self.pos += 4
        self._sized(length, True)

    def unicode8(self) -> None:
        length = _UNPACK_U8(self.data, self.pos)[0]
        self.pos += 8
        self._sized(length, True)

    def next_buffer(self) -> None:
        self.stack.append(Unknown("out-of-band buffer"))

    def readonly_buffer(self) -> None:
        return

    # Containers

    def mark(self) -> None:
        self.marks.append(self.stack)
        self.stack = []

    def pop(self) -> None:
        if self.stack:
            del self.stack[-1]
        else:
            self._pop_mark()

    def pop_mark(self) -> None:
        self._pop_mark()

    def dup(self) -> None:
        self.stack.append(self.stack[-1])

    def empty_tuple(self) -> None:
        self.stack.append(())

    def tuple1(self) -> None:
        self.stack[-1] = (self.stack[-1],)

    def tuple2(self) -> None:
        stack = self.stack
        stack[-2:] = [(stack[-2], stack[-1])]

    def tuple3(self) -> None:
        stack = self.stack
        stack[-3:] = [(stack[-3], stack[-2], stack[-1])]

    def tuple_marked(self) -> None:
        items = self._pop_mark()
        self.stack.append(tuple(items))

    def empty_list(self) -> None:
        self.stack.append([])

    def list_marked(self) -> None:
        items = self._pop_mark()
        self.stack.append(items)

    def append(self) -> None:
        item = self.stack.pop()
        target = self.stack[-1]
        if type(target) is list:
            target.append(item)
        else:
            self.watcher.extend(target, [item], self.pos - 1)

    def appends(self) -> None:
        items = self._pop_mark()
        target = self.stack[-1]
        if type(target) is list:
            target.extend(items)
        else:
            self.watcher.extend(target, items, self.pos - 1)

    def empty_dict(self) -> None:
        self.stack.append(DictValue())

    def dict_marked(self) -> None:
        items = self._pop_mark()
        self.stack.append(DictValue(items))

    def setitem(self) -> None:
        value = self.stack.pop()
        key = self.stack.pop()
        target = self.stack[-1]
        if type(target) is DictValue:
            target.items.append(key)
            target.items.append(value)
        else:
            self.watcher.extend(target, [key, value], self.pos - 1)

    def setitems(self) -> None:
        items = self._pop_mark()
        target = self.stack[-1]
        if len(items) % 2:
            self._diverge("an odd number of items for a dict")
            items.append(None)
        if type(target) is DictValue:
            target.items.extend(items)
        else:
            self.watcher.extend(target, items, self.pos - 1)

    def empty_set(self) -> None:
        self.stack.append(SetValue())

    def additems(self) -> None:
        items = self._pop_mark()
        target = self.stack[-1]
        if type(target) is SetValue:
            target.items.extend(items)
        else:
            self.watcher.extend(target, items, self.pos - 1)

    def frozenset_marked(self) -> None:
        items = self._pop_mark()
        self.stack.append(SetValue(items))

    # Memo

    def get_text(self) -> None:
        self._recall(self._memo_key(self._line()))

    def binget(self) -> None:
        key = self.data[self.pos]
        self.pos += 1
        self._recall(key)

    def long_binget(self) -> None:
        key = _UNPACK_U4(self.data, self.pos)[0]
        self.pos += 4
        self._recall(key)

    def put_text(self) -> None:
        key = self._memo_key(self._line())
        self.memo[key] = self.stack[-1]

    def binput(self) -> None:
        key = self.data[self.pos]
        self.pos += 1
        self.memo[key] = self.stack[-1]

    def long_binput(self) -> None:
        key = _UNPACK_U4(self.data, self.pos)[0]
        self.pos += 4
        self.memo[key] = self.stack[-1]

    def memoize(self) -> None:
        self.memo[len(self.memo)] = self.stack[-1]

    # Names, calls and state

    def global_text(self) -> None:
        offset = self.pos - 1
        module = self._line().decode("utf-8", "surrogateescape")
        name = self._line().decode("utf-8", "surrogateescape")
        self.stack.append(self.watcher.import_global(module, name, offset))

    def stack_global(self) -> None:
        name = self.stack.pop()
        module = self.stack.pop()
        self.stack.append(self.watcher.import_global(module, name, self.pos - 1))

    def inst(self) -> None:
        offset = self.pos - 1
        module = self._line().decode("utf-8", "surrogateescape")
        name = self._line().decode("utf-8", "surrogateescape")
        target = self.watcher.import_global(module, name, offset)
        args = self._pop_mark()
        self.stack.append(self.watcher.call(target, tuple(args), None, offset))

    def obj(self) -> None:
        args = self._pop_mark()
        target = args.pop(0)
        self.stack.append(self.watcher.call(target, tuple(args), None, self.pos - 1))

    def extension1(self) -> None:
        code = self.data[self.pos]
        self.pos += 1
        self.stack.append(self.watcher.import_extension(code, self.pos - 2))

    def extension2(self) -> None:
        code = self.data[self.pos] | self.data[self.pos + 1] << 8
        self.pos += 2
        self.stack.append(self.watcher.import_extension(code, self.pos - 3))

    def extension4(self) -> None:
        code = _UNPACK_I4(self.data, self.pos)[0]
        self.pos += 4
        self.stack.append(self.watcher.import_extension(code, self.pos - 5))

    def reduce(self) -> None:
        args = self.stack.pop()
        target = self.stack.pop()
        self.stack.append(self.watcher.call(target, args, None, self.pos - 1))

    def newobj(self) -> None:
        args = self.stack.pop()
        target = self.stack.pop()
        self.stack.append(self.watcher.call(target, args, None, self.pos - 1, restoring=True))

    def newobj_ex(self) -> None:
        kwargs = self.stack.pop()
        args = self.stack.pop()
        target = self.stack.pop()
        self.stack.append(self.watcher.call(target, args, kwargs, self.pos - 1, restoring=True))

    def build(self) -> None:
        state = self.stack.pop()
        target = self.stack[-1]
        self.watcher.build(target, state, self.pos - 1)
        if self.skip_after_build is not None:
            resume = self.skip_after_build(target, self.pos)
            if resume is not None:
                self.pos = resume

    def persid_text(self) -> None:
        self.stack.append(Persistent(self._line().decode("utf-8", "surrogateescape")))

    def binpersid(self) -> None:
        self.stack.append(Persistent(self.stack.pop()))

    def stop(self) -> None:
        if not self.stack:
            self._diverge("STOP with nothing on the stack")
        self.outcome.result = self.stack[-1] if self.stack else None
        raise _Stop


_OPERATIONS: dict[bytes, Callable[[PickleMachine], None]] = {
    b"\x80": PickleMachine.proto,
    b"\x95": PickleMachine.frame,
    b".": PickleMachine.stop,
    b"N": PickleMachine.none,
    b"\x88": PickleMachine.true,
    b"\x89": PickleMachine.false,
    b"I": PickleMachine.int_text,
    b"L": PickleMachine.long_text,
    b"J": PickleMachine.binint,
    b"K": PickleMachine.binint1,
    b"M": PickleMachine.binint2,
    b"\x8a": PickleMachine.long1,
    b"\x8b": PickleMachine.long4,
    b"F": PickleMachine.float_text,
    b"G": PickleMachine.binfloat,
    b"S": PickleMachine.string_text,
    b"T": PickleMachine.binstring,
    b"U": PickleMachine.short_string,
    b"B": PickleMachine.binbytes,
    b"C": PickleMachine.short_bytes,
    b"\x8e": PickleMachine.bytes8,
    b"\x96": PickleMachine.bytes8,
    b"V": PickleMachine.unicode_text,
    b"X": PickleMachine.binunicode,
    b"\x8c": PickleMachine.short_string,
    b"\x8d": PickleMachine.unicode8,
    b"\x97": PickleMachine.next_buffer,
    b"\x98": PickleMachine.readonly_buffer,
    b"(": PickleMachine.mark,
    b"0": PickleMachine.pop,
    b"1": PickleMachine.pop_mark,
    b"2": PickleMachine.dup,
    b")": PickleMachine.empty_tuple,
    b"\x85": PickleMachine.tuple1,
    b"\x86": PickleMachine.tuple2,
    b"\x87": PickleMachine.tuple3,
    b"t": PickleMachine.tuple_marked,
    b"]": PickleMachine.empty_list,
    b"l": PickleMachine.list_marked,
    b"a": PickleMachine.append,
    b"e": PickleMachine.appends,
    b"}": PickleMachine.empty_dict,
    b"d": PickleMachine.dict_marked,
    b"s": PickleMachine.setitem,
    b"u": PickleMachine.setitems,
    b"\x8f": PickleMachine.empty_set,
    b"\x90": PickleMachine.additems,
    b"\x91": PickleMachine.frozenset_marked,
    b"g": PickleMachine.get_text,
    b"h": PickleMachine.binget,
    b"j": PickleMachine.long_binget,
    b"p": PickleMachine.put_text,
    b"q": PickleMachine.binput,
    b"r": PickleMachine.long_binput,
    b"\x94": PickleMachine.memoize,
    b"c": PickleMachine.global_text,
    b"\x93": PickleMachine.stack_global,
    b"i": PickleMachine.inst,
    b"o": PickleMachine.obj,
    b"\x82": PickleMachine.extension1,
    b"\x83": PickleMachine.extension2,
    b"\x84": PickleMachine.extension4,
    b"R": PickleMachine.reduce,
    b"\x81": PickleMachine.newobj,
    b"\x92": PickleMachine.newobj_ex,
    b"b": PickleMachine.build,
    b"P": PickleMachine.persid_text,
    b"Q": PickleMachine.binpersid,
}
_TABLE: list[Callable[[PickleMachine], None] | None] = [_OPERATIONS.get(bytes([code])) for code in range(256)]
