"""`yumen policy …`: write, check, test, explain, compare and pack the Rego that decides."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any


def register(subparsers: Any) -> None:
    """Add `policy` and its verbs."""
    parser = subparsers.add_parser("policy", help="write, check, test, explain and pack the Rego that decides")
    verbs = parser.add_subparsers(required=True, metavar="VERB")

    _verb(verbs, "list", "show the packages in force")
    _verb(verbs, "check", "say what is wrong with the packs, with file and line")

    test = _verb(verbs, "test", "run the test rules of the packs, as `opa test` does")
    test.add_argument("--verbose", action="store_true", help="name the tests that pass, too")

    coverage = _verb(verbs, "coverage", "say which lines the tests do not come to")
    coverage.add_argument("--fail-under", type=float, default=0.0, metavar="PERCENT", help="exit with 1 below that")

    explain = _verb(verbs, "explain", "say why a rule answers as it does on an input")
    explain.add_argument("--rule", required=True, help="path of the rule, e.g. data.yumen.authz.decision")
    explain.add_argument(
        "--input", required=True, type=Path, metavar="FILE", help="the input document, JSON; - for stdin"
    )

    bench = _verb(verbs, "bench", "measure a rule on an input")
    bench.add_argument("--rule", required=True, help="path of the rule")
    bench.add_argument(
        "--input", required=True, type=Path, metavar="FILE", help="the input document, JSON; - for stdin"
    )
    bench.add_argument("--count", type=int, default=1000, help="evaluations (default: 1000)")

    diff = _verb(verbs, "diff", "decide recorded decisions again, and show which come out differently")
    diff.add_argument("--decisions", required=True, type=Path, metavar="FILE", help="decision log, one event a line")

    bundle = _verb(verbs, "bundle", "pack one folder into a bundle", one=True)
    bundle.add_argument("--output", required=True, type=Path, metavar="FILE", help="the .tar.gz to write")
    bundle.add_argument("--signing-key", type=Path, metavar="PEM", help="private key to sign with")
    bundle.add_argument("--key-id", default="default", help="id of that key where it is verified (default: default)")
    bundle.add_argument("--algorithm", default="RS256", help="algorithm of that key (default: RS256)")
    bundle.add_argument("--scope", default="", help="scope to name in the signature")

    docs = _verb(verbs, "docs", "write a reference page from METADATA")
    docs.add_argument("--output", type=Path, metavar="FILE", help="where to; stdout if left out")

    new = verbs.add_parser("new", help="begin a check, with its test")
    new.add_argument("folder", type=Path, metavar="DIR", help="the pack to put it in")
    new.add_argument("name", metavar="DOMAIN/NAME", help="e.g. storage/encrypted")
    new.set_defaults(run=_runner("new"))


def _verb(verbs: Any, name: str, summary: str, *, one: bool = False) -> argparse.ArgumentParser:
    """A verb that works on packs."""
    parser: argparse.ArgumentParser = verbs.add_parser(name, help=summary)
    if one:
        parser.add_argument("folder", type=Path, metavar="DIR", help="the folder of the pack")
    else:
        parser.add_argument(
            "packs", nargs="*", type=Path, metavar="PACK", help="folders or .tar.gz bundles to add to the shipped pack"
        )
        parser.add_argument("--alone", action="store_true", help="take the packs named without the shipped one")
        parser.add_argument(
            "--v0-compatible", action="store_true", help="with --alone: read Rego as OPA before 1.0 did, without `if`"
        )
    parser.add_argument("--config", type=Path, metavar="FILE", help="yumen.toml")
    parser.set_defaults(run=_runner(name))
    return parser


def _runner(verb: str) -> Callable[[argparse.Namespace], int]:
    def run(namespace: argparse.Namespace) -> int:
        from mcp_server.commands.policy_verbs import VERBS

        return VERBS[verb](namespace)

    return run
