"""`yumen audit prove|consistency|export|rotate-key`: evidence that stands without Yumen."""

from __future__ import annotations

import argparse
import asyncio
import sys
from pathlib import Path
from typing import Any

from mcp_server.commands.audit_reading import settings_of, with_data_dir


def add_verbs(verbs: Any) -> None:
    """Add the verbs that make evidence."""
    prove = verbs.add_parser("prove", help="write a record and the proof that it is in the log")
    prove.add_argument("index", type=int, metavar="SEQ", help="index of the record")
    prove.add_argument("--size", type=int, metavar="N", help="prove against the checkpoint over N records")
    prove.add_argument("-o", "--output", type=Path, metavar="NAME", help="write NAME.tlog-proof and NAME.json")
    prove.set_defaults(run=_prove)

    consistency = verbs.add_parser("consistency", help="prove that the log of A records became that of B")
    consistency.add_argument("old", type=int, metavar="A", help="size of the older log")
    consistency.add_argument(
        "new", type=int, nargs="?", metavar="B", help="size of the newer one (default: the newest)"
    )
    consistency.set_defaults(run=_consistency)

    checkpoint = verbs.add_parser("checkpoint", help="print the newest signed checkpoint: keep it somewhere else")
    checkpoint.set_defaults(run=_checkpoint)

    export = verbs.add_parser("export", help="write the log as static tiles (C2SP tlog-tiles) into a folder")
    export.add_argument("target", type=Path, metavar="DIR", help="folder to write to, or to bring up to date")
    export.set_defaults(run=_export)

    rotate = verbs.add_parser("rotate-key", help="replace the signing key; old and new key both sign the change")
    rotate.add_argument("--new-key", default="", metavar="REF", help="the new key as env:NAME or file:/path")
    rotate.set_defaults(run=_rotate)

    for verb in (prove, consistency, checkpoint, export, rotate):
        with_data_dir(verb)


def _prove(arguments: argparse.Namespace) -> int:
    from mcp_server.audit.proofs import prove_record
    from mcp_server.audit.reading import FOLDER

    proof, envelope = prove_record(settings_of(arguments).data_dir / FOLDER, arguments.index, size=arguments.size)
    if arguments.output is None:
        print(proof.text, end="")
        return 0
    for suffix, data in ((".tlog-proof", proof.text.encode()), (".json", envelope)):
        path = arguments.output.with_name(arguments.output.name + suffix)
        path.write_bytes(data)
        print(path)
    return 0


def _consistency(arguments: argparse.Namespace) -> int:
    from mcp_server.audit.proofs import prove_consistency
    from mcp_server.audit.reading import FOLDER

    print(prove_consistency(settings_of(arguments).data_dir / FOLDER, arguments.old, arguments.new).text, end="")
    return 0


def _checkpoint(arguments: argparse.Namespace) -> int:
    from mcp_server.audit.proofs import signed_note
    from mcp_server.audit.reading import FOLDER

    print(signed_note(settings_of(arguments).data_dir / FOLDER), end="")
    return 0


def _export(arguments: argparse.Namespace) -> int:
    from mcp_server.audit.reading import FOLDER
    from mcp_server.audit.tiles import export

    size = export(settings_of(arguments).data_dir / FOLDER, arguments.target)
    print(f"{size} records in {arguments.target}; check them with: examples/verify_audit.py tiles {arguments.target}")
    return 0


def _rotate(arguments: argparse.Namespace) -> int:
    from mcp_server.secrets import referenced

    settings = settings_of(arguments)
    seed = referenced(arguments.new_key, "the new signing key") if arguments.new_key else None
    if settings.audit.postgres:
        from mcp_server.audit.postgres.rotating import rotate_shared
        from mcp_server.audit.reading import FOLDER

        if seed is None:
            print("replicas share the key: name the new one with --new-key", file=sys.stderr)
            return 2
        print(rotate_shared(settings.data_dir / FOLDER, settings.audit, seed).text)
        print("now set audit.signing_key to the new key on one replica after the other", file=sys.stderr)
        return 0
    from mcp_server.audit.rotation import rotate

    print(asyncio.run(rotate(settings.data_dir, settings.audit, seed)).text)
    if seed is not None:
        print("now set audit.signing_key to the new key", file=sys.stderr)
    return 0
