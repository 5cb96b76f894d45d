"""What a pickle names: modules, their members, and attributes reached by getattr. Judged by meaning, never imported."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from scanners.model_scan.callables import (
    GADGET_ATTRIBUTES,
    INNER,
    STDLIB,
    Standing,
    canonical,
    module_capability,
    standing,
)
from scanners.model_scan.pickle_constants import is_constant_method
from scanners.model_scan.pickle_notes import Note, Notebook
from scanners.model_scan.pickle_values import (
    Attribute,
    DictValue,
    Global,
    Module,
    Result,
    SetValue,
    Unknown,
    Value,
    render,
    render_call,
)
from scanners.model_scan.vocabulary import words

CODE_BUILDERS = words("pickle_names.code_builders")
NESTED_LOADERS = words("pickle_names.nested_loaders")
KERAS_LOADER = re.compile(r"(?:tf_)?keras\.(?:src\.)?(?:\w+\.)*_unpickle_model")
"""A pickled Keras model is its `.keras` archive, handed to Keras without safe mode: it is what the archive is."""
NESTED_LOADER = re.compile(
    rf"(?:\w+\.)*(?:_?c?[Pp]ickle\d?|cloudpickle|_?dill)\.(?:\w+\.)?_?loads?|{KERAS_LOADER.pattern}"
)
"""Pickle's own loaders and the copies of them that packages carry."""
IMPORTERS = words("pickle_names.importers")
QUIET_IMPORTERS = words("pickle_names.quiet_importers")
GETTERS = words("pickle_names.getters")
APPLIERS = words("pickle_names.appliers")
_MAX_GLOBALS = 100_000
_MAX_LOOKED_AT = 20_000
_FIELD = re.compile(r"\{[^{}.\[]*[.\[][^{}]*")
"""A field of a format string that reads an attribute or an item."""
_MAX_TEMPLATE = 100_000


@dataclass(slots=True)
class NameJudge(Notebook):
    """Judges every name that one pickle imports, and every attribute that it reaches."""

    globals: dict[tuple[str, str], Global] = field(default_factory=dict)
    approved: frozenset[str] = frozenset()
    _called: set[str] = field(default_factory=set)
    _deferred: dict[str, int] = field(default_factory=dict)
    """Names that are judged by what they are called with, and where they were named."""
    _settled: set[str] = field(default_factory=set)

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

    def _standing(self, value: Global) -> Standing:
        if f"{value.module}.{value.name}" in self.approved:
            return Standing("inert", exact=True)
        return standing(value.module, value.name)

    def _judge_reference(self, value: Global, offset: int, module: str, name: str) -> None:
        path = path_of(value)
        asked = f"{module}.{name}"
        shown = path if path == asked else f"{path} (asked for as {asked})"
        if path in CODE_BUILDERS:
            self._note("model.pickle.carried_code", offset, shown, unexamined=path)
            return
        if path in NESTED_LOADERS or path in QUIET_IMPORTERS or path in GETTERS or NESTED_LOADER.fullmatch(path):
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
            if path in APPLIERS:
                return
            self._note("model.pickle.unknown_callable", offset, shown, unexamined=path)

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
        if path not in QUIET_IMPORTERS:
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


def path_of(value: Value) -> str:
    """`module.name` of a global, of an attribute's owner with the attribute, or of a module; empty for anything else."""
    if isinstance(value, Global):
        return f"{value.module}.{value.name}"
    if isinstance(value, Attribute):
        owner = value.owner.function if isinstance(value.owner, Result) else value.owner
        base = path_of(owner)
        return f"{base}.{value.name}" if base else ""
    if isinstance(value, Module):
        return value.name
    return ""


def reaches_attributes(template: Value, args: tuple[Value, ...]) -> bool:
    """Whether a format reads inner attributes of what it is given, or any attribute of something that was imported."""
    fields = _FIELD.findall(template[:_MAX_TEMPLATE]) if isinstance(template, str) else []
    return any("__" in field for field in fields) or bool(fields and holds_names(args))


def holds_names(values: Sequence[Value]) -> bool:
    """Whether classes, functions or modules are among the values, or in what they are made of; of too many, they may be."""
    pending, seen = list(values[:_MAX_LOOKED_AT]), set[int]()
    while pending:
        item = pending.pop()
        if isinstance(item, Global | Module | Attribute):
            return True
        inner: Sequence[Value] = ()
        if isinstance(item, tuple | list):
            inner = item
        elif isinstance(item, DictValue | SetValue):
            inner = item.items
        elif isinstance(item, Result):
            inner = item.args
        if inner and id(item) not in seen:
            seen.add(id(item))
            pending.extend(inner[:_MAX_LOOKED_AT])
            if len(pending) + len(seen) > _MAX_LOOKED_AT:
                return True
    return False


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
