"""`yumen image …`: look into a container image from the command line."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any


def register(subparsers: Any) -> None:
    """Add `image` and its verbs."""
    parser = subparsers.add_parser("image", help="look into a container image")
    verbs = parser.add_subparsers(required=True, metavar="VERB")
    packages = verbs.add_parser(
        "packages",
        help="list the packages of an image",
        description="Verifies the image and lists its packages. For a verdict: yumen call image_scan --json '{…}'.",
    )
    packages.add_argument("target", type=Path, help="OCI layout directory, oci-archive or docker-archive")
    packages.add_argument("--platform", metavar="OS/ARCH", help="which platform of a multi-platform image")
    packages.add_argument("--reference", metavar="NAME|DIGEST", help="which image, where there are several")
    packages.add_argument("--json", action="store_true", help="one JSON object a line")
    packages.set_defaults(run=_packages)

    sbom = verbs.add_parser("sbom", help="print the bill of materials of an image")
    sbom.add_argument("target", type=Path, help="OCI layout directory, oci-archive or docker-archive")
    sbom.add_argument("--format", choices=("cyclonedx-1.6", "spdx-2.3", "spdx-3.0"), default="cyclonedx-1.6")
    sbom.add_argument("--platform", metavar="OS/ARCH", help="which platform of a multi-platform image")
    sbom.add_argument("--reference", metavar="NAME|DIGEST", help="which image, where there are several")
    sbom.set_defaults(run=_sbom)

    base = verbs.add_parser(
        "base",
        help="list an image as one that others are built on",
        description="Verifies the image and keeps the digests of its layers, so that scans say what comes from it.",
    )
    base.add_argument("name", help="what to call it, e.g. registry.example/base/python:3.12")
    base.add_argument("target", type=Path, help="OCI layout directory, oci-archive or docker-archive")
    base.add_argument("--platform", metavar="OS/ARCH", help="which platform of a multi-platform image")
    base.add_argument("--reference", metavar="NAME|DIGEST", help="which image, where there are several")
    base.add_argument("--config", type=Path, metavar="FILE", help="yumen.toml")
    base.add_argument("--data-dir", type=Path, metavar="DIR", help="the server's data directory")
    base.set_defaults(run=_base)

    pull = verbs.add_parser(
        "pull",
        help="bring an image from a registry into an OCI layout",
        description="Fetches the image with the signatures beside it, verifies every digest, and goes on where an earlier"
        " attempt stopped. Credentials come from a Docker configuration file and its credential helpers.",
    )
    pull.add_argument("image", help="registry/name:tag or registry/name@sha256:…")
    pull.add_argument("layout", type=Path, metavar="DIR", help="OCI layout directory, made where it is not there")
    which = pull.add_mutually_exclusive_group()
    which.add_argument("--platform", metavar="OS/ARCH", help="default: this machine's")
    which.add_argument("--all-platforms", action="store_true")
    pull.add_argument(
        "--docker-config",
        type=Path,
        default=Path.home() / ".docker/config.json",
        metavar="FILE",
        help="default: %(default)s",
    )
    pull.add_argument(
        "--mirror",
        action="append",
        default=[],
        metavar="HOST",
        help="ask this registry first; it gets no credentials. Can be repeated",
    )
    pull.add_argument("--ca-file", type=Path, metavar="PEM", help="the authorities that vouch for the registry")
    pull.add_argument("--cache", type=Path, metavar="DIR", help="layers of earlier images; those of this one are added")
    pull.add_argument(
        "--cache-size",
        type=int,
        default=20,
        metavar="GIB",
        help="what is left in the cache, of what was used last (default: %(default)s)",
    )
    pull.add_argument("--plain-http", action="store_true", help="no TLS; on this machine that is the default")
    pull.set_defaults(run=_pull)


def _packages(arguments: argparse.Namespace) -> int:
    from dataclasses import asdict

    from scanners.images.observing import list_packages

    listing = list_packages(arguments.target, platform=arguments.platform, reference=arguments.reference)
    for package in listing.packages:
        if arguments.json:
            print(json.dumps(asdict(package)))
        else:
            print(f"{package.type:<8} {package.name:<44} {package.version:<32} {package.path}")
    for skipped in listing.skipped:
        print(f"not examined: {skipped.what}: {skipped.why}")
    return 2 if listing.skipped else 0


def _sbom(arguments: argparse.Namespace) -> int:
    from datetime import UTC, datetime

    from scanners.images.observing import list_packages
    from scanners.images.sbom import write_cyclonedx, write_spdx, write_spdx3

    listing = list_packages(arguments.target, platform=arguments.platform, reference=arguments.reference)
    write = {"cyclonedx-1.6": write_cyclonedx, "spdx-2.3": write_spdx, "spdx-3.0": write_spdx3}[arguments.format]
    created = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    print(json.dumps(write(listing, created), indent=1))
    return 2 if listing.skipped else 0


def _base(arguments: argparse.Namespace) -> int:
    from mcp_server import config
    from scanners.images.bases import known_base
    from scanners.images.reading import verify_layers
    from scanners.images.sources import open_image
    from tools.image_places import BASES

    overrides = {} if arguments.data_dir is None else {"data_dir": arguments.data_dir}
    folder = config.load(arguments.config, overrides).data_dir / BASES
    with open_image(arguments.target, platform=arguments.platform, reference=arguments.reference) as image:
        unread = verify_layers(image)
        known = known_base(image, arguments.name)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{known.digest.partition(':')[2]}.json"
    path.write_text(known.model_dump_json(indent=1))
    print(f"{known.name}: {len(known.diff_ids)} layers, {path}")
    for skipped in unread:
        print(f"not examined: {skipped.what}: {skipped.why}")
    return 2 if unread else 0


def _pull(arguments: argparse.Namespace) -> int:
    from contextlib import ExitStack

    from scanners.images.blob_cache import BlobCache
    from scanners.images.pull import pull_image
    from scanners.oci.client import RegistryClient
    from scanners.oci.credentials import from_docker_config
    from scanners.oci.mirrors import Mirrored
    from scanners.oci.references import parse_reference

    reference = parse_reference(arguments.image)
    credentials = from_docker_config(arguments.docker_config, reference.registry)
    cache = BlobCache(arguments.cache, arguments.cache_size << 30) if arguments.cache else None
    shared = {"plain_http": arguments.plain_http, "ca_file": arguments.ca_file}
    with ExitStack() as stack:
        hosts = [
            *(stack.enter_context(RegistryClient(reference, mirror=mirror, **shared)) for mirror in arguments.mirror),
            stack.enter_context(RegistryClient(reference, credentials, **shared)),
        ]
        pulled = pull_image(
            reference,
            arguments.layout,
            Mirrored(hosts),
            platform=arguments.platform,
            all_platforms=arguments.all_platforms,
            cache=cache,
        )
    print(f"{reference.registry}/{reference.repository}@{pulled.digest}")
    print(f"{pulled.layout}: {pulled.fetched} bytes fetched, {pulled.signatures} signatures and attestations")
    return 0
