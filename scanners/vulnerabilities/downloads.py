"""Feeds by address: fetched whole to a folder before anything of them is read.

An address may pin what it means with a fragment, `https://…/all.zip#sha256=<hex>`; without one, TLS alone vouches for it.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import ClassVar, Final
from urllib.parse import unquote, urlsplit

import httpx

from scanners.errors import YumenError

MAX_BYTES: Final = 4 << 30
MAX_SECONDS: Final = 3600.0
_READ_SECONDS: Final = 60.0
_REDIRECTS: Final = 5
_LOOPBACK: Final = frozenset(("localhost", "127.0.0.1", "::1"))
_PINNED: Final = re.compile(r"sha256=([0-9a-f]{64})")


class DownloadFailed(YumenError):
    """A feed could not be fetched as it was asked for; nothing of it is used."""

    code: ClassVar[str] = "download_failed"


def is_address(text: str) -> bool:
    """Whether an input is a URL and no path."""
    return "://" in text


def download(address: str, folder: Path, *, max_bytes: int = MAX_BYTES) -> Path:
    """The file behind an address, in `folder`, with the time that the server gives for it.

    It is named by the last two parts of the address's path: every ecosystem of OSV is an `all.zip`. Raises DownloadFailed:
    not HTTPS (HTTP only from this machine), a certificate that does not verify, no answer of 200, an end before or after the
    announced length, more than `max_bytes`, more than an hour, or not the pinned digest.
    """
    plain, pinned = _parted(address)
    path = folder / _file_name(plain)
    if path.exists():
        raise DownloadFailed(f"{plain}: another feed of this build has the name {path.name}")
    _fetch(plain, path, {}, max_bytes, pinned)
    return path


def refresh(address: str, folder: Path, *, max_bytes: int = MAX_BYTES) -> tuple[Path, bool]:
    """The copy of what is behind an address that is kept in `folder`, and whether it was fetched anew: only what changed
    since is (RFC 9110 §13.1), and nothing where the copy is what was pinned. Raises as `download`; the old copy then stays.
    """
    plain, pinned = _parted(address)
    place = folder / hashlib.sha256(plain.encode()).hexdigest()[:16]
    place.mkdir(parents=True, exist_ok=True)
    path, note = place / _file_name(plain), place / "fetched.json"
    known = _kept(path, note)
    if known and pinned == known["sha256"]:
        return path, False
    conditions = {"if-none-match": known["etag"], "if-modified-since": known["last_modified"]} if known else {}
    partial = place / "partial"
    partial.unlink(missing_ok=True)
    found = _fetch(plain, partial, {name: value for name, value in conditions.items() if value}, max_bytes, pinned)
    if found is None:
        return path, False
    note.unlink(missing_ok=True)
    os.replace(partial, path)
    note.write_text(json.dumps(found))
    return path, True


def _kept(path: Path, note: Path) -> dict[str, str] | None:
    """What was noted of a copy that is whole; None without one."""
    try:
        known = json.loads(note.read_bytes())
        with path.open("rb") as file:
            whole = hashlib.file_digest(file, "sha256").hexdigest() == known["sha256"]
        return {key: str(known[key]) for key in ("sha256", "etag", "last_modified")} if whole else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _parted(address: str) -> tuple[str, str]:
    """The address without what it pins, and that digest. Raises DownloadFailed."""
    plain, _, fragment = address.partition("#")
    pinned = _PINNED.fullmatch(fragment) if fragment else None
    if fragment and pinned is None:
        raise DownloadFailed(
            f"{address}: what follows # is no digest", remedy="write #sha256= and 64 hexadecimal digits"
        )
    _check_scheme(httpx.URL(plain))
    return plain, pinned[1] if pinned else ""


def _file_name(address: str) -> str:
    parts = [part for part in unquote(urlsplit(address).path).split("/") if part not in ("", ".", "..")]
    return re.sub(r"[^A-Za-z0-9._-]", "_", "-".join(parts[-2:])) or "feed"


def _fetch(
    address: str, path: Path, conditions: Mapping[str, str], max_bytes: int, pinned: str
) -> dict[str, str] | None:
    """Write what is behind an address; its digest and what names this state of it. None: the conditions say that it is known."""
    digest = hashlib.sha256()
    try:
        with httpx.Client(timeout=_READ_SECONDS) as client, _answer(client, address, conditions) as answer:
            if answer.status_code == 304:
                return None
            with path.open("xb") as file:
                ends = time.monotonic() + MAX_SECONDS
                for piece in answer.iter_raw(1 << 20):
                    digest.update(piece)
                    file.write(piece)
                    if file.tell() > max_bytes:
                        raise DownloadFailed(f"{address}: more than {max_bytes} bytes")
                    if time.monotonic() > ends:
                        raise DownloadFailed(f"{address}: not there after {MAX_SECONDS:.0f} seconds")
            named = {key.replace("-", "_"): answer.headers.get(key, "") for key in ("etag", "last-modified")}
    except httpx.HTTPError as error:
        raise DownloadFailed(f"{address} cannot be fetched", detail=str(error) or type(error).__name__) from error
    if pinned and digest.hexdigest() != pinned:
        raise DownloadFailed(f"{address} is not what was pinned: its SHA-256 is {digest.hexdigest()}")
    _keep_moment(path, named["last_modified"])
    return {"sha256": digest.hexdigest(), **named}


@contextmanager
def _answer(client: httpx.Client, address: str, conditions: Mapping[str, str]) -> Iterator[httpx.Response]:
    """The answer of 200 (or, with conditions, 304), its body not yet read. Identity encoding: what is stored is what was
    published."""
    request = client.build_request("GET", address, headers={"accept-encoding": "identity", **conditions})
    for _ in range(_REDIRECTS + 1):
        answer = client.send(request, stream=True)
        if answer.next_request is None:
            break
        answer.close()
        request = answer.next_request
        _check_scheme(request.url)
    else:
        raise DownloadFailed(f"{address}: more than {_REDIRECTS} redirections")
    try:
        if answer.status_code != 200 and not (answer.status_code == 304 and conditions):
            raise DownloadFailed(f"{address}: the server answered {answer.status_code}")
        yield answer
    finally:
        answer.close()


def _check_scheme(url: httpx.URL) -> None:
    if url.scheme != "https" and not (url.scheme == "http" and url.host in _LOOPBACK):
        raise DownloadFailed(f"{url} is not HTTPS", remedy="feeds are fetched over HTTPS, or brought as files")


def _keep_moment(path: Path, header: str) -> None:
    try:
        moment = parsedate_to_datetime(header).timestamp()
    except (ValueError, TypeError):
        return
    os.utime(path, (moment, moment))
