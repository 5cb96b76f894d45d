"""How large the result of a call would be, as far as its arguments tell: numbers, ranges, endless iterators."""

from __future__ import annotations

import math
from collections.abc import Callable

from scanners.model_scan.pickle_values import Global, Result, Value
from scanners.model_scan.vocabulary import words

_HUGE = 1 << 31
_HUGE_POWER = 100_000_000
_ENDLESS = 1 << 62
_SIZED_BY_NUMBER = frozenset(("bytes", "bytearray", "operator.mul", "operator.imul"))
_SIZED_BY_POWER = frozenset(("pow", "operator.pow", "operator.ipow", "operator.lshift", "operator.ilshift"))
_SPELLING_OUT = words("pickle_sizes.spelling_out")
_PADDING = frozenset(("ljust", "rjust", "center", "zfill", "__mul__", "__rmul__"))
_SHAPED = frozenset(("numpy.ndarray", "numpy.core.multiarray._reconstruct", "numpy._core.multiarray._reconstruct"))
_HUGE_ARRAY = 1 << 40
_MAX_DIMENSIONS = 64
_CHOOSING: dict[str, Callable[[int, int], int]] = {
    "itertools.permutations": math.perm,
    "itertools.combinations": math.comb,
    "itertools.combinations_with_replacement": lambda number, of: math.comb(number + of - 1, of),
}
_MAX_CHOSEN = 1000
_LAZY = frozenset(
    (
        "enumerate",
        "zip",
        "map",
        "filter",
        "reversed",
        "iter",
        "itertools.chain",
        "itertools.chain.from_iterable",
        "itertools.tee",
    )
)


def exhausts(path: str, args: tuple[Value, ...]) -> bool:
    """Whether a call gives as much as a number among its arguments says, or spells out a range, and that is too much."""
    name = path.removeprefix("_").removeprefix("builtins.")
    numbers = [item for item in args if isinstance(item, int)]
    if name in _SIZED_BY_POWER:
        return any(number > _HUGE_POWER for number in numbers)
    if name in _SIZED_BY_NUMBER and any(number > _HUGE for number in numbers):
        return True
    if name.rpartition(".")[2] in _PADDING and any(number > _HUGE for number in numbers):
        return True
    if name in _SHAPED:
        return any(_elements(item) > _HUGE_ARRAY for item in args)
    return name in _SPELLING_OUT and any(_length(item) > _HUGE for item in args)


def _elements(shape: Value) -> int:
    """How many elements an array of this shape has; 0 for what is no shape."""
    if not isinstance(shape, tuple) or len(shape) > _MAX_DIMENSIONS:
        return 0
    extents = [item for item in shape if isinstance(item, int)]
    return math.prod(extents) if extents and len(extents) == len(shape) else 0


def _length(value: Value) -> int:
    """How many items going through `value` gives, as far as its arguments tell: ranges, endless iterators, views of them."""
    if not isinstance(value, Result) or not isinstance(value.function, Global):
        return 0
    name = f"{value.function.module}.{value.function.name}".removeprefix("builtins.")
    numbers = [item for item in value.args if isinstance(item, int)]
    if name == "range" and numbers and len(numbers) == len(value.args) <= 3:
        start, stop, step = {1: (0, *numbers, 1), 2: (*numbers, 1), 3: tuple(numbers)}[len(numbers)]
        return max(0, (stop - start) // step) if step else 0
    if name in ("itertools.count", "itertools.cycle") or (name == "itertools.repeat" and len(value.args) == 1):
        return _ENDLESS
    if name == "itertools.repeat" and len(value.args) == 2 and isinstance(value.args[1], int):
        return value.args[1]
    if name == "itertools.product":
        repeat = value.kwargs.get("repeat") if value.kwargs is not None else 1
        sizes = [
            _length(item) or (len(item) if isinstance(item, str | bytes | tuple | list) else 1) for item in value.args
        ]
        total = 1
        for size in sizes[:50]:
            total = min(_ENDLESS, total * size)
        return min(_ENDLESS, total ** min(repeat, 64)) if isinstance(repeat, int) and repeat > 0 else total
    if name in _CHOOSING:
        return _choices(name, value.args)
    if name in _LAZY:
        return max((_length(item) for item in value.args), default=0)
    return 0


def _choices(name: str, args: tuple[Value, ...]) -> int:
    """How many permutations or combinations there are of `args`: what is chosen from, and how many of it."""
    given = args[0] if args else ()
    number = len(given) if isinstance(given, str | bytes | tuple | list) else _length(given)
    of = args[1] if len(args) > 1 and isinstance(args[1], int) else number
    if not 0 <= of <= number:
        return 0
    if min(of, number - of) > _MAX_CHOSEN or of > _MAX_CHOSEN:
        return _ENDLESS
    return min(_ENDLESS, _CHOOSING[name](number, of))
