"""`yumen db …`: build the local vulnerability database, and say what is in it."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from scanners.vulnerabilities.build import Build
    from scanners.vulnerabilities.database import Source

OK, INCOMPLETE = 0, 2
NAME = "vulnerabilities.sqlite"


def register(subparsers: Any) -> None:
    """Add `db` and its verbs."""
    parser = subparsers.add_parser("db", help="build the vulnerability database, and say how old it is")
    verbs = parser.add_subparsers(required=True, metavar="VERB")

    build = verbs.add_parser(
        "build",
        help="read advisories and replace the database",
        description="Reads the feeds of docs/images.md from directories, archives, files and https addresses, and replaces the"
        " database when all is read. Exit code 2: built, but some records could not be read.",
    )
    build.add_argument(
        "inputs", nargs="+", metavar="DIR|FILE|URL", help="where the advisories are; URL#sha256=… pins what it must be"
    )
    build.add_argument("--output", type=Path, metavar="FILE", help=f"default: {NAME} in the data directory")
    build.set_defaults(run=_build)

    update = verbs.add_parser(
        "update",
        help="build the database again from what it was built from",
        description="Reads the files again that `build` was given, and fetches those of its addresses that have changed since."
        " Copies are kept in feeds/ beside the database. Exit code 2: built, but some records could not be read.",
    )
    update.add_argument("--database", type=Path, metavar="FILE", help=f"default: {NAME} in the data directory")
    update.set_defaults(run=_update)

    for verb in (build, update):
        verb.add_argument(
            "--as-of",
            metavar="DATE",
            type=_moment,
            help="the date of the data, where its own newest record is older than the copy",
        )

    status = verbs.add_parser("status", help="print each source and its age")
    status.add_argument("--database", type=Path, metavar="FILE", help=f"default: {NAME} in the data directory")
    status.set_defaults(run=_status)

    sign = verbs.add_parser(
        "sign", help="sign the database for sites without a network", description="Writes FILE.sigstore.json beside it."
    )
    sign.add_argument("--key", required=True, metavar="NAME", help="a signing key of `yumen model key create`")
    sign.set_defaults(run=_sign)

    verify = verbs.add_parser(
        "verify",
        help="verify a database that was brought here",
        description="Exit code 4 unless the holder of the key signed exactly this file.",
    )
    verify.add_argument("--public-key", required=True, type=Path, metavar="PEM", help="whose signature counts")
    verify.set_defaults(run=_verify)

    for verb in (sign, verify):
        verb.add_argument("--database", type=Path, metavar="FILE", help=f"default: {NAME} in the data directory")

    for verb in (build, update, status, sign, verify):
        verb.add_argument("--config", type=Path, metavar="FILE", help="yumen.toml")
        verb.add_argument("--data-dir", type=Path, metavar="DIR", help="the server's data directory")


def _moment(text: str) -> str:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a date such as 2026-11-24") from None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _place(arguments: argparse.Namespace, chosen: Path | None) -> Path:
    from mcp_server import config

    if chosen is not None:
        return chosen
    overrides = {} if arguments.data_dir is None else {"data_dir": arguments.data_dir}
    return config.load(arguments.config, overrides).data_dir / NAME


def _build(arguments: argparse.Namespace) -> int:
    from scanners.vulnerabilities.build import build_database
    from scanners.vulnerabilities.downloads import download, is_address

    output = _place(arguments, arguments.output)
    output.parent.mkdir(parents=True, exist_ok=True)
    # Beside the database: a feed may be larger than what /tmp holds.
    with tempfile.TemporaryDirectory(dir=output.parent, prefix=".feeds-") as folder:
        inputs = []
        for given in arguments.inputs:
            if is_address(given):
                print(f"fetching {given}", file=sys.stderr)
            inputs.append(download(given, Path(folder)) if is_address(given) else Path(given))
        built = build_database(tuple(inputs), output, as_of=arguments.as_of)
    told = [given if is_address(given) else str(Path(given).resolve()) for given in arguments.inputs]
    _inputs_of(output).write_text(json.dumps({"inputs": told}, indent=1))
    return _report(built)


def _inputs_of(database: Path) -> Path:
    """Where it stands what a database was built from."""
    return database.with_name(f"{database.name}.inputs.json")


def _update(arguments: argparse.Namespace) -> int:
    from scanners.errors import TargetMissing, UnreadableInput
    from scanners.vulnerabilities.build import build_database
    from scanners.vulnerabilities.downloads import is_address, refresh

    database = _place(arguments, arguments.database)
    note = _inputs_of(database)
    try:
        given = [str(item) for item in json.loads(note.read_bytes())["inputs"]]
    except FileNotFoundError:
        raise TargetMissing(
            f"it is not known what {database.name} was built from",
            remedy="build it once: yumen db build DIR|FILE|URL …",
        ) from None
    except (ValueError, KeyError, TypeError) as error:
        raise UnreadableInput(f"{note.name} is not a list of inputs: {error}") from error
    inputs, changed = [], not database.is_file()
    for item in given:
        if is_address(item):
            path, anew = refresh(item, database.with_name("feeds"))
            print(f"{'fetched' if anew else 'unchanged'}  {item}", file=sys.stderr)
        else:
            path, anew = Path(item), True
        inputs.append(path)
        changed = changed or anew
    if not changed:
        print(f"{database} is up to date with its feeds")
        return OK
    return _report(build_database(tuple(inputs), database, as_of=arguments.as_of))


def _report(built: Build) -> int:
    _print_sources(built.sources)
    for refusal in built.refusals:
        print(f"refused  {refusal.file}: {refusal.why}", file=sys.stderr)
    print(f"{len(built.ecosystems)} ecosystems in {built.path} ({built.path.stat().st_size / 1e6:.1f} MB)")
    print(built.digest)
    return INCOMPLETE if any(source.refused for source in built.sources) else OK


def _status(arguments: argparse.Namespace) -> int:
    from scanners.vulnerabilities.database import Database

    path = _place(arguments, arguments.database)
    with Database(path) as database:
        print(f"{path}, built {database.meta['built']}")
        print(database.digest)
        _print_sources(database.sources())
        for name, updated in database.ecosystems.items():
            print(f"  {name:<36} {updated[:10] or 'no date':<12} {_age(updated)}")
    return OK


def _sign(arguments: argparse.Namespace) -> int:
    from mcp_server import config
    from scanners.signatures.keyring import SigningKeys
    from scanners.vulnerabilities.artefact import sign_database
    from tools.model_signatures import signing_folder

    overrides = {} if arguments.data_dir is None else {"data_dir": arguments.data_dir}
    keys = SigningKeys(signing_folder(config.load(arguments.config, overrides).data_dir))
    print(sign_database(_place(arguments, arguments.database), keys.load(arguments.key).key))
    return OK


def _verify(arguments: argparse.Namespace) -> int:
    from scanners.vulnerabilities.artefact import verify_database

    path = _place(arguments, arguments.database)
    print(f"{path}: {verify_database(path, arguments.public_key.read_bytes())} signed by the holder of the key")
    return OK


def _print_sources(sources: tuple[Source, ...]) -> None:
    for source in sources:
        counts = f"{source.advisories} advisories, {source.refused} refused, {source.withdrawn} withdrawn"
        print(f"{source.name:<38} {source.last_update[:10] or 'no date':<12} {_age(source.last_update):<14} {counts}")


def _age(moment: str) -> str:
    if not moment:
        return "age unknown"
    days = (datetime.now(UTC).date() - datetime.fromisoformat(moment).date()).days
    return f"{days} days old"
