"""Functions that are handed to other functions: what `map`, `partial`, `reduce`, keys and constructors would call."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

from scanners.model_scan.pickle_exhaustion import ExhaustionJudge
from scanners.model_scan.pickle_extents import extent
from scanners.model_scan.pickle_names import GETTERS, NESTED_LOADERS, QUIET_IMPORTERS, path_of
from scanners.model_scan.pickle_sizes import HUGE
from scanners.model_scan.pickle_values import (
    Attribute,
    DictValue,
    Global,
    Module,
    Result,
    Unknown,
    Value,
    render,
)
from scanners.model_scan.vocabulary import words

MAX_EACH = 200
"""As many arguments, elements and keywords are looked at one by one."""
_HANDED_ON = GETTERS | NESTED_LOADERS | QUIET_IMPORTERS
_CONSTRUCTORS = words("pickle_applications.constructors")
"""Functions that call their second argument with their first."""
_CLASS_MAKERS = words("pickle_applications.class_makers")
"""Functions that make an object of their first argument, a class of their own package."""
_CALLING_BACK = frozenset(("builtins", "functools", "itertools", "heapq", "json", "operator"))
_TABLES = frozenset(("sys.modules", "builtins.__dict__", "os.environ"))


@dataclass(slots=True)
class ApplicationJudge(ExhaustionJudge, ABC):
    """Carries calls through the functions that make them for others."""

    @abstractmethod
    def _call(
        self,
        function: Value,
        args: tuple[Value, ...],
        kwargs: DictValue | None,
        offset: int,
        depth: int,
        *,
        restoring: bool = False,
    ) -> Value:
        """Judge one call; the value that it gives."""

    def _check_given(self, path: str, args: tuple[Value, ...], offset: int) -> None:
        """`getattr`, importers and loaders are judged where they are called: handing one to others hides the call."""
        for item in args[:MAX_EACH]:
            if (
                isinstance(item, Global)
                and path_of(item) in _HANDED_ON
                and path not in ("functools.partial", "_functools.partial")
            ):
                self._note("model.pickle.attribute_gadget", offset, f"{path} is given {render(item)}")

    def _call_given(
        self, path: str, args: tuple[Value, ...], kwargs: DictValue | None, offset: int, depth: int
    ) -> None:
        """What an inert function would call of what it is given: `iter(f, stop)`, numpy's constructors, `key=f`."""
        if path == "builtins.iter" and len(args) == 2:
            self._call(args[0], (), None, offset, depth + 1)
        elif path in _CONSTRUCTORS and len(args) > 1:
            self._call(args[1], args[:1], None, offset, depth + 1)
        elif path in _CLASS_MAKERS and args:
            self._call(args[0], (), None, offset, depth + 1, restoring=True)
            if not (isinstance(args[0], Global) and args[0].module.partition(".")[0] == path.partition(".")[0]):
                self._note("model.pickle.unknown_callable", offset, f"{path}({render(args[0])}, …)", unexamined=path)
        if kwargs is not None and path.partition(".")[0] in _CALLING_BACK:
            for item in kwargs.items[1 : 2 * MAX_EACH : 2]:
                if isinstance(item, Global | Attribute) or (isinstance(item, Result) and self._is_partial(item)):
                    self._call(item, (Unknown("elements"),), None, offset, depth + 1)

    def _is_partial(self, value: Result) -> bool:
        return path_of(value.function) in ("functools.partial", "_functools.partial")

    def _apply(self, path: str, args: tuple[Value, ...], offset: int, depth: int, result: Result) -> Value:
        if not args:
            return result
        function = args[0]
        rest = args[1:]
        if path.endswith(".call"):
            return self._call(function, rest, None, offset, depth + 1)
        if path.endswith("apply"):
            inner = rest[0] if rest and isinstance(rest[0], tuple) else ()
            return self._call(function, inner, None, offset, depth + 1)
        if path == "itertools.accumulate" and len(args) > 1:
            function, rest = args[1], args[:1]
        result.extent = max(map(extent, rest), default=0)
        endless = any(isinstance(item, Result) and item.extent > HUGE for item in rest)
        if endless and path.endswith("reduce"):
            self._note("model.pickle.exhaustion", offset, f"{path}({', '.join(render(item) for item in args)})")
        columns = [list(column) for column in rest if isinstance(column, list | tuple | str)]
        if path.endswith("reduce") and columns:
            return self._fold(function, columns[0], rest[1:], offset, depth)
        if not columns or not all(columns):
            answer = self._call(function, (Unknown("elements"),), None, offset, depth + 1)
            return result if endless else answer
        rows = list(zip(*columns, strict=False))[:MAX_EACH]
        answers: list[Value] = []
        for row in rows:
            inside = row[0] if path.endswith("starmap") and isinstance(row[0], tuple) else row
            answers.append(self._call(function, tuple(inside), None, offset, depth + 1))
        return answers

    def _fold(self, function: Value, items: list[Value], initial: tuple[Value, ...], offset: int, depth: int) -> Value:
        values = [*initial[:1], *items][: MAX_EACH * 5]
        folded = values[0]
        for item in values[1:]:
            folded = self._call(function, (folded, item), None, offset, depth + 1)
        return folded

    def _getitem(self, container: Value, key: Value, offset: int, depth: int) -> Value:
        if isinstance(container, Result) and path_of(container.function).endswith("defaultdict") and container.args:
            return self._call(container.args[0], (), None, offset, depth + 1)  # the key may be missing
        if isinstance(container, Global) and path_of(container) in _TABLES and isinstance(key, str):
            return Module(key)
        if isinstance(container, tuple | list) and isinstance(key, int) and -len(container) <= key < len(container):
            return container[key]
        if isinstance(container, DictValue) and isinstance(key, str | int):
            return container.get(key)
        return None
