"""The embedded engine behind checks: everything that it would accept, ignore or find out too late is refused at load.

Runs inside the engine process.
"""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import orjson
import regorus

from mcp_server.policy.builtins import EXTENSIONS, FORBIDDEN
from mcp_server.policy.definitions import conflicts, doubtful, endless
from mcp_server.policy.errors import Problem
from mcp_server.policy.every import UnclearEquation
from mcp_server.policy.formats import PRINT, complaint
from mcp_server.policy.hints import told
from mcp_server.policy.marks import Marks
from mcp_server.policy.mending import as_on_opa, may_differ, readable, rule_names
from mcp_server.policy.modules import Module
from mcp_server.policy.reach import modules_behind
from mcp_server.policy.syntax import FunctionCall, ModuleSyntax, module_syntax

UNDEFINED = '"<undefined>"'
"""What the engine answers for a rule without a value: a string, and one that is true."""

_PLACE = re.compile(r"\s*--> (?P<file>.+?):(?P<line>\d+):(?P<column>\d+)\n.*?\nerror: (?P<message>.*)", re.DOTALL)
_EXTENSION = re.compile(r"^extension '[^']*' raises Python error: \w+: ")
_OF_THE_MODULE = (
    "unsafe",
    "could not find function",
    "recursion",
    "conflicts with rule",
    "mismatch in number of arguments",
    "before definition",
    "is not a set",
    "unsupported",
)
"""Words in errors that lie in a module, whatever the input: they are problems of the pack."""

_DUMP = " (path ["
"""Begins, in the engine's words on an unsafe variable, a dump of every variable in reach: the caller's data."""
_LONGEST = 1000
"""Characters of the engine's words on one error."""
_ARGUMENT = "0"
_NARROW_ENGINES = 4
"""Access and verdict, and two more: each takes its memory."""
_SMALL_DATA = 1 << 20
"""Bytes of data that an engine of its own for an entry point may cost."""


