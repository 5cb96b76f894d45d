"""`yumen dataset …`: what personal data a data set holds, and how easily its rows lead to a person."""

from __future__ import annotations

import argparse
import dataclasses
import datetime
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from scanners.datasets.executors import Executor
    from scanners.datasets.profile import Profile

PASS, FAIL, UNKNOWN, ERROR = 0, 1, 2, 4
SHOWN = 20


def register(subparsers: Any) -> None:
    """Add `dataset` and its verbs."""
    parser = subparsers.add_parser(
        "dataset", help="find personal data in tables and logs, and measure re-identification risk"
    )
    verbs = parser.add_subparsers(required=True, metavar="VERB")

    scan = verbs.add_parser(
        "scan",
        help="profile every column of tables (CSV, Parquet, Excel, SQLite, …) and every page of documents and logs",
        description="Reads the files in bounded batches with a pool of processes. Exit code 0: no personal data; 1: some;"
        " 2: part of the input could not be read; 4: error.",
    )
    scan.add_argument(
        "inputs",
        nargs="+",
        metavar="INPUT",
        help="files, directories to walk, s3:// gs:// oss:// places listed under [[sources.places]], or a database by"
        " reference to its URL (env:NAME, file:/path; extra 'databases')",
    )
    scan.add_argument(
        "--table", action="append", default=[], metavar="NAME", help="only this table of a database (repeatable)"
    )
    scan.add_argument("--config", type=Path, metavar="FILE", help="yumen.toml, for [sources]")
    scan.add_argument(
        "--workers", type=int, default=os.cpu_count() or 1, metavar="N", help="processes (default: one a core)"
    )
    scan.add_argument(
        "--manifest", type=Path, metavar="FILE", help="where finished batches are noted: a killed scan goes on from it"
    )
    scan.add_argument(
        "--ray",
        metavar="ADDRESS",
        help="examine on a Ray cluster instead: its address, 'auto' for the one of this machine, 'local' for a new one",
    )
    scan.add_argument("--report", type=Path, metavar="FILE.html", help="write the profile as a page with charts, too")
    scan.add_argument("--threshold", type=float, default=0.5, help="lowest confidence that counts (default 0.5)")
    scan.add_argument("--encoding", default="auto", help="of text files (default: by their byte-order mark or content)")
    scan.add_argument("--json", action="store_true", help="print the profile as JSON")
    scan.set_defaults(run=_scan)

    redact = verbs.add_parser(
        "redact",
        help="write a data set anew without its personal data, with a signed manifest",
        description="The format, the columns and their types are kept; the original is left as it is. Exit code 0: done;"
        " 2: part of the input could not be read and is not in the result; 4: error.",
    )
    redact.add_argument("input", metavar="FILE", help="or a database by reference to its URL (env:NAME, file:/path)")
    redact.add_argument(
        "output",
        type=Path,
        metavar="NEW",
        help="of the same kind, of a database .sqlite; NEW.manifest.jsonl is made beside it",
    )
    redact.add_argument(
        "--table", action="append", default=[], metavar="NAME", help="only this table of a database (repeatable)"
    )
    redact.add_argument("--profile", metavar="NAME", help="a regime's types, thresholds and methods")
    redact.add_argument("--method", metavar="METHOD", help="what becomes of what is found (default: replace)")
    redact.add_argument(
        "--type", action="append", default=[], metavar="TYPE=METHOD", help="another method for a type (repeatable)"
    )
    redact.add_argument(
        "--column",
        action="append",
        default=[],
        metavar="NAME=METHOD",
        help="a method for a whole column, 'empty' and 'keep' among them (repeatable)",
    )
    redact.add_argument("--threshold", type=float, default=0.5, help="lowest confidence that counts (default 0.5)")
    redact.add_argument(
        "--encoding", default="auto", help="of text files (default: by their byte-order mark or content)"
    )
    redact.add_argument(
        "--scope", default="", metavar="NAME", help="equal values become equal in all data sets of a scope"
    )
    redact.add_argument("--data-subject", default="", metavar="ID", help="for tokens: whose data this is")
    _add_keys(redact)
    redact.set_defaults(run=_redact)

    verify = verbs.add_parser("verify", help="check a redacted data set against its signed manifest")
    verify.add_argument("output", type=Path, metavar="FILE", help="the redacted file; its manifest lies beside it")
    verify.add_argument("--public-key", metavar="HEX", help="of who redacted it (default: this server's tenant)")
    _add_keys(verify)
    verify.set_defaults(run=_verify)

    risk = verbs.add_parser("risk", help="k-anonymity, l-diversity and t-closeness of one table")
    risk.add_argument("input", type=Path, metavar="FILE")
    risk.add_argument("--quasi", required=True, metavar="A,B,C", help="columns that together may point to a person")
    risk.add_argument("--sensitive", metavar="COLUMN", help="the column that must not be learnt")
    risk.add_argument("--encoding", default="auto")
    risk.add_argument("--json", action="store_true", help="print the measures as JSON")
    risk.set_defaults(run=_risk)


