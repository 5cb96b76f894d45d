"""`yumen audit …`: everything an operator or auditor does with the audit log."""

from __future__ import annotations

from typing import Any

from mcp_server.commands import audit_care, audit_evidence, audit_reading, audit_search


def register(subparsers: Any) -> None:
    """Add `audit` and its verbs."""
    parser = subparsers.add_parser("audit", help="verify, read, prove and look after the audit log")
    verbs = parser.add_subparsers(required=True, metavar="VERB")
    for group in (audit_reading, audit_search, audit_evidence, audit_care):
        group.add_verbs(verbs)
