"""Python sources, parsed and never imported: what each module defines, imports, calls and returns from `__reduce__`."""

from __future__ import annotations

import ast
import builtins
import sysconfig
import warnings
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

_IMPORTERS = frozenset(("builtins.__import__", "importlib.import_module", "importlib.__import__"))
"""Functions that import; importing what the source itself names is no more than an import statement."""


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
    applying: set[str] = field(default_factory=set)
    """Functions that call something they are given: harmless only as far as that is."""
    stars: list[str] = field(default_factory=list)
    """Modules whose every public name is imported."""


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
                if alias.name == "*":
                    module.stars.append(base)
                else:
                    module.imports[alias.asname or alias.name] = f"{base}.{alias.name}"
    defined = {
        node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
    }
    for node in _top(tree.body):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            module.functions.add(node.name)
            module.calls[node.name] = set(_called(node, module, defined, ""))
            if _applies(node):
                module.applying.add(node.name)
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


def _applies(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    given = function.args
    names = {
        item.arg for item in (*given.posonlyargs, *given.args, *given.kwonlyargs, given.vararg, given.kwarg) if item
    }
    for node in ast.walk(function):
        if isinstance(node, ast.Call):
            root = node.func
            while isinstance(root, ast.Attribute) and root.attr in ("__new__", "__call__", "_make", "__func__"):
                root = root.value
            if isinstance(root, ast.Name) and root.id in names:
                return True
    return False


def _called(function: ast.AST, module: Module, defined: set[str], owner: str) -> Iterator[str]:
    for node in ast.walk(function):
        if isinstance(node, ast.Call):
            target = _absolute(node.func, module, defined, owner)
            if target and not (target in _IMPORTERS and node.args and isinstance(node.args[0], ast.Constant)):
                yield target


def _returned(function: ast.AST, module: Module, defined: set[str], owner: str) -> Iterator[str]:
    for node in ast.walk(function):
        if isinstance(node, ast.Return) and isinstance(node.value, ast.Tuple) and node.value.elts:
            first = node.value.elts[0]
            target = f"{module.name}.{owner}" if _own_class(first) else _absolute(first, module, defined, owner)
            if target:
                yield target


def _own_class(node: ast.expr) -> bool:
    return ast.unparse(node) in ("self.__class__", "type(self)", "cls")


def _absolute(node: ast.expr, module: Module, defined: set[str], owner: str) -> str:
    if isinstance(node, ast.Subscript):
        return _absolute(node.value, module, defined, owner)
    if isinstance(node, ast.Name):
        if node.id in defined:
            return f"{module.name}.{node.id}"
        if node.id in module.imports:
            return module.imports[node.id]
        return f"builtins.{node.id}" if hasattr(builtins, node.id) or node.id == "execfile" else ""
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


def standard_library() -> Iterator[Module]:
    """Every module of this interpreter's standard library, tests excepted."""
    root = Path(sysconfig.get_paths()["stdlib"])
    for entry in sorted(root.iterdir()):
        if entry.suffix == ".py":
            yield from parse_package(entry.stem, entry)
        elif (entry / "__init__.py").exists() and entry.name not in ("test", "site-packages", "ensurepip"):
            yield from parse_package(entry.name, entry)
