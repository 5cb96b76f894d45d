"""The state that a pickle gives to an object: attributes that no honest state sets, and texts that a class runs as code."""

from __future__ import annotations

import ast
import builtins
import functools
import itertools
import operator
import types
from abc import ABC
from collections.abc import Iterator
from dataclasses import dataclass

from scanners.model_scan.paths import leaves_folder
from scanners.model_scan.pickle_applications import ApplicationJudge
from scanners.model_scan.pickle_names import CODE_BUILDERS, holds_names, path_of
from scanners.model_scan.pickle_values import Attribute, Blob, DictValue, Global, Module, Result, Value, render
from scanners.model_scan.vocabulary import words

_MAX_SOURCE = 100_000
_INNER = words("pickle_states.inner")
_RUN = frozenset(("_parse_arg_template",))
"""SciPy's distributions keep the source of their argument parsers, and run it in `__setstate__` (`rv_generic`)."""
_PARSERS = ("_parse_args", "_parse_args_rvs", "_parse_args_stats")
_HOLDERS = ("builtins", "collections", "_collections")
"""What their classes are given is kept as data; other classes make attributes of a dictionary, or a state."""
_PARTIAL = ("functools.partial", "_functools.partial")
_NATIVE = ("xgboost.core.Booster",)
"""Classes that hand a part of their state to native code."""
_IN_FILES = ("NDArrayWrapper", "ZNDArrayWrapper")
"""joblib's arrays in files of their own, beside the pickle (before joblib 0.10)."""
_FRESH = {
    home: frozenset(name for name, found in vars(module).items() if isinstance(found, type)) - {"type"}
    for home, module in (
        ("builtins", builtins),
        ("operator", operator),
        ("functools", functools),
        ("itertools", itertools),
        ("types", types),
    )
}
"""Classes of modules whose functions hand back what they were given, or its parts: calling a class gives a new object."""


@dataclass(slots=True)
class StateJudge(ApplicationJudge, ABC):
    """Judges what a pickle sets on objects: BUILD, SETITEM, and states that are handed to constructors."""

    def build(self, instance: Value, state: Value, offset: int) -> None:
        if isinstance(instance, Global | Module):
            if path_of(instance) not in CODE_BUILDERS:
                self._sets("attributes", instance, state, offset)
        elif isinstance(instance, Result):
            if _may_be_name(instance):
                self._sets("attributes", instance, state, offset)
            if path_of(instance.function) in _PARTIAL and isinstance(state, tuple) and len(state) >= 3:
                instance.args = (state[0], *(state[1] if isinstance(state[1], tuple) else ()))
                instance.kwargs = state[2] if isinstance(state[2], DictValue) else None
            elif instance.state is None:
                instance.state = state
            self._judge_state(instance, state, offset)
        elif isinstance(instance, Attribute):
            if isinstance(instance.owner, Result) and holds_names(instance.owner.args):
                self._sets("attributes", instance, state, offset)
            self._note(
                "model.pickle.unknown_callable", offset, f"{render(instance)}.__setstate__", unexamined=render(instance)
            )

    def extend(self, instance: Value, items: list[Value], offset: int) -> None:
        if isinstance(instance, Module | Global | Attribute) or (
            isinstance(instance, Result) and _may_be_name(instance)
        ):
            self._sets("items", instance, items, offset)

    def _sets(self, what: str, instance: Value, given: Value, offset: int) -> None:
        self._note("model.pickle.attribute_gadget", offset, f"sets {what} of {render(instance)}: {render(given)}")

    def _judge_state(self, instance: Result, state: Value, offset: int) -> None:
        for evidence in run_texts(state):
            self._note("model.pickle.dangerous_call", offset, f"{render(instance)} runs {evidence}")
        if path_of(_class_of(instance)) in _NATIVE:
            for key, value in _entries(state):
                if key == "handle" and not self._is_model(value):
                    shown = f"{render(instance)} with a native model of no known format"
                    self._note("model.pickle.unknown_callable", offset, shown, unexamined="a native model")
        if path_of(_class_of(instance)).rpartition(".")[2] in _IN_FILES:
            for key, value in _entries(state):
                if key == "filename" and isinstance(value, str) and leaves_folder(value):
                    self._note("model.pickle.dangerous_call", offset, f"{render(instance)} reads {value}")
        if not self._is_code(instance):
            for key in inner_attributes(state):
                self._note("model.pickle.attribute_gadget", offset, f"sets {key} of {render(instance)}")

    def _check_states(self, function: Global, args: tuple[Value, ...], kwargs: DictValue | None, offset: int) -> None:
        """A dictionary that is given to a constructor may become attributes: `SimpleNamespace`, torch's rebuilders."""
        if function.module in _HOLDERS:
            return
        for given in (*args, kwargs):
            for key, value in _entries(given):
                if isinstance(key, str) and key in _INNER and holds_names((value,)):
                    self._note("model.pickle.attribute_gadget", offset, f"{render(function)} is given {key}")

    def _is_model(self, value: Value) -> bool:
        """Whether bytes begin as a model of XGBoost does; then they are examined where they lie."""
        if isinstance(value, Result) and value.args:
            return self._is_model(value.args[0])
        if isinstance(value, Blob):
            value = self.data[value.offset : value.offset + 16].tobytes()
        if isinstance(value, str):
            value = value[:16].encode("utf-8", "replace")
        return value is None or (isinstance(value, bytes) and len(value) > 8 and value.startswith((b"{", b"binf")))

    def _is_code(self, value: Value) -> bool:
        return isinstance(value, Result) and path_of(value.function) in CODE_BUILDERS


def _class_of(value: Result) -> Value:
    """The class of an object that NEWOBJ or `copyreg._reconstructor` made."""
    made = path_of(value.function).startswith("copyreg.") and value.args
    return value.args[0] if made else value.function


def _may_be_name(value: Result) -> bool:
    """Whether a call may have given a class, function or module: what it was given, part of that, or its type."""
    function = value.function
    if isinstance(function, Attribute):
        return holds_names((function.owner, *value.args))
    if isinstance(function, Result):
        return path_of(function.function) not in _PARTIAL and holds_names((*function.args, *value.args))
    if not isinstance(function, Global):
        return False
    module = function.module.removeprefix("_")
    if (module, function.name) == ("builtins", "type"):
        return len(value.args) == 1
    return module in _FRESH and function.name not in _FRESH[module] and holds_names(value.args)


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
