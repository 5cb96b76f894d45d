"""What the calls of a pickle would do: judged by meaning, with their arguments, and never carried out."""

from __future__ import annotations

import re
from dataclasses import dataclass

from scanners.model_scan.argument_shapes import fits
from scanners.model_scan.callables import INNER, TELLING_NAMES, Standing, constructor_capability, standing
from scanners.model_scan.pickle_applications import MAX_EACH
from scanners.model_scan.pickle_code import dangerous_code_names
from scanners.model_scan.pickle_constants import Uncomputable, call_function, call_method, is_constant_method
from scanners.model_scan.pickle_extents import extent
from scanners.model_scan.pickle_names import (
    APPLIERS,
    CODE_BUILDERS,
    GETTERS,
    IMPORTERS,
    KERAS_LOADER,
    NESTED_LOADER,
    NESTED_LOADERS,
    path_of,
    reaches_attributes,
)
from scanners.model_scan.pickle_states import StateJudge
from scanners.model_scan.pickle_values import (
    Attribute,
    Blob,
    DictValue,
    Global,
    Persistent,
    Result,
    SetValue,
    Unknown,
    Value,
    render,
    render_call,
)
from scanners.model_scan.python_code import judge_source
from scanners.model_scan.telling_calls import acts, takes_too_much

_COMMAND = re.compile(
    r"__import__|\bimport\s+(?:os|sys|subprocess|socket)\b|\bos\.(?:system|popen)|subprocess\.|/bin/(?:ba|z|da)?sh\b|/etc/(?:passwd|shadow|cron)|\b(?:eval|exec)\s*\(|"
    r"^\s*(?:curl|wget|nc|ncat|bash|sh|zsh|powershell|cmd|python3?|perl|rm|chmod|touch|whoami|id|uname|ping|nslookup|calc|sudo)(?:\.exe)?(?:\s+[-/~.\w\"'$]|\s*$)|[;&|]\s*(?:curl|wget|nc|bash|sh)\b",
)
"""A shell command or Python code: what an honest argument of an unknown callable never is."""
_MAX_COMPUTED = 4_000_000
_MAX_LATIN = 512 << 20
_FUNCTION_BUILDERS = ("FunctionType", "LambdaType", "function", "_make_function", "_make_skel_func", "_create_function")
_ORDINARY_LOADERS = frozenset(("torch.storage._load_from_bytes",))
"""What honest pickles call on nested bytes: torch, for tensors that were pickled without torch.save."""
_REBUILDERS = frozenset(
    ("torch._tensor._rebuild_from_type_v2", "torch._tensor._rebuild_from_type", "torch.tensor._rebuild_from_type")
)


