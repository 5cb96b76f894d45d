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
