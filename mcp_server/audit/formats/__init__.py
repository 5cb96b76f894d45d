"""How an event is written for a SIEM: one module a format, each a pure function of the event."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, Literal

import orjson

from mcp_server.audit.events import Event
from mcp_server.audit.formats.cef import cef
from mcp_server.audit.formats.ecs import ecs
from mcp_server.audit.formats.leef import leef
from mcp_server.audit.formats.ocsf import ocsf
from mcp_server.audit.formats.plain import plain

Document = Literal["json", "ocsf", "ecs"]
Format = Literal["json", "ocsf", "ecs", "cef", "leef"]

DOCUMENTS: Final[dict[str, Callable[[Event], dict[str, Any]]]] = {"json": plain, "ocsf": ocsf, "ecs": ecs}
"""Formats that are a JSON document."""

_LINES: Final[dict[str, Callable[[Event], str]]] = {"cef": cef, "leef": leef}


def line(event: Event, name: Format) -> str:
    """The event as one line of text, without line end."""
    if name in _LINES:
        return _LINES[name](event)
    return orjson.dumps(DOCUMENTS[name](event)).decode()
