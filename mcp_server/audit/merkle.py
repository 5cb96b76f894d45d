"""The Merkle tree of RFC 6962 / RFC 9162 §2.1: frontier, stored hashes, proofs and their verification. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from hashlib import sha256
from typing import Final

EMPTY_ROOT: Final = sha256(b"").digest()

NodeReader = Callable[[int, int], bytes]
"""Hash of the n-th complete subtree at a level: node(level, n) covers leaves [n·2^level, (n+1)·2^level)."""


def leaf_hash(entry: bytes) -> bytes:
    """RFC 6962 §2.1: MTH({d}) = SHA-256(0x00 || d)."""
    return sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """RFC 6962 §2.1: SHA-256(0x01 || left || right)."""
    return sha256(b"\x01" + left + right).digest()


class Frontier:
    """The roots of the complete subtrees at the right edge: all that is needed to append and to know the root."""

    __slots__ = ("peaks", "size")

    def __init__(self, size: int = 0, peaks: Sequence[bytes] = ()) -> None:
        if len(peaks) != size.bit_count():
            raise ValueError(f"a tree of {size} leaves has {size.bit_count()} peaks, not {len(peaks)}")
        self.size = size
        self.peaks = list(peaks)

    def append(self, leaf: bytes, stored: list[bytes] | None = None) -> None:
        """Add a leaf hash. Every hash that becomes final is added to `stored`, in stored-hash order."""
        if stored is not None:
            stored.append(leaf)
        n, peaks = self.size, self.peaks
        while n & 1:
            leaf = sha256(b"\x01" + peaks.pop() + leaf).digest()
            if stored is not None:
                stored.append(leaf)
            n >>= 1
        peaks.append(leaf)
        self.size += 1

    def root(self) -> bytes:
        return fold(self.peaks)

    def copy(self) -> Frontier:
        return Frontier(self.size, self.peaks)


def fold(peaks: Sequence[bytes]) -> bytes:
    """Root of the tree whose complete subtrees, largest first, are `peaks`."""
    if not peaks:
        return EMPTY_ROOT
    root = peaks[-1]
    for peak in reversed(peaks[:-1]):
        root = node_hash(peak, root)
    return root


def stored_index(level: int, n: int) -> int:
    """Position of node(level, n) when hashes are stored in the order in which they become final."""
    for _ in range(level):
        n = 2 * n + 1
    position = level
    while n > 0:
        position += n
        n >>= 1
    return position


def stored_count(size: int) -> int:
    """How many hashes are stored for a tree of `size` leaves."""
    count = 0
    while size > 0:
        count += size
        size >>= 1
    return count


def peaks_at(size: int, node: NodeReader) -> list[bytes]:
    """The peaks of the tree when it had `size` leaves, largest first."""
    peaks, start = [], 0
    for level in range(size.bit_length() - 1, -1, -1):
        if size >> level & 1:
            peaks.append(node(level, start >> level))
            start += 1 << level
    return peaks


def root_at(size: int, node: NodeReader) -> bytes:
    """Root of the tree when it had `size` leaves."""
    return fold(peaks_at(size, node))


def _subtree(start: int, end: int, node: NodeReader) -> bytes:
    """MTH(D[start:end]) for a range that RFC 6962 splits to: `start` is aligned to the range's first subtree."""
    peaks = []
    while start < end:
        level = (end - start).bit_length() - 1
        peaks.append(node(level, start >> level))
        start += 1 << level
    return fold(peaks)


def _split(count: int) -> int:
    """Largest power of two smaller than `count`."""
    return 1 << (count - 1).bit_length() - 1


def inclusion_proof(index: int, size: int, node: NodeReader) -> list[bytes]:
    """RFC 6962 §2.1.1 PATH(index, D[size]), nearest sibling first. Raises ValueError outside the tree."""
    if not 0 <= index < size:
        raise ValueError(f"no leaf {index} in a tree of {size}")
    start, end, path = 0, size, []
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            path.append(_subtree(middle, end, node))
            end = middle
        else:
            path.append(_subtree(start, middle, node))
            start = middle
    return path[::-1]


def consistency_proof(old: int, new: int, node: NodeReader) -> list[bytes]:
    """RFC 6962 §2.1.2 PROOF(old, D[new]). Raises ValueError unless 0 ≤ old ≤ new."""
    if not 0 <= old <= new:
        raise ValueError(f"no consistency proof from {old} to {new}")
    if old in (0, new):
        return []
    start, end, whole, path = 0, new, True, []
    while old != end:
        middle = start + _split(end - start)
        if old <= middle:
            path.append(_subtree(middle, end, node))
            end = middle
        else:
            path.append(_subtree(start, middle, node))
            start, whole = middle, False
    if not whole:
        path.append(_subtree(start, end, node))
    return path[::-1]


def included(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> bool:
    """RFC 9162 §2.1.3.2: does the proof lead from the leaf hash to the root?"""
    if not 0 <= index < size:
        return False
    fn, sn, computed = index, size - 1, leaf
    for sibling in proof:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            computed = node_hash(sibling, computed)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            computed = node_hash(computed, sibling)
        fn, sn = fn >> 1, sn >> 1
    return sn == 0 and computed == root


def consistent(old: int, old_root: bytes, new: int, new_root: bytes, proof: Sequence[bytes]) -> bool:
    """RFC 9162 §2.1.4.2: is the tree of `old` leaves a prefix of the tree of `new` leaves?"""
    if not 0 <= old <= new:
        return False
    if old == new:
        return not proof and old_root == new_root
    if old == 0:
        return not proof and old_root == EMPTY_ROOT
    path = [old_root, *proof] if old & (old - 1) == 0 else list(proof)
    if not path:
        return False
    fn, sn = old - 1, new - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    first = second = path[0]
    for sibling in path[1:]:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            first, second = node_hash(sibling, first), node_hash(sibling, second)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            second = node_hash(second, sibling)
        fn, sn = fn >> 1, sn >> 1
    return sn == 0 and first == old_root and second == new_root
