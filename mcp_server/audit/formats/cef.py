"""ArcSight Common Event Format, version 0."""

from __future__ import annotations

from mcp_server.audit.events import Event


def severity(event: Event) -> int:
    """0 to 10, for the formats that want a number: failed verdicts and refusals stand out, nothing more."""
    verdict = event.fields.get("outcome", {}).get("verdict")
    if verdict == "fail":
        return 7
    return {"ok": 1, "intent": 1, "event": 1, "denied": 5}.get(event.status, 4)


def attributes(event: Event) -> dict[str, str]:
    """The event as flat pairs with CEF's key names; values are text."""
    fields = event.fields
    came = fields.get("outcome", {})
    pairs = {
        "rt": str(fields["time"] // 1000),
        "externalId": event.uid,
        "act": event.action,
        "outcome": event.status,
        "suid": event.actor,
        "suser": event.subject or "",
        "src": event.address or "",
        "request": fields.get("mcp", {}).get("method", ""),
        "reason": ",".join(fields.get("policy", {}).get("reasons", ())) or came.get("error", ""),
        "cs1Label": "log", "cs1": event.origin,
        "cs2Label": "leaf", "cs2": event.leaf,
        "cs3Label": "tenant", "cs3": fields.get("tenant", ""),
        "cs4Label": "verdict", "cs4": came.get("verdict", ""),
        "cs5Label": "trace", "cs5": fields.get("trace", {}).get("trace", ""),
        "cn1Label": "seq", "cn1": str(event.index),
        "msg": event.summary,
    }  # fmt: skip
    empty = [name for name, value in pairs.items() if not value]
    return {
        name: value for name, value in pairs.items() if name not in empty and name.removesuffix("Label") not in empty
    }


def _header(text: str) -> str:
    return text.replace("\\", "\\\\").replace("|", "\\|").replace("\r", " ").replace("\n", " ")


def _extension(text: str) -> str:
    return text.replace("\\", "\\\\").replace("=", "\\=").replace("\r", "\\r").replace("\n", "\\n")


def cef(event: Event) -> str:
    """One CEF line. Header values escape \\ and |, extension values \\ and = and line ends."""
    kind = event.fields.get("event") or f"{event.fields['kind']}.{event.fields['phase']}"
    header = "|".join(_header(part) for part in ("Yumen", "Yumen", "1", str(kind), event.action, str(severity(event))))
    return f"CEF:0|{header}|" + " ".join(f"{name}={_extension(value)}" for name, value in attributes(event).items())