@dataclass(slots=True)
class CallJudge(StateJudge):
    """Watches one pickle: judges every import, call and state, and computes what can be computed."""

    _computed: int = 0

    def call(self, function: Value, args: Value, kwargs: Value, offset: int, *, restoring: bool = False) -> Value:
        if isinstance(args, list | SetValue):
            items = args if isinstance(args, list) else args.items
            args = tuple(items) if len(items) <= MAX_EACH else Unknown("many arguments")
        if not isinstance(args, tuple):
            args = (args,) if not isinstance(args, Unknown | Result) else (Unknown("computed arguments"),)
        if kwargs is not None and not isinstance(kwargs, DictValue):
            kwargs = None
        return self._call(function, args, kwargs, offset, 0, restoring=restoring)

    def _unknown_call(self, function: Value, args: tuple[Value, ...], kwargs: DictValue | None, offset: int) -> None:
        """A call of something that nobody judged: what it is given may tell what it is for."""
        shown = render_call(function, args, kwargs)
        path = path_of(function)
        given = [
            item
            for argument in (*args[:MAX_EACH], *(kwargs.items[1 : 2 * MAX_EACH : 2] if kwargs is not None else ()))
            for item in (argument[:MAX_EACH] if isinstance(argument, tuple | list) else (argument,))
        ]
        texts = [item for item in given[:200] if isinstance(item, str) and len(item) < 100_000]
        if path.rpartition(".")[2] in TELLING_NAMES or acts(path, texts) or any(map(_COMMAND.search, texts)):
            self._note("model.pickle.dangerous_call", offset, shown)
        if takes_too_much(path, args, self.budget):
            self._note("model.pickle.exhaustion", offset, shown)

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
        path = path_of(function)
        self._settled.add(path)
        if path in GETTERS:
            return self._getattr(args, offset)
        if path in IMPORTERS:
            return self._import(path, args, offset, result)
        if path in NESTED_LOADERS or NESTED_LOADER.fullmatch(path):
            return self._nested_load(path, args, offset, result)
        if path in APPLIERS:
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
        if path.endswith(("str.format", "str.format_map")) and args and reaches_attributes(args[0], args[1:]):
            self._note("model.pickle.attribute_gadget", offset, render_call(function, args))
        if path in _REBUILDERS and len(args) >= 3:
            made = self._call(args[0], args[2] if isinstance(args[2], tuple) else (), None, offset, depth + 1)
            if len(args) > 3 and args[3] is not None:
                self.build(made, args[3], offset)
            return made
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
            made = constructor_capability(
                function.module, function.name, text=any(isinstance(item, str) for item in args)
            )
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
        self._weigh(function, args, kwargs, offset, result)
        self._inflate(path, args, offset, result)
        self._check_states(function, args, kwargs, offset)
        self._check_given(path, args, offset)
        self._call_given(path, args, kwargs, offset, depth)
        self._computed += sum(len(item) for item in args[:MAX_EACH] if isinstance(item, str | bytes | tuple | list))
        if self._computed > _MAX_COMPUTED:
            return result  # enough was computed for one pickle; a name made of this stays unknown
        try:
            computed = call_function(path, args)
        except Uncomputable:
            return result
        self._computed += extent(computed)
        return computed

    def _call_attribute(self, function: Attribute, args: tuple[Value, ...], offset: int, result: Result) -> Value:
        owner = function.owner
        if (function.name in ("format", "format_map") and reaches_attributes(owner, args)) or (
            function.name in ("get_field", "vformat") and args and isinstance(args[0], str) and "__" in args[0]
        ):
            self._note("model.pickle.attribute_gadget", offset, render_call(function, args))
        if isinstance(owner, str | bytes | tuple | list | int | DictValue):
            self._weigh(function, args, None, offset, result)
            try:
                return call_method(owner, function.name, args)
            except Uncomputable:
                return (
                    result
                    if is_constant_method(function.name)
                    else self._unknown_method(function, args, offset, result)
                )
        path = path_of(function)
        if NESTED_LOADER.fullmatch(path):
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
        path = path_of(function.function)
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

    def _nested_load(self, path: str, args: tuple[Value, ...], offset: int, result: Result) -> Value:
        content = args[0] if args else None
        if isinstance(content, Result) and path_of(content.function).endswith("BytesIO"):
            state = content.state  # (content, position, attributes)
            content = next(iter(content.args or (state if isinstance(state, tuple) else ())), None)
        if path not in _ORDINARY_LOADERS and not KERAS_LOADER.fullmatch(path):
            self._note("model.pickle.dangerous_call", offset, render_call(result.function, args))
        if isinstance(content, Result) and _encodes_latin(content):
            content = self._latin(content.args[0])
        if path != "marshal.loads" and isinstance(content, bytes | Blob):
            self._keep_nested(offset, content, path)
            return result
        self._note("model.pickle.dangerous_call", offset, render_call(result.function, args))
        return result

    def _latin(self, text: Value) -> Value:
        """Protocols before 3 write bytes as the text of as many characters, and have it encoded."""
        try:
            if isinstance(text, Blob) and text.length <= _MAX_LATIN:
                text = str(self.data[text.offset : text.offset + text.length], "utf-8")
            return text.encode("latin-1") if isinstance(text, str) else None
        except (UnicodeDecodeError, UnicodeEncodeError):
            return None

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


def _encodes_latin(value: Result) -> bool:
    return (
        path_of(value.function) in ("_codecs.encode", "codecs.encode")
        and len(value.args) == 2
        and value.args[1] in ("latin1", "latin-1")
    )


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
