"""PyTorch's ZIP checkpoints: tensors described by a pickle, which is read as data and never unpickled.

The reader below knows the opcodes that torch.save writes and three constructors; every other callable stays an inert
value, so nothing that the file names is ever looked up, imported or run.
"""

from __future__ import annotations

import pickletools
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from scanners.findings import Skipped
from scanners.model_files.reading import SteadyFile
from scanners.model_files.weights.archives import Member, members
from scanners.model_files.weights.tensors import ELEMENT_BYTES, MAX_RANK, MAX_TENSORS, Tensor, broken, checked

MAX_PICKLE = 256 << 20
MAX_OPCODES = 20_000_000

_STORAGES = {
    "DoubleStorage": "F64", "FloatStorage": "F32", "HalfStorage": "F16", "BFloat16Storage": "BF16",
    "LongStorage": "I64", "IntStorage": "I32", "ShortStorage": "I16", "CharStorage": "I8", "ByteStorage": "U8",
    "BoolStorage": "BOOL", "ComplexFloatStorage": "C64", "Float8_e4m3fnStorage": "F8_E4M3",
    "Float8_e5m2Storage": "F8_E5M2",
}  # fmt: skip
_TENSOR = ("torch._utils", "_rebuild_tensor_v2")
_PARAMETER = ("torch._utils", "_rebuild_parameter")
_ORDERED = ("collections", "OrderedDict")


def read_torch(path: Path, file: SteadyFile) -> Iterator[Tensor | Skipped]:
    """The tensors of a checkpoint by their path in it ('state_dict.layer.weight'). Raises UnreadableInput."""
    found = {member.name: member for member in members(path, file)}
    pickles = [name for name in found if name == "data.pkl" or name.endswith("/data.pkl")]
    if len(pickles) != 1:
        raise broken(path, "is not a PyTorch checkpoint: it must hold one data.pkl")
    folder = pickles[0].removesuffix("data.pkl")
    if _text(path, file, found.get(f"{folder}byteorder")) not in (b"", b"little"):
        yield Skipped(path.name, "the checkpoint is not little-endian")
        return
    root = _Reader(path).read(_text(path, file, found[pickles[0]]))
    for name, value in _leaves(root):
        if isinstance(value, _Strided):
            yield _placed(path, file, name, value, found.get(f"{folder}data/{value.storage.key}"))
        elif isinstance(value, _Opaque):
            yield Skipped(name or path.name, f"made by calling {value.what}, which is not interpreted")


def _text(path: Path, file: SteadyFile, member: Member | None) -> bytes:
    if member is None:
        return b""
    if member.method != zipfile.ZIP_STORED or member.bytes > MAX_PICKLE:
        raise broken(path, f"has {member.name[:200]!r} compressed or too large, which torch.save never writes")
    with file.piece(member.offset, member.offset + member.bytes) as piece:
        return bytes(piece)


def _placed(path: Path, file: SteadyFile, name: str, value: _Strided, member: Member | None) -> Tensor | Skipped:
    if member is None or member.method != zipfile.ZIP_STORED:
        raise broken(path, f"lacks the bytes of the tensor {name[:200]!r}")
    if len(value.shape) > MAX_RANK or len(value.shape) != len(value.strides):
        raise broken(path, f"gives the tensor {name[:200]!r} an impossible shape")
    dtype = _STORAGES.get(value.storage.kind)
    if dtype is None:
        return Skipped(name, f"values of a {value.storage.kind[:50]} are not compared")
    width = ELEMENT_BYTES[dtype]
    shape = _contiguous(value.shape, value.strides)
    if shape is None:
        return Skipped(name, "the tensor is a view that is not contiguous")
    tensor = Tensor(name, dtype, shape, path, member.offset + value.start * width, 0)
    length = tensor.elements * width
    if value.start * width + length > member.bytes:
        raise broken(path, f"gives the tensor {name[:200]!r} bytes beyond its storage")
    return checked(Tensor(name, dtype, shape, path, tensor.offset, length), file.size)


def _contiguous(shape: tuple[int, ...], strides: tuple[int, ...]) -> tuple[int, ...] | None:
    """The shape in which the bytes run row by row: as it is, or transposed; None for other views."""
    axes = sorted(range(len(shape)), key=lambda axis: (-strides[axis], axis))
    expected = 1
    for axis in reversed(axes):
        if shape[axis] != 1 and strides[axis] != expected:
            return None
        expected *= max(shape[axis], 1)
    return tuple(shape[axis] for axis in axes)


def _leaves(root: Any) -> Iterator[tuple[str, Any]]:
    """Every value below dictionaries, lists and tuples, with its path; each container once."""
    pending: list[tuple[str, Any]] = [("", root)]
    seen: set[int] = set()
    while pending:
        name, value = pending.pop()
        if isinstance(value, dict | list | tuple):
            if id(value) in seen:
                continue
            seen.add(id(value))
            items = value.items() if isinstance(value, dict) else enumerate(value)
            inner = [(f"{name}.{key}" if name else str(key), child) for key, child in items]
            if len(pending) + len(inner) > MAX_TENSORS:
                return
            pending.extend(reversed(inner))
        else:
            yield name, value


@dataclass(frozen=True, slots=True)
class _Name:
    """What GLOBAL names: two words."""

    module: str
    name: str

    @property
    def pair(self) -> tuple[str, str]:
        return self.module, self.name


@dataclass(frozen=True, slots=True)
class _Storage:
    kind: str
    key: str


