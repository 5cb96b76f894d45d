"""`yumen approval list|approve|deny`: decide on calls that wait for approval, on the server's own machine."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any


def register(subparsers: Any) -> None:
    """Add `approval` and its three verbs."""
    parser = subparsers.add_parser("approval", help="decide on calls that wait for approval")
    verbs = parser.add_subparsers(required=True, metavar="VERB")
    listing = verbs.add_parser("list", help="show what waits, of every tenant")
    listing.set_defaults(run=_list)
    approve = verbs.add_parser("approve", help="let the call happen, once, exactly as it was asked for")
    approve.set_defaults(run=_decide, approve=True)
    deny = verbs.add_parser("deny", help="refuse it for good")
    deny.set_defaults(run=_decide, approve=False)
    for verb in (approve, deny):
        verb.add_argument("request", metavar="REQUEST", help="the id, as `yumen approval list` shows it")
    for verb in (listing, approve, deny):
        verb.add_argument("--config", type=Path, metavar="FILE", help="yumen.toml")
        verb.add_argument("--data-dir", type=Path, metavar="DIR", help="the server's data directory")


def _list(arguments: argparse.Namespace) -> int:
    store, person = _opened(arguments)
    from mcp_server.approvals.desk import shown

    for one in (shown(request, person) for request in store.waiting()):
        roles = f" of {', '.join(one.roles)}" if one.roles else ""
        print(f"{one.request}  {one.tool} by {one.by} ({one.tenant}), until {one.expires}")
        print(
            f"    {one.approvals} of {one.needed} approvals{roles}"
            + (f"; purpose: {one.purpose}" if one.purpose else "")
        )
        print(f"    {one.arguments or '(arguments too long to show)'}")
    return 0


def _decide(arguments: argparse.Namespace) -> int:
    store, person = _opened(arguments)
    request = store.vote(arguments.request, person, approve=arguments.approve, recorded=False, any_tenant=True)
    count = f"{request.approvals} of {request.terms.approvers} approvals"
    print(f"{request.id}: {count if arguments.approve else 'denied'}")
    return 0


def _opened(arguments: argparse.Namespace) -> Any:
    """The requests, and the person who decides here: the local principal, who counts once however often."""
    from mcp_server import config
    from mcp_server.approvals.requests import Person
    from mcp_server.approvals.store import FILE, ApprovalStore
    from mcp_server.identity.authenticator import local_principal

    overrides = {} if arguments.data_dir is None else {"data_dir": arguments.data_dir}
    settings = config.load(arguments.config, overrides)
    settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    return ApprovalStore(settings.data_dir / FILE), Person.of(local_principal(settings.identity.local))
