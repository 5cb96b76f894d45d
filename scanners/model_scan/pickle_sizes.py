"""What the calls of a pickle would make of sizes: texts that grow, numbers that explode, ranges that are spelled out.

Growth is taken at its most: a field of a format holds the longest of what it is given.
"""

from __future__ import annotations

import ipaddress
import math
import re
from collections.abc import Callable
from dataclasses import dataclass

from scanners.model_scan.pickle_extents import ENDLESS, Meter, extent
from scanners.model_scan.pickle_values import Attribute, DictValue, Global, Result, Unknown, Value
from scanners.model_scan.vocabulary import words

HUGE = 1 << 28
"""More items, or bytes, than this are too many: a list of as many takes 2 GiB."""
_HUGE_NUMBER = 1 << 23
"""Bytes: to compute a number of more takes minutes."""
_HUGE_EXPONENT = 10_000_000
_HUGE_ARRAY = 1 << 34
_WIDTH = re.compile(r"\d{9,}")
_EXPONENT = re.compile(r"[eE]\+?(\d{1,30})\s*$")
_CONSTANT_TIME = words("pickle_sizes.constant_time")
"""What takes an iterator, or a range, without going through it; everything else is taken to go through it."""
_LAZY = words("pickle_sizes.lazy")
"""Views of other iterators: as long as the longest of these."""
_COMPARING = words("pickle_sizes.comparing")
"""What goes through everything that is in its arguments, at any depth, comparing or hashing it."""
_SHAPED = frozenset(("numpy.ndarray", "numpy.core.multiarray._reconstruct", "numpy._core.multiarray._reconstruct"))
_MAX_DIMENSIONS = 64
_MAX_CHOSEN = 1000
_CHOOSING: dict[str, Callable[[int, int], int]] = {
    "itertools.permutations": math.perm,
    "itertools.combinations": math.comb,
    "itertools.combinations_with_replacement": lambda number, of: math.comb(number + of - 1, of),
}
_REPEATING = words("pickle_sizes.repeating")
"""What repeats an operand as often as another says."""
_NUMERIC = words("pickle_sizes.numeric")
"""What computes numbers of numbers."""
_COUNTING = frozenset(("hash", "id", "round", "int", "pow", "abs", "sum", "max", "min", "len", "ord", "next"))
_VALUE_TYPES = ("str.", "bytes.", "bytearray.", "list.", "tuple.", "dict.", "int.")
_MEASURED = frozenset(("builtins", "operator", "itertools", "codecs", "binascii", "base64", "json", "collections"))


@dataclass(frozen=True, slots=True)
class Size:
    """How long the result of a call is, how many parts it has in all, and whether that is known at all."""

    extent: int
    parts: int
    known: bool = True
    """False where a number that nobody can tell says how often something is repeated."""


def operation(function: Value, args: tuple[Value, ...]) -> tuple[str, tuple[Value, ...]]:
    """What is called on what, methods like functions: 's.replace(a, b)' is '.replace' of (s, a, b)."""
    if isinstance(function, Attribute):
        return f".{function.name}", (function.owner, *args)
    if not isinstance(function, Global):
        return "", args
    name = f"{function.module.removeprefix('_')}.{function.name}".removeprefix("builtins.")
    return (name[name.index(".") :] if name.startswith(_VALUE_TYPES) else name), args


def size_of(function: Value, args: tuple[Value, ...], kwargs: DictValue | None, meter: Meter) -> Size:
    """What a call gives, as far as its arguments tell. Raises Unmeasured."""
    name, operands = operation(function, args)
    if name in _GROWTH:
        length = min(ENDLESS, _GROWTH[name](operands, meter))
        inside = sum(map(meter.written, operands)) * (max(1, _number(operands)) if name in _REPEATING else 1)
        return Size(length, min(ENDLESS, max(length, inside)), known=not _is_unsure(name, operands))
    if name in _CHOOSING or name == "itertools.product":
        length = _choices(name, operands) if name in _CHOOSING else _products(operands, kwargs)
        return Size(length, length)
    if isinstance(function, Global) and function.module.removeprefix("_") not in _MEASURED:
        return Size(0, 1 + sum(meter.hashed(item) for item in args if type(item) is tuple or type(item) is Result))
    return Size(max(map(extent, operands), default=0), 1 + sum(map(meter.written, operands)))


def _is_unsure(name: str, operands: tuple[Value, ...]) -> bool:
    """Whether something is repeated as often as a number says that was not computed."""
    if name in _REPEATING:
        return not any(isinstance(item, int) for item in operands) and any(map(_is_computed, operands))
    return name in ("bytes", "bytearray", "range") and any(map(_is_number, operands))


def _is_computed(value: Value) -> bool:
    return isinstance(value, Result | Attribute | Unknown)