@dataclass(frozen=True, slots=True)
class _Strided:
    storage: _Storage
    start: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _Opaque:
    """The result of a call that is not interpreted."""

    what: str
    state: list[Any] = field(default_factory=list)


_MARK = object()


class _Reader:
    """The part of the pickle machine that torch.save needs. `pickletools` decodes the opcodes; no callable exists here."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._stack: list[Any] = []
        self._memo: dict[int, Any] = {}

    def read(self, raw: bytes) -> Any:
        """The value that the pickle describes. Raises UnreadableInput."""
        try:
            for count, (opcode, argument, _) in enumerate(pickletools.genops(raw)):
                if count > MAX_OPCODES:
                    raise broken(self._path, "has a pickle without an end")
                if opcode.name == "STOP":
                    return self._stack.pop()
                self._step(opcode.name, argument)
        except (ValueError, IndexError, KeyError, TypeError, AttributeError, OverflowError):
            pass
        raise broken(self._path, "has a pickle that torch.save would not write")

    def _step(self, opcode: str, argument: Any) -> None:
        stack, memo = self._stack, self._memo
        match opcode:
            case "PROTO" | "FRAME":
                pass
            case "MARK":
                stack.append(_MARK)
            case "NONE" | "NEWTRUE" | "NEWFALSE":
                stack.append({"NONE": None, "NEWTRUE": True, "NEWFALSE": False}[opcode])
            case ("BININT" | "BININT1" | "BININT2" | "LONG1" | "BINFLOAT" | "BINUNICODE" | "SHORT_BINUNICODE"
                  | "BINUNICODE8" | "SHORT_BINBYTES" | "BINBYTES" | "SHORT_BINSTRING" | "BINSTRING"):  # fmt: skip
                stack.append(argument)
            case "EMPTY_DICT" | "EMPTY_LIST" | "EMPTY_TUPLE" | "EMPTY_SET":
                stack.append({"EMPTY_DICT": {}, "EMPTY_LIST": [], "EMPTY_TUPLE": ()}.get(opcode, []))
            case "TUPLE" | "LIST" | "TUPLE1" | "TUPLE2" | "TUPLE3":
                items = self._marked() if opcode in ("TUPLE", "LIST") else self._last(int(opcode[-1]))
                stack.append(items if opcode == "LIST" else tuple(items))
            case "BINPUT" | "LONG_BINPUT" | "MEMOIZE":
                memo[len(memo) if opcode == "MEMOIZE" else argument] = stack[-1]
            case "BINGET" | "LONG_BINGET":
                stack.append(memo[argument])
            case "GLOBAL":
                module, _, name = argument.partition(" ")
                stack.append(_Name(module, name))
            case "STACK_GLOBAL":
                module, name = self._last(2)
                stack.append(_Name(str(module), str(name)))
            case "BINPERSID":
                stack.append(_storage(stack.pop()))
            case "REDUCE" | "NEWOBJ":
                callee, arguments = self._last(2)
                stack.append(_called(callee, arguments))
            case "APPEND" | "APPENDS":
                values = self._marked() if opcode == "APPENDS" else self._last(1)
                if isinstance(stack[-1], list):
                    stack[-1].extend(values)
            case "SETITEM" | "SETITEMS":
                values = self._marked() if opcode == "SETITEMS" else self._last(2)
                if isinstance(stack[-1], dict):
                    stack[-1].update((_key(key), value) for key, value in zip(values[::2], values[1::2], strict=True))
            case "BUILD":
                state = stack.pop()
                if isinstance(stack[-1], _Opaque):
                    stack[-1].state.append(state)
            case "POP":
                stack.pop()
            case _:
                raise ValueError(opcode)

    def _marked(self) -> list[Any]:
        items: list[Any] = []
        while (item := self._stack.pop()) is not _MARK:
            items.append(item)
        return items[::-1]

    def _last(self, count: int) -> list[Any]:
        if len(self._stack) < count or any(item is _MARK for item in self._stack[-count:]):
            raise IndexError
        found = self._stack[-count:]
        del self._stack[-count:]
        return found


def _storage(identifier: Any) -> Any:
    """torch's persistent id: ('storage', its class, key, place, elements)."""
    if isinstance(identifier, tuple) and len(identifier) >= 3 and identifier[0] == "storage":
        kind, key = identifier[1:3]
        if isinstance(kind, _Name) and isinstance(key, str):
            return _Storage(kind.name, key)
    return _Opaque("a persistent id")


def _called(callee: Any, arguments: Any) -> Any:
    if not isinstance(callee, _Name) or not isinstance(arguments, tuple):
        return _Opaque("something that is no name")
    if callee.pair == _ORDERED and not arguments:
        return {}
    if callee.pair == _TENSOR and len(arguments) >= 4:
        storage, start, shape, strides = arguments[:4]
        if isinstance(storage, _Storage) and _naturals(start, *shape, *strides):
            return _Strided(storage, start, shape, strides)
    if callee.pair == _PARAMETER and arguments and isinstance(arguments[0], _Strided):
        return arguments[0]
    return _Opaque(f"{callee.module}.{callee.name}"[:200])


def _naturals(*values: Any) -> bool:
    return all(type(value) is int and 0 <= value < 1 << 62 for value in values)


def _key(value: Any) -> str:
    return value if isinstance(value, str) else repr(value)[:200] if isinstance(value, int | float | bytes) else "?"
