"""How large the result of a call would be, as far as its arguments tell: numbers, ranges, endless iterators."""

from __future__ import annotations

import ipaddress
import math
import re
from collections.abc import Callable

from scanners.model_scan.pickle_values import Global, Result, Value
from scanners.model_scan.vocabulary import words

HUGE = 1 << 28
"""More items, or bytes, than this are too many: a list of as many takes 2 GiB."""
_HUGE_NUMBER = 1 << 26
"""Bits: to compute a number of more takes minutes."""
_HUGE_EXPONENT = 10_000_000
_ENDLESS = 1 << 62
_SIZED_BY_NUMBER = frozenset(("bytes", "bytearray"))
_MULTIPLYING = frozenset(("operator.mul", "operator.imul", "__mul__", "__rmul__"))
_ADDING = frozenset(("operator.add", "operator.concat", "operator.iadd"))
_POWERS = frozenset(("pow", "operator.pow", "operator.ipow"))
_SHIFTS = frozenset(("operator.lshift", "operator.ilshift"))
_FORMATTING = frozenset(("format", "operator.mod", "operator.imod", "__mod__", "__format__", "str.format"))
_WIDTH = re.compile(r"\d{9,}")
_EXPONENT = re.compile(r"[eE]\+?(\d{1,30})\s*$")
_CONSTANT_TIME = words("pickle_sizes.constant_time")
"""What takes an iterator, or a range, without going through it; everything else is taken to go through it."""
_PADDING = frozenset(("ljust", "rjust", "center", "zfill"))
_SHAPED = frozenset(("numpy.ndarray", "numpy.core.multiarray._reconstruct", "numpy._core.multiarray._reconstruct"))
_HUGE_ARRAY = 1 << 34
_NETWORKS = frozenset(("ipaddress.IPv4Network", "ipaddress.IPv6Network"))
_MAX_DIMENSIONS = 64
_MAX_MEASURED = 500
"""As many values are measured for one call; their nesting is no deeper."""
_CHOOSING: dict[str, Callable[[int, int], int]] = {
    "itertools.permutations": math.perm,
    "itertools.combinations": math.comb,
    "itertools.combinations_with_replacement": lambda number, of: math.comb(number + of - 1, of),
}
_MAX_CHOSEN = 1000
_LAZY = words("pickle_sizes.lazy")
"""Views of other iterators: as long as the longest of these."""


def exhausts(path: str, args: tuple[Value, ...]) -> bool:
    """Whether a call gives as much as a number among its arguments says, or spells out a range, and that is too much."""
    name = (path if path.startswith("__") else path.removeprefix("_")).removeprefix("builtins.")
    numbers = [item for item in args if isinstance(item, int)]
    if name in _POWERS:
        return len(numbers) == len(args) == 2 and numbers[1] * max(0, abs(numbers[0]).bit_length() - 1) > _HUGE_NUMBER
    if name in _SHIFTS:
        return any(number > _HUGE_NUMBER for number in numbers[1:])
    if name in _MULTIPLYING and numbers and max(numbers) * max(1, *map(_size, args)) > HUGE:
        return len(numbers) < max(2, len(args))
    if (name in _SIZED_BY_NUMBER or name.rpartition(".")[2] in _PADDING) and any(number > HUGE for number in numbers):
        return True
    if name in _ADDING and sum(map(_size, args)) > HUGE:
        return True
    if name in _FORMATTING and any(_widest(item) > HUGE for item in args):
        return True
    if name in ("int", "fractions.Fraction"):
        return any(_exponent(item, name) > _HUGE_EXPONENT for item in args)
    if name in _SHAPED:
        return any(_elements(item) > _HUGE_ARRAY for item in args)
    return name not in _LAZY and name not in _CONSTANT_TIME and any(length(item) > HUGE for item in args)


def _size(value: Value, seen: dict[int, int] | None = None) -> int:
    return len(value) if isinstance(value, str | bytes | tuple | list) else length(value, seen)


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


def length(value: Value, seen: dict[int, int] | None = None) -> int:
    """How many items going through `value` gives, as far as its arguments tell: ranges, endless iterators, views of them.

    What is shared is measured once: `seen` keeps what was found, by identity.
    """
    seen = {} if seen is None else seen
    if id(value) not in seen:
        seen[id(value)] = 0
        seen[id(value)] = min(_ENDLESS, _measured(value, seen)) if len(seen) < _MAX_MEASURED else 0
    return seen[id(value)]


def _measured(value: Value, seen: dict[int, int]) -> int:
    if not isinstance(value, Result) or not isinstance(value.function, Global):
        return 0
    name = f"{value.function.module}.{value.function.name}".removeprefix("builtins.")
    numbers = [item for item in value.args if isinstance(item, int)]
    if name == "range" and numbers and len(numbers) == len(value.args) <= 3:
        start, stop, step = {1: (0, *numbers, 1), 2: (*numbers, 1), 3: tuple(numbers)}[len(numbers)]
        return max(0, (stop - start) // step) if step else 0
    if name in ("itertools.count", "itertools.cycle") or (name == "itertools.repeat" and len(value.args) == 1):
        return _ENDLESS
    if name in _MULTIPLYING and numbers:
        return max(numbers) * max(1, *(_size(item, seen) for item in value.args)) if len(numbers) == 1 else 0
    if name in _ADDING:
        return sum(_size(item, seen) for item in value.args)
    if name == "itertools.islice":
        return min(length(value.args[0], seen), max(numbers, default=_ENDLESS)) if value.args else 0
    if name in _NETWORKS:
        return _addresses(value.args)
    if name == "itertools.repeat" and len(value.args) == 2 and isinstance(value.args[1], int):
        return value.args[1]
    if name == "itertools.product":
        repeat = value.kwargs.get("repeat") if value.kwargs is not None else 1
        sizes = [
            length(item, seen) or (len(item) if isinstance(item, str | bytes | tuple | list) else 1)
            for item in value.args
        ]
        total = 1
        for size in sizes[:50]:
            total = min(_ENDLESS, total * size)
        return min(_ENDLESS, total ** min(repeat, 64)) if isinstance(repeat, int) and repeat > 0 else total
    if name in _CHOOSING:
        return _choices(name, value.args, seen)
    if name in _LAZY:
        return max((length(item, seen) for item in value.args), default=0)
    return 0


def _addresses(args: tuple[Value, ...]) -> int:
    """How many addresses a network has, which goes through them one by one."""
    try:
        return ipaddress.ip_network(str(args[0]), strict=False).num_addresses if args else 0
    except ValueError:
        return 0


def _choices(name: str, args: tuple[Value, ...], seen: dict[int, int]) -> int:
    """How many permutations or combinations there are of `args`: what is chosen from, and how many of it."""
    given = args[0] if args else ()
    number = len(given) if isinstance(given, str | bytes | tuple | list) else length(given, seen)
    of = args[1] if len(args) > 1 and isinstance(args[1], int) else number
    if not 0 <= of <= number:
        return 0
    if min(of, number - of) > _MAX_CHOSEN or of > _MAX_CHOSEN:
        return _ENDLESS
    return min(_ENDLESS, _CHOOSING[name](number, of))
