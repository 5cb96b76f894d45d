"""What would exhaust the machine that loads a pickle: shared parts that are hashed or written anew, sizes, bombs."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field

from scanners.model_scan.limits import Budget
from scanners.model_scan.pickle_collisions import Collisions
from scanners.model_scan.pickle_extents import Meter, Unmeasured, long_numbers
from scanners.model_scan.pickle_hashes import Hashes
from scanners.model_scan.pickle_names import NameJudge
from scanners.model_scan.pickle_sizes import HUGE, exhausts, size_of
from scanners.model_scan.pickle_values import Blob, DictValue, Global, Result, Value, render, render_call
from scanners.model_scan.streams import Bomb, inflated_size

_MAX_MEASURED = 10_000_000
"""As many parts of values are gone through for one pickle, besides what dictionaries and sets hash."""
_MAX_HASHED = 100_000_000
_HASHING = frozenset(("set", "frozenset", "fromkeys", "dict.fromkeys", "Counter"))
_MAX_COMPUTED_HASH = 10_000
_DECOMPRESSORS = {
    "zlib.decompress": "zlib",
    "gzip.decompress": "gzip",
    "bz2.decompress": "bz2",
    "lzma.decompress": "xz",
}
_DECODERS = frozenset(("codecs.decode", "_codecs.decode"))
_CODECS = {"zlib": "zlib", "zlib_codec": "zlib", "bz2": "bz2", "bz2_codec": "bz2"}


@dataclass(slots=True)
class ExhaustionJudge(NameJudge):
    """Judges what calls and containers cost. `data` is where long constants lie, `budget` pays for decompression."""

    data: memoryview = field(default_factory=lambda: memoryview(b""))
    budget: Budget = field(default_factory=Budget)
    _meter: Meter = field(default_factory=lambda: Meter(_MAX_MEASURED))
    _hash_meter: Meter = field(default_factory=lambda: Meter(_MAX_HASHED))
    _hashed: int = 0
    _collisions: Collisions = field(default_factory=Collisions)
    _hashes: Hashes = field(default_factory=Hashes)

    def hash(self, keys: Sequence[Value], offset: int) -> None:
        """Keys of a dictionary or items of a set: a tuple is hashed with all that is in it, every time."""
        small: list[Hashable] = []
        try:
            for key in keys:
                if self._hashed > HUGE:
                    break
                parts = self._hash_meter.hashed(key)
                self._hashed += parts
                if parts <= _MAX_COMPUTED_HASH and (known := self._hashes.key(key, parts)) is not None:
                    small.append(known)
            if self._collisions.add(small):
                self._note("model.pickle.exhaustion", offset, "keys that all hash to the same")
        except Unmeasured:
            self._hashed = HUGE + 1
            self._note("model.pickle.exhaustion", offset, "keys with more in them than can be gone through")
        if self._hashed > HUGE:
            self._note("model.pickle.exhaustion", offset, f"keys of more than {HUGE} parts, shared ones counted anew")

    def _weigh(
        self, function: Value, args: tuple[Value, ...], kwargs: DictValue | None, offset: int, result: Result
    ) -> None:
        """How large what a call gives is, and whether the call takes too much."""
        if isinstance(function, Global) and function.name in _HASHING and args:
            self.hash(long_numbers(args[0]), offset)
        try:
            size = size_of(function, args, kwargs, self._meter)
            result.extent, result.parts = max(result.extent, size.extent), max(result.parts, size.parts)
            if exhausts(function, args, size, self._meter):
                self._note("model.pickle.exhaustion", offset, render_call(function, args, kwargs))
            elif not size.known:
                self._unmeasured(function, offset)
        except Unmeasured:
            self._unmeasured(function, offset)

    def _unmeasured(self, function: Value, offset: int) -> None:
        shown = render(function)
        self._note("model.pickle.unknown_callable", offset, f"{shown} of unknown size", unexamined=f"size of {shown}")

    def _inflate(self, path: str, args: tuple[Value, ...], offset: int, result: Result) -> None:
        """What a decompressor makes of a constant, counted and thrown away; of anything else, it is not known."""
        kind = _DECOMPRESSORS.get(path)
        if path in _DECODERS and len(args) > 1 and isinstance(args[1], str):
            kind = _CODECS.get(args[1].lower())
        if kind is None or not args:
            return
        content = args[0]
        if isinstance(content, Blob):
            view = self.data[content.offset : content.offset + content.length]
        elif isinstance(content, bytes):
            view = memoryview(content)
        else:
            self._unmeasured(result.function, offset)
            return
        try:
            size = inflated_size(_format(kind, view, args), view, self.budget)
            result.extent, result.parts = size, size
        except Bomb as bomb:
            result.extent, result.parts = HUGE, HUGE
            self._note("model.pickle.exhaustion", offset, f"{path}: {bomb.message}")


def _format(kind: str, content: memoryview, args: tuple[Value, ...]) -> str:
    """The format of what `zlib` and `lzma` take in several."""
    if kind == "xz":
        return "xz" if bytes(content[:1]) == b"\xfd" else "lzma"
    if kind == "zlib" and len(args) > 1 and isinstance(args[1], int):
        return "deflate" if args[1] < 0 else "gzip" if bytes(content[:2]) == b"\x1f\x8b" else "zlib"
    return kind
