"""Values that a pickle computes from constants: strings glued, decoded or unpacked on the way to an import.

Only pure functions over constants are evaluated, by our own Python's builtins on our own copies, with every size
bounded. What is too large or not constant raises Uncomputable.
"""

from __future__ import annotations

import ast
import base64
import binascii
import bz2
import codecs
import lzma
import math
import operator
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from scanners.model_scan.pickle_values import DictValue, SetValue, Value
from scanners.model_scan.vocabulary import words

MAX_LENGTH = 1 << 22
_MAX_ITEMS = 100_000
_CODECS = words("pickle_constants.codecs")
_METHODS = words("pickle_constants.methods")

_GROWING = words("pickle_constants.growing")


class Uncomputable(Exception):
    """The value is not constant, too large, or the real call would fail."""


def is_constant_method(name: str) -> bool:
    """Whether `name` is a method of str, bytes, tuple, list or int that only computes a value."""
    return name in _METHODS


def plain(value: Value) -> object:
    """`value` as an ordinary Python object, if it is wholly constant. Raises Uncomputable."""
    return _plain(value, 4, _Room(_MAX_ITEMS))


@dataclass(slots=True)
class _Room:
    """How many more items may be copied; what is shared is copied anew wherever it is used."""

    left: int

    def take(self, items: Sequence[Value]) -> Sequence[Value]:
        self.left -= len(items)
        if self.left < 0:
            raise Uncomputable
        return items


def _plain(value: Value, depth: int, room: _Room) -> object:
    if isinstance(value, str | bytes):
        if len(value) > MAX_LENGTH:
            raise Uncomputable
        return value
    if value is None or isinstance(value, bool | float):
        return value
    if isinstance(value, int):
        if value.bit_length() > 4096:
            raise Uncomputable
        return value
    if depth > 0:
        if isinstance(value, tuple | list):
            items = [_plain(item, depth - 1, room) for item in room.take(value)]
            return tuple(items) if isinstance(value, tuple) else items
        if isinstance(value, DictValue):
            items = [_plain(item, depth - 1, room) for item in room.take(value.items)]
            try:
                return dict(zip(items[::2], items[1::2], strict=True))
            except (TypeError, ValueError):
                raise Uncomputable from None
        if isinstance(value, SetValue):
            return [_plain(item, depth - 1, room) for item in room.take(value.items)]
    raise Uncomputable


def lifted(result: object) -> Value:
    """A computed Python object as a machine value. Raises Uncomputable for what the machine has no constant for."""
    if result is None or isinstance(result, bool | float):
        return result
    if isinstance(result, int):
        return result
    if isinstance(result, str):
        return _bounded(result)
    if isinstance(result, bytes | bytearray):
        return _bounded(bytes(result))
    if isinstance(result, tuple):
        return tuple(lifted(item) for item in result)
    if isinstance(result, list):
        return [lifted(item) for item in result]
    if isinstance(result, dict):
        return DictValue([lifted(part) for pair in result.items() for part in pair])
    raise Uncomputable


def _bounded(text: Value) -> Value:
    if isinstance(text, str | bytes) and len(text) > MAX_LENGTH:
        raise Uncomputable
    return text


def call_method(owner: Value, name: str, args: Sequence[Value]) -> Value:
    """`owner.name(*args)` for a constant owner. Raises Uncomputable."""
    if name not in _METHODS:
        raise Uncomputable
    subject, arguments = plain(owner), [plain(item) for item in args]
    _check_growth(subject, name, arguments)
    if name in ("encode", "decode") and arguments and str(arguments[0]).lower() not in _CODECS:
        raise Uncomputable
    if name in ("format", "format_map", "__format__", "__mod__"):
        return _formatted(subject, name, arguments)
    return _guarded(lambda: getattr(subject, name)(*arguments))


def call_function(path: str, args: Sequence[Value]) -> Value:
    """What the pure function `path` (such as 'operator.add') gives for constant arguments. Raises Uncomputable."""
    owner, _, method = path.rpartition(".")
    if (
        owner
        in ["builtins.str", "builtins.bytes", "builtins.bytearray", "builtins.list", "builtins.tuple", "builtins.int"]
        and args
    ):
        if method in ("fromhex", "maketrans", "from_bytes"):
            return _class_method(method, owner, [plain(item) for item in args])
        return call_method(args[0], method, args[1:])
    function = _FUNCTIONS.get(path)
    if function is None:
        raise Uncomputable
    arguments = [plain(item) for item in args]
    _check_growth(None, path, arguments)
    return _guarded(lambda: function(*arguments))


