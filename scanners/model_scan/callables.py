"""What a named callable can do: inert, dangerous (and how), or unknown.

Four sources: the allow-lists of names (`data/inert_*.json`), what real objects of well-known libraries ask a loader to
call and with which kinds of arguments (`data/observed.json`), the table of names from which a static analysis of the
standard library and of these packages reaches a dangerous primitive (`data/capabilities.json`), and whole modules that
exist to reach outside. The tables but one are made by `scanners/model_scan/generate`.
"""

from __future__ import annotations

import _compat_pickle
import json
import sys
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any, Literal

from scanners.model_scan.pickle_constants import is_constant_method
from scanners.model_scan.vocabulary import grouped, words

Kind = Literal["inert", "observed", "restorable", "referable", "dangerous", "unknown"]
"""inert: may be made and called. observed: may be used as real libraries use it (`shapes`). restorable: may be made without
its __init__ and without arguments. referable: may be named, not called."""

# A capability in words; the generator and the findings use the same words.
EXECUTE = "runs code"
PROCESS = "runs programs or changes the process"
IMPORT = "imports code by name"
LOAD = "loads objects unsafely"
FILES = "reads or changes files"
NETWORK = "talks to the network"
NATIVE = "calls native code"
INNER = "reaches inner attributes"

_WORDS = {
    "execute": EXECUTE,
    "process": PROCESS,
    "import": IMPORT,
    "load": LOAD,
    "files": FILES,
    "network": NETWORK,
    "native": NATIVE,
    "inner": INNER,
}


def by_capability(name: str) -> dict[str, str]:
    """Word -> capability, of a grouped list of the vocabulary."""
    return {word: _WORDS[group] for group, members in grouped(name).items() for word in members}


PRIMITIVES: dict[str, str] = by_capability("primitives")
"""What reaches outside by itself: names without Python source, or too deep for a call graph."""

# Modules whose every callable has the capability, except what the allow-list names. Packages include their parts.
DANGEROUS_MODULES: dict[str, str] = by_capability("modules")

# Names that mean the same wherever they are re-exported: an unknown module's `system` is not given the benefit of the doubt.
TELLING_NAMES: dict[str, str] = by_capability("names")

# Attributes that lead from any object to everything. Reaching for one is never part of an honest pickle.
GADGET_ATTRIBUTES = words("callables.gadget_attributes")

TELLING_MODULES = words("callables.telling_modules")
_PATH_LOADERS = words("callables.path_loaders")
_COMPUTING = words("callables.computing_modules")
"""Compiled modules of functions that compute on arrays, and of nothing else."""
_OPENING = words("callables.opening")
"""Classes in native code that take data, or the name of a file with it."""

