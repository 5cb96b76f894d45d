"""What the verbs of `yumen policy` do."""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, cast, get_args

from mcp_server.config import load
from mcp_server.policy.bundles import bundle_files, write_archive
from mcp_server.policy.catalogue import describe
from mcp_server.policy.embedded import EmbeddedEngine
from mcp_server.policy.errors import PolicyInvalid, Problem
from mcp_server.policy.explain import explain
from mcp_server.policy.metadata import read_annotations
from mcp_server.policy.packs import SHIPPED, Pack, join, load_pack
from mcp_server.policy.pages import reference_page
from mcp_server.policy.replay import read_events, redecide
from mcp_server.policy.scaffold import BadName, new_check
from mcp_server.policy.settings import PolicySettings
from mcp_server.policy.signatures import SIGNATURES, Algorithm, sign
from mcp_server.policy.store import read_pack, read_packs
from mcp_server.policy.testing import check, run_tests, warnings
from scanners.errors import UnreadableInput

EXIT_PASS, EXIT_FAIL = 0, 1


def _list(namespace: argparse.Namespace) -> int:
    pack = _pack(namespace)
    print(f"revision {pack.revision}")
    for policy in describe(pack, asyncio.run(check(pack, _settings(namespace)))):
        print(f"{policy.package}  {policy.title}")
        for rule in policy.rules:
            if rule.entrypoint:
                print(f"    {rule.path}  {rule.title}")
    return EXIT_PASS


def _check(namespace: argparse.Namespace) -> int:
    pack = _pack(namespace)
    problems: list[Problem] = []
    for module in pack.modules:
        try:
            read_annotations(module.path, module.text)
        except PolicyInvalid as error:
            problems += error.problems
    try:
        for warning in asyncio.run(warnings(pack, _settings(namespace))):
            print(f"warning: {warning}")
    except PolicyInvalid as error:
        problems += error.problems
    if problems:
        return _show(problems)
    print(f"{len(pack.modules)} modules are well formed; revision {pack.revision}")
    return EXIT_PASS


def _test(namespace: argparse.Namespace) -> int:
    result = asyncio.run(run_tests(_pack(namespace), _settings(namespace)))
    if namespace.verbose:
        for test in result.passed:
            print(f"{test}: PASS")
    _show([failure.problem for failure in result.failures])
    print(f"PASS: {len(result.passed)}  FAIL: {len(result.failures)}")
    return EXIT_FAIL if result.failures else EXIT_PASS


def _coverage(namespace: argparse.Namespace) -> int:
    result = asyncio.run(run_tests(_pack(namespace), _settings(namespace), coverage=True))
    if not namespace.alone:  # beside a team's own files the shipped ones have no tests to be reached by
        shipped = {module.path for module in load_pack(SHIPPED).modules}
        own = tuple(report for report in result.lines if report.file not in shipped)
        result = replace(result, lines=own or result.lines)
    for report in sorted(result.lines, key=lambda report: report.file):
        whole = len(report.reached) + len(report.left)
        share = 100 * len(report.reached) / whole if whole else 100.0
        left = ", ".join(str(line) for line in sorted(report.left))
        print(f"{share:6.1f} %  {report.file}{'  not reached: ' + left if left else ''}")
    print(f"{100 * result.coverage:6.1f} %  of all lines")
    _show([failure.problem for failure in result.failures])
    enough = 100 * result.coverage >= namespace.fail_under
    return EXIT_PASS if enough and not result.failures else EXIT_FAIL


def _explain(namespace: argparse.Namespace) -> int:
    told = asyncio.run(explain(_pack(namespace), namespace.rule, _input(namespace.input), _settings(namespace)))
    print(f"{told.entrypoint}{': ' + told.title if told.title else ''}")
    print(json.dumps(told.value, indent=2, ensure_ascii=False) if told.defined else "has no value for this input")
    print("\nHow it came to that, rule by rule:")
    for step in told.steps:
        print(f"  {step}")
    return EXIT_PASS


def _bench(namespace: argparse.Namespace) -> int:
    pack, document = _pack(namespace), _input(namespace.input)

    async def measure() -> list[float]:
        engine = await EmbeddedEngine.start(pack, _settings(namespace))
        taken = []
        for _ in range(max(1, namespace.count)):
            start = time.perf_counter()
            await engine.evaluate(namespace.rule, document)
            taken.append((time.perf_counter() - start) * 1e3)
        await engine.close()
        return taken

    taken = sorted(asyncio.run(measure()))
    print(
        f"{len(taken)} evaluations through the engine process: median {statistics.median(taken):.3f} ms, "
        f"p99 {taken[int(len(taken) * 0.99)]:.3f} ms, worst {taken[-1]:.3f} ms"
    )
    return EXIT_PASS


