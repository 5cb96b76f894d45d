"""The record as it is: envelope, content, and its place in the tree."""

from __future__ import annotations

from typing import Any

from mcp_server.audit.events import Event


def plain(event: Event) -> dict[str, Any]:
    """Nothing renamed, nothing left out; for Vector, Fluent Bit, Filebeat and one's own tools."""
    document = {
        "uid": event.uid,
        "timestamp": event.timestamp,
        "log": event.origin,
        "seq": event.index,
        "leaf": event.leaf,
        "envelope": dict(event.fields),
    }
    if event.content is not None:
        document["content"] = dict(event.content)
    return document
