"""Makes the tables of callables from source code, offline: `python -m scanners.model_scan.generate`.

A static call graph over the standard library and over packages (their sources, never imported) says from which
functions and classes a dangerous primitive is reached. What reaches one goes into `capabilities.json`; a class of a
named package that reaches none while it is made or restored goes into `inert_packs.json`.

    python -m scanners.model_scan.generate --out scanners/model_scan/data sklearn=/path/to/sklearn torch=/path/to/torch
"""

from __future__ import annotations

import argparse
import ast
import datetime
import json
import sysconfig
import warnings
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from scanners.model_scan import callables as words
from scanners.model_scan.vocabulary import words as word_list

_RESTORING = (
    "__new__",
    "__init__",
    "__setstate__",
    "__post_init__",
    "__del__",
    "__setattr__",
    "__setitem__",
    "append",
    "extend",
    "add",
    "__hash__",
    "__eq__",
    "__init_subclass__",
    "_setstate",
)
_RESTORED = (
    "__new__",
    "__setstate__",
    "__del__",
    "__setattr__",
    "__setitem__",
    "append",
    "extend",
    "add",
    "__hash__",
    "__eq__",
    "_setstate",
)
_NUMERIC = ("sklearn", "scipy", "numpy")
_MADE = ("__new__", "__init__", "__post_init__", "__setstate__")
_QUIET = tuple(f"{name}." for name in word_list("generate.quiet"))
_PRIMITIVES: dict[str, str] = words.by_capability("primitives")  # fmt: skip
_GRAVE = (words.EXECUTE, words.PROCESS, words.NATIVE, words.LOAD)
_ORDER = (words.EXECUTE, words.PROCESS, words.NATIVE, words.LOAD, words.IMPORT, words.NETWORK, words.FILES)


