"""Who calls whom, and which dangerous primitive is reached from where."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from scanners.model_scan import callables as words
from scanners.model_scan.generate.sources import Module
from scanners.model_scan.vocabulary import words as word_list

RESTORING = (
    "__new__",
    "__init__",
    "__setstate__",
    "__post_init__",
    "__del__",
    "__setattr__",
    "__getattr__",
    "__getattribute__",
    "__setitem__",
    "append",
    "extend",
    "add",
    "__hash__",
    "__eq__",
    "__init_subclass__",
    "_setstate",
)
RESTORED = tuple(name for name in RESTORING if name not in ("__init__", "__post_init__", "__init_subclass__"))
_MADE = ("__new__", "__init__", "__post_init__", "__setstate__")
_QUIET = tuple(f"{name}." for name in word_list("generate.quiet"))
PRIMITIVES: dict[str, str] = words.by_capability("primitives")  # fmt: skip
_JUDGED_STATES = word_list("generate.judged_states")
"""Classes that run a text of their state, which the scan itself looks at (`pickle_states`)."""
_STAR_ROUNDS = 3
GRAVE = (words.EXECUTE, words.PROCESS, words.NATIVE, words.LOAD)
ORDER = (words.EXECUTE, words.PROCESS, words.NATIVE, words.LOAD, words.IMPORT, words.NETWORK, words.FILES)


class CallGraph:
    """Who calls whom, by absolute names, and which primitive is reached from where."""

    def __init__(self, modules: Iterable[Module]) -> None:
        self.modules = {module.name: module for module in modules}
        self.calls: dict[str, set[str]] = {}
        self.classes: dict[str, tuple[str, ...]] = {}
        self.alias: dict[str, str] = {}
        self._resolved: dict[str, str] = {}
        self.members: dict[str, list[str]] = defaultdict(list)
        for module in self.modules.values():
            for name, targets in module.calls.items():
                self.calls[f"{module.name}.{name}"] = targets
                if "." in name:
                    self.members[f"{module.name}.{name.partition('.')[0]}"].append(f"{module.name}.{name}")
            for name, bases in module.classes.items():
                self.classes[f"{module.name}.{name}"] = bases
            for local, target in module.imports.items():
                self.alias[f"{module.name}.{local}"] = target
        for _ in range(_STAR_ROUNDS):  # stars lead to stars
            for module in self.modules.values():
                for star in module.stars:
                    self._import_all(module, star)

    def _import_all(self, module: Module, star: str) -> None:
        source = self.modules.get(star)
        if source is None:
            return
        for name in (*source.functions, *source.classes, *source.imports):
            if not name.startswith("_") and name not in module.functions and name not in module.classes:
                module.imports.setdefault(name, f"{star}.{name}")
                self.alias.setdefault(f"{module.name}.{name}", f"{star}.{name}")

    def derives(self, owner: str, roots: frozenset[str], depth: int = 0) -> bool:
        """Whether a class is, or inherits from, one of `roots` (absolute names)."""
        if owner in roots:
            return True
        return depth < 8 and any(
            self.derives(self.resolve(base), roots, depth + 1) for base in self.classes.get(owner, ()) if base != owner
        )

    def resolve(self, name: str) -> str:
        """Follow re-exports: `package.Thing` to where it is defined."""
        known = self._resolved.get(name)
        if known is None:
            known = self._resolved[name] = self._follow(name)
        return known

    def _follow(self, name: str) -> str:
        for _ in range(6):
            if name in self.calls or name in self.classes or name in PRIMITIVES:
                return name
            if name in self.alias and self.alias[name] != name:
                name = self.alias[name]
                continue
            head, _, tail = name.rpartition(".")
            if head in self.alias:
                name = f"{self.alias[head]}.{tail}"
                continue
            return name
        return name

    def method(self, owner: str, name: str, depth: int = 0) -> str | None:
        """The absolute name of a method, looked up through the bases."""
        if f"{owner}.{name}" in self.calls:
            return f"{owner}.{name}"
        for base in self.classes.get(owner, ()):
            resolved = self.resolve(base)
            if depth < 8 and resolved != owner and (found := self.method(resolved, name, depth + 1)):
                return found
        return None

    def methods(self, owner: str, depth: int = 0) -> set[str]:
        """Names of the methods of a class and of its bases, special ones excepted."""
        prefix = f"{owner}."
        own = {name.removeprefix(prefix) for name in self.members.get(owner, ())}
        if depth < 4:
            for base in self.classes.get(owner, ()):
                own |= self.methods(self.resolve(base), depth + 1)
        return {name for name in own if not name.startswith("__")}

    def ancestors(self, owner: str, depth: int = 0) -> set[str]:
        """A class and all that it inherits from, by absolute names."""
        found = {owner}
        if depth < 8:
            for base in self.classes.get(owner, ()):
                if (resolved := self.resolve(base)) not in found:
                    found |= self.ancestors(resolved, depth + 1)
        return found

    def capability(
        self, name: str, depth: int, *, ignoring: frozenset[str] = frozenset(), of: str | None = None
    ) -> str | None:
        """The gravest capability reached from `name` in at most `depth` calls, those of `ignoring` not counted.

        With `of`, methods that a base calls on itself are those of this class: what a base leaves to others is found.
        """
        family = self.ancestors(of) if of is not None else set()
        found: set[str] = set()
        seen: set[str] = set()
        level = [self.resolve(name)]
        home = level[0].partition(".")[0] + "."
        for left in range(depth, -1, -1):
            deeper: list[str] = []
            while level:
                at = level.pop()
                if at in PRIMITIVES:
                    found.add(PRIMITIVES[at])
                elif left and at not in seen and (at.startswith(home) or not at.startswith(_QUIET)):
                    seen.add(at)
                    self._step(at, level, deeper)
                    if at in self.calls and at.rpartition(".")[0] in family:
                        deeper.extend(self._own(at, family, str(of)))
            level = deeper
        return _gravest(found - ignoring)

    def _step(self, at: str, level: list[str], deeper: list[str]) -> None:
        """Where `at` leads: a class to its constructors and a method to its base's at once, a function to what it calls."""
        if at in self.classes:
            level.extend(made for name in _MADE if (made := self.method(at, name)))
        elif at in self.calls:
            deeper.extend(self.resolve(target) for target in self.calls[at])
        else:
            owner, _, method = at.rpartition(".")
            inherited = self.method(owner, method) if owner in self.classes else None
            if inherited and inherited != at:
                level.append(inherited)

    def _own(self, at: str, family: set[str], of: str) -> Iterator[str]:
        """The methods of class `of` that the method `at` of one of its bases calls by `self`."""
        for target in self.calls[at]:
            owner, _, method = target.rpartition(".")
            if owner in family and (own := self.method(of, method)) is not None:
                yield own

    def restores_quietly(self, owner: str, methods_run: tuple[str, ...]) -> bool:
        """Whether the methods that run when an object of this class is made or restored reach no primitive."""
        if methods_run is RESTORED and self.derives(owner, _JUDGED_STATES):
            return True
        methods = (found for made in methods_run if (found := self.method(owner, made)))
        return all(self.capability(found, 4, of=owner) is None for found in methods)


def _gravest(capabilities: Iterable[str]) -> str | None:
    found = set(capabilities)
    return next((capability for capability in ORDER if capability in found), None)
