"""Feeds by address, from a real HTTP server on loopback that also lies."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from scanners.vulnerabilities.downloads import DownloadFailed, download

BODY = b"x" * 100_000
DIGEST = hashlib.sha256(BODY).hexdigest()


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        kind = self.path.split("/")[1]
        if kind == "moved":
            self.send_response(302)
            self.send_header("Location", "/good/all.zip")
        elif kind == "away":
            self.send_response(302)
            self.send_header("Location", "http://feeds.example/all.zip")
        elif kind == "round":
            self.send_response(302)
            self.send_header("Location", "/round/all.zip")
        elif kind == "missing":
            self.send_response(404)
        else:
            self.send_response(200)
            self.send_header("Last-Modified", "Tue, 24 Nov 2026 10:00:00 GMT")
            self.send_header("Content-Length", str(len(BODY) + (5 if kind == "short" else 0)))
            self.end_headers()
            self.wfile.write(BODY)
            return
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def server() -> Iterator[Callable[[str], str]]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as httpd:
        threading.Thread(target=httpd.serve_forever, args=(0.02,), daemon=True).start()
        yield lambda path: f"http://127.0.0.1:{httpd.server_address[1]}{path}"
        httpd.shutdown()


@pytest.mark.parametrize("path", ["/good/PyPI/all.zip", "/moved/PyPI/all.zip", f"/good/PyPI/all.zip#sha256={DIGEST}"])
def test_a_feed_comes_whole_with_its_date_and_a_name_of_its_own(server, tmp_path: Path, path: str) -> None:
    found = download(server(path), tmp_path)
    assert (found.name, found.read_bytes()) == ("PyPI-all.zip", BODY)
    assert found.stat().st_mtime == 1_795_514_400


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("/missing/all.zip", "answered 404"),
        ("/short/all.zip", "cannot be fetched"),
        ("/away/all.zip", "not HTTPS"),
        ("/round/all.zip", "redirections"),
        (f"/good/all.zip#sha256={'0' * 64}", "not what was pinned"),
        ("/good/all.zip#sha256=abc", "no digest"),
    ],
)
def test_what_does_not_come_as_asked_is_not_used(server, tmp_path: Path, path: str, why: str) -> None:
    with pytest.raises(DownloadFailed, match=why):
        download(server(path), tmp_path)


def test_the_size_is_bounded(server, tmp_path: Path) -> None:
    with pytest.raises(DownloadFailed, match="more than 1000 bytes"):
        download(server("/good/all.zip"), tmp_path, max_bytes=1000)


@pytest.mark.parametrize("address", ["http://feeds.example/all.zip", "ftp://feeds.example/a", "file:///etc/passwd"])
def test_only_https_reaches_another_machine(tmp_path: Path, address: str) -> None:
    with pytest.raises(DownloadFailed, match="not HTTPS"):
        download(address, tmp_path)


def test_a_name_cannot_lead_out_of_the_folder(server, tmp_path: Path) -> None:
    assert download(server("/good/%2e%2e/%2Fetc%2Fpasswd"), tmp_path).parent == tmp_path