STDLIB = frozenset(sys.stdlib_module_names) | {
    "__builtin__",
    "copy_reg",
    "cPickle",
    "commands",
    "popen2",
    "urllib2",
    "httplib",
    "distutils",
    "imp",
    "asyncore",
    "asynchat",
    "smtpd",
    "_posixsubprocess",
    "nt",
    "posix",
    "_winapi",
    "winreg",
    "msvcrt",
    "_xxsubinterpreters",
    "_interpreters",
    "_testcapi",
    "test",
    "idlelib",
    "lib2to3",
    "pipes",
    "telnetlib",
    "nntplib",
    "crypt",
    "nis",
    "cgi",
    "cgitb",
    "xdrlib",
    "msilib",
    "new",
    "thread",
}


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of one callable: its kind, and for a dangerous one what it can do."""

    kind: Kind
    capability: str = ""
    exact: bool = False
    """The name itself is in a table; False when a whole-module or telling-name rule spoke."""
    called: str | None = None
    """The shape of arguments that real libraries call it with (see `argument_shapes`); None: they do not."""
    made: str | None = None
    """The same for what its `__new__` is given."""
    otherwise: Standing | None = None
    """What is known of an observed callable that is given something else."""


_REMEMBERED = 1 << 16
"""As many names are remembered with what they are: a file may name any number."""
_INERT = Standing("inert", exact=True)
_VALUE_TYPES = frozenset(("str", "bytes", "bytearray", "int", "list", "tuple", "dict"))
_UNKNOWN = Standing("unknown")


@cache
def _table(name: str) -> dict[str, Any]:
    text = files("scanners.model_scan").joinpath("data", name).read_text(encoding="utf-8")
    loaded: dict[str, Any] = json.loads(text)
    return loaded


# Tables are opened module by module, as modules are asked for: most scans name few of thousands.


@lru_cache(_REMEMBERED)
def _listed(kind: str, module: str) -> frozenset[str]:
    """The names of a module that the allow-lists hold under `kind`."""
    tables = (_table(name).get(kind, {}) for name in ("inert_core.json", "inert_packs.json"))
    return frozenset().union(*(table[module].split() for table in tables if module in table))


def _inert(module: str) -> frozenset[str]:
    return _listed("modules", module)


@lru_cache(_REMEMBERED)
def _core(module: str) -> frozenset[str]:
    return frozenset(_table("inert_core.json")["modules"].get(module, "").split())


def _is_core(module: str, name: str) -> bool:
    return name in _core(module)


_OVERRULING = frozenset((EXECUTE, LOAD, NATIVE))
"""Capabilities of a whole module that its classes do not escape by being quiet while they are made."""


@lru_cache(_REMEMBERED)
def _capable(module: str, kind: str = "modules") -> dict[str, str]:
    """Name -> capability, of the names of a module from which something dangerous is reached."""
    table = _table("capabilities.json")
    by_code = table.get(kind, {}).get(module, {})
    return {name: table["capabilities"][code] for code, names in by_code.items() for name in names.split()}


def constructor_capability(module: str, name: str, *, text: bool = False) -> str | None:
    """What calling a class of a package reaches, where naming and restoring it reach nothing; `text`: it is given one."""
    return _capable(module, "constructors").get(name) or (FILES if text and f"{module}.{name}" in _OPENING else None)


@lru_cache(_REMEMBERED)
def _aliases(module: str) -> dict[str, str]:
    """Name in the module -> where that dangerous thing is defined."""
    return {
        local: f"{home} {name or local}"
        for home, names in _table("capabilities.json").get("aliases", {}).get(module, {}).items()
        for local, _, name in (entry.partition("=") for entry in names.split())
    }


def _observed(module: str, name: str) -> Standing | None:
    table = _table("observed.json")
    called = table["called"].get(module, {}).get(name)
    made = table["made"].get(module, {}).get(name)
    if called is None and made is None:
        return None
    return Standing("observed", exact=True, called=called, made=made, otherwise=_standing_by_rule(module, name))


@lru_cache(_REMEMBERED)
def _named(module: str) -> frozenset[str]:
    return frozenset(_table("observed.json")["named"].get(module, "").split())


def forget_tables() -> None:
    """Read the tables anew: the generator has just written them."""
    for cached in (_table, _listed, _core, _capable, _aliases, _named, canonical, standing, data_versions):
        cached.cache_clear()


@cache
def data_versions() -> dict[str, str]:
    """The tables behind the answer and their dates, for coverage."""
    return {
        f"model_scan/{name}": str(_table(name)["version"])
        for name in ("inert_core.json", "inert_packs.json", "observed.json", "capabilities.json", "operators.json")
    }


@lru_cache(_REMEMBERED)
def canonical(module: str, name: str) -> tuple[str, str]:
    """`module` and `name` where they really lead: Python 2 names mapped, modules re-exported through others resolved.

    `torch.serialization` + `os.system` is `os` + `system`; `os.path` is kept as it is.
    """
    if (module, name) in _compat_pickle.NAME_MAPPING:
        module, name = _compat_pickle.NAME_MAPPING[module, name]
    elif module in _compat_pickle.IMPORT_MAPPING:
        module = _compat_pickle.IMPORT_MAPPING[module]
    module = _SAME_MODULE.get(module, module)
    head, dot, rest = name.partition(".")
    aliased = _aliases(module).get(head)
    if aliased is not None and name not in _inert(module):
        module, _, head = aliased.partition(" ")
        return module, f"{head}{dot}{rest}"
    parts = name.split(".")
    for index in range(len(parts) - 2, -1, -1):
        inner = _module_name(parts[index])
        if inner is not None and not _is_class_path(module, parts[: index + 1]):
            rest = ".".join(parts[index + 1 :])
            if standing(inner, rest).kind == "dangerous" or standing(module, name).kind == "unknown":
                return _joined(inner, rest)
            break
    return _joined(module, name)


def _module_name(word: str) -> str | None:
    """The standard module that an attribute of this name most likely is: `os`, and `_os` as modules import it privately."""
    if word in STDLIB:
        return _SAME_MODULE.get(word, word)
    bare = word.lstrip("_")
    return bare if word.startswith("_") and bare in STDLIB else None


def _joined(module: str, name: str) -> tuple[str, str]:
    """`os` + `path.join` is `os.path` + `join`."""
    head, dot, rest = name.partition(".")
    return (f"{module}.{head}", rest) if dot and f"{module}.{head}" in _SUBMODULES else (module, name)


_SAME_MODULE = {
    "posix": "os",
    "nt": "os",
    "posixpath": "os.path",
    "ntpath": "os.path",
    "_io": "io",
    "_operator": "operator",
    "_functools": "functools",
}
_SUBMODULES = words("callables.submodules")


def _is_class_path(module: str, parts: list[str]) -> bool:
    return parts[0] in _inert(module) or parts[0] in _capable(module)


@lru_cache(_REMEMBERED)
def standing(module: str, name: str) -> Standing:
    """What `module.name` (already canonical) can do."""
    if _is_core(module, name):
        return _INERT
    if f"{module}.{name}" in PRIMITIVES:
        return Standing("dangerous", PRIMITIVES[f"{module}.{name}"], exact=True)
    if name in _inert(module) and module_capability(module) not in _OVERRULING:
        return _INERT
    if module == "builtins" and is_constant_method(name.rpartition(".")[2]) and name.partition(".")[0] in _VALUE_TYPES:
        return _INERT
    if f"{module}.{name}" in DANGEROUS_MODULES:
        return Standing("dangerous", DANGEROUS_MODULES[f"{module}.{name}"], exact=True)
    for part in name.split("."):
        if part in GADGET_ATTRIBUTES:
            return Standing("dangerous", INNER, exact=True)
    return _observed(module, name) or _standing_by_rule(module, name)


def _standing_by_rule(module: str, name: str) -> Standing:
    capable = _capable(module)
    parts = name.split(".")
    for length in range(len(parts), 0, -1):
        capability = capable.get(".".join(parts[:length]))
        if capability is not None:
            return Standing("dangerous", capability, exact=True)
    path = f"{module}.{name}".split(".")
    for length in range(len(path), 0, -1):
        prefix = ".".join(path[:length])
        if prefix in DANGEROUS_MODULES:
            return Standing("dangerous", DANGEROUS_MODULES[prefix])
    if name in _listed("restorable", module):
        return Standing("restorable", exact=True)
    if name in _listed("referable", module) or name in _named(module):
        return Standing("referable", exact=True)
    if parts[-1] in TELLING_NAMES:
        return Standing("dangerous", TELLING_NAMES[parts[-1]])
    if len(parts) > 1 and parts[-1] in TELLING_MODULES:
        return Standing("dangerous", DANGEROUS_MODULES[parts[-1]])
    reexported = _module_name(name)
    if reexported is not None and reexported in DANGEROUS_MODULES:
        return Standing("dangerous", DANGEROUS_MODULES[reexported])
    if module in _COMPUTING and name.isidentifier() and reexported is None:
        return _INERT
    return _UNKNOWN


def named_in_document(path: str) -> Standing:
    """What a callable can do that a document names by its dotted path, with arguments of the document's choice."""
    module, _, name = path.replace(":", ".").rpartition(".")
    if path in _PATH_LOADERS:
        return Standing("dangerous", LOAD, exact=True)
    return standing(*canonical(module, name))


def module_capability(module: str) -> str | None:
    """The capability of a whole module that exists to reach outside, or None."""
    parts = module.split(".")
    for length in range(len(parts), 0, -1):
        capability = DANGEROUS_MODULES.get(".".join(parts[:length]))
        if capability is not None:
            return capability
    return None


def is_module_name(name: str) -> bool:
    """Whether `name` is a top-level module of the standard library (of any version)."""
    return name.partition(".")[0] in STDLIB
