"""The tables as plain dictionaries, made from a call graph."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable

from scanners.model_scan.callables import IMPORT
from scanners.model_scan.generate.call_graph import GRAVE, PRIMITIVES, RESTORED, RESTORING, CallGraph
from scanners.model_scan.vocabulary import words as word_list

Names = dict[str, set[str]]
"""Module -> names."""
_LAZY = frozenset((IMPORT,))
_VALUES = word_list("generate.value_types")
"""Types whose own `__reduce__` gives the class back with its value: their subclasses are called while restoring."""


Capable = dict[str, dict[str, list[str]]]
"""Module -> capability -> names."""


def library_capabilities(graph: CallGraph) -> Capable:
    """Functions, classes and methods of the standard library, which no model has reason to name."""

    def judged(module: str, owner: str, name: str) -> str | None:
        path = f"{module}.{owner}{name}"
        called = graph.method(path, "__call__") if path in graph.classes else None
        return graph.capability(path, 5) or (graph.capability(called, 2) if called else None)

    return _capable(graph, judged, classes=True)


def package_capabilities(graph: CallGraph) -> Capable:
    """Functions and own methods of a package. A method that only touches files counts when it does so itself."""

    def judged(module: str, owner: str, name: str) -> str | None:
        path = f"{module}.{owner}{name}"
        # Packages import lazily everywhere: only a function that imports what it is told to is called an importer.
        found = graph.capability(path, 4, ignoring=_LAZY) or graph.capability(path, 1)
        return found if not owner or found in GRAVE else graph.capability(path, 1)

    return _capable(graph, judged, classes=False)


def constructors(graph: CallGraph) -> Capable:
    """Classes that reach a primitive when they are called, which to name or to restore them does not."""
    table: Capable = {}
    for module in graph.modules.values():
        by: dict[str, list[str]] = defaultdict(list)
        for name in sorted(module.classes):
            found = graph.capability(f"{module.name}.{name}", 2, ignoring=_LAZY)
            if found:
                by[found].append(name)
        if by:
            table[module.name] = dict(by)
    return table


def _capable(graph: CallGraph, judged: Callable[[str, str, str], str | None], *, classes: bool) -> Capable:
    table: Capable = {}
    for module in graph.modules.values():
        by: dict[str, list[str]] = defaultdict(list)
        names = [("", name) for name in sorted({*module.functions, *(module.classes if classes else ())})]
        for owner in sorted(module.classes):
            path = f"{module.name}.{owner}"
            methods = graph.methods(path) if classes else {name.rpartition(".")[2] for name in graph.members[path]}
            names += [(f"{owner}.", method) for method in sorted(methods) if not method.startswith("__")]
        for owner, name in names:
            capability = judged(module.name, owner, name)
            if capability:
                by[capability].append(owner + name)
        if by:
            table[module.name] = dict(by)
    return table


def alias_table(graph: CallGraph, capable: Capable) -> dict[str, dict[str, set[str]]]:
    """Module -> where it imports from -> names that are capable there: `pandas` gives `read_csv` of another module."""
    reached = {f"{module}.{name}" for module, by in capable.items() for names in by.values() for name in names} | set(
        PRIMITIVES
    )
    table: dict[str, dict[str, set[str]]] = {}
    for module in graph.modules.values():
        by: dict[str, set[str]] = defaultdict(set)
        for local, target in module.imports.items():
            resolved = graph.resolve(target)
            home, _, name = resolved.rpartition(".")
            if resolved in reached and home != module.name:
                by[home].add(local if local == name else f"{local}={name}")
        if by:
            table[module.name] = dict(by)
    return table


def restorable_classes(graph: CallGraph) -> Names:
    """Module -> classes that are quiet when made without `__init__` and given their state; private ones too.

    A class that a short module path re-exports (`pandas.StringDtype`) is listed there as well: libraries set
    `__module__` to where users find it.
    """
    return _classes(graph, lambda owner: graph.restores_quietly(owner, RESTORED))


def value_classes(graph: CallGraph) -> Names:
    """Module -> quiet classes that are *called* while they are restored: by their own `__reduce__`, or a value type's."""
    reduced = {graph.resolve(target) for module in graph.modules.values() for target in module.reduced}

    def called(owner: str) -> bool:
        if not graph.restores_quietly(owner, RESTORING):
            return False
        return (
            owner in reduced
            or graph.derives(owner, _VALUES)
            or any(graph.method(owner, name) for name in ("__getnewargs__", "__getnewargs_ex__"))
        )

    return _classes(graph, called)


def _classes(graph: CallGraph, wanted: Callable[[str], bool]) -> Names:
    table: Names = defaultdict(set)
    for module in graph.modules.values():
        for name in module.classes:
            if wanted(f"{module.name}.{name}"):
                table[module.name].add(name)
        if module.name.count(".") <= 1:
            for local, target in module.imports.items():
                resolved = graph.resolve(target)
                if resolved in graph.classes and wanted(resolved):
                    table[module.name].add(local)
    return table


def reconstructors(graph: CallGraph) -> Names:
    """Module -> quiet functions that a `__reduce__` of the package returns, those that call what they are given excepted."""
    table: Names = defaultdict(set)
    for module in graph.modules.values():
        for target in module.reduced:
            resolved = graph.resolve(target)
            owner, _, name = resolved.rpartition(".")
            if owner not in graph.modules or resolved not in graph.calls or name in graph.modules[owner].applying:
                continue
            if graph.capability(resolved, 4) is None:
                table[owner].add(name)
    return table


def quiet_functions(graph: CallGraph) -> Names:
    """Module -> functions that reach no primitive: naming one is harmless, calling one is not judged."""
    table: Names = defaultdict(set)
    for module in graph.modules.values():
        table[module.name] |= {
            name for name in module.functions if graph.capability(f"{module.name}.{name}", 3) is None
        }
        if module.name.count(".") <= 1:
            for local, target in module.imports.items():
                resolved = graph.resolve(target)
                if resolved in graph.calls and resolved not in graph.classes and graph.capability(resolved, 3) is None:
                    table[module.name].add(local)
    return table
