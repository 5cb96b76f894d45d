"""`yumen compliance …`: frameworks and reports from the command line, without a server."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any


def register(subparsers: Any) -> None:
    """Add `compliance` and its verbs."""
    parser = subparsers.add_parser("compliance", help="list frameworks, and render a compliance report")
    verbs = parser.add_subparsers(required=True, metavar="VERB")
    frameworks = verbs.add_parser("frameworks", help="list the frameworks, or the controls of one with their checks")
    frameworks.add_argument("framework", nargs="?", help="id of a framework")
    frameworks.set_defaults(run=_frameworks)
    render = verbs.add_parser(
        "render",
        help="turn a report in JSON into another form",
        description="Renders what `yumen call compliance_report` wrote as JSON. Nothing is assessed again.",
    )
    render.add_argument("report", type=Path, help="the report in JSON, or the whole answer of compliance_report")
    render.add_argument("--format", choices=("html", "oscal", "sarif", "csv", "json"), default="html")
    render.add_argument("--output", type=Path, help="file to write; standard output when left out")
    render.set_defaults(run=_render)


def _frameworks(arguments: argparse.Namespace) -> int:
    from scanners.compliance.frameworks import read_frameworks

    known = read_frameworks()
    if arguments.framework is None:
        for framework in known.values():
            print(
                f"{framework.id:<16} {len(framework.controls):>3} controls  {framework.title.en}  {framework.title.zh}"
            )
        return 0
    chosen = known.get(arguments.framework)
    if chosen is None:
        print(f"there is no framework {arguments.framework!r}; there are {', '.join(known)}")
        return 4
    for control in chosen.controls:
        print(f"{control.id}  {control.title.en}  {control.title.zh}")
        print(
            f"    {', '.join(control.checks) or 'no check'}{'; and a question for a person' if control.question else ''}"
        )
    return 0


def _render(arguments: argparse.Namespace) -> int:
    import sys

    import orjson

    from scanners.compliance.formats import from_json, to_csv, to_json, to_oscal, to_sarif
    from scanners.compliance.page import to_html
    from scanners.configuration.read import read_document

    writers = {"html": to_html, "oscal": to_oscal, "sarif": to_sarif, "csv": to_csv, "json": to_json}
    given = read_document(arguments.report)
    inner = given.get("document")
    text = writers[arguments.format](from_json(inner if isinstance(inner, str) else orjson.dumps(given)))
    if arguments.output is None:
        sys.stdout.write(text)
    else:
        arguments.output.write_text(text, "utf-8")
    return 0
