"""The state that a pickle gives to an object: attributes that no honest state sets, and texts that a class runs as code."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from scanners.model_scan.pickle_values import DictValue, Value, render
from scanners.model_scan.vocabulary import words

_MAX_SOURCE = 100_000
_INNER = words("pickle_states.inner")
_RUN = frozenset(("_parse_arg_template",))
"""SciPy's distributions keep the source of their argument parsers, and run it in `__setstate__` (`rv_generic`)."""
_PARSERS = ("_parse_args", "_parse_args_rvs", "_parse_args_stats")


def inner_attributes(state: Value) -> Iterator[str]:
    """Attributes of Python's own machinery that the state sets."""
    for key, _ in _entries(state):
        if isinstance(key, str) and key in _INNER:
            yield key


def run_texts(state: Value) -> Iterator[str]:
    """Texts in the state that the object's class would run, and that are no honest ones; as evidence."""
    for key, value in _entries(state):
        if isinstance(key, str) and key in _RUN and not (isinstance(value, str) and _parses_arguments(value)):
            yield f"{key} = {render(value)}"


def _entries(state: Value) -> Iterator[tuple[Value, Value]]:
    for part in state if isinstance(state, tuple) and len(state) == 2 else (state,):
        if isinstance(part, DictValue):
            yield from zip(part.items[::2], part.items[1::2], strict=False)


def _parses_arguments(source: str) -> bool:
    """Whether a text only defines SciPy's argument parsers: functions that hand their arguments on, as tuples."""
    if len(source) > _MAX_SOURCE:
        return False
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return all(isinstance(node, ast.FunctionDef) and _hands_on(node) for node in tree.body)


def _hands_on(function: ast.FunctionDef) -> bool:
    given = function.args
    defaults = [item for item in (*given.defaults, *given.kw_defaults) if item is not None]
    return (
        function.name in _PARSERS
        and not function.decorator_list
        and function.returns is None
        and not any(argument.annotation for argument in (*given.posonlyargs, *given.args, *given.kwonlyargs))
        and all(isinstance(item, ast.Constant) for item in defaults)
        and len(function.body) == 1
        and isinstance(function.body[0], ast.Return)
        and function.body[0].value is not None
        and all(map(_is_harmless, ast.walk(function.body[0].value)))
    )


def _is_harmless(node: ast.AST) -> bool:
    match node:
        case ast.Call(func=ast.Attribute(value=ast.Name(id="self"), attr="_argcheck_rvs")):
            return True
        case ast.Attribute(value=ast.Name(id="self"), attr="_argcheck_rvs"):
            return True
        case ast.Name() | ast.Tuple() | ast.Constant() | ast.keyword() | ast.expr_context():
            return True
    return False