def _class_method(method: str, owner: str, arguments: list[object]) -> Value:
    owners: dict[str, object] = {
        "builtins.str": str,
        "builtins.bytes": bytes,
        "builtins.bytearray": bytearray,
        "builtins.int": int,
    }
    return _guarded(lambda: getattr(owners[owner], method)(*arguments))


def _guarded(compute: Callable[[], object]) -> Value:
    try:
        return lifted(compute())
    except Uncomputable:
        raise
    except (
        TypeError,
        ValueError,
        LookupError,
        ArithmeticError,
        AttributeError,
        MemoryError,
        EOFError,
        OSError,
        zlib.error,
        lzma.LZMAError,
    ):
        raise Uncomputable from None


def _check_growth(subject: object, name: str, arguments: list[object]) -> None:
    size = sum(len(item) for item in (subject, *arguments) if isinstance(item, str | bytes | tuple | list))
    numbers = [abs(item) for item in arguments if isinstance(item, int)]
    largest = max(numbers, default=0)
    if name.rpartition(".")[2] in _GROWING and (largest > 100_000 or size * max(largest, 1) > MAX_LENGTH):
        raise Uncomputable
    if name in ("replace", "join", "translate") and size > 20_000:
        raise Uncomputable


def _formatted(subject: object, name: str, arguments: list[object]) -> Value:
    if not isinstance(subject, str) or len(subject) > 10_000:
        raise Uncomputable
    if name == "__mod__":
        if any(character.isdigit() or character == "*" for character in subject):
            raise Uncomputable
        return _guarded(lambda: subject % (arguments[0] if not isinstance(arguments[0], list) else tuple(arguments[0])))
    if name == "format" and not any(mark in subject for mark in (".", "[", ":", "!")):
        return _guarded(lambda: subject.format(*arguments))
    raise Uncomputable


def _decode(value: object, encoding: object = "utf-8", errors: object = "strict") -> object:
    if not isinstance(encoding, str) or encoding.lower() not in _CODECS:
        raise Uncomputable
    if encoding.lower() in ("zlib", "zlib_codec", "bz2", "bz2_codec"):
        return _inflate(value) if "zlib" in encoding.lower() else _unbzip(value)
    return codecs.decode(value, encoding, str(errors))  # type: ignore[call-overload]


def _encode(value: object, encoding: object = "utf-8", errors: object = "strict") -> object:
    if not isinstance(encoding, str) or encoding.lower() not in _CODECS:
        raise Uncomputable
    return codecs.encode(value, encoding, str(errors))  # type: ignore[call-overload]


def _small(value: object) -> int:
    """A number of bits, or an exponent, that is computed at once."""
    if not isinstance(value, int) or not -1000 <= value <= 1000:
        raise Uncomputable
    return value


def _raw(value: object) -> bytes:
    if not isinstance(value, bytes):
        raise Uncomputable
    return value


def _inflate(value: object, *_: object) -> bytes:
    machine = zlib.decompressobj(47)
    result = machine.decompress(_raw(value), MAX_LENGTH)
    if machine.unconsumed_tail:
        raise Uncomputable
    return result


def _unbzip(value: object) -> bytes:
    return bz2.BZ2Decompressor().decompress(_raw(value), MAX_LENGTH)


def _unlzma(value: object) -> bytes:
    return lzma.LZMADecompressor(memlimit=1 << 26).decompress(_raw(value), MAX_LENGTH)


def _text(value: object = "", encoding: object = None, errors: object = "strict") -> object:
    if encoding is not None:
        return _decode(value, encoding, errors)
    if isinstance(value, tuple | list | dict):
        raise Uncomputable
    return str(value)


def _bytes(value: object = b"", encoding: object = None) -> object:
    return _encode(value, encoding) if encoding is not None else bytes(value)  # type: ignore[call-overload]


