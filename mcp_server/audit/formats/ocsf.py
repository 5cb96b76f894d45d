"""Open Cybersecurity Schema Framework: API Activity, Application Lifecycle, and the three finding classes.

A call is API Activity (6003). The outcome of a checking tool that answered a verdict is a finding: Vulnerability (2002)
for images whose advisories are known, Compliance (2003) for policies, Detection (2004) otherwise. The place in the
tree travels as the `record_integrity` profile of OCSF 1.9 says; 1.8 has no such profile, so there under `unmapped`.
"""

from __future__ import annotations

from typing import Any, Final

from mcp_server.audit.events import Event

VERSION: Final = "1.8.0"
VERSION_1_9: Final = "1.9.0-dev"
"""1.9 is not released yet; this is how its authors' schema calls itself."""

API_ACTIVITY: Final = 6003
APPLICATION_LIFECYCLE: Final = 6002
VULNERABILITY_FINDING: Final = 2002
COMPLIANCE_FINDING: Final = 2003
DETECTION_FINDING: Final = 2004

_LIFECYCLE: Final = {"log.started": 3, "log.stopped": 4, "log.reopened": 5}
_STATUS: Final = {True: 1, False: 2, None: 0}
_SEVERITY: Final = {"info": 1, "low": 2, "medium": 3, "high": 4, "critical": 5}
_OTHER: Final = 99


def ocsf(event: Event) -> dict[str, Any]:
    """The event as an OCSF document, valid against the published 1.8 schema."""
    if event.fields["kind"] == "lifecycle":
        return _lifecycle(event)
    if event.fields["phase"] == "outcome" and "verdict" in event.fields.get("outcome", {}):
        return _finding(event)
    return _api_activity(event)


def ocsf_1_9(event: Event) -> dict[str, Any]:
    """The event as an OCSF 1.9 document, its leaf hash and place in the tree in the profile `record_integrity`."""
    document = ocsf(event)
    metadata = document["metadata"]
    metadata["version"] = VERSION_1_9
    metadata["profiles"] = [*metadata.get("profiles", ()), "record_integrity"]
    del document["unmapped"]["record_integrity"]
    document["attestation_list"] = [
        {
            # What is attested are the bytes of the record in the log, of which this event is a rendering.
            "uid": f"{event.origin}/{event.index}",
            "authority_uid": event.origin,
            "chain_uid": event.origin,
            "fingerprint": {
                "algorithm": "SHA-256",
                "algorithm_id": 3,
                "encoding": "Hex",
                "encoding_id": 1,
                "serialization": "RFC 6962 leaf: a zero byte and the record's envelope in JCS",
                "serialization_id": _OTHER,
                "value": event.leaf,
            },
        }
    ]
    return document


def _common(event: Event, class_uid: int, activity: int, severity: int) -> dict[str, Any]:
    fields = event.fields
    metadata: dict[str, Any] = {
        "version": VERSION,
        "product": {"name": "Yumen", "vendor_name": "Yumen"},
        "uid": event.uid,
        "log_name": event.origin,
        "sequence": event.index,
        "original_time": event.timestamp,
    }
    if fields.get("tenant"):
        metadata["tenant_uid"] = fields["tenant"]
    unmapped: dict[str, Any] = {
        "phase": fields["phase"],
        "record_integrity": {
            "attestation": {
                "fingerprint": {"algorithm": "SHA-256", "algorithm_id": 3, "value": event.leaf},
                "chain_uid": event.origin,
                "sequence": event.index,
            }
        },
    }
    for name in ("policy", "arguments", "resources", "parent", "findings", "evidence", "details", "trace"):
        if name in fields:
            unmapped[name] = fields[name]
    return {
        "class_uid": class_uid,
        "category_uid": class_uid // 1000,
        "activity_id": activity,
        "type_uid": class_uid * 100 + activity,
        "severity_id": severity,
        "time": fields["time"] // 1000,
        "message": event.summary,
        "metadata": metadata,
        "unmapped": unmapped,
    }


def _lifecycle(event: Event) -> dict[str, Any]:
    name = str(event.fields.get("event", ""))
    activity = _LIFECYCLE.get(name, _OTHER)
    document = _common(event, APPLICATION_LIFECYCLE, activity, _SEVERITY["info"])
    document["app"] = {"name": "Yumen", "vendor_name": "Yumen"}
    if activity == _OTHER:
        document["activity_name"] = name
    return document