def _add_keys(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--tenant", default="default", help="whose keys are used (default: default)")
    parser.add_argument("--config", type=Path, metavar="FILE", help="yumen.toml")
    parser.add_argument("--data-dir", type=Path, metavar="DIR", help="the server's data directory")


def _data_dir(arguments: argparse.Namespace) -> Path:
    from mcp_server import config

    return config.load(arguments.config, {"data_dir": arguments.data_dir} if arguments.data_dir else {}).data_dir


def _scan(arguments: argparse.Namespace) -> int:
    import orjson
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    from mcp_server import config
    from mcp_server.commands.dataset_inputs import Inputs
    from scanners.datasets.scan import scan
    from scanners.documents.confined import ConfinedReader
    from scanners.errors import YumenError

    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed} rows"), TimeElapsedColumn())
    with (
        ConfinedReader() as document,
        Inputs(
            arguments.inputs,
            lambda: config.load(arguments.config),
            document,
            arguments.encoding,
            tuple(arguments.table),
            resumable=arguments.manifest is not None,
        ) as inputs,
        Progress(*columns, console=console, transient=True) as bar,
    ):
        task = bar.add_task("scanning", total=None)
        try:
            found = scan(
                inputs,
                executor=_executor(arguments),
                manifest=arguments.manifest,
                threshold=arguments.threshold,
                encoding=arguments.encoding,
                document=document,
                done=lambda result: bar.advance(task, result.rows),
            )
        except YumenError as error:
            print(error.diagnostics(), file=sys.stderr)
            return ERROR
    if not found.columns and not found.skipped:
        print("there is nothing to read", file=sys.stderr)
        return ERROR
    if arguments.report:
        from scanners.datasets.page import to_html

        now = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
        arguments.report.write_text(to_html(found, arguments.inputs, now), encoding="utf-8")
    if arguments.json:
        sys.stdout.write(orjson.dumps(dataclasses.asdict(found), option=orjson.OPT_INDENT_2).decode() + "\n")
    else:
        _print(found)
    if found.skipped:
        return UNKNOWN
    return FAIL if found.rows_hit else PASS


def _executor(arguments: argparse.Namespace) -> Executor:
    from scanners.datasets.executors import here, in_pool, on_ray

    if arguments.ray:
        return on_ray(arguments.ray)
    return in_pool(arguments.workers) if arguments.workers > 1 else here


def _print(found: Profile) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(title=f"{found.rows} rows, {found.rows_hit} with personal data")
    for heading in ("table", "column", "kind", "what", "share", "level"):
        table.add_column(heading)
    for column in found.columns:
        what = column.type or ", ".join(
            f"{kind} {count}" for kind, count in sorted(column.types.items(), key=lambda e: -e[1])
        )
        share = f"{column.confidence:.0%}" if column.types else ""
        table.add_row(column.table, column.name, column.kind, what, share, str(column.level) if column.level else "")
    console = Console()
    console.print(table)
    for skipped in found.skipped[:SHOWN]:
        console.print(f"[yellow]not examined:[/] {skipped.what}: {skipped.why}")
    if len(found.skipped) > SHOWN:
        console.print(f"[yellow]and {len(found.skipped) - SHOWN} further places[/]")