_FUNCTIONS: dict[str, Callable[..., object]] = {
    "builtins.str": _text,
    "builtins.bytes": _bytes,
    "builtins.bytearray": _bytes,
    "builtins.int": lambda *a: int(*a),
    "builtins.chr": lambda a: chr(a),
    "builtins.ord": lambda a: ord(a),
    "builtins.len": lambda a: len(a),
    "builtins.list": lambda a=(): list(a),
    "builtins.tuple": lambda a=(): tuple(a),
    "builtins.reversed": lambda a: list(reversed(a)),
    "builtins.sorted": lambda a: sorted(a),
    "builtins.bool": lambda a=False: bool(a),
    "builtins.float": lambda a=0.0: float(a),
    "builtins.max": lambda *a: max(*a),
    "builtins.min": lambda *a: min(*a),
    "builtins.sum": lambda a, s=0: sum(a, s),
    "builtins.abs": lambda a: abs(a),
    "builtins.hex": lambda a: hex(a),
    "builtins.oct": lambda a: oct(a),
    "builtins.bin": lambda a: bin(a),
    "builtins.repr": lambda a: repr(a),
    "builtins.ascii": lambda a: ascii(a),
    "builtins.divmod": lambda a, b: divmod(a, b),
    "builtins.zip": lambda *a: list(zip(*a, strict=False)),
    "builtins.enumerate": lambda a: list(enumerate(a)),
    "builtins.iter": lambda a: list(a),
    "builtins.next": lambda a: a[0],
    "builtins.dict": lambda *a: dict(*a),
    "builtins.range": lambda *a: list(range(*a)),
    "builtins.slice": lambda *a: None,
    "builtins.memoryview": lambda a: a,
    "builtins.format": lambda a: format(a),
    "operator.add": lambda a, b: a + b,
    "operator.concat": lambda a, b: a + b,
    "operator.iadd": lambda a, b: a + b,
    "operator.iconcat": lambda a, b: a + b,
    "operator.mul": lambda a, b: a * b,
    "operator.getitem": lambda a, b: a[b],
    "operator.sub": lambda a, b: a - b,
    "operator.floordiv": lambda a, b: a // b,
    "operator.and_": lambda a, b: a & b,
    "operator.or_": lambda a, b: a | b,
    "operator.neg": lambda a: -a,
    "operator.abs": lambda a: abs(a),
    "operator.invert": lambda a: ~a,
    "operator.index": lambda a: operator.index(a),
    "operator.rshift": lambda a, b: a >> b,
    "operator.lshift": lambda a, b: a << _small(b),
    "operator.pow": lambda a, b: a ** _small(b),
    "builtins.pow": lambda a, b, c=None: pow(a, _small(b), c),
    "builtins.round": lambda a, b=None: round(a, b),
    "builtins.hash": lambda a: hash(a) if isinstance(a, int | float) else _raw(None),
    "math.floor": lambda a: math.floor(a),
    "math.ceil": lambda a: math.ceil(a),
    "operator.xor": lambda a, b: a ^ b,
    "operator.mod": lambda a, b: call_method(a, "__mod__", [b]) if isinstance(a, str) else a % b,
    "codecs.decode": _decode,
    "codecs.encode": _encode,
    "_codecs.decode": _decode,
    "_codecs.encode": _encode,
    "_codecs.escape_decode": lambda a: (codecs.escape_decode(_raw(a))[0], len(_raw(a))),
    "base64.b64decode": lambda a, *_: base64.b64decode(a),
    "base64.standard_b64decode": lambda a: base64.b64decode(a),
    "base64.decodebytes": lambda a: base64.b64decode(a),
    "base64.decodestring": lambda a: base64.b64decode(a),
    "base64.urlsafe_b64decode": lambda a: base64.urlsafe_b64decode(a),
    "base64.b32decode": lambda a, *_: base64.b32decode(a),
    "base64.b16decode": lambda a, *_: base64.b16decode(a),
    "base64.b85decode": lambda a: base64.b85decode(a),
    "base64.a85decode": lambda a: base64.a85decode(a),
    "binascii.unhexlify": lambda a: binascii.unhexlify(a),
    "binascii.a2b_hex": lambda a: binascii.unhexlify(a),
    "binascii.a2b_base64": lambda a: binascii.a2b_base64(a),
    "binascii.hexlify": lambda a: binascii.hexlify(a),
    "zlib.decompress": _inflate,
    "gzip.decompress": _inflate,
    "bz2.decompress": _unbzip,
    "lzma.decompress": _unlzma,
    "ast.literal_eval": lambda a: ast.literal_eval(a) if isinstance(a, str) and len(a) < 10_000 else _raw(None),
    "itertools.chain": lambda *a: [item for part in a for item in part],
    "itertools.chain.from_iterable": lambda a: [item for part in a for item in part],
    "itertools.islice": lambda a, *b: list(a)[slice(*b)],
}
_FUNCTIONS.update(
    {
        f"_operator.{name.partition('.')[2]}": call
        for name, call in list(_FUNCTIONS.items())
        if name.startswith("operator.")
    }
)