def _outcome(document: dict[str, Any], event: Event) -> None:
    came = event.fields.get("outcome", {})
    document["status_id"] = _STATUS[event.succeeded]
    if "status" in came:
        document["status_code"] = came["status"]
    if "error" in came:
        document["status_detail"] = came["error"]
    if "duration_us" in came:
        document["duration"] = came["duration_us"] // 1000


def _actor(event: Event) -> dict[str, Any]:
    fields = event.fields.get("actor", {})
    user: dict[str, Any] = {"uid": event.actor or "unidentified"}
    if event.subject:
        user["name"] = event.subject
    if fields.get("roles"):
        user["groups"] = [{"name": role} for role in fields["roles"]]
    actor: dict[str, Any] = {"user": user}
    if fields.get("issuer"):
        actor["idp"] = {"name": fields["issuer"]}
    if fields.get("client"):
        actor["app_uid"] = fields["client"]
    return actor


def _api_activity(event: Event) -> dict[str, Any]:
    fields = event.fields
    risk = fields.get("tool", {}).get("risk")
    method = fields.get("mcp", {}).get("method", "")
    # Reading tools and listings read; of a tool that changes something, only itself knows what it creates or deletes.
    activity = 2 if risk == "read" or (method and method != "tools/call") else _OTHER
    severity = _SEVERITY["medium"] if event.status == "denied" else _SEVERITY["info"]
    document = _common(event, API_ACTIVITY, activity, severity)
    if activity == _OTHER:
        document["activity_name"] = "Call" if risk is None else f"Call ({risk})"
    document["actor"] = _actor(event)
    endpoint = {"ip": event.address} if event.address else {"name": fields.get("mcp", {}).get("transport", "unknown")}
    document["src_endpoint"] = endpoint
    api: dict[str, Any] = {"operation": event.action, "service": {"name": "yumen"}}
    if "request" in fields.get("mcp", {}):
        api["request"] = {"uid": fields["mcp"]["request"]}
    if "error" in fields.get("outcome", {}):
        api["response"] = {"error": fields["outcome"]["error"]}
    document["api"] = api
    if "trace" in fields:
        document["trace"] = {"uid": fields["trace"]["trace"]}
        document["metadata"]["profiles"] = ["trace"]
    if fields.get("resources"):
        document["resources"] = [{"uid": digest, "type": "digest"} for digest in fields["resources"]]
    _outcome(document, event)
    return document


def _finding(event: Event) -> dict[str, Any]:
    fields = event.fields
    verdict = fields["outcome"]["verdict"]
    found = fields.get("findings", {})
    worst = max((_SEVERITY[name] for name in found.get("severity", {}) if name in _SEVERITY), default=1)
    severity = {"pass": _SEVERITY["info"], "unknown": max(worst, _SEVERITY["low"])}.get(
        verdict, max(worst, _SEVERITY["medium"])
    )
    advisories = [rule for rule in found.get("rules", ()) if _is_advisory(rule)]
    family = fields.get("tool", {}).get("family")
    if family == "images" and advisories:
        document = _common(event, VULNERABILITY_FINDING, 1, severity)
        document["vulnerabilities"] = [_vulnerability(rule) for rule in advisories]
    elif family == "policies":
        document = _common(event, COMPLIANCE_FINDING, 1, severity)
        status = {"pass": 1, "unknown": 2, "fail": 3}[verdict]
        document["compliance"] = {"control": event.action, "status_id": status, "standards": ["yumen"]}
    else:
        document = _common(event, DETECTION_FINDING, 1, severity)
    document["finding_info"] = {
        "uid": event.uid,
        "title": event.summary,
        "types": list(found.get("rules", ()))[:16] or [event.action],
    }
    if fields.get("resources"):
        document["resources"] = [{"uid": digest, "type": "digest"} for digest in fields["resources"]]
    document["unmapped"]["actor"] = _actor(event)
    document["unmapped"]["verdict"] = verdict
    document["status_id"] = 1
    return document


def _is_advisory(rule: str) -> bool:
    return rule.startswith(("CVE-", "GHSA-", "DSA-", "DLA-", "ALPINE-", "PYSEC-", "OSV-", "RHSA-", "USN-", "DEBIAN-"))


def _vulnerability(rule: str) -> dict[str, Any]:
    if rule.startswith("CVE-"):
        return {"cve": {"uid": rule}}
    return {"advisory": {"uid": rule}}
