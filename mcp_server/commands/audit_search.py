"""`yumen audit search`: find records by who, what, when and how it ended; with --follow, go on as they are written."""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from mcp_server.commands.audit_reading import moment, settings_of, with_data_dir

if TYPE_CHECKING:
    from mcp_server.audit.index import Filters, Index, Place

_FOLLOW_SECONDS: Final = 0.3
_PAGE: Final = 500


def add_verbs(verbs: Any) -> None:
    """Add the verb that searches."""
    search = verbs.add_parser("search", help="find records; with --follow, also those that are still to come")
    search.add_argument("--tenant", default="default", help="tenant (default: default); '' for the log's own events")
    search.add_argument("--actor", metavar="SUBJECT", help="the caller's subject")
    search.add_argument("--tool", help="name of the tool")
    search.add_argument("--status", help="how the call ended: ok, denied, timeout, …")
    search.add_argument("--verdict", choices=("pass", "fail", "unknown"), help="what the tool answered")
    search.add_argument("--digest", help="digest of what was looked at")
    search.add_argument("--trace", help="trace id")
    search.add_argument("--since", type=moment, metavar="DATE", help="earliest time, e.g. 2026-01-31")
    search.add_argument("--until", type=moment, metavar="DATE", help="time before which they must lie")
    search.add_argument("--before", type=int, metavar="SEQ", help="only records before this one: the next page")
    search.add_argument("-n", type=int, default=50, dest="count", metavar="N", help="how many (default: 50)")
    search.add_argument("-f", "--follow", action="store_true", help="go on with records as they are written")
    search.set_defaults(run=_search)
    with_data_dir(search)


def _search(arguments: argparse.Namespace) -> int:
    from mcp_server.audit.index import Index
    from mcp_server.audit.opening import subjects_for_reading
    from mcp_server.audit.reading import FOLDER, acknowledged, record_at
    from mcp_server.audit.views import line

    settings = settings_of(arguments)
    directory = settings.data_dir / FOLDER
    subjects = subjects_for_reading(settings.data_dir, settings.audit)
    actor = None
    if arguments.actor is not None:
        key = subjects.find(arguments.tenant, arguments.actor) if subjects is not None else None
        if key is None:
            print("nothing is kept of this subject in this tenant, or its keys are not at hand")
            return 1
        actor = key.pseudonym
    filters = _filters(arguments, actor)
    index = Index(directory)
    try:
        for place in _found(index, directory, filters, arguments.count, follow=arguments.follow):
            found = record_at(directory, place.segment, place.offset, place.seq)
            print(line(found, subjects), flush=arguments.follow)
    finally:
        index.close()
    return 0 if acknowledged(directory) else 1


def _filters(arguments: argparse.Namespace, actor: str | None) -> Filters:
    from mcp_server.audit.index import Filters

    def micros(seconds: float | None) -> int | None:
        return None if seconds is None else round(seconds * 1_000_000)

    return Filters(
        tenant=arguments.tenant,
        actor=actor,
        tool=arguments.tool,
        status=arguments.status,
        verdict=arguments.verdict,
        resource=arguments.digest,
        trace=arguments.trace,
        since=micros(arguments.since),
        until=micros(arguments.until),
        before=arguments.before,
    )


def _found(index: Index, directory: Path, filters: Filters, count: int, *, follow: bool) -> Iterator[Place]:
    """The newest `count`, oldest of them first, and then whatever is written, if it is followed."""
    from dataclasses import replace

    from mcp_server.audit.reading import acknowledged

    seen = index.catch_up(acknowledged(directory))
    # An index that a server keeps, too, may hold more by now: those come below.
    yield from reversed(index.find(replace(filters, before=min(seen, filters.before or seen)), count))
    while follow:
        time.sleep(_FOLLOW_SECONDS)
        newest = index.catch_up(acknowledged(directory))
        while page := index.find(replace(filters, before=newest, after=seen - 1), _PAGE):
            yield from page
            seen = page[-1].seq + 1
        seen = newest
