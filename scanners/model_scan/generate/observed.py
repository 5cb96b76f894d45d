"""What real libraries ask a loader to call: read from pickles of real objects by the abstract machine, never loaded.

A callable is listed with what it was given at each position: `d` numbers, bytes and containers of them, `t` text,
`n` a name (class or function), `o` another object. A pickle that gives it anything else is not like the library's own.
"""

from __future__ import annotations

import mmap
import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from scanners.model_scan.argument_shapes import shape_of
from scanners.model_scan.callables import canonical, standing
from scanners.model_scan.limits import Budget
from scanners.model_scan.pickle_machine import PickleMachine
from scanners.model_scan.pickle_values import Global, Result, Unknown, Value

_BUILDERS = ("copyreg._reconstructor", "copyreg.__newobj__", "copyreg.__newobj_ex__")
_LOCAL = re.compile(r"__main__|<locals>|<lambda>")


@dataclass(slots=True)
class Observed:
    """Callables by how they were used. Names are (module, name)."""

    called: dict[tuple[str, str], list[set[str]]] = field(default_factory=lambda: defaultdict(list))
    made: dict[tuple[str, str], list[set[str]]] = field(default_factory=lambda: defaultdict(list))
    """By NEWOBJ or copyreg: `__new__` without `__init__`."""
    named: set[tuple[str, str]] = field(default_factory=set)

    # What the machine tells (pickle_machine.Watcher)

    def import_global(self, module: Value, name: Value, offset: int) -> Value:
        if not isinstance(module, str) or not isinstance(name, str):
            return Unknown("computed import")
        found = Global(*canonical(module, name), offset)
        self.named.add((found.module, found.name))
        return found

    def import_extension(self, code: int, offset: int) -> Value:
        return Unknown(f"extension code {code}")

    def call(self, function: Value, args: Value, kwargs: Value, offset: int, *, restoring: bool = False) -> Value:
        given = args if isinstance(args, tuple) else ()
        if isinstance(function, Global):
            path = f"{function.module}.{function.name}"
            target, rest, table = function, given, self.made if restoring else self.called
            if path in _BUILDERS and given and isinstance(given[0], Global):
                target, rest, table = given[0], given[1 if "newobj" in path else 3 :], self.made
                if path == "copyreg._reconstructor" and not _is_object(given[1]):
                    rest = given[2:]
            positions = table[target.module, target.name]
            for number, item in enumerate(rest):
                if number == len(positions):
                    positions.append(set())
                positions[number].add(shape_of(item))
        return Result(function, given, None, offset)

    def build(self, instance: Value, state: Value, offset: int) -> None:
        return

    def extend(self, instance: Value, items: list[Value], offset: int) -> None:
        return

    def hash(self, keys: Sequence[Value], offset: int) -> None:
        return


def _is_object(base: Value) -> bool:
    return isinstance(base, Global) and (base.module, base.name) == ("builtins", "object")


def observe(folder: Path) -> Observed:
    """Read every pickle below `folder` (made by `instances`)."""
    seen = Observed()
    for path in sorted(folder.rglob("*.pkl")):
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            view = memoryview(data)
            PickleMachine(view, 0, seen, Budget()).run()
            view.release()
    return seen


def shape_table(calls: dict[tuple[str, str], list[set[str]]]) -> dict[str, dict[str, str]]:
    """Module -> name -> shape, of what is not judged otherwise: `n,d,dt` is a name, data, and data or text."""
    table: dict[str, dict[str, str]] = defaultdict(dict)
    for (module, name), positions in sorted(calls.items()):
        known = standing(module, name)
        if _LOCAL.search(f"{module}.{name}") or (known.kind == "dangerous" and known.exact) or known.kind == "inert":
            continue
        table[module][name] = ",".join("".join(sorted(set("".join(position)))) for position in positions)
    return dict(table)