class Guarded:
    """One engine with one pack in it.

    `problems` says what is wrong with the pack; with any, it must not be asked anything. `proven` says that a pack of
    these bytes had none before, so that a second engine need not look again; `mended`, that the texts are the `texts`
    of that engine. `marks` go into the modules, for an engine that tells how far bodies get.
    """

    def __init__(
        self,
        modules: Sequence[tuple[str, str]],
        data: Mapping[str, Any],
        *,
        proven: bool = False,
        mended: bool = False,
        coverage: bool = False,
        marks: Marks | None = None,
        rego_v0: bool = False,
    ) -> None:
        self.problems: list[Problem] = []
        self.syntax: tuple[ModuleSyntax, ...] = ()
        if not mended:
            modules = [(path, readable(text, rego_v0=rego_v0)) for path, text in modules]
        self._lines: dict[str, set[int]] = {}
        self._data = orjson.dumps(data).decode()
        self._narrow = not coverage and len(self._data) <= _SMALL_DATA
        self._engines: dict[str, Any] = {}
        self._rego_v0 = rego_v0
        self._coverage = coverage
        self._checked = False
        self.engine = _new_engine(rego_v0=rego_v0)
        self.engine.set_enable_coverage(coverage)
        if marks is not None:
            marks.attach(self.engine)
        names = self._names = rule_names(modules)
        self._texts: dict[str, str] = {}
        for path, text in modules:
            try:
                tree = _tree(path, text, rego_v0) if not proven or (not mended and may_differ(text)) else None
                self._texts[path] = as_on_opa(text, tree, names[Module(path, text).package]) if tree else text
                added = self._texts[path]
                self.engine.add_policy(path, marks.into(added, _tree(path, added, rego_v0)) if marks else added)
            except RuntimeError as error:
                self.problems.append(told(_problem(error, path), text))
            except UnclearEquation as error:
                self.problems.append(Problem(path, error.line, error.column, str(error)))
            else:
                self.syntax += (module_syntax(tree),) if tree and not proven else ()
        if self.problems:
            return
        self._prints = any("print" in text for _, text in modules)
        if not proven:
            self.problems += _wrong_calls(self.syntax)
            self.problems += _wrong_formats(self.syntax)
            self.problems += _declared_again(self.syntax)
            self.problems += _unsafe_values(self.syntax)
            self.problems += conflicts(self.syntax) + endless(self.syntax)
            self.problems += _overridden_rules(self.syntax, data)
        if self.problems:
            return
        try:
            self.engine.add_data_json(self._data)
        except RuntimeError as error:
            self.problems.append(_problem(error, "data"))
            return
        if not proven:
            self.problems += self._late_problems()
        self._checked = not self.problems

    @property
    def texts(self) -> Mapping[str, str]:
        """The modules as the engine has them: mended."""
        return self._texts

    @property
    def warnings(self) -> list[Problem]:
        """What is allowed, and probably not meant. Only for a pack that was not `proven` before."""
        return doubtful(self.syntax)

    def evaluate(self, entrypoint: str, document: str) -> str | None:
        """The value of `entrypoint` as JSON text, None if it has none. Raises RuntimeError as the engine does."""
        engine = self._engine_for(entrypoint)
        engine.set_input_json(document)
        result = self._value(engine, entrypoint)
        if self._prints:
            engine.take_prints()
        return None if result == UNDEFINED else result

    def _value(self, engine: Any, entrypoint: str) -> str:
        try:
            return str(engine.eval_rule_as_json(entrypoint))
        except RuntimeError as error:
            # The engine has no rule `a` where a module says `a.b := 1`, though it has the value.
            package, _, name = entrypoint.removeprefix("data.").rpartition(".")
            if "not a valid rule path" not in str(error) or name not in self._names.get(package, ()):
                raise
            try:
                said = orjson.loads(engine.eval_query_as_json(entrypoint))
            except RuntimeError:
                raise error from None
            values = [expression["value"] for row in said.get("result", ()) for expression in row["expressions"]]
            return orjson.dumps(values[0]).decode() if values else UNDEFINED

    def _engine_for(self, entrypoint: str) -> Any:
        """An engine with no more than `entrypoint` can depend on: each evaluation costs a little for every module."""
        if not self._checked or not self._narrow or ".test_" in entrypoint:
            return self.engine
        found = self._engines.get(entrypoint)
        if found is None:
            if len(self._engines) >= _NARROW_ENGINES:
                return self.engine
            found = _new_engine(rego_v0=self._rego_v0)
            modules = [Module(path, text) for path, text in self._texts.items()]
            for module in modules_behind(modules, entrypoint):
                found.add_policy(module.path, module.text)
            found.add_data_json(self._data)
            self._engines[entrypoint] = found
        return found

    def lines(self) -> list[tuple[str, list[int], list[int]]]:
        """Of each module the lines that were evaluated since the last time, and those that were not.

        Only for an engine with `coverage`.
        """
        report = orjson.loads(self.engine.get_coverage_report_as_json())
        self.engine.clear_coverage_data()
        reached = {file["path"]: set(file["covered"]) for file in report["files"]}
        self._note_lines(report)
        return [
            (path, sorted(reached.get(path, ())), sorted(lines - reached.get(path, set())))
            for path, lines in self._lines.items()
        ]

    def _note_lines(self, report: Mapping[str, Any]) -> None:
        """Keep which lines there are: the engine leaves out modules that it did not come to at all."""
        for file in report["files"]:
            self._lines.setdefault(file["path"], set()).update(file["covered"], file["not_covered"])

    def _without_tests(self, modules: Sequence[ModuleSyntax]) -> Any:
        """An engine with these modules only: asked for `data.a`, an engine evaluates `data.a_test` too, every test of it."""
        if len(modules) == len(self.syntax):
            return self.engine
        engine = _new_engine(rego_v0=self._rego_v0)
        engine.set_enable_coverage(self._coverage)
        for module in modules:
            engine.add_policy(module.file, self._texts[module.file])
        engine.add_data_json(self._data)
        return engine

    def _late_problems(self) -> list[Problem]:
        """What the engine would find out about its modules only in the middle of an evaluation.

        Test modules are left out: what is wrong with them comes out when they are run, with a deadline for each.
        """
        modules = [module for module in self.syntax if not module.file.endswith("_test.rego")]
        everything = ", ".join(sorted({"data." + ".".join(module.package) for module in modules}))
        engine = self._without_tests(modules)
        complaints = _Complaints()
        broken = False
        with complaints:
            try:
                engine.set_input_json("{}")
                engine.eval_query_as_json(f"[{everything}]")
            except RuntimeError:
                broken = True
        if self._coverage and engine is not self.engine:
            self._note_lines(orjson.loads(engine.get_coverage_report_as_json()))
        found: dict[str, Problem] = {}
        for module in modules if broken else ():
            for rule in sorted({rule.name for rule in module.rules if not rule.is_function}):
                try:
                    self.evaluate(f"data.{'.'.join(module.package)}.{rule}", "{}")
                except RuntimeError as error:
                    problem = told(_problem(error, module.file))
                    if any(words in problem.message for words in _OF_THE_MODULE):
                        found[f"{problem.file}:{problem.line} {problem.message[:20]}"] = problem
        if complaints.heard and not found:
            return [
                Problem(module.file, 0, 0, "a variable in it is unsafe")
                for module in modules
                if _complains_of(self._texts[module.file])
            ]
        return list(found.values())


def _tree(path: str, text: str, rego_v0: bool) -> Mapping[str, Any]:
    """One module at a time: the tree of a module is a hundred times its size, and that of a whole pack too much."""
    engine = _new_engine(rego_v0=rego_v0)
    engine.add_policy(path, text)
    (tree,) = orjson.loads(engine.get_ast_as_json())
    return dict(tree)


class _Complaints:
    """Listens to stderr: there the engine says, and says nowhere else, that it cannot order some statements."""

    def __enter__(self) -> None:
        self._printed = os.memfd_create("stderr")
        self._stderr = os.dup(2)
        os.dup2(self._printed, 2)

    def __exit__(self, *_: object) -> None:
        os.dup2(self._stderr, 2)
        os.close(self._stderr)
        size = os.fstat(self._printed).st_size
        self.heard = b"could not schedule" in os.pread(self._printed, size, 0)
        os.close(self._printed)