def _is_number(value: Value) -> bool:
    if not isinstance(value, Result):
        return isinstance(value, Unknown)
    name, _ = operation(value.function, ())
    return name in _COUNTING or name.partition(".")[0] in ("math", "operator")


def exhausts(function: Value, args: tuple[Value, ...], size: Size, meter: Meter) -> bool:
    """Whether a call whose result has this size takes more time or memory than there is. Raises Unmeasured."""
    name, operands = operation(function, args)
    if name in _NUMERIC and all(isinstance(item, int | float | Result) for item in operands):
        return size.extent > _HUGE_NUMBER
    if name in ("int", "fractions.Fraction"):
        return any(_exponent(item, name) > _HUGE_EXPONENT for item in operands)
    if name in _SHAPED:
        return any(_elements(item) > _HUGE_ARRAY for item in operands)
    if name in _LAZY or name in _CONSTANT_TIME:
        return False
    if size.extent > HUGE or any(isinstance(item, Result) and item.extent > HUGE for item in operands):
        return True
    return name in _COMPARING and sum(meter.parts(item) for item in operands) > HUGE


def _widest(template: Value) -> int:
    """The largest number in a format, as it could be a field's width; 0 for what is no text."""
    return (
        max((int(digits[:20]) for digits in _WIDTH.findall(template[:10_000])), default=0)
        if isinstance(template, str)
        else 0
    )


def _exponent(value: Value, name: str) -> int:
    """The power of ten that a number's text names, where all its digits would be computed."""
    if isinstance(value, Result) and isinstance(value.function, Global) and value.function.name == "Decimal":
        value = value.args[0] if value.args else None
    elif name == "int":
        return 0
    named = _EXPONENT.search(value[-100:]) if isinstance(value, str) else None
    return int(named[1]) if named else 0


def _elements(shape: Value) -> int:
    """How many elements an array of this shape has; 0 for what is no shape."""
    if not isinstance(shape, tuple) or len(shape) > _MAX_DIMENSIONS:
        return 0
    extents = [item for item in shape if isinstance(item, int)]
    return math.prod(extents) if extents and len(extents) == len(shape) else 0


# Growth: the length of the result by the operands


def _number(operands: tuple[Value, ...]) -> int:
    return max((item for item in operands if isinstance(item, int)), default=1)


def _product(operands: tuple[Value, ...], _meter: Meter) -> int:
    numbers = [item for item in operands if isinstance(item, int)]
    if len(numbers) == len(operands) or not numbers:
        return sum(map(extent, operands))
    return max(0, *numbers) * max(1, *(extent(item) for item in operands if not isinstance(item, int)))


def _sum(operands: tuple[Value, ...], _meter: Meter) -> int:
    return sum(map(extent, operands))


def _power(operands: tuple[Value, ...], _meter: Meter) -> int:
    if len(operands) != 2 or not isinstance(operands[1], int):
        return max(map(extent, operands), default=0)
    base = operands[0]
    bits = max(0, abs(base).bit_length() - 1) if isinstance(base, int) else 8 * extent(base)
    return operands[1] * bits // 8


def _shift(operands: tuple[Value, ...], _meter: Meter) -> int:
    return extent(operands[0]) + _number(operands[1:]) // 8 if operands else 0


def _padded(operands: tuple[Value, ...], _meter: Meter) -> int:
    return max(_number(operands[1:]), extent(operands[0])) if operands else 0


def _tabs(operands: tuple[Value, ...], _meter: Meter) -> int:
    text = operands[0] if operands else ""
    tabs = text.count("\t") if isinstance(text, str) else extent(text)
    return tabs * (_number(operands[1:]) if operands[1:] else 8) + extent(text)


def _replaced(operands: tuple[Value, ...], _meter: Meter) -> int:
    if len(operands) < 3:
        return max(map(extent, operands), default=0)
    text, old, new = operands[:3]
    times = extent(text) // max(1, extent(old)) + 1
    if isinstance(text, str) and isinstance(old, str):
        times = text.count(old)
    if len(operands) > 3 and isinstance(operands[3], int) and operands[3] >= 0:
        times = min(times, operands[3])
    return extent(text) + times * extent(new)


def _joined(operands: tuple[Value, ...], meter: Meter) -> int:
    separator, items = (operands[0], operands[1]) if len(operands) > 1 else ("", ())
    return meter.written(items) + extent(separator) * extent(items)


def _formatted(operands: tuple[Value, ...], meter: Meter) -> int:
    """Every field holds the longest of what is given, or is as wide as the largest number in a template."""
    widest = max((_widest(item) for item in operands), default=0)
    template = operands[0] if operands else ""
    fields = template.count("{") + template.count("%") if isinstance(template, str) else extent(template)
    longest = max((meter.written(item) for item in operands[1:]), default=0)
    return extent(template) + widest + fields * longest


