"""`yumen audit erase|prune|hold|reconcile|index`: looking after the log through its years."""

from __future__ import annotations

import argparse
import asyncio
import sys
from pathlib import Path
from typing import Any

from mcp_server.commands.audit_reading import moment, settings_of, with_data_dir

INCOMPLETE = 1


def add_verbs(verbs: Any) -> None:
    """Add the verbs that look after a log."""
    erase = verbs.add_parser("erase", help="destroy what is kept of a person; every proof still verifies")
    erase.add_argument("--subject", required=True, help="the person's subject, exactly as in their tokens or keys")
    erase.add_argument("--tenant", default="default", help="tenant (default: default)")
    erase.add_argument("--reason", default="", help="kept in the log; must not name the person")
    erase.set_defaults(run=_erase)

    prune = verbs.add_parser("prune", help="destroy segments in which every record's retention is over")
    prune.add_argument("--dry-run", action="store_true", help="only say what would go")
    prune.set_defaults(run=_prune)

    hold = verbs.add_parser("hold", help="legal holds: what they cover is never pruned")
    hold.add_argument("action", choices=("list", "set", "release"), help="what to do")
    hold.add_argument("name", nargs="?", default="", help="name of the hold")
    hold.add_argument("--since", type=moment, default=0.0, metavar="DATE", help="first day, e.g. 2026-01-31")
    hold.add_argument("--until", type=moment, default=1e12, metavar="DATE", help="last day (default: no end)")
    hold.set_defaults(run=_hold)

    reconcile = verbs.add_parser(
        "reconcile", help="prove that a SIEM's copy is complete and unaltered, or list what is not"
    )
    reconcile.add_argument(
        "--siem", type=Path, required=True, metavar="FILE", help="export of the SIEM, an event a line"
    )
    reconcile.add_argument("--from", type=int, dest="first", metavar="SEQ", help="first record that must be there")
    reconcile.add_argument("--until", type=int, metavar="SEQ", help="record before which the export ends")
    reconcile.set_defaults(run=_reconcile)

    replay = verbs.add_parser("replay", help="decide recorded calls again under another pack; list which flip")
    replay.add_argument("--policy", type=Path, required=True, metavar="DIR", help="the team's pack to try, or a bundle")
    replay.add_argument("--from", type=int, dest="first", default=0, metavar="SEQ", help="first record")
    replay.set_defaults(run=_replay)

    decisions = verbs.add_parser("decisions", help="print recorded decisions as a decision log in OPA's shape, masked")
    decisions.add_argument("--from", type=int, dest="first", default=0, metavar="SEQ", help="first record")
    decisions.set_defaults(run=_decisions)

    index = verbs.add_parser("index", help="the search index, which can always be made anew")
    index.add_argument("action", choices=("rebuild",), help="throw it away and build it from the segments")
    index.set_defaults(run=_index)

    for verb in (erase, prune, hold, reconcile, replay, decisions, index):
        with_data_dir(verb)


def _erase(arguments: argparse.Namespace) -> int:
    from mcp_server.audit.erasure import erase_in

    settings = settings_of(arguments)
    erasing = erase_in(settings.data_dir, settings.audit, arguments.tenant, arguments.subject, arguments.reason)
    print(asyncio.run(erasing), end="")
    return 0


def _prune(arguments: argparse.Namespace) -> int:
    from mcp_server.audit.reading import FOLDER

    settings = settings_of(arguments)
    directory, dry = settings.data_dir / FOLDER, arguments.dry_run
    if settings.audit.postgres:
        from mcp_server.audit.postgres.retention import SharedRetention

        shared = SharedRetention(directory, settings.audit)
        commits = shared.expired() if dry else shared.prune()
        return _said_of_pruning(commits.commits, "commits", commits.base, dry)
    from mcp_server.audit.retention import due, prune_in

    plan = due(directory) if dry else asyncio.run(prune_in(directory, settings.audit))
    return _said_of_pruning(len(plan.segments), "segments", plan.base, dry)


def _said_of_pruning(count: int, what: str, base: int, dry: bool) -> int:
    if count:
        print(f"{count} {what} {'are due' if dry else 'destroyed'}: every record before {base}")
    else:
        print("nothing is due")
    return 0