def _redact(arguments: argparse.Namespace) -> int:
    import asyncio
    import tempfile

    from pydantic import TypeAdapter, ValidationError

    from mcp_server.commands.dataset_inputs import database_url, is_reference
    from scanners.datasets import databases
    from scanners.datasets.redaction.output import Output, manifest_of
    from scanners.datasets.redaction.plan import Plan
    from scanners.datasets.redaction.redact import redact_file
    from scanners.datasets.redaction.scopes import scope_secrets
    from scanners.findings import Skipped
    from scanners.personal_data.keys import manifest_key
    from scanners.sandbox import Grant, Sandbox, SandboxSettings

    wanted = {
        "regime": arguments.profile or "",
        "method": arguments.method,
        "methods": dict(pair.rpartition("=")[::2] for pair in arguments.type),
        "columns": dict(pair.rpartition("=")[::2] for pair in arguments.column),
        "threshold": arguments.threshold,
        "encoding": arguments.encoding,
    }
    try:
        plan = TypeAdapter(Plan).validate_python(wanted)
    except ValidationError as error:
        for problem in error.errors(include_url=False, include_context=False):
            print(f"{'.'.join(map(str, problem['loc']))}: {problem['msg']}", file=sys.stderr)
        return ERROR
    path = arguments.output.resolve()
    data_dir = _data_dir(arguments)
    secrets = scope_secrets(data_dir, arguments.tenant, plan, arguments.scope, arguments.data_subject)

    database = is_reference(arguments.input) and not Path(arguments.input).exists()

    async def run() -> int:
        if database:
            with tempfile.TemporaryDirectory(prefix="yumen-") as folder:
                copy = Path(folder).resolve() / "snapshot.sqlite"
                left = databases.snapshot(database_url(arguments.input), copy, tuple(arguments.table))
                return await redacted(copy, left)
        return await redacted(Path(arguments.input).resolve(), ())

    async def redacted(source: Path, left: tuple[Skipped, ...]) -> int:
        sandbox = Sandbox(SandboxSettings(workers=1, cpu_seconds=10**6))
        try:
            with Output.at(path, source) as output:
                grant = Grant(writable=(output.folder,))
                done = await sandbox.run(redact_file, source, output.folder, plan, secrets, grant=grant)
                done = dataclasses.replace(done, skipped=left + done.skipped)
                statement = output.publish(done, plan, manifest_key(data_dir, arguments.tenant))
        finally:
            await sandbox.close()
        counts = ", ".join(f"{count} {kind}" for kind, count in done.types.items()) or "nothing"
        print(f"{path.name}: {done.rows} rows, {counts} taken out; signed by {statement.public_key}")
        print(f"every change: {manifest_of(path).name}")
        for skipped in done.skipped[:SHOWN]:
            print(f"not read, and not in the result: {skipped.what}: {skipped.why}", file=sys.stderr)
        if len(done.skipped) > SHOWN:
            print(f"and {len(done.skipped) - SHOWN} further places", file=sys.stderr)
        return UNKNOWN if done.skipped else PASS

    return asyncio.run(run())


def _verify(arguments: argparse.Namespace) -> int:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    from scanners.datasets.redaction.output import manifest_of
    from scanners.datasets.redaction.statement import checked
    from scanners.errors import UnreadableInput
    from scanners.personal_data.keys import manifest_key

    if arguments.public_key:
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(arguments.public_key))
    else:
        key = manifest_key(_data_dir(arguments), arguments.tenant).public_key()
    try:
        statement = checked(manifest_of(arguments.output), arguments.output, key)
    except UnreadableInput as error:
        print(error.diagnostics(), file=sys.stderr)
        return FAIL
    print(
        f"{arguments.output.name} is what was signed: {sum(statement.counts.values())} changes to {statement.subject}"
    )
    return PASS if statement.complete else UNKNOWN


def _risk(arguments: argparse.Namespace) -> int:
    import orjson

    from scanners.datasets.reading import batches
    from scanners.datasets.risk import risk
    from scanners.errors import YumenError

    quasi = tuple(name.strip() for name in arguments.quasi.split(",") if name.strip())
    try:
        measured = risk(batches(arguments.input, arguments.encoding), quasi, arguments.sensitive)
    except (YumenError, OSError) as error:
        print(error.diagnostics() if isinstance(error, YumenError) else str(error), file=sys.stderr)
        return ERROR
    if arguments.json:
        sys.stdout.write(orjson.dumps(dataclasses.asdict(measured), option=orjson.OPT_INDENT_2).decode() + "\n")
    else:
        for name, value in dataclasses.asdict(measured).items():
            print(f"{name.replace('_', ' '):14} {value if value is not None else '-'}")
    return PASS
