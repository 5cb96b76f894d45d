"""Feeds by address: fetched whole to a folder before anything of them is read.

An address may pin what it means with a fragment, `https://…/all.zip#sha256=<hex>`; without one, TLS alone vouches for it.
"""

from __future__ import annotations

import hashlib
import os
import re
import time
from collections.abc import Iterator
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
    place = urlsplit(address)
    pinned = _PINNED.fullmatch(place.fragment) if place.fragment else None
    if place.fragment and pinned is None:
        raise DownloadFailed(
            f"{address}: what follows # is no digest", remedy="write #sha256= and 64 hexadecimal digits"
        )
    plain = address.partition("#")[0]
    _check_scheme(httpx.URL(plain))
    parts = [part for part in unquote(place.path).split("/") if part not in ("", ".", "..")]
    path = folder / (re.sub(r"[^A-Za-z0-9._-]", "_", "-".join(parts[-2:])) or "feed")
    digest = hashlib.sha256()
    try:
        with httpx.Client(timeout=_READ_SECONDS) as client, _answer(client, plain) as answer, path.open("xb") as file:
            ends = time.monotonic() + MAX_SECONDS
            for piece in answer.iter_raw(1 << 20):
                digest.update(piece)
                file.write(piece)
                if file.tell() > max_bytes:
                    raise DownloadFailed(f"{plain}: more than {max_bytes} bytes")
                if time.monotonic() > ends:
                    raise DownloadFailed(f"{plain}: not there after {MAX_SECONDS:.0f} seconds")
            _keep_moment(path, answer.headers.get("last-modified", ""))
    except FileExistsError:
        raise DownloadFailed(f"{plain}: another feed of this build has the name {path.name}") from None
    except httpx.HTTPError as error:
        raise DownloadFailed(f"{plain} cannot be fetched", detail=str(error) or type(error).__name__) from error
    if pinned is not None and digest.hexdigest() != pinned[1]:
        raise DownloadFailed(f"{plain} is not what was pinned: its SHA-256 is {digest.hexdigest()}")
    return path


@contextmanager
def _answer(client: httpx.Client, address: str) -> Iterator[httpx.Response]:
    """The answer of 200, its body not yet read. Identity encoding: what is stored is what was published."""
    request = client.build_request("GET", address, headers={"accept-encoding": "identity"})
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
        if answer.status_code != 200:
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