def _hold(arguments: argparse.Namespace) -> int:
    from mcp_server.audit.opening import holds_of
    from mcp_server.audit.retention import Hold

    settings = settings_of(arguments)
    holds = holds_of(settings.data_dir, settings.audit)
    if arguments.action != "list" and not arguments.name:
        print("name the hold", file=sys.stderr)
        return 2
    if arguments.action == "set":
        holds.hold(Hold(arguments.name, arguments.since, arguments.until))
    elif arguments.action == "release":
        holds.release(arguments.name)
    for hold in holds.holds():
        print(f"{hold.name}  {hold.since:.0f} to {hold.until:.0f} (Unix seconds)")
    return 0


def _reconcile(arguments: argparse.Namespace) -> int:
    from mcp_server.audit.opening import subjects_for_reading
    from mcp_server.audit.reading import FOLDER
    from mcp_server.audit.reconcile import reconcile

    settings = settings_of(arguments)
    subjects = subjects_for_reading(settings.data_dir, settings.audit)
    with arguments.siem.open(encoding="utf-8", errors="replace") as export:
        result = reconcile(settings.data_dir / FOLDER, export, subjects, first=arguments.first, until=arguments.until)
    for problem in result.ledger:
        print(f"LEDGER   {problem}")
    for start, end in result.missing:
        print(f"MISSING  {start}" if start == end else f"MISSING  {start} to {end}")
    for index, what in result.altered:
        print(f"ALTERED  {index}: {what}")
    for what in result.foreign:
        print(f"FOREIGN  {what} is not in this log")
    print(
        f"{result.matched} of records {result.first} to {result.until - 1} match, {result.duplicated} came more than once, "
        f"{result.unreadable} of {result.lines} lines hold no event"
    )
    print("COMPLETE AND UNALTERED" if result.complete else "NOT COMPLETE")
    return 0 if result.complete else INCOMPLETE


def _replay(arguments: argparse.Namespace) -> int:
    from mcp_server.audit.opening import subjects_for_reading
    from mcp_server.audit.reading import FOLDER
    from mcp_server.audit.replay import replay
    from mcp_server.policy.starting import start_engine
    from mcp_server.policy.store import read_packs
    from tools.registry import own_tools

    settings = settings_of(arguments)
    policy = settings.policy.model_copy(update={"packs": (arguments.policy,), "bundles": ()})
    subjects = subjects_for_reading(settings.data_dir, settings.audit)
    counts = {"same": 0, "flip": 0, "undecided": 0}

    async def run() -> None:
        engine = await start_engine(read_packs(policy), policy)
        try:
            directory, roots = settings.data_dir / FOLDER, settings.paths.roots
            async for each in replay(directory, engine, own_tools(), subjects, roots, since=arguments.first):
                counts["undecided" if each.now is None else "flip" if each.flips else "same"] += 1
                if each.flips:
                    change = "allowed -> denied" if each.was else "denied -> allowed"
                    why = ",".join(each.reasons)
                    mark = " (approximate)" if each.approximate else ""
                    print(f"{each.index:>8}  {change}  {each.tool}  {each.actor}  {why}{mark}")
        finally:
            await engine.close()

    asyncio.run(run())
    print(f"{counts['flip']} decisions flip, {counts['same']} stay, {counts['undecided']} cannot be decided")
    return 0


def _decisions(arguments: argparse.Namespace) -> int:
    import orjson

    from mcp_server.audit.decisions import recorded_decisions
    from mcp_server.audit.opening import subjects_for_reading
    from mcp_server.audit.reading import FOLDER
    from mcp_server.policy.starting import start_engine
    from mcp_server.policy.store import read_packs
    from tools.registry import own_tools

    settings = settings_of(arguments)
    subjects = subjects_for_reading(settings.data_dir, settings.audit)

    async def run() -> None:
        engine = await start_engine(read_packs(settings.policy), settings.policy)
        try:
            directory, roots = settings.data_dir / FOLDER, settings.paths.roots
            async for event in recorded_decisions(
                directory, engine, own_tools(), subjects, roots, since=arguments.first
            ):
                print(orjson.dumps(event).decode())
        finally:
            await engine.close()

    asyncio.run(run())
    return 0


def _index(arguments: argparse.Namespace) -> int:
    from mcp_server.audit.index import Index
    from mcp_server.audit.reading import FOLDER, acknowledged

    directory = settings_of(arguments).data_dir / FOLDER
    index = Index(directory)
    print(f"{index.rebuild(acknowledged(directory))} records indexed")
    index.close()
    return 0
