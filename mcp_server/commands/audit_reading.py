"""`yumen audit verify|show|tail`: read the audit log, also while a server is writing it."""

from __future__ import annotations

import argparse
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mcp_server.config import Settings

SOUND, ALTERED = 0, 1


def with_data_dir(verb: argparse.ArgumentParser) -> None:
    """The two arguments that say where the log is."""
    verb.add_argument("--config", type=Path, metavar="FILE", help="yumen.toml")
    verb.add_argument("--data-dir", type=Path, metavar="DIR", help="the server's data directory")


def settings_of(arguments: argparse.Namespace) -> Settings:
    """The configuration that the two arguments name."""
    from mcp_server import config

    overrides = {} if arguments.data_dir is None else {"data_dir": arguments.data_dir}
    return config.load(arguments.config, overrides)


def moment(text: str) -> float:
    """A date or time on the command line as Unix seconds; UTC where it names no zone."""
    try:
        given = datetime.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is not a date such as 2026-01-31") from error
    return (given if given.tzinfo else given.replace(tzinfo=UTC)).timestamp()


def add_verbs(verbs: Any) -> None:
    """Add the verbs that only read."""
    verify = verbs.add_parser("verify", help="verify every record and checkpoint; exit code 1 if anything was altered")
    verify.add_argument(
        "--checkpoint",
        type=Path,
        action="append",
        default=[],
        metavar="FILE",
        help="a checkpoint kept elsewhere: the log must still hold everything it covers",
    )
    verify.set_defaults(run=_verify)

    show = verbs.add_parser("show", help="print one record, with its content as far as the keys are there")
    show.add_argument("which", metavar="SEQ|ID", help="index of the record; or the id of a call: all of its records")
    show.set_defaults(run=_show)

    tail = verbs.add_parser("tail", help="print the newest records, a line each")
    tail.add_argument("-n", type=int, default=20, dest="count", metavar="N", help="how many (default: 20)")
    tail.add_argument("-f", "--follow", action="store_true", help="go on with records as they are written")
    tail.set_defaults(run=_tail)

    for verb in (verify, show, tail):
        with_data_dir(verb)


def _verify(arguments: argparse.Namespace) -> int:
    from mcp_server.audit.keys import read_card
    from mcp_server.audit.notes import open_checkpoint
    from mcp_server.audit.reading import FOLDER
    from mcp_server.audit.verify import verify

    directory = settings_of(arguments).data_dir / FOLDER
    card = read_card(directory)
    known = [open_checkpoint(path.read_bytes(), card.by_id) for path in arguments.checkpoint] if card else []
    began = time.perf_counter()
    result = verify(directory, known=known)
    took = time.perf_counter() - began
    for problem in result.problems:
        print(f"ALTERED  {problem}")
    print(f"log      {result.origin}")
    print(
        f"records  {result.size} in {result.segments} segments, {result.checkpoints} signed checkpoints ({took:.1f} s)"
    )
    print(f"root     {result.root}")
    if result.unacknowledged:
        print(f"note     {result.unacknowledged} bytes follow that are not acknowledged yet")
    print("VERIFIED" if result.sound else "NOT VERIFIED: the log is not as it was written")
    return SOUND if result.sound else ALTERED


def _show(arguments: argparse.Namespace) -> int:
    import orjson

    from mcp_server.audit.opening import subjects_for_reading
    from mcp_server.audit.reading import FOLDER, record, records_of_call
    from mcp_server.audit.views import content_of

    settings = settings_of(arguments)
    subjects = subjects_for_reading(settings.data_dir, settings.audit)
    log, which = settings.data_dir / FOLDER, arguments.which
    for found in [record(log, int(which))] if which.isdecimal() else records_of_call(log, which):
        fields = found.fields()
        shown: dict[str, object] = {"envelope": fields}
        if found.content is not None:
            shown["content"] = content_of(fields, found, subjects) or "sealed; its key is not here or was destroyed"
        sys.stdout.write(orjson.dumps(shown, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE).decode())
    return 0


def _tail(arguments: argparse.Namespace) -> int:
    from mcp_server.audit.opening import subjects_for_reading
    from mcp_server.audit.reading import FOLDER, acknowledged, records
    from mcp_server.audit.views import line

    settings = settings_of(arguments)
    directory = settings.data_dir / FOLDER
    subjects = subjects_for_reading(settings.data_dir, settings.audit)
    at = max(0, acknowledged(directory) - arguments.count)
    while True:
        for found in records(directory, at):
            print(line(found, subjects), flush=arguments.follow)
            at = found.index + 1
        if not arguments.follow:
            return 0
        time.sleep(0.3)
