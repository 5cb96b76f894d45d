"""`yumen call TOOL --json '{…}'`: one call through the same gate, for CI and scripts."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from mcp_server.commands.serve import add_settings_arguments, overrides_of

if TYPE_CHECKING:
    from mcp_server.config import Settings

PASS, FAIL, UNKNOWN, REFUSED, ERROR = range(5)
_VERDICTS = {"pass": PASS, "fail": FAIL, "unknown": UNKNOWN}


def register(subparsers: Any) -> None:
    parser = subparsers.add_parser(
        "call",
        help="call one tool through the gate",
        description="Call one tool as the local principal. Exit code: 0 pass, 1 fail, 2 unknown, 3 refused, 4 error.",
    )
    parser.add_argument("tool", help="name of the tool, as in tools/list")
    parser.add_argument(
        "--json", default="{}", metavar="ARGUMENTS", help="the arguments as a JSON object; '-' reads stdin"
    )
    parser.add_argument(
        "--report",
        choices=("sarif", "table", "html"),
        help="print the report in this form instead of the answer; for tools with the argument 'format'",
    )
    parser.add_argument(
        "--purpose", default="", help="what the call is for; policy may ask for it, the record keeps it"
    )
    add_settings_arguments(parser)
    parser.set_defaults(run=_call)


def _call(namespace: argparse.Namespace) -> int:
    import orjson

    from mcp_server import config

    text = sys.stdin.read() if namespace.json == "-" else namespace.json
    try:
        arguments = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        print(f"--json is not JSON: {error}", file=sys.stderr)
        return ERROR
    if not isinstance(arguments, dict):
        print("--json must be a JSON object with the tool's arguments", file=sys.stderr)
        return ERROR
    if namespace.report:
        arguments["format"] = namespace.report
    settings = config.load(namespace.config, overrides_of(namespace))
    code, answer = called(settings, namespace.tool, arguments, namespace.purpose)
    if namespace.report and answer is not None and isinstance(answer.get("document"), str):
        sys.stdout.write(answer["document"])
    elif answer is not None:
        print(orjson.dumps(answer, option=orjson.OPT_INDENT_2).decode())
    return code


def called(
    settings: Settings, tool: str, arguments: Mapping[str, Any], purpose: str = ""
) -> tuple[int, dict[str, Any] | None]:
    """The exit code and the answer of one call; none where it was refused or failed, which is told on standard error."""
    import asyncio

    from mcp_server.errors import Denied, NotFound
    from mcp_server.limits import NotAdmitted
    from mcp_server.serving import call_locally
    from scanners.errors import YumenError

    try:
        answer = asyncio.run(call_locally(settings, tool, arguments, purpose))
    except (NotFound, Denied, NotAdmitted) as error:
        print(error.diagnostics(), file=sys.stderr)
        return REFUSED, None
    except YumenError as error:
        print(error.diagnostics(), file=sys.stderr)
        return ERROR, None
    return _VERDICTS.get(str(answer.get("verdict", "pass")), UNKNOWN), answer
