"""Is what runs here really Yumen, and does the machine give it what it needs? The checks behind `yumen doctor`.

The four packages have plain names, so a same-named package elsewhere on the path could be imported in their place.
`verify_packages` makes that an error at start instead of a mystery.
"""

from __future__ import annotations

import base64
import hashlib
import importlib
import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path
from typing import ClassVar
from urllib.parse import unquote, urlsplit

from mcp_server.config import Settings
from scanners.errors import YumenError
from scanners.sandbox import landlock

PACKAGES = ("mcp_server", "tools", "scanners", "policies")
_LEAST_FREE_BYTES = 256 << 20


class ForeignPackage(YumenError):
    """A package that was imported is not the one that was installed as part of Yumen."""

    code: ClassVar[str] = "foreign_package"


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the doctor's report."""

    subject: str
    ok: bool
    words: str


def verify_packages() -> None:
    """Raises ForeignPackage unless each of Yumen's packages was imported from where Yumen was installed."""
    wrong = [check for check in packages(hashes=False) if not check.ok]
    if wrong:
        raise ForeignPackage(
            "a package of another origin stands in the place of one of Yumen's",
            remedy="run Yumen from its own environment, and look for same-named folders on PYTHONPATH",
            detail="; ".join(f"{check.subject}: {check.words}" for check in wrong),
        )


def rules_digest(home: Path | None = None) -> str:
    """'sha256:…' over every file of the scanners, code and rules alike: equal digests judge equal inputs alike."""
    found = hashlib.sha256()
    home = home or Path(next(iter(importlib.import_module("scanners").__path__)))
    for path in sorted(path for path in home.rglob("*") if path.is_file() and path.suffix != ".pyc"):
        digest = hashlib.sha256(path.read_bytes()).digest()
        found.update(path.relative_to(home).as_posix().encode() + b"\x00" + digest)
    return f"sha256:{found.hexdigest()}"


def packages(*, hashes: bool = True) -> Iterator[Check]:
    """For each package: is it where the distribution put it, and (with `hashes`) is each file what RECORD says?"""
    try:
        installed = distribution("yumen")
    except PackageNotFoundError:
        yield Check(
            "installation", False, "the distribution 'yumen' is not installed here; run `make serve` or `pip install .`"
        )
        return
    source = _editable_source(installed)
    for name in PACKAGES:
        module = importlib.import_module(name)
        found = Path(next(iter(module.__path__))).resolve()
        expected = (source / name if source else Path(str(installed.locate_file(name)))).resolve()
        if found != expected:
            yield Check(name, False, f"imported from {found}, but installed at {expected}")
        elif source:
            yield Check(name, True, f"from the checkout {source} (editable installation: no RECORD to compare with)")
        elif hashes:
            changed = _changed_files(installed, name)
            yield Check(
                name, not changed, f"changed since installation: {', '.join(changed)}" if changed else "as installed"
            )
        else:
            yield Check(name, True, "where it was installed")


def environment(settings: Settings) -> Iterator[Check]:
    """What the machine gives: a private data directory with room, roots that exist, a kernel that can confine."""
    data_dir = settings.data_dir
    if data_dir.exists():
        mode = data_dir.stat().st_mode & 0o777
        yield Check(
            "data directory", not mode & 0o077, f"{data_dir} has mode {mode:o}" + ("; use 700" if mode & 0o077 else "")
        )
        writable = os.access(data_dir, os.W_OK)
        yield Check("data directory", writable, "writable" if writable else f"{data_dir} cannot be written")
    else:
        yield Check("data directory", True, f"{data_dir} will be made at the first start")
    near = next(path for path in (data_dir.resolve(), *data_dir.resolve().parents) if path.exists())
    free = shutil.disk_usage(near).free
    yield Check(
        "disk", free >= _LEAST_FREE_BYTES, f"{free >> 20} MiB free; calls are refused when the log cannot be written"
    )
    for root in settings.paths.roots:
        yield Check("root", root.is_dir(), f"{root}" if root.is_dir() else f"{root} is not a folder")
    if not settings.paths.roots:
        yield Check("root", True, "none: tools that take a target will refuse; give --root DIR")
    found = landlock.version()
    yield Check(
        "sandbox", True, f"Landlock version {found}" if found else "this kernel has no Landlock: scans have limits only"
    )
    exposed = not settings.server.is_loopback and settings.server.public_url is None
    yield Check(
        "network",
        not exposed,
        f"listens on {settings.server.http}"
        + (
            "; set server.public_url to the https:// URL of the proxy in front, for tokens must name it"
            if exposed
            else ""
        ),
    )


def _editable_source(installed: Distribution) -> Path | None:
    """The checkout behind an editable installation (PEP 610), or None."""
    text = installed.read_text("direct_url.json")
    origin = json.loads(text) if text else {}
    if not origin.get("dir_info", {}).get("editable"):
        return None
    return Path(unquote(urlsplit(origin["url"]).path))


def _changed_files(installed: Distribution, package: str) -> list[str]:
    """Files of `package` whose SHA-256 is not the one in RECORD (the wheel format's list of files)."""
    changed = []
    for file in installed.files or ():
        if file.parts[0] != package or file.hash is None or file.suffix == ".pyc":
            continue
        path = Path(str(installed.locate_file(file)))
        digest = hashlib.new(file.hash.mode, path.read_bytes()).digest() if path.exists() else b""
        if base64.urlsafe_b64encode(digest).rstrip(b"=").decode() != file.hash.value:
            changed.append(str(file))
    return changed