def _diff(namespace: argparse.Namespace) -> int:
    pack = _pack(namespace)
    counts = {"same": 0, "changed": 0, "undecidable": 0}

    async def compare() -> None:
        engine = await EmbeddedEngine.start(pack, _settings(namespace))
        try:
            with namespace.decisions.open("rb") as lines:
                for event in read_events(lines):
                    again = await redecide(engine, pack, event)
                    counts[again.outcome] += 1
                    if again.outcome == "changed":
                        print(
                            f"{event.decision_id} {event.entrypoint}\n  - {_line(event.result)}\n  + {_line(again.result)}"
                        )
                    elif again.outcome == "undecidable":
                        print(f"{event.decision_id} {event.entrypoint}\n  ? {again.result}")
        finally:
            await engine.close()

    try:
        asyncio.run(compare())
    except OSError as error:
        raise UnreadableInput(f"{namespace.decisions} cannot be read: {error.strerror}") from None
    print(f"{counts['same']} the same, {counts['changed']} changed, {counts['undecidable']} cannot be decided again")
    return EXIT_FAIL if counts["changed"] or counts["undecidable"] else EXIT_PASS


def _bundle(namespace: argparse.Namespace) -> int:
    pack = load_pack(namespace.folder)
    files = bundle_files(namespace.folder, pack)
    if namespace.signing_key is not None:
        if namespace.algorithm not in get_args(Algorithm):
            raise BadName(f"algorithm {namespace.algorithm!r}; one of {', '.join(get_args(Algorithm))}")
        algorithm = cast("Algorithm", namespace.algorithm)
        try:
            private = namespace.signing_key.read_text("utf-8")
            files[SIGNATURES] = sign(files, private, algorithm, namespace.key_id, namespace.scope)
        except (OSError, ValueError, TypeError) as error:
            raise UnreadableInput(f"{namespace.signing_key} is no key to sign with: {error}") from None
    _write(namespace.output, write_archive(files))
    print(
        f"{namespace.output}: {len(files)} files, {'signed' if SIGNATURES in files else 'not signed'}; {pack.revision}"
    )
    return EXIT_PASS


def _docs(namespace: argparse.Namespace) -> int:
    pack = _pack(namespace)
    page = reference_page(describe(pack, asyncio.run(check(pack, _settings(namespace)))), pack.revision)
    if namespace.output is None:
        print(page, end="")
    else:
        _write(namespace.output, page.encode())
    return EXIT_PASS


def _new(namespace: argparse.Namespace) -> int:
    domain, _, name = namespace.name.partition("/")
    files = new_check(domain, name)
    for inside, text in files.items():
        path = namespace.folder / inside
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with path.open("x", encoding="utf-8") as stream:
                stream.write(text)
        except FileExistsError:
            raise BadName(f"{path} is there already", remedy="choose another name") from None
        print(path)
    print(f"Next: yumen policy test {namespace.folder}")
    return EXIT_PASS


VERBS: Mapping[str, Callable[[argparse.Namespace], int]] = {
    "list": _list,
    "check": _check,
    "test": _test,
    "coverage": _coverage,
    "explain": _explain,
    "bench": _bench,
    "diff": _diff,
    "bundle": _bundle,
    "docs": _docs,
    "new": _new,
}


def _write(path: Path, content: bytes) -> None:
    try:
        path.write_bytes(content)
    except OSError as error:
        raise UnreadableInput(f"{path} cannot be written: {error.strerror}") from None


def _settings(namespace: argparse.Namespace) -> PolicySettings:
    return load(namespace.config).policy


def _pack(namespace: argparse.Namespace) -> Pack:
    """The packs that the command line names, on top of the configured ones unless they stand alone."""
    settings = _settings(namespace)
    if not namespace.alone:
        return read_packs(settings.model_copy(update={"packs": (*settings.packs, *namespace.packs)}))
    if not namespace.packs:
        raise BadName("--alone needs a pack", remedy="name a folder or a bundle")
    first, *others = [read_pack(path, settings) for path in namespace.packs]
    joined = join(first, others, replace=settings.replace_packages)
    return replace(joined, rego_v0=namespace.v0_compatible)


def _input(path: Path) -> dict[str, Any]:
    try:
        document = json.loads(sys.stdin.read() if str(path) == "-" else path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise UnreadableInput(f"{path} is no JSON document: {error}") from None
    if not isinstance(document, dict):
        raise UnreadableInput(f"{path} holds no JSON object")
    return document


def _show(problems: list[Problem]) -> int:
    for problem in problems:
        print(problem)
    return EXIT_FAIL


def _line(value: object) -> str:
    return "undefined" if value is None else json.dumps(value, ensure_ascii=False, sort_keys=True)