def _rendered(operands: tuple[Value, ...], meter: Meter) -> int:
    return max((_widest(item) for item in operands[1:]), default=0) + _written(operands, meter)


def _written(operands: tuple[Value, ...], meter: Meter) -> int:
    """A backslash, or a quote, is written as two characters."""
    return 2 * sum(meter.written(item) for item in operands)


def _translated(operands: tuple[Value, ...], meter: Meter) -> int:
    return extent(operands[0]) * max(1, meter.written(operands[1])) if len(operands) > 1 else 0


def _doubled(operands: tuple[Value, ...], _meter: Meter) -> int:
    return 2 * max(map(extent, operands), default=0)


def _bytes(operands: tuple[Value, ...], _meter: Meter) -> int:
    return max((item if isinstance(item, int) else extent(item) for item in operands), default=0)


def _flattened(operands: tuple[Value, ...], meter: Meter) -> int:
    return sum(meter.written(item) for item in operands)


def _range(operands: tuple[Value, ...], _meter: Meter) -> int:
    numbers = [item for item in operands if isinstance(item, int)]
    if not numbers or len(numbers) != len(operands) or len(numbers) > 3:
        return 0
    start, stop, step = {1: (0, *numbers, 1), 2: (*numbers, 1), 3: tuple(numbers)}[len(numbers)]
    return max(0, (stop - start) // step) if step else 0


def _repeat(operands: tuple[Value, ...], _meter: Meter) -> int:
    return ENDLESS if len(operands) == 1 else _number(operands[1:])


def _endless(_operands: tuple[Value, ...], _meter: Meter) -> int:
    return ENDLESS


def _islice(operands: tuple[Value, ...], _meter: Meter) -> int:
    numbers = [item for item in operands[1:] if isinstance(item, int)]
    return min(extent(operands[0]), max(numbers, default=ENDLESS)) if operands else 0


def _products(operands: tuple[Value, ...], kwargs: DictValue | None) -> int:
    total = 1
    for item in operands[:50]:
        total = min(ENDLESS, total * max(1, extent(item)))
    repeat = kwargs.get("repeat") if kwargs is not None else 1
    return min(ENDLESS, total ** min(repeat, 64)) if isinstance(repeat, int) and repeat > 0 else total


def _choices(name: str, operands: tuple[Value, ...]) -> int:
    """How many permutations or combinations there are: of what is chosen from, and how many of it."""
    number = extent(operands[0]) if operands else 0
    of = operands[1] if len(operands) > 1 and isinstance(operands[1], int) else number
    if not 0 <= of <= number:
        return 0
    if min(of, number - of) > _MAX_CHOSEN or of > _MAX_CHOSEN:
        return ENDLESS
    return min(ENDLESS, _CHOOSING[name](number, of))


def _addresses(operands: tuple[Value, ...], _meter: Meter) -> int:
    """How many addresses a network has, which goes through them one by one."""
    try:
        return ipaddress.ip_network(str(operands[0]), strict=False).num_addresses if operands else 0
    except ValueError:
        return 0


_GROWTH: dict[str, Callable[[tuple[Value, ...], Meter], int]] = {
    **dict.fromkeys(("operator.mul", "operator.imul", ".__mul__", ".__rmul__"), _product),
    **dict.fromkeys(("operator.add", "operator.concat", "operator.iadd", "operator.iconcat", ".__add__"), _sum),
    **dict.fromkeys(("pow", "operator.pow", "operator.ipow"), _power),
    **dict.fromkeys(("operator.lshift", "operator.ilshift"), _shift),
    **dict.fromkeys((".ljust", ".rjust", ".center", ".zfill", ".to_bytes"), _padded),
    **dict.fromkeys(("operator.mod", "operator.imod", ".__mod__", ".format", ".format_map"), _formatted),
    **dict.fromkeys(("format", ".__format__"), _rendered),
    **dict.fromkeys(("str", "repr", "ascii", "json.dumps", ".__str__", ".__repr__"), _written),
    **dict.fromkeys(
        ("binascii.hexlify", "binascii.b2a_hex", "base64.b64encode", "hex", "bin", "oct", ".hex"), _doubled
    ),
    **dict.fromkeys(("itertools.chain", "itertools.chain.from_iterable", "sum"), _flattened),
    **dict.fromkeys(("itertools.count", "itertools.cycle"), _endless),
    **dict.fromkeys(("ipaddress.IPv4Network", "ipaddress.IPv6Network"), _addresses),
    **dict.fromkeys(("bytes", "bytearray"), _bytes),
    ".replace": _replaced,
    ".join": _joined,
    ".expandtabs": _tabs,
    ".translate": _translated,
    "range": _range,
    "itertools.repeat": _repeat,
    "itertools.islice": _islice,
}
