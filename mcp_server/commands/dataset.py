"""`yumen dataset …`: what personal data a data set holds, and how easily its rows lead to a person."""

from __future__ import annotations

import argparse
import dataclasses
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
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
        help="profile every column of CSV, TSV, JSON lines, Parquet, SQLite and text files",
        description="Reads the files in bounded batches with a pool of processes. Exit code 0: no personal data; 1: some;"
        " 2: part of the input could not be read; 4: error.",
    )
    scan.add_argument("inputs", nargs="+", type=Path, metavar="FILE|DIR", help="files, or directories to walk")
    scan.add_argument(
        "--workers", type=int, default=os.cpu_count() or 1, metavar="N", help="processes (default: one a core)"
    )
    scan.add_argument(
        "--manifest", type=Path, metavar="FILE", help="where finished batches are noted: a killed scan goes on from it"
    )
    scan.add_argument("--threshold", type=float, default=0.5, help="lowest confidence that counts (default 0.5)")
    scan.add_argument("--encoding", default="auto", help="of text files (default: by their byte-order mark or content)")
    scan.add_argument("--json", action="store_true", help="print the profile as JSON")
    scan.set_defaults(run=_scan)

    risk = verbs.add_parser("risk", help="k-anonymity, l-diversity and t-closeness of one table")
    risk.add_argument("input", type=Path, metavar="FILE")
    risk.add_argument("--quasi", required=True, metavar="A,B,C", help="columns that together may point to a person")
    risk.add_argument("--sensitive", metavar="COLUMN", help="the column that must not be learnt")
    risk.add_argument("--encoding", default="auto")
    risk.add_argument("--json", action="store_true", help="print the measures as JSON")
    risk.set_defaults(run=_risk)


def _scan(arguments: argparse.Namespace) -> int:
    import orjson
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    from scanners.datasets.scan import scan

    console = Console(stderr=True)
    paths = list(_files(arguments.inputs))
    if not paths:
        print("no files to read", file=sys.stderr)
        return ERROR
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed} rows"), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("scanning", total=None)
        found = scan(
            paths,
            workers=arguments.workers,
            manifest=arguments.manifest,
            threshold=arguments.threshold,
            encoding=arguments.encoding,
            done=lambda result: bar.advance(task, result.rows),
        )
    if arguments.json:
        sys.stdout.write(orjson.dumps(dataclasses.asdict(found), option=orjson.OPT_INDENT_2).decode() + "\n")
    else:
        _print(found)
    if found.skipped:
        return UNKNOWN
    return FAIL if found.rows_hit else PASS


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


def _files(inputs: list[Path]) -> Iterator[Path]:
    """Files as they were named; of directories, every regular file of a kind that is read, in order."""
    from scanners.datasets.reading import TEXT

    kinds = TEXT | {".csv", ".tsv", ".jsonl", ".ndjson", ".parquet", ".sqlite", ".sqlite3", ".db"}
    for given in inputs:
        if given.is_dir():
            yield from (path for path in sorted(given.rglob("*")) if path.is_file() and path.suffix.lower() in kinds)
        else:
            yield given
