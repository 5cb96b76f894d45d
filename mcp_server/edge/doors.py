"""The shape of a request's headers and the doors it may come through (Host, Origin). Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

Headers = list[tuple[bytes, bytes]]

_MOST_HEADERS = 100
_MOST_BYTES = 32 * 1024
_LOOPBACK = ("127.0.0.1:*", "localhost:*", "[::1]:*")

# A second value of one of these lets two readers of one request disagree on what it says. The `Mcp-` routing headers
# are the SDK's to answer (a JSON-RPC error is owed there), but never two sessions or two identities.
_SINGLE = frozenset(
    {b"authorization", b"host", b"origin", b"content-length", b"content-type", b"mcp-session-id", b"last-event-id"}
)


class BadHeaders(Exception):
    """Headers that no honest client sends. `status` is the HTTP status, `code` the reason for the record."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code


@dataclass(frozen=True)
class Doors:
    """Host and Origin headers that are let in: protection against DNS rebinding. 'name:*' is that name with any port.

    Names are lower case; without a port, 'name' stands for the scheme's own.
    """

    hosts: tuple[str, ...]
    origins: tuple[str, ...] = ()

    @classmethod
    def around(cls, host: str, port: int, hosts: Iterable[str] = (), origins: Iterable[str] = ()) -> Doors:
        """The doors of a server listening on an address, with what the configuration adds.

        On a wildcard address only the configured hosts and loopback names are let in: nobody's name is '0.0.0.0'.
        """
        wildcard = host in ("0.0.0.0", "::", "")  # noqa: S104
        bracketed = f"[{host}]" if ":" in host else host
        own = () if wildcard else (f"{bracketed}:{port}", *((bracketed,) if port in (80, 443) else ()))
        return cls(
            hosts=tuple(name.lower() for name in (*own, *_LOOPBACK, *hosts)),
            origins=tuple(name.lower() for name in origins),
        )

    def check(self, host: bytes | None, origin: bytes | None) -> None:
        """Raises BadHeaders: 421 for a foreign Host, 403 for a foreign Origin (MCP, Streamable HTTP, Security Warning)."""
        if host is None:
            raise BadHeaders(400, "host_missing", "The Host header is missing.")
        if not _matches(host, self.hosts):
            raise BadHeaders(421, "host", "This server does not answer for that Host.")
        if origin is not None and not _matches(origin, self.origins):
            raise BadHeaders(403, "origin", "Requests of that Origin are not accepted.")


def checked(headers: Iterable[tuple[bytes, bytes]]) -> Headers:
    """The headers without white space around the values, which one HTTP parser leaves there (RFC 9110 §5.5).

    Raises BadHeaders: too many or too long (431), a control character, or a doubled header that must be single (400).
    """
    clean = [(name, value.strip(b" \t")) for name, value in headers]
    names = [name for name, _ in clean]
    values = b"\x20".join([value for _, value in clean])
    if len(names) > _MOST_HEADERS or len(values) + sum(map(len, names)) > _MOST_BYTES:
        raise BadHeaders(431, "headers_too_large", "The headers are too large.")
    if len(set(names)) < len(names):
        for name in _SINGLE:
            if names.count(name) > 1:
                raise BadHeaders(400, "header_twice", f"The {name.decode('ascii')} header appears twice.")
    if b"\r" in values or b"\n" in values or b"\0" in values:
        raise BadHeaders(400, "header_characters", "A header holds a control character.")
    return clean


def _matches(value: bytes, allowed: tuple[str, ...]) -> bool:
    text = value.decode("latin-1").lower()
    if text in allowed:
        return True
    name, _, port = text.rpartition(":")
    return port.isascii() and port.isdigit() and f"{name}:*" in allowed