@dataclass(slots=True)
class Module:
    """One parsed source file: what it defines, imports and calls."""

    name: str
    imports: dict[str, str] = field(default_factory=dict)
    calls: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    """Qualified name of a function -> absolute names that it calls."""
    classes: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Class -> absolute names of its bases."""
    functions: set[str] = field(default_factory=set)
    reduced: set[str] = field(default_factory=set)
    """What `__reduce__` methods return to be called."""


def parse_package(
    name: str, root: Path, skip: tuple[str, ...] = ("test", "tests", "testing", "conftest")
) -> Iterator[Module]:
    """Every module of a package, or the single module that `root` is."""
    files = [root] if root.is_file() else sorted(root.rglob("*.py"))
    for file in files:
        relative = file.relative_to(root) if root.is_dir() else Path(file.name)
        parts = [name, *relative.with_suffix("").parts] if root.is_dir() else [name]
        if any(part in skip for part in parts[1:]):
            continue
        package = parts[-1] == "__init__"
        parts = parts[:-1] if package else parts
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                tree = ast.parse(file.read_text(encoding="utf-8", errors="replace"))
        except (SyntaxError, ValueError, RecursionError):
            continue
        yield _module(".".join(parts), package, tree)


def _module(name: str, package: bool, tree: ast.Module) -> Module:
    module = Module(name)
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                module.imports[alias.asname or alias.name.partition(".")[0]] = (
                    alias.name if alias.asname else alias.name.partition(".")[0]
                )
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                ancestors = name.split(".")[: len(name.split(".")) - node.level + (1 if package else 0)]
                base = ".".join(filter(None, (*ancestors, base)))
            for alias in node.names:
                module.imports[alias.asname or alias.name] = f"{base}.{alias.name}"
    defined = {
        node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
    }
    for node in _top(tree.body):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            module.functions.add(node.name)
            module.calls[node.name] = set(_called(node, module, defined, ""))
        elif isinstance(node, ast.ClassDef):
            module.classes[node.name] = tuple(
                filter(None, (_absolute(base, module, defined, "") for base in node.bases))
            )
            for item in _top(node.body):
                if isinstance(item, ast.FunctionDef | ast.AsyncFunctionDef):
                    module.calls[f"{node.name}.{item.name}"] |= set(_called(item, module, defined, node.name))
                    if item.name in ("__reduce__", "__reduce_ex__"):
                        module.reduced |= set(_returned(item, module, defined, node.name))
    return module


def _top(body: Iterable[ast.stmt]) -> Iterator[ast.stmt]:
    """Statements of a body, those inside `if` and `try` too."""
    for node in body:
        yield node
        if isinstance(node, ast.If):
            yield from _top([*node.body, *node.orelse])
        elif isinstance(node, ast.Try):
            yield from _top(
                [
                    *node.body,
                    *(item for handler in node.handlers for item in handler.body),
                    *node.orelse,
                    *node.finalbody,
                ]
            )
        elif isinstance(node, ast.With):
            yield from _top(node.body)


def _called(function: ast.AST, module: Module, defined: set[str], owner: str) -> Iterator[str]:
    for node in ast.walk(function):
        if isinstance(node, ast.Call):
            target = _absolute(node.func, module, defined, owner)
            if target:
                yield target


def _returned(function: ast.AST, module: Module, defined: set[str], owner: str) -> Iterator[str]:
    for node in ast.walk(function):
        if isinstance(node, ast.Return) and isinstance(node.value, ast.Tuple) and node.value.elts:
            target = _absolute(node.value.elts[0], module, defined, owner)
            if target:
                yield target


def _absolute(node: ast.expr, module: Module, defined: set[str], owner: str) -> str:
    if isinstance(node, ast.Subscript):
        return _absolute(node.value, module, defined, owner)
    if isinstance(node, ast.Name):
        if node.id in defined:
            return f"{module.name}.{node.id}"
        if node.id in module.imports:
            return module.imports[node.id]
        return (
            f"builtins.{node.id}" if node.id in ("eval", "exec", "open", "__import__", "execfile", "breakpoint") else ""
        )
    if isinstance(node, ast.Attribute):
        if isinstance(node.value, ast.Name) and node.value.id in ("self", "cls") and owner:
            return f"{module.name}.{owner}.{node.attr}"
        if (
            isinstance(node.value, ast.Call)
            and isinstance(node.value.func, ast.Name)
            and node.value.func.id == "super"
            and owner
        ):
            return next((f"{base}.{node.attr}" for base in module.classes.get(owner, ())), "")
        base = _absolute(node.value, module, defined, owner) if isinstance(node.value, ast.Name | ast.Attribute) else ""
        return f"{base}.{node.attr}" if base else ""
    return ""


class CallGraph:
    """Who calls whom, by absolute names, and which primitive is reached from where."""

    def __init__(self, modules: Iterable[Module]) -> None:
        self.modules = {module.name: module for module in modules}
        self.calls: dict[str, set[str]] = {}
        self.classes: dict[str, tuple[str, ...]] = {}
        self.alias: dict[str, str] = {}
        self.members: dict[str, list[str]] = defaultdict(list)
        for module in self.modules.values():
            for name, targets in module.calls.items():
                self.calls[f"{module.name}.{name}"] = targets
                if "." in name:
                    self.members[f"{module.name}.{name.partition('.')[0]}"].append(f"{module.name}.{name}")
            for name, bases in module.classes.items():
                self.classes[f"{module.name}.{name}"] = bases
            for local, target in module.imports.items():
                self.alias[f"{module.name}.{local}"] = target

    def resolve(self, name: str) -> str:
        """Follow re-exports: `package.Thing` to where it is defined."""
        for _ in range(6):
            if name in self.calls or name in self.classes or name in _PRIMITIVES:
                return name
            if name in self.alias and self.alias[name] != name:
                name = self.alias[name]
                continue
            head, _, tail = name.rpartition(".")
            if head in self.alias:
                name = f"{self.alias[head]}.{tail}"
                continue
            return name
        return name

    def method(self, owner: str, name: str, depth: int = 0) -> str | None:
        """The absolute name of a method, looked up through the bases."""
        if f"{owner}.{name}" in self.calls:
            return f"{owner}.{name}"
        for base in self.classes.get(owner, ()):
            resolved = self.resolve(base)
            if depth < 8 and resolved != owner and (found := self.method(resolved, name, depth + 1)):
                return found
        return None

    def methods(self, owner: str, depth: int = 0) -> set[str]:
        """Names of the methods of a class and of its bases, special ones excepted."""
        prefix = f"{owner}."
        own = {name.removeprefix(prefix) for name in self.members.get(owner, ())}
        if depth < 4:
            for base in self.classes.get(owner, ()):
                own |= self.methods(self.resolve(base), depth + 1)
        return {name for name in own if not name.startswith("__")}

    def capability(self, name: str, depth: int, seen: set[str] | None = None) -> str | None:
        """The gravest capability reached from `name` in at most `depth` calls."""
        seen = set() if seen is None else seen
        name = self.resolve(name)
        if name in _PRIMITIVES:
            return _PRIMITIVES[name]
        if depth <= 0 or name in seen or (seen and name.startswith(_QUIET)):
            return None
        seen.add(name)
        if name in self.classes:
            starts = [found for made in _MADE if (found := self.method(name, made))]
            return _gravest(self.capability(start, depth, seen) for start in starts)
        if name not in self.calls:
            owner, _, method = name.rpartition(".")
            inherited = self.method(owner, method) if owner in self.classes else None
            return self.capability(inherited, depth, seen) if inherited and inherited != name else None
        return _gravest(self.capability(target, depth - 1, seen) for target in self.calls[name])

    def restores_quietly(self, owner: str, methods_run: tuple[str, ...]) -> bool:
        """Whether the methods that run when an object of this class is made or restored reach no primitive."""
        methods = (found for made in methods_run if (found := self.method(owner, made)))
        return all(self.capability(found, 4) is None for found in methods)


def _gravest(capabilities: Iterable[str | None]) -> str | None:
    found = {capability for capability in capabilities if capability}
    return next((capability for capability in _ORDER if capability in found), None)


def standard_library() -> Iterator[Module]:
    """Every module of this interpreter's standard library, tests excepted."""
    root = Path(sysconfig.get_paths()["stdlib"])
    for entry in sorted(root.iterdir()):
        if entry.suffix == ".py":
            yield from parse_package(entry.stem, entry)
        elif (entry / "__init__.py").exists() and entry.name not in ("test", "site-packages", "ensurepip"):
            yield from parse_package(entry.name, entry)


