"""What the names and calls of a pickle would do: judged by meaning, with their arguments, and never carried out."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field

from scanners.model_scan.argument_shapes import fits
from scanners.model_scan.callables import (
    GADGET_ATTRIBUTES,
    INNER,
    STDLIB,
    Standing,
    canonical,
    constructor_capability,
    module_capability,
    standing,
)
from scanners.model_scan.pickle_code import dangerous_code_names
from scanners.model_scan.pickle_constants import Uncomputable, call_function, call_method, is_constant_method
from scanners.model_scan.pickle_values import (
    Attribute,
    Blob,
    DictValue,
    Global,
    Module,
    Persistent,
    Result,
    SetValue,
    Unknown,
    Value,
    render,
    render_call,
)
from scanners.model_scan.python_code import judge_source
from scanners.model_scan.vocabulary import words

_COMMAND = re.compile(
    r"__import__|\bimport\s+(?:os|sys|subprocess|socket)\b|\bos\.(?:system|popen)|subprocess\.|/bin/(?:ba|z|da)?sh\b|/etc/(?:passwd|shadow|cron)|\b(?:eval|exec)\s*\(|"
    r"^\s*(?:curl|wget|nc|ncat|bash|sh|zsh|powershell|cmd|python3?|perl|rm|chmod|touch|whoami|id|uname|ping|nslookup|calc|sudo)(?:\.exe)?(?:\s+[-/~.\w\"'$]|\s*$)|[;&|]\s*(?:curl|wget|nc|bash|sh)\b",
)
"""A shell command or Python code: what an honest argument of an unknown callable never is."""
MAX_NOTES = 2000
MAX_NESTED = 200
_MAX_EACH = 200
_MAX_COMPUTED = 4_000_000
_HUGE = 1 << 31
_HUGE_POWER = 100_000_000
_ENDLESS = 1 << 62

CODE_BUILDERS = words("pickle_calls.code_builders")
_FUNCTION_BUILDERS = ("FunctionType", "LambdaType", "function", "_make_function", "_make_skel_func", "_create_function")
_NESTED_LOADERS = words("pickle_calls.nested_loaders")
_IMPORTERS = words("pickle_calls.importers")
_QUIET_IMPORTERS = words("pickle_calls.quiet_importers")
_GETTERS = words("pickle_calls.getters")
_APPLIERS = words("pickle_calls.appliers")
_ORDINARY_LOADERS = frozenset(("torch.storage._load_from_bytes",))
"""What honest pickles call on nested bytes: torch, for tensors that were pickled without torch.save."""
_KERAS_LOADER = re.compile(r"(?:tf_)?keras\.(?:src\.)?(?:\w+\.)*_unpickle_model")
"""A pickled Keras model is its `.keras` archive, handed to Keras without safe mode: it is what the archive is."""
_HANDED_ON = _GETTERS | _NESTED_LOADERS | _QUIET_IMPORTERS
_REBUILDERS = frozenset(
    ("torch._tensor._rebuild_from_type_v2", "torch._tensor._rebuild_from_type", "torch.tensor._rebuild_from_type")
)
_CONSTRUCTORS = words("pickle_calls.constructors")
"""Functions that call their second argument with their first."""
_CLASS_MAKERS = words("pickle_calls.class_makers")
"""Functions that make an object of their first argument, a class of their own package."""
_CALLING_BACK = frozenset(("builtins", "functools", "itertools", "heapq", "json", "operator"))
_TABLES = frozenset(("sys.modules", "builtins.__dict__", "os.environ"))


@dataclass(slots=True)
class Note:
    """One observation about a pickle, for the ledger."""

    rule: str
    offset: int
    evidence: str
    unexamined: str = ""
    """For the allow-list: the name that keeps the verdict from being 'pass'."""
    about: str = ""
    """The callable that the note is about."""


@dataclass(slots=True)
class Nested:
    """Bytes inside the pickle that it hands to another loader."""

    offset: int
    content: Value
    loader: str


@dataclass(slots=True)
class CallJudge:
    """Watches one pickle: judges every import, call and state, and computes what can be computed."""

    notes: list[Note] = field(default_factory=list)
    nested: list[Nested] = field(default_factory=list)
    globals: dict[tuple[str, str], Global] = field(default_factory=dict)
    _seen: set[tuple[str, str]] = field(default_factory=set)
    _called: set[str] = field(default_factory=set)
    _per_kind: Counter[bool] = field(default_factory=Counter)
    _computed: int = 0
    _deferred: dict[str, int] = field(default_factory=dict)
    _settled: set[str] = field(default_factory=set)
    approved: frozenset[str] = frozenset()

    # What the machine tells

    def import_global(self, module: Value, name: Value, offset: int) -> Value:
        if not isinstance(module, str) or not isinstance(name, str):
            self._note("model.pickle.computed_global", offset, f"import of {render(module)} . {render(name)}")
            return Unknown("computed import")
        known = self.globals.get((module, name))
        if known is not None:
            return known
        resolved = Global(*canonical(module, name), offset)
        if len(self.globals) < 100_000:
            self.globals[module, name] = resolved
        self._judge_reference(resolved, offset, module, name)
        return resolved

    def import_extension(self, code: int, offset: int) -> Value:
        self._note("model.pickle.extension_code", offset, f"extension code {code}", unexamined=f"extension code {code}")
        return Unknown("extension code")

    def call(self, function: Value, args: Value, kwargs: Value, offset: int, *, restoring: bool = False) -> Value:
        if isinstance(args, list | SetValue):
            items = args if isinstance(args, list) else args.items
            args = tuple(items) if len(items) <= _MAX_EACH else Unknown("many arguments")
        if not isinstance(args, tuple):
            args = (args,) if not isinstance(args, Unknown | Result) else (Unknown("computed arguments"),)
        if kwargs is not None and not isinstance(kwargs, DictValue):
            kwargs = None
        return self._call(function, args, kwargs, offset, 0, restoring=restoring)

    def build(self, instance: Value, state: Value, offset: int) -> None:
        if isinstance(instance, Global | Module):
            if self._path(instance) not in CODE_BUILDERS:
                self._note(
                    "model.pickle.attribute_gadget", offset, f"sets attributes of {render(instance)}: {render(state)}"
                )
        elif isinstance(instance, Result):
            path = self._path(instance.function)
            if path in ("functools.partial", "_functools.partial") and isinstance(state, tuple) and len(state) >= 3:
                instance.args = (state[0], *(state[1] if isinstance(state[1], tuple) else ()))
                instance.kwargs = state[2] if isinstance(state[2], DictValue) else None
            elif instance.state is None:
                instance.state = state
            self._judge_state_keys(instance, state, offset)
        elif isinstance(instance, Attribute):
            self._note(
                "model.pickle.unknown_callable", offset, f"{render(instance)}.__setstate__", unexamined=render(instance)
            )

    def extend(self, instance: Value, items: list[Value], offset: int) -> None:
        if isinstance(instance, Module | Global | Attribute):
            self._note("model.pickle.attribute_gadget", offset, f"sets items of {render(instance)}: {render(items)}")

    # Judging

    def observations(self) -> list[Note]:
        """What was seen; of a dangerous name that is also called, only the call."""
        for path, offset in self._deferred.items():
            if path not in self._settled:
                self._note("model.pickle.unknown_callable", offset, f"{path}, named and not called", unexamined=path)
        return [
            note
            for note in self.notes
            if note.rule != "model.pickle.dangerous_global" or note.about not in self._called
        ]

    def _unknown_call(self, function: Value, args: tuple[Value, ...], kwargs: DictValue | None, offset: int) -> None:
        """A call of something that nobody judged: what it is given may tell what it is for."""
        shown = render_call(function, args, kwargs)
        given = [
            item
            for argument in args[:_MAX_EACH]
            for item in (argument[:_MAX_EACH] if isinstance(argument, tuple | list) else (argument,))
        ]
        if any(isinstance(item, str) and len(item) < 100_000 and _COMMAND.search(item) for item in given[:200]):
            self._note("model.pickle.dangerous_call", offset, shown)

    def _note(self, rule: str, offset: int, evidence: str, unexamined: str = "", about: str = "") -> None:
        if (rule, evidence) in self._seen:
            return
        # Many harmless oddities must not crowd out the one thing that matters.
        self._per_kind[rule in TENTATIVE_RULES] += 1
        if self._per_kind[rule in TENTATIVE_RULES] > MAX_NOTES:
            return
        self._seen.add((rule, evidence))
        self.notes.append(Note(rule, offset, evidence, unexamined, about))

    def _path(self, value: Value) -> str:
        if isinstance(value, Global):
            return f"{value.module}.{value.name}"
        if isinstance(value, Attribute):
            owner = value.owner.function if isinstance(value.owner, Result) else value.owner
            base = self._path(owner)
            return f"{base}.{value.name}" if base else ""
        if isinstance(value, Module):
            return value.name
        return ""

    def _standing(self, value: Global) -> Standing:
        if f"{value.module}.{value.name}" in self.approved:
            return Standing("inert", exact=True)
        return standing(value.module, value.name)

    def _judge_reference(self, value: Global, offset: int, module: str, name: str) -> None:
        path = self._path(value)
        asked = f"{module}.{name}"
        shown = path if path == asked else f"{path} (asked for as {asked})"
        if path in CODE_BUILDERS:
            self._note("model.pickle.carried_code", offset, shown, unexamined=path)
            return
        if path in _NESTED_LOADERS or path in _QUIET_IMPORTERS or path in _GETTERS or _KERAS_LOADER.fullmatch(path):
            self._deferred.setdefault(path, offset)  # judged by what they are called with
            return
        if value.module == "__torch__" or value.module.startswith("__torch__."):
            return  # TorchScript resolves its own classes inside the archive; no such module can be imported
        known = self._standing(value)
        if known.kind == "dangerous":
            if known.capability == INNER and any(part in GADGET_ATTRIBUTES for part in value.name.split(".")):
                self._note("model.pickle.attribute_gadget", offset, shown)
            else:
                self._note("model.pickle.dangerous_global", offset, f"{shown}: {known.capability}", about=path)
        elif known.kind == "unknown":
            if path in _APPLIERS:
                return
            self._note("model.pickle.unknown_callable", offset, shown, unexamined=path)

    def _judge_state_keys(self, instance: Result, state: Value, offset: int) -> None:
        parts = state if isinstance(state, tuple) and len(state) == 2 else (state,)
        for part in parts:
            if not isinstance(part, DictValue):
                continue
            for key in part.items[: 2 * _MAX_EACH : 2]:
                if (
                    isinstance(key, str)
                    and key
                    in [
                        "__setstate__",
                        "__class__",
                        "__globals__",
                        "__code__",
                        "__reduce__",
                        "__getattr__",
                        "__dict__",
                        "__call__",
                        "__init_subclass__",
                    ]
                    and not self._is_code(instance)
                ):
                    self._note("model.pickle.attribute_gadget", offset, f"sets {key} of {render(instance)}")

    def _is_code(self, value: Value) -> bool:
        return isinstance(value, Result) and self._path(value.function) in CODE_BUILDERS

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
        result = Result(function, args, kwargs, offset)
        if depth > 20:
            self._note("model.pickle.unknown_callable", offset, render(function), unexamined=render(function))
            return result
        if isinstance(function, Global):
            return self._call_global(function, args, kwargs, offset, depth, result, restoring)
        if isinstance(function, Attribute):
            return self._call_attribute(function, args, offset, result)
        if isinstance(function, Result):
            return self._call_result(function, args, kwargs, offset, depth, result)
        if isinstance(function, Persistent) and (stored := _stored_class(function.key)) is not None:
            return self._call(stored, args, kwargs, offset, depth + 1, restoring=restoring)
        self._note(
            "model.pickle.unknown_callable",
            offset,
            render_call(function, args),
            unexamined=f"call of {render(function)}",
        )
        return result

    def _call_global(
        self,
        function: Global,
        args: tuple[Value, ...],
        kwargs: DictValue | None,
        offset: int,
        depth: int,
        result: Result,
        restoring: bool,
    ) -> Value:
        path = self._path(function)
        self._settled.add(path)
        if path in _GETTERS:
            return self._getattr(args, offset)
        if path in _IMPORTERS:
            return self._import(path, args, offset, result)
        if path in _NESTED_LOADERS or _KERAS_LOADER.fullmatch(path):
            return self._nested_load(path, args, offset, result)
        if path in _APPLIERS:
            return self._apply(path, args, offset, depth, result)
        if path in CODE_BUILDERS:
            return self._build_code(path, args, offset, result)
        if path in ("operator.getitem", "_operator.getitem") and len(args) == 2:
            item = self._getitem(args[0], args[1], offset, depth)
            if item is not None:
                return item
        if path in ("operator.attrgetter", "_operator.attrgetter", "operator.methodcaller", "_operator.methodcaller"):
            for name in args[: None if path.endswith("attrgetter") else 1]:
                self._check_attribute(name, f"{path}({render(name)})", offset)
            return result
        if path == "builtins.type" and len(args) == 3:
            self._note(
                "model.pickle.carried_code",
                offset,
                render_call(function, args),
                unexamined="a class built while loading",
            )
            return result
        if path.endswith(("str.format", "str.format_map")) and args and isinstance(args[0], str) and "__" in args[0]:
            self._note("model.pickle.attribute_gadget", offset, render_call(function, args))
        if path in _REBUILDERS and len(args) >= 3:
            return self._call(args[0], args[2] if isinstance(args[2], tuple) else (), None, offset, depth + 1)
        if path == "dill._dill._create_array" and len(args) >= 3:
            made = self._call(args[0], args[1] if isinstance(args[1], tuple) else (), None, offset, depth + 1)
            self.build(made, args[2], offset)
            return made
        if function.module == "__torch__" or function.module.startswith("__torch__."):
            return result
        if (
            path in ["copyreg._reconstructor", "copyreg.__newobj__", "copyreg.__newobj_ex__", "builtins.object.__new__"]
            and args
        ):
            rest = args[1:] if path != "copyreg._reconstructor" else _state_of_base(args)
            return self._call(args[0], rest, None, offset, depth + 1, restoring=True)
        known = self._standing(function)
        if known.kind == "observed":
            shape = known.made if restoring else known.called
            if shape is not None and fits(args, shape):
                return result
            known = known.otherwise or Standing("unknown")
        if known.kind not in ("inert", "dangerous") and not restoring:
            made = constructor_capability(function.module, function.name)
            known = Standing("dangerous", made, exact=True) if made else known
        if known.kind == "dangerous":
            self._called.add(path)
            rule = (
                "model.pickle.attribute_gadget"
                if known.capability == INNER and not known.exact
                else "model.pickle.dangerous_call"
            )
            self._note(
                rule if function.name not in ("__import__",) else "model.pickle.dangerous_call",
                offset,
                render_call(function, args, kwargs),
            )
            return result
        if known.kind != "inert":
            self._unknown_call(function, args, kwargs, offset)
        if known.kind == "referable" or (known.kind == "restorable" and (args or not restoring)):
            self._note(
                "model.pickle.unknown_callable",
                offset,
                render_call(function, args, kwargs),
                unexamined=f"call of {path}",
            )
            return result
        self._check_exhaustion(path, args, offset)
        self._check_given(path, args, offset)
        self._call_given(path, args, kwargs, offset, depth)
        self._computed += sum(len(item) for item in args[:_MAX_EACH] if isinstance(item, str | bytes | tuple | list))
        if self._computed > _MAX_COMPUTED:
            return result  # enough was computed for one pickle; a name made of this stays unknown
        try:
            return call_function(path, args)
        except Uncomputable:
            return result

    def _call_attribute(self, function: Attribute, args: tuple[Value, ...], offset: int, result: Result) -> Value:
        owner = function.owner
        if isinstance(owner, str | bytes | tuple | list | int | DictValue):
            try:
                return call_method(owner, function.name, args)
            except Uncomputable:
                return (
                    result
                    if is_constant_method(function.name)
                    else self._unknown_method(function, args, offset, result)
                )
        path = self._path(function)
        if _KERAS_LOADER.fullmatch(path):
            return self._nested_load(path, args, offset, result)
        module, _, name = path.rpartition(".")
        while module and "." in module and standing(module, name).kind == "unknown":
            module, _, head = module.rpartition(".")
            name = f"{head}.{name}"
            if standing(module, name).kind != "unknown":
                break
        known = standing(module, name) if module else Standing("unknown")
        if known.kind == "dangerous":
            self._note("model.pickle.dangerous_call", offset, render_call(function, args))
            return result
        if known.kind == "inert":
            return result
        return self._unknown_method(function, args, offset, result)

    def _unknown_method(self, function: Attribute, args: tuple[Value, ...], offset: int, result: Result) -> Value:
        self._unknown_call(function, args, None, offset)
        self._note("model.pickle.unknown_callable", offset, render_call(function, args), unexamined=render(function))
        return result

    def _call_result(
        self,
        function: Result,
        args: tuple[Value, ...],
        kwargs: DictValue | None,
        offset: int,
        depth: int,
        result: Result,
    ) -> Value:
        path = self._path(function.function)
        if path in ("functools.partial", "_functools.partial") and function.args:
            return self._call(
                function.args[0], (*function.args[1:], *args), function.kwargs or kwargs, offset, depth + 1
            )
        if path.endswith("operator.methodcaller") and function.args and args:
            method = self._getattr((args[0], function.args[0]), offset)
            return self._call(method, function.args[1:], None, offset, depth + 1)
        if (
            path.endswith("operator.attrgetter")
            and len(function.args) == 1
            and isinstance(function.args[0], str)
            and args
        ):
            value: Value = args[0]
            for name in function.args[0].split("."):
                value = self._getattr((value, name), offset)
            return value
        if path.endswith("operator.itemgetter") and len(function.args) == 1 and args:
            item = self._getitem(args[0], function.args[0], offset, depth)
            return item if item is not None else result
        if self._is_code(function):
            if path.rpartition(".")[2] in _FUNCTION_BUILDERS or path.endswith("MethodType"):
                self._note("model.pickle.called_code", offset, render_call(function, args))
            else:
                # A code-type looked up by name, e.g. cloudpickle's _builtin_type("CodeType").
                return self._build_code(
                    path, (*function.args, *args), offset, Result(function.function, args, None, offset)
                )
            return result
        self._note(
            "model.pickle.unknown_callable",
            offset,
            render_call(function, args),
            unexamined=f"call of {render(function)}",
        )
        return result

    # Calls with a meaning of their own

    def _check_attribute(self, name: Value, shown: str, offset: int) -> None:
        if not isinstance(name, str) or any(part in GADGET_ATTRIBUTES or _is_dunder(part) for part in name.split(".")):
            self._note("model.pickle.attribute_gadget", offset, shown)

    def _getattr(self, args: tuple[Value, ...], offset: int) -> Value:
        if len(args) < 2 or not isinstance(args[1], str):
            self._note(
                "model.pickle.attribute_gadget", offset, render_call(Global("builtins", "getattr", offset), args)
            )
            return Unknown("computed attribute")
        owner, name = args[0], args[1]
        if isinstance(owner, Module):
            return self.import_global(owner.name, name, offset)
        if not (isinstance(owner, str | bytes) and is_constant_method(name)):
            self._check_attribute(name, f"getattr({render(owner)}, {render(name)})", offset)
        if isinstance(owner, Global):
            if is_constant_method(name) and owner.module == "builtins":
                return Global(owner.module, f"{owner.name}.{name}", offset)
            resolved = Global(*canonical(owner.module, f"{owner.name}.{name}"), offset)
            if self._standing(owner).kind in ("inert", "restorable") and self._standing(resolved).kind == "unknown":
                return Attribute(owner, name)  # a member of an inert class, such as an enumeration's
            self._judge_reference(resolved, offset, owner.module, f"{owner.name}.{name}")
            return resolved
        return Attribute(owner, name)

    def _getitem(self, container: Value, key: Value, offset: int, depth: int) -> Value:
        if isinstance(container, Result) and self._path(container.function).endswith("defaultdict") and container.args:
            return self._call(container.args[0], (), None, offset, depth + 1)  # the key may be missing
        if isinstance(container, Global) and self._path(container) in _TABLES and isinstance(key, str):
            return Module(key)
        if isinstance(container, tuple | list) and isinstance(key, int) and -len(container) <= key < len(container):
            return container[key]
        if isinstance(container, DictValue) and isinstance(key, str | int):
            return container.get(key)
        return None

    def _import(self, path: str, args: tuple[Value, ...], offset: int, result: Result) -> Value:
        name = args[0] if args else None
        shown = f"{path}({', '.join(render(item) for item in args[:3])})"
        if not isinstance(name, str):
            self._note("model.pickle.dangerous_call", offset, shown)
            return Unknown("computed module")
        if path.endswith("_ufunc_reconstruct"):
            if (
                name.partition(".")[0] not in ("numpy", "scipy")
                or not isinstance(args[-1], str)
                or "." in str(args[-1])
            ):
                self._note("model.pickle.dangerous_call", offset, shown)
            return result
        if path not in _QUIET_IMPORTERS:
            self._note("model.pickle.dangerous_call", offset, shown)
        elif name.partition(".")[0] not in STDLIB and module_capability(name) is None:
            self._note("model.pickle.unknown_callable", offset, shown, unexamined=f"import of {name}")
        elif name.partition(".")[0] in ("antigravity", "this", "idlelib", "turtle", "test"):
            self._note("model.pickle.dangerous_call", offset, shown)
        if (path == "dill._dill._import_module" and "." in name) or path in ("pydoc.locate", "pkgutil.resolve_name"):
            module, _, attribute = name.replace(":", ".").rpartition(".")
            if f"{module}.{attribute}" not in ("os.path",):
                return self.import_global(module, attribute, offset)
        return Module(name)

    def _nested_load(self, path: str, args: tuple[Value, ...], offset: int, result: Result) -> Value:
        content = args[0] if args else None
        if isinstance(content, Result) and self._path(content.function).endswith("BytesIO"):
            state = content.state  # (content, position, attributes)
            content = next(iter(content.args or (state if isinstance(state, tuple) else ())), None)
        if path not in _ORDINARY_LOADERS and not _KERAS_LOADER.fullmatch(path):
            self._note("model.pickle.dangerous_call", offset, render_call(result.function, args))
        if path != "marshal.loads" and isinstance(content, bytes | Blob):
            if len(self.nested) < MAX_NESTED:
                self.nested.append(Nested(offset, content, path))
            else:
                self._note(
                    "model.pickle.unknown_callable",
                    offset,
                    f"more than {MAX_NESTED} nested pickles",
                    unexamined="nested pickles",
                )
            return result
        self._note("model.pickle.dangerous_call", offset, render_call(result.function, args))
        return result

    def _check_given(self, path: str, args: tuple[Value, ...], offset: int) -> None:
        """`getattr`, importers and loaders are judged where they are called: handing one to others hides the call."""
        for item in args[:_MAX_EACH]:
            if (
                isinstance(item, Global)
                and self._path(item) in _HANDED_ON
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
            for item in kwargs.items[1 : 2 * _MAX_EACH : 2]:
                if isinstance(item, Global | Attribute) or (isinstance(item, Result) and self._is_partial(item)):
                    self._call(item, (Unknown("elements"),), None, offset, depth + 1)

    def _is_partial(self, value: Result) -> bool:
        return self._path(value.function) in ("functools.partial", "_functools.partial")

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
        columns = [list(column) for column in rest if isinstance(column, list | tuple | str)]
        if path.endswith("reduce") and columns:
            return self._fold(function, columns[0], rest[1:], offset, depth)
        if not columns or not all(columns):
            return self._call(function, (Unknown("elements"),), None, offset, depth + 1)
        rows = list(zip(*columns, strict=False))[:_MAX_EACH]
        answers: list[Value] = []
        for row in rows:
            inside = row[0] if path.endswith("starmap") and isinstance(row[0], tuple) else row
            answers.append(self._call(function, tuple(inside), None, offset, depth + 1))
        return answers

    def _fold(self, function: Value, items: list[Value], initial: tuple[Value, ...], offset: int, depth: int) -> Value:
        values = [*initial[:1], *items][: _MAX_EACH * 5]
        folded = values[0]
        for item in values[1:]:
            folded = self._call(function, (folded, item), None, offset, depth + 1)
        return folded

    def _build_code(self, path: str, args: tuple[Value, ...], offset: int, result: Result) -> Value:
        if path == "dill._dill._load_type" or path.endswith("_builtin_type"):
            name = args[0] if args else None
            if isinstance(name, str) and len(args) == 1:
                return Global("types", name, offset) if f"types.{name}" in CODE_BUILDERS else result
        if "graph_module" in path:
            for source in _sources(args):
                for _, _, evidence in judge_source(source)[:3]:
                    self._note("model.pickle.called_code", offset, f"{path} runs {evidence}")
        names = dangerous_code_names(args)
        if names:
            self._note("model.pickle.code_object", offset, f"{path}(…) whose code uses {', '.join(names)}")
        return result

    def _check_exhaustion(self, path: str, args: tuple[Value, ...], offset: int) -> None:
        """Calls whose result is as large as a number among the arguments, or as a range that is spelled out."""
        name = path.removeprefix("_").removeprefix("builtins.")
        numbers = [item for item in args if isinstance(item, int)]
        if name in _SIZED_BY_POWER:
            huge = any(number > _HUGE_POWER for number in numbers)
        elif name in _SIZED_BY_NUMBER:
            huge = any(number > _HUGE for number in numbers)
        else:
            huge = name in _SPELLING_OUT and any(_length(item) > _HUGE for item in args)
        if huge:
            self._note("model.pickle.exhaustion", offset, f"{path}({', '.join(render(item) for item in args)})")


_SIZED_BY_NUMBER = frozenset(("bytes", "bytearray", "operator.mul", "operator.imul"))
_SIZED_BY_POWER = frozenset(("pow", "operator.pow", "operator.ipow", "operator.lshift", "operator.ilshift"))
_SPELLING_OUT = words("pickle_calls.spelling_out")
_LAZY = frozenset(("enumerate", "zip", "map", "filter", "reversed", "iter", "itertools.chain", "itertools.tee"))


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


def _state_of_base(args: tuple[Value, ...]) -> tuple[Value, ...]:
    """What `copyreg._reconstructor(cls, base, state)` gives to `base.__new__`: nothing when the base is object."""
    base = args[1] if len(args) > 1 else None
    plain = isinstance(base, Global) and (base.module, base.name) == ("builtins", "object")
    return args[3:] if plain else args[2:]


def _stored_class(key: Value) -> Value:
    """The class in torch's old persistent id ("module", class, file, source); the source is only compared, never run."""
    return key[1] if isinstance(key, tuple) and len(key) == 4 and key[0] == "module" else None


def _sources(args: tuple[Value, ...]) -> list[str]:
    """Texts among the arguments, one level of dicts deep: a traced torch module carries its code as text."""
    found: list[str] = []
    for item in args:
        values = item.items if isinstance(item, DictValue) else [item]
        found += [value for value in values if isinstance(value, str) and ("import" in value or "def " in value)]
    return found[:20]


def _is_dunder(name: str) -> bool:
    return (
        name.startswith("__")
        and name.endswith("__")
        and name
        not in [
            "__new__",
            "__newobj__",
            "__name__",
            "__doc__",
            "__version__",
            "__qualname__",
            "__len__",
            "__add__",
            "__or__",
            "__and__",
            "__contains__",
        ]
    )


TENTATIVE_RULES = words("pickle_calls.tentative_rules")
"""Rules that mean something even when what was run may not be a pickle at all."""