def _complains_of(text: str) -> bool:
    complaints = _Complaints()
    with complaints, contextlib.suppress(RuntimeError):
        engine = _new_engine()
        engine.add_policy("module.rego", text)
        engine.add_policy("probe.rego", "package probe\n\nvalue := 1\n")
        engine.eval_rule("data.probe.value")
    return complaints.heard


def explained(error: RuntimeError) -> str:
    """The engine's error in one line: where, and what."""
    return str(_problem(error, ""))


def _new_engine(*, rego_v0: bool = False) -> Any:
    engine = regorus.Engine()
    engine.set_rego_v0(rego_v0)
    # Its own bounds (1,024 columns, …) are narrower than OPA's; files are bounded when they are read.
    engine.set_policy_length_config(max_col=1 << 20, max_file_bytes=64 << 20, max_lines=1 << 20)
    engine.set_gather_prints(True)  # else print() writes to our stderr
    for name, (arguments, function) in EXTENSIONS.items():
        engine.add_extension(name, arguments, function)
    return engine


def _problem(error: RuntimeError, file: str) -> Problem:
    text = str(error).partition("\n\nStack backtrace")[0]
    place = _PLACE.match(text)
    if place is None:
        return Problem(file, 0, 0, " ".join(text[:_LONGEST].split()))
    message = _EXTENSION.sub("", " ".join(place["message"][:_LONGEST].split()).partition(_DUMP)[0])
    return Problem(place["file"], int(place["line"]), int(place["column"]), message)


def _wrong_calls(modules: Sequence[ModuleSyntax]) -> list[Problem]:
    """Calls of functions that nobody defines, or that no policy may call."""
    own = {(*module.package, rule.name) for module in modules for rule in module.rules}
    known: dict[tuple[str, int], bool] = {}
    problems: list[Problem] = []
    for module in modules:
        for call in module.calls:
            if _is_own(call, module, own):
                continue
            if call.name in FORBIDDEN:
                message = f"{call.name} may not be called: {FORBIDDEN[call.name]}"
            else:
                key = (call.name, call.arguments)
                if key not in known:
                    known[key] = _is_builtin(call)
                if known[key]:
                    continue
                message = f"unknown function {call.name}"
            problems.append(Problem(module.file, call.line, call.column, message))
    return problems


def _wrong_formats(modules: Sequence[ModuleSyntax]) -> list[Problem]:
    """Formats of `sprintf` that would not be printed as OPA prints them."""
    return [
        Problem(module.file, call.line, call.column, words)
        for module in modules
        for call in module.calls
        if call.name in ("sprintf", PRINT) and (words := complaint(call.text))
    ]


def _declared_again(modules: Sequence[ModuleSyntax]) -> list[Problem]:
    """Names that are declared twice: here the second would win, OPA refuses it."""
    return [
        Problem(module.file, name.line, name.column, f"var {name.name} is declared above")
        for module in modules
        for name in module.again
    ]


def _unsafe_values(modules: Sequence[ModuleSyntax]) -> list[Problem]:
    """Heads of rules, and negations, with a variable that nothing binds: the engine finds out late, or never."""
    rules: dict[tuple[str, ...], set[str]] = {}
    for module in modules:
        rules.setdefault(module.package, set()).update(rule.name for rule in module.rules)
    return [
        Problem(module.file, free.line, free.column, f"var {free.name} is unsafe")
        for module in modules
        for free in (*module.free, *module.unbound)
        if free.name not in {"input", "data", *module.imports, *rules[module.package]}
    ]


def _is_own(call: FunctionCall, module: ModuleSyntax, own: Iterable[tuple[str, ...]]) -> bool:
    first, *rest = call.name.split(".")
    if first == "data":
        path: tuple[str, ...] = tuple(rest)
    elif first in module.imports:
        path = (*module.imports[first][1:], *rest)
    else:
        path = (*module.package, first, *rest)
    return path in own


def _is_builtin(call: FunctionCall) -> bool:
    engine = _new_engine()
    arguments = ", ".join([_ARGUMENT] * call.arguments)
    try:
        engine.add_policy("probe.rego", f"package probe\n\nvalue := {call.name}({arguments})\n")
        engine.eval_rule("data.probe.value")
    except RuntimeError as error:
        return "could not find function" not in str(error)
    return True


def _overridden_rules(modules: Sequence[ModuleSyntax], data: Mapping[str, Any]) -> list[Problem]:
    """Rules that data of the same path would silently replace; OPA refuses these too."""
    problems: dict[str, Problem] = {}
    for module in modules:
        for rule in module.rules:
            here: object = data
            path = (*module.package, rule.name)
            for depth, part in enumerate(path):
                if not isinstance(here, Mapping):
                    name = ".".join(path[:depth])
                    problems[name] = Problem(module.file, rule.line, 1, f"data.{name} is data, no room for a package")
                    break
                if part not in here:
                    break
                here = here[part]
            else:
                name = ".".join(path)
                problems[name] = Problem(module.file, rule.line, 1, f"data.{name} is both a rule and data")
    return list(problems.values())
