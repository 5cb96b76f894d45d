"""Python source beside a model: parsed, never imported. What it could do when a loader trusts it."""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Callable, Iterator

from scanners.model_scan.callables import EXECUTE, LOAD, NATIVE, NETWORK, PROCESS, canonical, standing
from scanners.model_scan.parts import Examiner, Part
from scanners.model_scan.pickle_code import dangerous_code_names, marshalled_names
from scanners.model_scan.vocabulary import words

_MAX_SOURCE = 8 << 20
_GRAVE = frozenset((EXECUTE, PROCESS, NETWORK, NATIVE))
_DANGEROUS_BUILTINS = frozenset(("eval", "exec", "__import__", "compile", "breakpoint", "execfile"))
_HARMLESS = re.compile(
    r"(os\.(path|environ|getenv|sep|linesep|PathLike|fspath|makedirs|listdir|cpu_count|getcwd|walk|name|devnull|stat|mkdir|scandir|remove|rename|replace|curdir|pardir)|sys\.|threading\.|platform\.|multiprocessing\.(cpu_count|current_process)|concurrent\.futures\.|signal\.|torch\.distributed|torch\.ops|torch\.classes|triton\.(jit|language|autotune|Config|cdiv|next_power_of_2|heuristics)|numba\.|unittest\.|doctest\.|stat\.|trace\.|urllib\.parse|asyncio\.|atexit\.|resource\.|builtins\.(?!eval|exec|__import__))"
)
_COOKIE = re.compile(rb"[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)")  # PEP 263
_ENCODED = re.compile(r"[A-Za-z0-9+/=]{400,}")


def read_python(part: Part, scan: Examiner) -> None:
    """Examine a Python file: dangerous calls, worse when they run at import."""
    ledger = scan.ledger
    ledger.count("python files")
    if len(part.data) > _MAX_SOURCE:
        ledger.skip(part.path, "a Python file of more than 8 MiB")
        return
    raw = bytes(part.data)
    cookie = next(filter(None, map(_COOKIE.match, raw.splitlines()[:2])), None)
    if cookie is not None and _hides(encoding := cookie.group(1).decode("ascii", "replace")):
        ledger.find(
            "model.code.dangerous", part.path, f"source in {encoding}, which does not show what it says", line=1
        )
    for rule, line, evidence in judge_source(raw.decode("utf-8", "replace")):
        ledger.find(rule, part.path, evidence, line=line)
    ledger.skip(part.path, "Python code can do more than a static look shows: review it before trusting it")


def read_compiled(part: Part, scan: Examiner) -> None:
    """Compiled Python: the names in its marshalled code, which is never unmarshalled."""
    scan.ledger.count("compiled python files")
    names = dangerous_code_names(tuple(marshalled_names(bytes(part.data[:_MAX_SOURCE]))))
    if names:
        scan.ledger.find("model.code.dangerous", part.path, f"compiled code that uses {', '.join(names)}")
    else:
        scan.ledger.find("model.content.executable", part.path, "compiled Python code")
    scan.ledger.skip(part.path, "compiled Python code is not analysed")


def _hides(encoding: str) -> bool:
    """Whether text in this encoding reads otherwise than its bytes look: UTF-7, escapes, rot13, and any that is unknown."""
    try:
        return "print(1)".encode(encoding) != b"print(1)" or "+/-\\".encode(encoding) != b"+/-\\"
    except (LookupError, ValueError):
        return True


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
        handed = next((item for item in map(_handed_on(names), _arguments(node)) if item), "") if not reason else ""
        reason = reason or handed
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
    if path == "torch.hub.load":
        return LOAD  # runs the hubconf.py of a repository
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
        case ast.Subscript(slice=key) if isinstance(name := _constant(key), str):
            return _subscripted(node.value, name, names)
        case ast.Call(func=ast.Name(id="__import__"), args=[module, *_]):
            return str(_constant(module) or "")
        case ast.Call(args=[module, *_]) if _dotted(node.func, names) == "importlib.import_module":
            return str(_constant(module) or "")
        case ast.Call(func=ast.Name(id="getattr"), args=[owner, attribute, *_]):
            base, name = _dotted(owner, names), _constant(attribute)
            return f"{base}.{name}" if base and isinstance(name, str) else ""
    return ""


def _subscripted(owner: ast.expr, name: str, names: dict[str, str]) -> str:
    """`vars(os)["system"]`, `os.__dict__["system"]`, `sys.modules["os"]` and `globals()["name"]` as dotted names."""
    match owner:
        case ast.Call(func=ast.Name(id="vars"), args=[inner]) | ast.Attribute(value=inner, attr="__dict__"):
            base = _dotted(inner, names)
            return f"{base}.{name}" if base else ""
        case ast.Call(func=ast.Name(id="globals" | "locals" | "vars"), args=[]):
            return "builtins" if name == "__builtins__" else names.get(name, name)
    base = _dotted(owner, names)
    if base == "sys.modules":
        return name
    return f"{base}.{name}" if base == "builtins" else ""


def _constant(node: ast.expr) -> object:
    """The text that an expression of constants gives: literals, sums, joined and reversed ones; None for any other."""
    match node:
        case ast.Constant():
            return node.value
        case ast.BinOp(op=ast.Add()):
            left, right = _constant(node.left), _constant(node.right)
            return left + right if isinstance(left, str) and isinstance(right, str) else None
        case ast.JoinedStr():
            parts = [_constant(item.value if isinstance(item, ast.FormattedValue) else item) for item in node.values]
            return "".join(map(str, parts)) if None not in parts else None
        case ast.Call(func=ast.Attribute(value=glue, attr="join"), args=[ast.List(elts=items) | ast.Tuple(elts=items)]):
            parts, between = [_constant(item) for item in items], _constant(glue)
            return between.join(map(str, parts)) if isinstance(between, str) and None not in parts else None
        case ast.Subscript(slice=ast.Slice(lower=None, upper=None, step=ast.UnaryOp(operand=ast.Constant(value=1)))):
            text = _constant(node.value)
            return text[::-1] if isinstance(text, str) else None
    return None


def _arguments(call: ast.Call) -> list[ast.expr]:
    return [*call.args, *(keyword.value for keyword in call.keywords)]


def _handed_on(names: dict[str, str]) -> Callable[[ast.expr], str]:
    """Why an argument is dangerous by itself: a function that runs programs or code, for others to call."""

    def judge(argument: ast.expr) -> str:
        path = _dotted(argument, names) if isinstance(argument, ast.Name | ast.Attribute | ast.Subscript) else ""
        module, _, name = path.rpartition(".")
        if not module or _HARMLESS.match(path):
            return ""
        known = standing(*canonical(module, name))
        grave = known.kind == "dangerous" and known.exact and known.capability in (EXECUTE, PROCESS)
        return f"hands {path} on" if grave and path.partition(".")[0] in _OUTSIDE else ""

    return judge


def _calls(tree: ast.Module) -> Iterator[tuple[ast.Call, bool]]:
    pending: list[tuple[ast.AST, bool]] = [(tree, True)]
    while pending:
        node, at_import = pending.pop()
        if isinstance(node, ast.Call):
            yield node, at_import
        for decorator in getattr(node, "decorator_list", ()):
            yield ast.copy_location(ast.Call(decorator, [], []), decorator), at_import
        for child in ast.iter_child_nodes(node):
            deferred = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) and child not in getattr(
                node, "decorator_list", ()
            )
            pending.append((child, at_import and not deferred))
