"""The memo of a pickle: what was put aside under a number, to be used again."""

from __future__ import annotations

from scanners.model_scan.pickle_arguments import MAX_NUMBER_TEXT, UNPACK_U4, ArgumentReader
from scanners.model_scan.pickle_values import Unknown, Value

SPARSE_MEMO = 1 << 24
"""The memo is an array in CPython's C loader, up to twice the largest number: this much beyond the bytes read is no pickler's."""
_LARGEST_KEY = (1 << 32) - 1
"""Of the memo: the largest that LONG_BINPUT can name."""


class PickleMemo(ArgumentReader):
    """The memo, and the opcodes that write and read it."""

    def __init__(self, data: memoryview, start: int, max_line: int, memo: dict[int, Value]) -> None:
        super().__init__(data, start, max_line)
        self.memo = memo

    def _memo_key(self, text: bytes) -> int:
        try:
            key = int(text[:MAX_NUMBER_TEXT])
        except ValueError:
            self._diverge("a memo index that cannot be read")
            return -1
        if 0 <= key <= _LARGEST_KEY:
            if key > self.pos + SPARSE_MEMO:
                self._sparse(key, self.pos)
            return key
        self._diverge("a memo index that no pickler writes")  # also: any number of these can be made to hash alike
        return -1

    def _sparse(self, key: int, offset: int) -> None:
        self.outcome.sparse = self.outcome.sparse or (offset - 1, key)

    def _recall(self, key: int) -> None:
        try:
            self.stack.append(self.memo[key])
        except KeyError:
            self.stack.append(Unknown("memo entry never stored"))
            self._diverge("a memo entry that was never stored")

    def get_text(self) -> None:
        self._recall(self._memo_key(self._line()))

    def binget(self) -> None:
        key = self.data[self.pos]
        self.pos += 1
        self._recall(key)

    def long_binget(self) -> None:
        key = UNPACK_U4(self.data, self.pos)[0]
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
        key = UNPACK_U4(self.data, self.pos)[0]
        if key > self.pos + SPARSE_MEMO:
            self._sparse(key, self.pos)
        self.pos += 4
        self.memo[key] = self.stack[-1]

    def memoize(self) -> None:
        self.memo[len(self.memo)] = self.stack[-1]
