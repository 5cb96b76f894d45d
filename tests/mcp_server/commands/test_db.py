"""`yumen db build` and `yumen db update`, with feeds from a real HTTP server."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from mcp_server.cli import main
from scanners.vulnerabilities.database import Database


class Publisher:
    """Two feeds; a test changes what they say. Counts what was sent."""

    def __init__(self) -> None:
        self.feeds = {"one.json": record("A-1", "1.0"), "two.json": record("B-1", "1.0")}
        self.sent: list[str] = []
        self.broken = False
        publisher = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = publisher.feeds[self.path.rpartition("/")[2]]
                etag = f'"{hashlib.sha256(body).hexdigest()[:8]}"'
                if self.headers.get("If-None-Match") == etag:
                    self.send_response(304)
                    self.end_headers()
                    return
                self.send_response(500 if publisher.broken else 200)
                self.send_header("ETag", etag)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)
                publisher.sent.append(self.path)

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)

    def address(self, name: str) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}/{name}"


def record(identity: str, fixed: str) -> bytes:
    events = [{"introduced": "0"}, {"fixed": fixed}]
    package = {"ecosystem": "PyPI", "name": identity.lower()}
    affected = [{"package": package, "ranges": [{"type": "ECOSYSTEM", "events": events}]}]
    return json.dumps({"id": identity, "modified": "2026-06-01T00:00:00Z", "affected": affected}).encode()


@pytest.fixture
def publisher() -> Iterator[Publisher]:
    made = Publisher()
    with made.server:
        threading.Thread(target=made.server.serve_forever, args=(0.02,), daemon=True).start()
        yield made
        made.server.shutdown()


def test_an_update_fetches_what_changed_and_nothing_else(publisher, tmp_path, capsys):
    database = tmp_path / "data" / "v.sqlite"
    local = tmp_path / "own"
    local.mkdir()
    (local / "c.json").write_bytes(record("C-1", "1.0"))
    addresses = [publisher.address(name) for name in publisher.feeds]
    assert main(["db", "build", *addresses, "--output", str(database)]) == 0
    first = Database(database).digest
    update = ["db", "update", "--database", str(database)]
    assert main(update) == 0  # builds the same again, and keeps the copies
    publisher.sent.clear()
    assert main(update) == 0
    assert (publisher.sent, Database(database).digest) == ([], first)
    assert "up to date" in capsys.readouterr().out
    publisher.feeds["two.json"] = record("B-1", "2.0")
    assert main(update) == 0
    assert publisher.sent == ["/two.json"]
    assert Database(database).digest != first


def test_a_copy_that_was_damaged_is_fetched_again(publisher, tmp_path):
    database = tmp_path / "v.sqlite"
    main(["db", "build", publisher.address("one.json"), "--output", str(database)])
    main(["db", "update", "--database", str(database)])
    for path in (tmp_path / "feeds").rglob("*.json"):
        if path.name == "one.json":
            path.write_text("{}")
    publisher.sent.clear()
    assert main(["db", "update", "--database", str(database)]) == 0
    assert publisher.sent == ["/one.json"]


def test_a_feed_that_cannot_be_had_leaves_everything_as_it_was(publisher, tmp_path):
    database = tmp_path / "v.sqlite"
    main(["db", "build", *map(publisher.address, publisher.feeds), "--output", str(database)])
    main(["db", "update", "--database", str(database)])
    before = database.read_bytes()
    publisher.feeds["one.json"] = record("A-1", "3.0")
    publisher.broken = True
    assert main(["db", "update", "--database", str(database)]) not in (0, 2)
    assert database.read_bytes() == before
    publisher.broken = False
    assert main(["db", "update", "--database", str(database)]) == 0
    assert database.read_bytes() != before


def test_what_was_pinned_is_not_asked_for_again(publisher, tmp_path):
    database = tmp_path / "v.sqlite"
    pin = hashlib.sha256(publisher.feeds["one.json"]).hexdigest()
    main(["db", "build", f"{publisher.address('one.json')}#sha256={pin}", "--output", str(database)])
    main(["db", "update", "--database", str(database)])
    publisher.feeds["one.json"] = record("A-1", "3.0")
    assert main(["db", "update", "--database", str(database)]) == 0


@pytest.mark.parametrize("note", [None, "[", "{}", '{"inputs": 7}'])
def test_without_knowing_its_feeds_nothing_is_updated(tmp_path, capsys, note):
    if note is not None:
        (tmp_path / "v.sqlite.inputs.json").write_text(note)
    assert main(["db", "update", "--database", str(tmp_path / "v.sqlite")]) not in (0, 2)
    assert "v.sqlite" in capsys.readouterr().err
