"""IBM QRadar's Log Event Extended Format, version 2.0, with tab as delimiter."""

from __future__ import annotations

from mcp_server.audit.events import Event
from mcp_server.audit.formats.cef import attributes, severity


def _clean(text: str) -> str:
    return text.replace("\t", " ").replace("\r", " ").replace("\n", " ")


def leef(event: Event) -> str:
    """One LEEF line. LEEF knows no escape: delimiters inside values become blanks."""
    fields = event.fields
    flat = attributes(event)
    pairs = {
        "devTime": event.moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{event.moment.microsecond // 1000:03d}Z",
        "devTimeFormat": "yyyy-MM-dd'T'HH:mm:ss.SSS'Z'",
        "sev": str(max(1, severity(event))),
        "cat": str(fields["kind"]),
        "usrName": event.subject or event.actor,
        "src": event.address or "",
        "action": event.action,
        "outcome": event.status,
        "uid": event.uid,
        "seq": str(event.index),
        "log": event.origin,
        "leaf": event.leaf,
        "tenant": fields.get("tenant", ""),
        "verdict": flat.get("cs4", ""),
        "trace": flat.get("cs5", ""),
        "reason": flat.get("reason", ""),
    }
    kind = str(fields.get("event") or f"{fields['kind']}.{fields['phase']}")
    head = "|".join(_clean(part).replace("|", " ") for part in ("Yumen", "Yumen", "1", kind))
    return f"LEEF:2.0|{head}|x09|" + "\t".join(f"{name}={_clean(value)}" for name, value in pairs.items() if value)
