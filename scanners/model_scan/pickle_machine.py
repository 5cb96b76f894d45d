"""An abstract machine for pickle's opcodes. It moves stand-ins, never objects: nothing is imported or called.

It accepts the union of what C `_pickle`, Python's `pickle._Unpickler` and torch's unpickler accept: frames that lie
(FRAME is no more than a hint to C pickle), POP of a mark, dotted names in every protocol, out-of-band buffers. Where a
loader would stop with an error and another might not, the machine goes on and says so.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from typing import Protocol

from scanners.model_scan.limits import Budget
from scanners.model_scan.pickle_arguments import (
    EMBEDDED_STARTS,
    MAX_LINE,
    SHORT,
    TINY,
    UNPACK_I4,
    UNPACK_U4,
    Broken,
    Run,
)
from scanners.model_scan.pickle_extents import long_numbers
from scanners.model_scan.pickle_memo import SPARSE_MEMO, PickleMemo
from scanners.model_scan.pickle_opcodes import OPCODES
from scanners.model_scan.pickle_values import DictValue, Persistent, Result, SetValue, Value

_CHECK_EVERY = 200_000
_NO_BOUND = 1 << 62
_SHORT_TEXT, _TEXT, _MEMOIZE, _PUT, _LONG_PUT, _BYTE, _TWO_BYTES = b"\x8cX\x94qrKM"
_COSTLY = (tuple, Result, SetValue)
"""What a hash goes into; texts keep theirs."""


class Watcher(Protocol):
    """Who is told what the stream asks for, and answers with the value that results."""

    def import_global(self, module: Value, name: Value, offset: int) -> Value: ...
    def import_extension(self, code: int, offset: int) -> Value: ...
    def call(self, function: Value, args: Value, kwargs: Value, offset: int, *, restoring: bool = False) -> Value: ...
    def build(self, instance: Value, state: Value, offset: int) -> None: ...
    def extend(self, instance: Value, items: list[Value], offset: int) -> None: ...
    def hash(self, keys: Sequence[Value], offset: int) -> None: ...


class _Stop(Exception):
    pass


class PickleMachine(PickleMemo):
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
        super().__init__(data, start, max_line, {} if memo is None else memo)
        self.marks: list[list[Value]] = []
        self.watcher = watcher
        self.budget = budget
        self.skip_after_build = skip_after_build
        self.max_opcodes = max_opcodes

    def run(self) -> Run:
        """Run until STOP, an unknown opcode, the end of the data, or a bound (LimitReached)."""
        outcome = self.outcome
        bound = _NO_BOUND if self.max_opcodes is None else self.max_opcodes
        spent = 0
        try:
            while not outcome.error:
                self._follow(min(spent + _CHECK_EVERY, bound))
                self.budget.spend_opcodes(outcome.opcodes - spent)
                spent = outcome.opcodes
                if spent >= bound:
                    outcome.error = outcome.error or "the bound on opcodes was reached"
        except _Stop:
            outcome.stopped = True
        except Broken as broken:
            outcome.error = str(broken)
        except (struct.error, ValueError, OverflowError):
            outcome.error = "the data ends inside an opcode"
        self.budget.spend_opcodes(outcome.opcodes - spent)
        outcome.end = min(self.pos, self.size)
        return outcome

    def _follow(self, until: int) -> None:
        """Follow opcodes until so many were; what large pickles are full of without a call for each."""
        data, size, memo, called, stack, unpack = self.data, self.size, self.memo, _CALLED, self.stack, UNPACK_U4
        position, count, sparse = self.pos, self.outcome.opcodes, SPARSE_MEMO
        try:
            for count in range(count + 1, until + 1):  # noqa: B007, B020 - counts on
                if position >= size:
                    self.outcome.error = "the data ends without STOP"
                    break
                code = data[position]
                position += 1
                method = called[code]
                try:
                    if method is not None:
                        pass
                    elif code == _SHORT_TEXT or code == _TEXT:  # noqa: SIM109 - a tuple costs more
                        if code == _TEXT:
                            start = position + 4
                            end = start + unpack(data, position)[0]
                        else:
                            start = position + 1
                            end = start + data[position]
                        length = end - start
                        if end <= size and (length <= TINY or (length <= SHORT and data[start] not in EMBEDDED_STARTS)):
                            stack.append(str(data[start:end], "utf-8", "surrogateescape"))
                            position = end
                            continue
                        method = _TABLE[code]
                    elif code == _MEMOIZE:
                        memo[len(memo)] = stack[-1]
                        continue
                    elif code == _TWO_BYTES:
                        stack.append(data[position] | data[position + 1] << 8)
                        position += 2
                        continue
                    elif code == _BYTE:
                        stack.append(data[position])
                        position += 1
                        continue
                    elif code == _PUT:
                        memo[data[position]] = stack[-1]
                        position += 1
                        continue
                    else:
                        key = unpack(data, position)[0]
                        if key > sparse and key > position + sparse:
                            self._sparse(key, position)
                        memo[key] = stack[-1]
                        position += 4
                        continue
                    self.pos = position
                    method(self)
                except struct.error:
                    self.pos = max(self.pos, position)
                    raise
                except IndexError:
                    self.pos = max(self.pos, position)
                    self._diverge("the stack is too short")
                position, stack = self.pos, self.stack
            self.pos = position
        finally:
            self.outcome.opcodes = count

    def _pop_mark(self) -> list[Value]:
        if not self.marks:
            self._diverge("no mark on the stack")
            items, self.stack = self.stack, []
            return items
        items = self.stack
        self.stack = self.marks.pop()
        return items

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
        self._hash(items[::2])
        self.stack.append(DictValue(items))

    def _hash(self, keys: list[Value]) -> None:
        costly = [key for key in keys if type(key) in _COSTLY]
        if self.long_numbers:
            costly += long_numbers(keys)
        if costly:
            self.watcher.hash(costly, self.pos - 1)

    def setitem(self) -> None:
        value = self.stack.pop()
        key = self.stack.pop()
        target = self.stack[-1]
        if type(key) in _COSTLY or self.long_numbers:
            self._hash([key])
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
        self._hash(items[::2])
        if type(target) is DictValue:
            target.items.extend(items)
        else:
            self.watcher.extend(target, items, self.pos - 1)

    def empty_set(self) -> None:
        self.stack.append(SetValue())

    def additems(self) -> None:
        items = self._pop_mark()
        target = self.stack[-1]
        self._hash(items)
        if type(target) is SetValue:
            target.items.extend(items)
        else:
            self.watcher.extend(target, items, self.pos - 1)

    def frozenset_marked(self) -> None:
        items = self._pop_mark()
        self._hash(items)
        self.stack.append(SetValue(items))

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
        code = UNPACK_I4(self.data, self.pos)[0]
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

    def unknown(self) -> None:
        self.pos -= 1
        self.outcome.error = f"unknown opcode 0x{self.data[self.pos]:02x}"
        raise Broken(self.outcome.error)

    def stop(self) -> None:
        if not self.stack:
            self._diverge("STOP with nothing on the stack")
        self.outcome.result = self.stack[-1] if self.stack else None
        raise _Stop


_TABLE: list[Callable[[PickleMachine], None]] = [
    getattr(PickleMachine, OPCODES.get(bytes([number]), "unknown")) for number in range(256)
]
_FOLLOWED = (_SHORT_TEXT, _TEXT, _MEMOIZE, _PUT, _LONG_PUT, _BYTE, _TWO_BYTES)
_CALLED = [None if number in _FOLLOWED else method for number, method in enumerate(_TABLE)]