def capability_table(graph: CallGraph, depth: int, *, functions_only: bool) -> dict[str, dict[str, list[str]]]:
    """Module -> capability -> names that reach it."""
    table: dict[str, dict[str, list[str]]] = {}
    for module in graph.modules.values():
        by: dict[str, list[str]] = defaultdict(list)
        names = set(module.functions)
        methods = {
            f"{owner}.{method}" for owner in module.classes for method in graph.methods(f"{module.name}.{owner}")
        }
        names |= methods if functions_only else methods | set(module.classes)
        for name in sorted(names):
            capability = graph.capability(f"{module.name}.{name}", depth)
            if capability and not (functions_only and "." in name and capability not in _GRAVE):
                by[capability].append(name)
        if by:
            table[module.name] = dict(by)
    return table


def quiet_classes(graph: CallGraph, methods_run: tuple[str, ...]) -> dict[str, set[str]]:
    """Module -> classes that are quiet when these methods run; private ones too, for pickles name them.

    A class that a short module path re-exports (`pandas.StringDtype`) is listed there as well: libraries set
    `__module__` to where users find it.
    """
    table: dict[str, set[str]] = defaultdict(set)
    for module in graph.modules.values():
        for name in module.classes:
            if graph.restores_quietly(f"{module.name}.{name}", methods_run):
                table[module.name].add(name)
        if module.name.count(".") <= 1:
            for local, target in module.imports.items():
                resolved = graph.resolve(target)
                if resolved in graph.classes and graph.restores_quietly(resolved, methods_run):
                    table[module.name].add(local)
    return table


def reconstructors(graph: CallGraph) -> dict[str, set[str]]:
    """Module -> quiet functions that a `__reduce__` of the package returns."""
    table: dict[str, set[str]] = defaultdict(set)
    for module in graph.modules.values():
        for target in module.reduced:
            resolved = graph.resolve(target)
            owner, _, name = resolved.rpartition(".")
            if resolved in graph.calls and graph.capability(resolved, 4) is None and owner in graph.modules:
                table[owner].add(name)
    return table


def quiet_functions(graph: CallGraph) -> dict[str, set[str]]:
    """Module -> functions that reach no primitive: naming one is harmless, calling one is not judged."""
    table: dict[str, set[str]] = defaultdict(set)
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


def main() -> int:
    """Write both tables into --out."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument(
        "--native", type=Path, help="JSON of module -> types of extension modules, which have no source to read"
    )
    parser.add_argument("packages", nargs="*", help="name=folder of a package's sources")
    options = parser.parse_args()
    today = datetime.datetime.now(datetime.UTC).date().isoformat()
    library = list(standard_library())
    capable = capability_table(CallGraph(library), 5, functions_only=False)
    packs: dict[str, set[str]] = defaultdict(set)
    restorable: dict[str, set[str]] = {}
    referable: dict[str, set[str]] = {}
    for package in options.packages:
        name, _, folder = package.partition("=")
        graph = CallGraph([*parse_package(name, Path(folder)), *library])
        graph.modules = {key: module for key, module in graph.modules.items() if key.partition(".")[0] == name}
        for found in (quiet_classes(graph, _RESTORING), reconstructors(graph)):
            for module, names in found.items():
                packs[module] |= names
        restorable.update(quiet_classes(graph, _RESTORED))
        if name in _NUMERIC:
            referable.update(quiet_functions(graph))
        for module, by in capability_table(graph, 2, functions_only=True).items():
            # Packages import lazily everywhere: reaching an import says nothing about one of their functions.
            capable.setdefault(module, {}).update({word: names for word, names in by.items() if word != words.IMPORT})
    if options.native is not None:
        for module, names in json.loads(options.native.read_text(encoding="utf-8")).items():
            packs[module] |= set(names)
    codes = {capability: str(number) for number, capability in enumerate(_ORDER)}
    modules = {
        module: {codes[word]: " ".join(names) for word, names in by.items()} for module, by in sorted(capable.items())
    }
    _write(
        options.out / "capabilities.json",
        {"version": today, "capabilities": {code: word for word, code in codes.items()}, "modules": modules},
    )
    kinds = {"modules": packs, "restorable": _without(restorable, packs), "referable": referable}
    tables = {
        kind: {module: " ".join(sorted(names)) for module, names in sorted(table.items()) if names}
        for kind, table in kinds.items()
    }
    _write(options.out / "inert_packs.json", {"version": today, **tables})
    return 0


def _without(table: dict[str, set[str]], other: dict[str, set[str]]) -> dict[str, set[str]]:
    return {module: names - other.get(module, set()) for module, names in table.items()}


def _write(path: Path, table: dict[str, object]) -> None:
    path.write_text(json.dumps(table, indent=0, sort_keys=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    raise SystemExit(main())
