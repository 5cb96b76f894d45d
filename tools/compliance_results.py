"""What the packs said, as results of checks: the evidence of a compliance report."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from scanners.compliance.assessment import CheckResult, Status
from scanners.compliance.frameworks import Words
from tools.wording import many

_ACCESS = ("wildcards", "unused", "escalation", "separation")


def of_principles(said: Mapping[str, Any], digest: str) -> Iterable[CheckResult]:
    """Each principle of the Well-Architected review."""
    for entry in said["principles"]:
        evidence = tuple(f"{claim['path']}: {claim['status']} ({claim['basis']})" for claim in entry["evidence"])
        yield CheckResult(
            f"wellarchitected.{entry['id']}",
            entry["status"],
            (entry["not_applicable"],) if entry["not_applicable"] else evidence,
            Words(entry["remedy"]["en"], entry["remedy"]["zh"]),
            digest,
        )


def of_metrics(said: Mapping[str, Any], digest: str) -> Iterable[CheckResult]:
    """Each rule on metrics."""
    for name, entry in said["checks"].items():
        own = tuple(finding["message"] for finding in said["findings"] if finding["rule"] == name)
        yield CheckResult(
            name, entry["status"], own or (f"{many(entry['examined'], 'resource')} examined",), None, digest
        )


def of_checks(said: Mapping[str, Any], digest: str) -> Iterable[CheckResult]:
    """Each platform check."""
    for name, entry in said["checks"].items():
        own = [finding for finding in said["findings"] if finding["rule"] == f"platform.{name}"]
        remedy = Words(own[0]["remedy"]["en"], own[0]["remedy"]["zh"]) if own else None
        evidence = tuple(finding["message"] for finding in own) or (f"{many(entry['examined'], 'resource')} examined",)
        yield CheckResult(f"platform.{name}", entry["status"], evidence, remedy, digest)


def of_access(said: Mapping[str, Any], digest: str) -> Iterable[CheckResult]:
    """Each check of the least-privilege review."""
    examined = said["examined"]
    seen = f"{many(examined['permissions'], 'permission')} of {many(examined['principals'], 'principal')} examined"
    for name in _ACCESS:
        own = [
            finding
            for finding in said["findings"]
            if finding["rule"].startswith(f"least_privilege.{name}.") and finding["severity"] not in ("info", "low")
        ]
        short = [finding["message"] for finding in said["findings"] if finding["rule"].endswith(".window_short")]
        unseen = said["missing"] or (short if name == "unused" else [])
        status: Status = "fail" if own else "unknown" if unseen or not examined["permissions"] else "pass"
        evidence = tuple(finding["message"] for finding in own) or (seen, *unseen)
        yield CheckResult(f"least_privilege.{name}", status, evidence, None, digest)


def of_transfer(said: Mapping[str, Any], asked: Mapping[str, Any], digest: str) -> CheckResult:
    """One cross-border transfer."""
    by_decision: dict[str, Status] = {"allow": "pass", "deny": "fail", "needs_step": "fail"}
    route = f"{asked.get('origin', '?')} to {asked.get('destination', '?')}"
    evidence = tuple(f"{route}: {reason['message']} ({reason['reference']})" for reason in said["reasons"])
    return CheckResult("residency", by_decision.get(said["decision"], "unknown"), evidence, None, digest)
