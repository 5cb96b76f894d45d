"""Elastic Common Schema 8."""

from __future__ import annotations

from typing import Any

from mcp_server.audit.events import Event


def ecs(event: Event) -> dict[str, Any]:
    """The event in ECS fields; what ECS has no field for lies under `yumen`."""
    fields = event.fields
    came = fields.get("outcome", {})
    outcome = {True: "success", False: "failure", None: "unknown"}[event.succeeded]
    document: dict[str, Any] = {
        "@timestamp": event.timestamp,
        "ecs": {"version": "8.17.0"},
        "message": event.summary,
        "event": {
            "id": event.uid,
            "kind": "event",
            "category": ["process"] if fields["kind"] == "lifecycle" else ["api"],
            "type": ["denied"] if event.status == "denied" else ["start" if fields["phase"] == "intent" else "info"],
            "action": event.action,
            "outcome": outcome,
            "sequence": event.index,
            "dataset": "yumen.audit",
            "module": "yumen",
        },
        "observer": {"product": "Yumen", "vendor": "Yumen", "name": event.origin},
        "yumen": {
            "log": event.origin,
            "seq": event.index,
            "leaf": event.leaf,
            "phase": fields["phase"],
            "kind": fields["kind"],
            "status": event.status,
        },
    }
    if "duration_us" in came:
        document["event"]["duration"] = came["duration_us"] * 1000
    if event.actor:
        document["user"] = {"id": event.actor, "roles": fields["actor"].get("roles", [])}
        if event.subject:
            document["user"]["name"] = event.subject
    if event.address:
        document["source"] = {"address": event.address}
    if fields.get("tenant"):
        document["organization"] = {"id": fields["tenant"]}
    if "trace" in fields:
        document["trace"] = {"id": fields["trace"]["trace"]}
    if "error" in came:
        document["error"] = {"code": came["error"]}
    for name in ("policy", "tool", "resources", "findings", "details", "parent"):
        if name in fields:
            document["yumen"][name] = fields[name]
    if "verdict" in came:
        document["yumen"]["verdict"] = came["verdict"]
    return document
