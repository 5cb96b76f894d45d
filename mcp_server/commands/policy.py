"""`yumen policy list|check|test`: what is in force, what is wrong with a pack, and whether its tests pass."""

from __future__ import annotations

import argparse
import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mcp_server.policy.packs import Pack
    from mcp_server.policy.settings import PolicySettings

EXIT_PASS, EXIT_FAIL = 0, 1


def register(subparsers: Any) -> None:
    """Add `policy` and its verbs."""
    parser = subparsers.add_parser("policy", help="list, check and test the Rego that decides")
    verbs = parser.add_subparsers(required=True, metavar="VERB")

    listing = verbs.add_parser("list", help="show the packages in force")
    listing.set_defaults(run=_list)

    check = verbs.add_parser("check", help="say what is wrong with the packs, with file and line")
    check.set_defaults(run=_check)

    test = verbs.add_parser("test", help="run the test rules of the packs")
    test.add_argument("--verbose", action="store_true", help="name the tests that pass, too")
    test.set_defaults(run=_test)

    for verb in (listing, check, test):
        verb.add_argument(
            "packs", nargs="*", type=Path, metavar="DIR", help="packs to add to the shipped one, as policy.packs does"
        )
        verb.add_argument("--alone", action="store_true", help="take the packs named without the shipped one")
        verb.add_argument("--config", type=Path, metavar="FILE", help="yumen.toml")


def _settings(namespace: argparse.Namespace) -> PolicySettings:
    from mcp_server.config import load

    settings = load(namespace.config).policy
    return settings.model_copy(update={"packs": (*settings.packs, *namespace.packs)})


def _pack(namespace: argparse.Namespace, settings: PolicySettings) -> Pack:
    from mcp_server.policy.packs import join
    from mcp_server.policy.store import read_pack, read_packs

    if not namespace.alone:
        return read_packs(settings)
    first, *others = [read_pack(folder, settings) for folder in namespace.packs]
    return join(first, others, replace=settings.replace_packages)


def _list(namespace: argparse.Namespace) -> int:
    from mcp_server.policy.catalogue import describe
    from mcp_server.policy.embedded import EmbeddedEngine

    settings = _settings(namespace)
    pack = _pack(namespace, settings)

    async def load() -> None:
        engine = await EmbeddedEngine.start(pack, settings)
        print(f"revision {pack.revision}")
        for policy in describe(pack, engine.rules):
            print(f"{policy.package}  {policy.title}")
            for rule in policy.rules:
                if rule.entrypoint:
                    print(f"    {rule.path}  {rule.title}")
        await engine.close()

    asyncio.run(load())
    return EXIT_PASS


def _check(namespace: argparse.Namespace) -> int:
    from mcp_server.policy.errors import PolicyInvalid
    from mcp_server.policy.testing import check

    settings = _settings(namespace)
    try:
        pack = _pack(namespace, settings)
        asyncio.run(check(pack, settings))
    except PolicyInvalid as error:
        for problem in error.problems:
            print(problem)
        return EXIT_FAIL
    print(f"{len(pack.modules)} modules are well formed; revision {pack.revision}")
    return EXIT_PASS


def _test(namespace: argparse.Namespace) -> int:
    from mcp_server.policy.errors import PolicyInvalid
    from mcp_server.policy.testing import run_tests

    settings = _settings(namespace)
    try:
        result = asyncio.run(run_tests(_pack(namespace, settings), settings))
    except PolicyInvalid as error:
        for problem in error.problems:
            print(problem)
        return EXIT_FAIL
    if namespace.verbose:
        for test in result.passed:
            print(f"{test}: PASS")
    for failure in result.failures:
        print(failure.problem)
    print(f"PASS: {len(result.passed)}  FAIL: {len(result.failures)}")
    return EXIT_FAIL if result.failures else EXIT_PASS
