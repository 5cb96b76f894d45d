from __future__ import annotations

import pytest

from mcp_server.edge.doors import BadHeaders, Doors, checked

LOCAL = Doors.around("127.0.0.1", 8765)
PUBLIC = Doors.around("0.0.0.0", 443, ["Yumen.Example", "yumen.example:8443", "inner:*"], ["https://App.example"])


@pytest.mark.parametrize(
    ("doors", "host", "status"),
    [
        (LOCAL, b"127.0.0.1:8765", None),
        (LOCAL, b"localhost:9999", None),
        (LOCAL, b"[::1]:8765", None),
        (LOCAL, b"LOCALHOST:8765", None),
        (LOCAL, b"127.0.0.1", 421),
        (LOCAL, b"evil.example", 421),
        (LOCAL, b"evil.example:8765", 421),
        (LOCAL, b"127.0.0.1:8765@evil.example", 421),
        (LOCAL, b"127.0.0.1:8765.evil.example", 421),
        (LOCAL, b"127.0.0.1:", 421),
        (LOCAL, b"127.0.0.1:x", 421),
        (LOCAL, "127.0.0.1:²".encode("latin-1"), 421),
        (LOCAL, b":8765", 421),
        (LOCAL, b"", 421),
        (LOCAL, None, 400),
        (PUBLIC, b"yumen.example", None),
        (PUBLIC, b"yumen.example:8443", None),
        (PUBLIC, b"inner:1", None),
        (PUBLIC, b"yumen.example:1", 421),
        (PUBLIC, b"0.0.0.0:443", 421),
        (Doors.around("::1", 80), b"[::1]", None),
        (Doors.around("10.0.0.5", 8765), b"10.0.0.5:8765", None),
        (Doors.around("10.0.0.5", 8765), b"10.0.0.6:8765", 421),
    ],
)
def test_which_host_is_let_in(doors: Doors, host: bytes | None, status: int | None) -> None:
    if status is None:
        doors.check(host, None)
        return
    with pytest.raises(BadHeaders) as caught:
        doors.check(host, None)
    assert caught.value.status == status


@pytest.mark.parametrize(
    ("doors", "origin", "admitted"),
    [
        (PUBLIC, b"https://app.example", True),
        (PUBLIC, b"http://app.example", False),
        (PUBLIC, b"https://app.example.evil.example", False),
        (PUBLIC, b"https://evil.example", False),
        (PUBLIC, b"null", False),
        (PUBLIC, b"", False),
        (LOCAL, b"http://127.0.0.1:8765", False),
    ],
)
def test_which_origin_is_let_in(doors: Doors, origin: bytes, admitted: bool) -> None:
    host = b"localhost:1"
    if admitted:
        doors.check(host, origin)
        return
    with pytest.raises(BadHeaders) as caught:
        doors.check(host, origin)
    assert (caught.value.status, caught.value.code) == (403, "origin")


def test_white_space_around_values_is_dropped() -> None:
    assert checked([(b"a", b" x \t"), (b"b", b"x y")]) == [(b"a", b"x"), (b"b", b"x y")]


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ([(b"authorization", b"Bearer a"), (b"authorization", b"Bearer b")], "header_twice"),
        ([(b"authorization", b"Bearer a"), (b"authorization", b"Bearer a")], "header_twice"),
        ([(b"host", b"a"), (b"host", b"b")], "header_twice"),
        ([(b"content-length", b"1"), (b"content-length", b"2")], "header_twice"),
        ([(b"mcp-session-id", b"a"), (b"mcp-session-id", b"b")], "header_twice"),
        ([(b"origin", b"a"), (b"origin", b"b")], "header_twice"),
        ([(b"x", b"a\r\nset-cookie: b")], "header_characters"),
        ([(b"x", b"a\0b")], "header_characters"),
        ([(b"x", b"a")] * 101, "headers_too_large"),
        ([(b"x", b"a" * 40_000)], "headers_too_large"),
        ([(b"x" * 40_000, b"a")], "headers_too_large"),
    ],
)
def test_headers_that_no_honest_client_sends(headers: list[tuple[bytes, bytes]], code: str) -> None:
    with pytest.raises(BadHeaders) as caught:
        checked(headers)
    assert caught.value.code == code


def test_other_headers_may_repeat() -> None:
    assert len(checked([(b"accept", b"a"), (b"accept", b"b")])) == 2
