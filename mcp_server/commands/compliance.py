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
    verify = verbs.add_parser(
        "verify",
        help="check that a server signed a report, and that nobody changed it",
        description="Takes the whole answer of compliance_report, or its document with --attestation.",
    )
    verify.add_argument("report", type=Path, help="the answer in JSON, or the document")
    verify.add_argument(
        "--attestation", type=Path, metavar="FILE", help="the attestation, where it is not in the answer"
    )
    verify.add_argument(
        "--key",
        action="append",
        default=[],
        metavar="NAME+ID+KEY",
        help="the server's key, as `log.json` in its log has it",
    )
    verify.add_argument("--config", type=Path, metavar="FILE", help="yumen.toml; without --key its log's keys count")
    verify.add_argument("--data-dir", type=Path, metavar="DIR", help="the server's data directory")
    verify.set_defaults(run=_verify)


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


def _verify(arguments: argparse.Namespace) -> int:
    from mcp_server.attestation import verify
    from scanners.configuration.read import read_document
    from scanners.errors import UnreadableInput

    try:
        document = arguments.report.read_bytes()
        envelope = arguments.attestation.read_bytes() if arguments.attestation else b""
    except OSError as error:
        raise UnreadableInput(f"{error.filename} cannot be read: {error.strerror}") from None
    if not envelope:
        answer = read_document(arguments.report)
        inner, attestation = answer.get("document"), answer.get("attestation")
        if not isinstance(inner, str) or not isinstance(attestation, str) or not attestation:
            raise UnreadableInput("the report holds no attestation", remedy="give it with --attestation")
        document, envelope = inner.encode(), attestation.encode()
    proven = verify(document, envelope, _keys(arguments))
    print(f"{proven.name}: signed by {proven.key.name} ({proven.key.text})")
    print(f"date {proven.predicate.get('date')}, verdict {proven.predicate.get('verdict')}")
    print(f"policy {proven.predicate.get('policyRevision')}")
    return 0


def _keys(arguments: argparse.Namespace) -> Any:
    """The keys that count: those given, or those of the log in the data directory, replaced ones too."""
    from mcp_server import config
    from mcp_server.audit.keys import read_card
    from mcp_server.audit.notes import VerifierKey
    from scanners.errors import UnreadableInput

    if arguments.key:
        return [VerifierKey.parse(text) for text in arguments.key]
    overrides = {} if arguments.data_dir is None else {"data_dir": arguments.data_dir}
    directory = config.load(arguments.config, overrides).data_dir / "audit"
    card = read_card(directory)
    if card is None:
        raise UnreadableInput(f"there is no log in {directory}", remedy="give the server's key with --key")
    return card.keys


def _render(arguments: argparse.Namespace) -> int:
    import sys

    import orjson

    from scanners.compliance.formats import from_json, to_csv, to_json, to_sarif
    from scanners.compliance.oscal import to_oscal
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
