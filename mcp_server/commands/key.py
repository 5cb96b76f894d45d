"""`yumen key create|list|revoke`: API keys for agents and CI."""

from __future__ import annotations

import argparse
import re
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scanners.errors import YumenError

if TYPE_CHECKING:
    from mcp_server.identity.api_keys import ApiKeyStore


class UnknownKey(YumenError):
    """No key of that id."""

    code = "unknown_key"


_UNITS = {"m": 60, "h": 3600, "d": 86400, "w": 604800, "y": 31536000}


def register(subparsers: Any) -> None:
    """Add `key` and its three verbs."""
    parser = subparsers.add_parser("key", help="create, list and revoke API keys")
    verbs = parser.add_subparsers(required=True, metavar="VERB")

    create = verbs.add_parser("create", help="make a key and print it once")
    create.add_argument("--label", type=_word, default="", help="what or whom the key is for")
    create.add_argument("--tenant", type=_name, default="default", help="tenant of its principal (default: default)")
    create.add_argument("--role", type=_name, action="append", default=[], dest="roles", help="a role; may be repeated")
    create.add_argument(
        "--scope", type=_scope, action="append", default=[], dest="scopes", help="a scope; may be repeated"
    )
    create.add_argument(
        "--jurisdiction",
        type=_jurisdiction,
        metavar="CODE",
        help="where its callers are, e.g. CN, DE or EEA (default: not known)",
    )
    create.add_argument(
        "--expires",
        type=lifetime,
        default=lifetime("90d"),
        metavar="AGE",
        help="e.g. 12h, 90d, 1y or never (default: 90d)",
    )
    create.set_defaults(run=_create)

    listing = verbs.add_parser("list", help="show every key, without secrets")
    listing.set_defaults(run=_list)

    revoke = verbs.add_parser("revoke", help="end a key at once, in running servers too")
    revoke.add_argument("key", metavar="KEY", help="the key's id, as `yumen key list` shows it")
    revoke.set_defaults(run=_revoke)

    for verb in (create, listing, revoke):
        verb.add_argument("--config", type=Path, metavar="FILE", help="yumen.toml")
        verb.add_argument("--data-dir", type=Path, metavar="DIR", help="the server's data directory")


def lifetime(text: str) -> float | None:
    """Seconds in '30m', '12h', '90d', '2w', '1y'; None for 'never'.

    Raises argparse.ArgumentTypeError for anything else.
    """
    if text == "never":
        return None
    match = re.fullmatch(r"([1-9][0-9]{0,5})([mhdwy])", text)
    if match is None:
        raise argparse.ArgumentTypeError(f"{text!r} is not an age such as 12h, 90d, 1y or never")
    return float(match[1]) * _UNITS[match[2]]


def _word(text: str) -> str:
    if not text.isprintable() or len(text) > 256:
        raise argparse.ArgumentTypeError("must be printable and at most 256 characters long")
    return text


def _name(text: str) -> str:
    if not text.strip():
        raise argparse.ArgumentTypeError("must not be empty")
    return _word(text)


def _scope(text: str) -> str:
    # RFC 6749 §3.3: scope-token = 1*( %x21 / %x23-5B / %x5D-7E )
    if re.fullmatch(r"[\x21\x23-\x5b\x5d-\x7e]{1,256}", text) is None:
        raise argparse.ArgumentTypeError(f"{text!r} is not a scope (RFC 6749 §3.3)")
    return text


def _jurisdiction(text: str) -> str:
    from mcp_server.jurisdictions import is_jurisdiction

    if not is_jurisdiction(text):
        raise argparse.ArgumentTypeError(f"{text!r} is neither an ISO 3166-1 alpha-2 code such as CN nor EEA")
    return text


def _store(arguments: argparse.Namespace) -> ApiKeyStore:
    from mcp_server import config
    from mcp_server.identity.authenticator import open_key_store

    overrides = {} if arguments.data_dir is None else {"data_dir": arguments.data_dir}
    return open_key_store(config.load(arguments.config, overrides).data_dir)


def _create(arguments: argparse.Namespace) -> int:
    if not arguments.roles:
        print("a key without a role can do nothing: name at least one with --role", file=sys.stderr)
        return 2
    key, stored = _store(arguments).create(
        label=arguments.label,
        tenant=arguments.tenant,
        roles=arguments.roles,
        scopes=arguments.scopes,
        jurisdiction=arguments.jurisdiction or "",
        lifetime=arguments.expires,
    )
    # The key alone on standard output, so that a script can capture it; everything else on standard error.
    print(key)
    print(f"id {stored.id}, expires {_when(stored.expires)}. The key is not stored: keep it now.", file=sys.stderr)
    return 0


def _list(arguments: argparse.Namespace) -> int:
    import time

    now = time.time()
    rows = [("ID", "STATE", "TENANT", "ROLES", "SCOPES", "WHERE", "CREATED", "EXPIRES", "LABEL")]
    for key in _store(arguments).all():
        rows.append(
            (
                key.id,
                key.state(now),
                key.tenant,
                ",".join(key.roles),
                ",".join(key.scopes) or "-",
                key.jurisdiction or "-",
                _when(key.created),
                _when(key.expires),
                key.label or "-",
            )
        )
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
    return 0


def _revoke(arguments: argparse.Namespace) -> int:
    from mcp_server.identity.api_keys import split_key

    parts = split_key(arguments.key)
    identifier = parts[0] if parts else arguments.key.removeprefix("ymn_")
    key = _store(arguments).revoke(identifier)
    if key is None:
        raise UnknownKey(f"There is no API key {identifier!r}.", remedy="`yumen key list` shows the ids.")
    print(f"{key.id} is revoked since {_when(key.revoked)}")
    return 0


def _when(moment: float | None) -> str:
    return "never" if moment is None else datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
