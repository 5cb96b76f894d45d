"""Python source beside a model: parsed, never imported. What it could do when a loader trusts it."""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterator

from scanners.model_scan.callables import EXECUTE, LOAD, NATIVE, NETWORK, PROCESS, canonical, standing
from scanners.model_scan.parts import Examiner, Part
from scanners.model_scan.vocabulary import words

_MAX_SOURCE = 8 << 20
_GRAVE = frozenset((EXECUTE, PROCESS, NETWORK, NATIVE))
_DANGEROUS_BUILTINS = frozenset(("eval", "exec", "__import__", "compile", "breakpoint", "execfile"))
_HARMLESS = re.compile(
    r"(os\.(path|environ|getenv|sep|linesep|PathLike|fspath|makedirs|listdir|cpu_count|getcwd|walk|name|devnull|stat|mkdir|scandir|remove|rename|replace|curdir|pardir)|sys\.|threading\.|platform\.|multiprocessing\.(cpu_count|current_process)|concurrent\.futures\.|signal\.|torch\.distributed|torch\.ops|torch\.classes|triton\.(jit|language|autotune|Config|cdiv|next_power_of_2|heuristics)|numba\.|unittest\.|doctest\.|stat\.|trace\.|urllib\.parse|asyncio\.|atexit\.|resource\.|builtins\.(?!eval|exec|__import__))"
)
_ENCODED = re.compile(r"[A-Za-z0-9+/=]{400,}")


def read_python(part: Part, scan: Examiner) -> None:
    """Examine a Python file: dangerous calls, worse when they run at import."""
    ledger = scan.ledger
    ledger.count("python files")
    if len(part.data) > _MAX_SOURCE:
        ledger.skip(part.path, "a Python file of more than 8 MiB")
        return
    for rule, line, evidence in judge_source(bytes(part.data).decode("utf-8", "replace")):
        ledger.find(rule, part.path, evidence, line=line)
    ledger.skip(part.path, "Python code can do more than a static look shows: review it before trusting it")


def judge_source(source: str) -> list[tuple[str, int, str]]:
    """(rule, line, evidence) for every dangerous call in `source`."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return [("model.code.script", 1, "the code does not parse as Python 3")]
    names = _imported_names(tree)
    found: list[tuple[str, int, str]] = []
    for node, at_import in _calls(tree):
        path = _dotted(node.func, names)
        reason = _reason(path, node)
        if reason:
            rule = "model.code.import_time" if at_import else "model.code.dangerous"
            found.append((rule, node.lineno, f"{ast.unparse(node)[:160]}: {reason}"))
    for text in ast.walk(tree):
        if isinstance(text, ast.Name) and text.id == "__builtins__":
            found.append(("model.code.dangerous", text.lineno, "reaches __builtins__"))
        if isinstance(text, ast.Attribute) and text.attr in ("__subclasses__", "__globals__", "__builtins__"):
            found.append(("model.code.dangerous", text.lineno, f"reaches {text.attr}"))
    return found[:50]


def _reason(path: str, call: ast.Call) -> str:
    if not path or _HARMLESS.match(path):
        return ""
    head, _, last = path.rpartition(".")
    if not head:
        if (
            path in ("eval", "exec", "compile", "__import__")
            and path == "__import__"
            and call.args
            and isinstance(call.args[0], ast.Constant)
        ):
            return ""
        return EXECUTE if path in _DANGEROUS_BUILTINS else ""
    if head.startswith("builtins") and last in _DANGEROUS_BUILTINS:
        return EXECUTE
    parts = path.split(".")
    module, name = canonical(parts[0], ".".join(parts[1:]))
    known = standing(module, name)
    if known.kind != "dangerous":
        return ""
    if known.capability in _GRAVE and (known.exact or parts[0] in _OUTSIDE):
        return known.capability
    if known.capability == LOAD and parts[0] in ("pickle", "marshal", "dill", "cloudpickle", "cPickle", "_pickle"):
        return LOAD
    return ""


_OUTSIDE = words("python_code.outside")


def _imported_names(tree: ast.AST) -> dict[str, str]:
    names: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                names[alias.asname or alias.name.partition(".")[0]] = (
                    alias.name if alias.asname else alias.name.partition(".")[0]
                )
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for alias in node.names:
                names[alias.asname or alias.name] = f"{node.module}.{alias.name}"
        elif isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
            target = _dotted(node.value, names)
            if target:
                names.setdefault(node.targets[0].id, target)
    return names


def _dotted(node: ast.expr, names: dict[str, str]) -> str:
    match node:
        case ast.Name():
            return names.get(node.id, node.id)
        case ast.Attribute():
            owner = _dotted(node.value, names)
            return f"{owner}.{node.attr}" if owner else ""
        case ast.Call(func=ast.Name(id="__import__"), args=[ast.Constant(value=str() as module), *_]):
            return module
        case ast.Call(args=[ast.Constant(value=str() as module), *_]) if (
            _dotted(node.func, names) == "importlib.import_module"
        ):
            return module
        case ast.Call(func=ast.Name(id="getattr"), args=[owner, ast.Constant(value=str() as attribute), *_]):
            base = _dotted(owner, names)
            return f"{base}.{attribute}" if base else ""
    return ""


def _calls(tree: ast.Module) -> Iterator[tuple[ast.Call, bool]]:
    pending: list[tuple[ast.AST, bool]] = [(tree, True)]
    while pending:
        node, at_import = pending.pop()
        if isinstance(node, ast.Call):
            yield node, at_import
        for child in ast.iter_child_nodes(node):
            deferred = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) and child not in getattr(
                node, "decorator_list", ()
            )
            pending.append((child, at_import and not deferred))
