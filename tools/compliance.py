"""The compliance family: reviews of transfers, grants, platforms and workloads, and the reports made of them."""

from __future__ import annotations

from tools import cluster, compliance_report, least_privilege, platform, remediation, residency, wellarchitected
from tools.registry import Tool

TOOLS: tuple[Tool, ...] = (
    *residency.TOOLS,
    *least_privilege.TOOLS,
    *platform.TOOLS,
    *cluster.TOOLS,
    *wellarchitected.TOOLS,
    *compliance_report.TOOLS,
    *remediation.TOOLS,
)
