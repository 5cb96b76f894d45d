"""Code objects inside pickles: which names their bytecode reaches for. Nothing is unmarshalled or run."""

from __future__ import annotations

import re

from scanners.model_scan.callables import PROCESS, TELLING_NAMES, module_capability
from scanners.model_scan.pickle_values import DictValue, Global, Result, SetValue, Value
from scanners.model_scan.vocabulary import words

_MAX_VALUES = 20_000
_ALWAYS = words("pickle_code.always")
_MODULES = words("pickle_code.modules")
_IDENTIFIER = re.compile(rb"[A-Za-z_]\w{2,63}|(?<=\x02)(?:os|nt)")
_ORDINARY_WORDS = frozenset(("kill", "shell", "spawn", "fork", "run_command", "run_cmd"))
_OS_CALLS = re.compile(
    r"(system|popen|exec\w+|spawn\w*|posix_spawn\w*|fork|kill|remove|unlink|rmdir|chmod|putenv|startfile|setuid|dup2)\Z"
)


def dangerous_code_names(args: Value) -> list[str]:
    """Names in the tuples of a code object (co_names, co_consts, nested code) that let it act on the outside."""
    words = _words(args)
    found = sorted(word for word in words if word in _ALWAYS or word in _MODULES)
    if "os" in words or "posix" in words or "nt" in words:
        found += sorted(f"os.{word}" for word in words if _OS_CALLS.match(word))
    telling = {word for word in words if TELLING_NAMES.get(word) == PROCESS and word not in _ORDINARY_WORDS}
    found += sorted(word for word in telling if word not in found and f"os.{word}" not in found)
    return found[:8]


def _words(args: Value) -> set[str]:
    """Identifier-like strings among the values; dotted module names count by their first part too."""
    words: set[str] = set()
    pending: list[Value] = [args]
    looked = 0
    while pending and looked < _MAX_VALUES:
        value = pending.pop()
        looked += 1
        if isinstance(value, str):
            if value.replace(".", "").isidentifier():
                words.update((value, value.partition(".")[0]))
        elif isinstance(value, tuple | list):
            pending.extend(value)
        elif isinstance(value, DictValue | SetValue):
            pending.extend(value.items)
        elif isinstance(value, Result):
            pending.extend(value.args)
        elif isinstance(value, Global) and module_capability(value.module):
            words.add(value.name)
    return words


def marshalled_names(raw: bytes) -> list[str]:
    """The identifiers in marshalled code, read as the plain text that they are; nothing is unmarshalled."""
    found = (word.decode("ascii") for word in _IDENTIFIER.findall(raw))
    return list(dict.fromkeys(found))
