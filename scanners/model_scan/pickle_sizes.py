"""How large the result of a call would be, as far as its arguments tell: numbers, ranges, endless iterators."""

from __future__ import annotations

from scanners.model_scan.pickle_values import Global, Result, Value
from scanners.model_scan.vocabulary import words

_HUGE = 1 << 31
_HUGE_POWER = 100_000_000
_ENDLESS = 1 << 62
_SIZED_BY_NUMBER = frozenset(("bytes", "bytearray", "operator.mul", "operator.imul"))
_SIZED_BY_POWER = frozenset(("pow", "operator.pow", "operator.ipow", "operator.lshift", "operator.ilshift"))
_SPELLING_OUT = words("pickle_sizes.spelling_out")
_LAZY = frozenset(("enumerate", "zip", "map", "filter", "reversed", "iter", "itertools.chain", "itertools.tee"))


def exhausts(path: str, args: tuple[Value, ...]) -> bool:
    """Whether a call gives as much as a number among its arguments says, or spells out a range, and that is too much."""
    name = path.removeprefix("_").removeprefix("builtins.")
    numbers = [item for item in args if isinstance(item, int)]
    if name in _SIZED_BY_POWER:
        return any(number > _HUGE_POWER for number in numbers)
    if name in _SIZED_BY_NUMBER and any(number > _HUGE for number in numbers):
        return True
    return name in _SPELLING_OUT and any(_length(item) > _HUGE for item in args)


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
    if name in _LAZY:
        return max((_length(item) for item in value.args), default=0)
    return 0
