"""An event in the format of a given name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import orjson

from mcp_server.audit.events import Event
from mcp_server.audit.formats.cef import cef
from mcp_server.audit.formats.ecs import ecs
from mcp_server.audit.formats.leef import leef
from mcp_server.audit.formats.names import Format
from mcp_server.audit.formats.ocsf import ocsf, ocsf_1_9
from mcp_server.audit.formats.plain import plain

DOCUMENTS: Final[dict[str, Callable[[Event], dict[str, Any]]]] = {
    "json": plain,
    "ocsf": ocsf,
    "ocsf-1.9": ocsf_1_9,
    "ecs": ecs,
}
"""Formats that are a JSON document."""

_LINES: Final[dict[str, Callable[[Event], str]]] = {"cef": cef, "leef": leef}


def line(event: Event, name: Format) -> str:
    """The event as one line of text, without line end."""
    if name in _LINES:
        return _LINES[name](event)
    return orjson.dumps(DOCUMENTS[name](event)).decode()
