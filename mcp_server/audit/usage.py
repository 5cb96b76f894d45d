"""Who used which tool by which role, as the log has it: what a review of Yumen's own roles goes by."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Set
from typing import Any, Final, Protocol

from mcp_server.audit.interface import Log
from mcp_server.audit.reading import records
from mcp_server.audit.subjects import SubjectKeys
from mcp_server.audit.trail import WIDE_ROLES
from mcp_server.audit.views import content_of
from mcp_server.calls import Call, Origin, Principal
from mcp_server.policy.decision import ACCESS
from mcp_server.policy.packs import Pack
from mcp_server.policy.question import Question
from mcp_server.surface import Candidate
from tools.context import Caller
from tools.least_privilege import OwnAccess, UseNotShown
from tools.registry import ToolRegistry

_DAY: Final = 86_400
MOST_RECORDS: Final = 500_000
"""Records that one review reads, the newest ones."""


class Loaded(Protocol):
    """The policy store, as far as this needs it."""

    @property
    def pack(self) -> Pack: ...


class Judge(Protocol):
    """The decision point, as far as this needs it."""

    async def evaluate(self, entrypoint: str, document: Mapping[str, Any]) -> Any: ...


class OwnUse:
    """Implements `tools.least_privilege.OwnRecords` over an open log."""

    def __init__(self, log: Log, subjects: SubjectKeys, store: Loaded, judge: Judge, tools: ToolRegistry) -> None:
        self._log = log
        self._subjects = subjects
        self._store = store
        self._judge = judge
        self._tools = tools

    async def of_tenant(self, caller: Caller, days: int) -> OwnAccess:
        """See `OwnRecords.of_tenant`."""
        if not WIDE_ROLES.intersection(caller.roles):
            raise UseNotShown(
                "only an auditor or admin sees what others of the tenant did",
                remedy="ask one, or give grants and usage of your own",
            )
        until = (await self._log.flush()).checkpoint.size
        used, holders, seen, covered = await asyncio.to_thread(self._read, caller.tenant, days, until)
        roles: Mapping[str, Any] = self._store.pack.data["config"]["authz"]["roles"]
        held = sorted({role for of in holders.values() for role in of} & roles.keys())
        granted = {role: await self._granted(role, caller.tenant) for role in held}
        return OwnAccess(
            granted={role: tools for role, tools in granted.items() if tools},
            used={
                role: tuple(sorted({tool for by, tool in used if role in by and tool in tools}))
                for role, tools in granted.items()
            },
            holders={subject: tuple(sorted(held)) for subject, held in sorted(holders.items())},
            tools=len(self._tools),
            roles=roles,
            records=seen,
            days=covered,
        )

    async def _granted(self, role: str, tenant: str) -> tuple[str, ...]:
        """The tools that the policy in force shows to somebody with this one role."""
        who = Principal(subject=f"role {role}", issuer="yumen", method="local", tenant=tenant, roles=(role,))
        call = Call("review", "tools/list", "", {}, who, Origin("local"), time.time())
        candidates = tuple(Candidate(tool.name, "tool", tool.family, tool.risk) for tool in self._tools)
        said = await self._judge.evaluate(ACCESS, Question(call, candidates=candidates).document())
        return tuple(sorted(str(name) for name in said["visible"]))

    def _read(
        self, tenant: str, days: int, until: int
    ) -> tuple[Set[tuple[tuple[str, ...], str]], dict[str, set[str]], int, int]:
        """Roles and tool of every allowed call of `tenant`, roles by caller, calls, and the days that this covers."""
        now = time.time()
        earliest = int((now - days * _DAY) * 1_000_000)
        used: set[tuple[tuple[str, ...], str]] = set()
        holders: dict[str, set[str]] = {}
        names: dict[str, str] = {}
        seen, first = 0, None
        for record in records(self._log.directory, max(0, until - MOST_RECORDS), until=until):
            fields = record.fields()
            first = fields["time"] if first is None else first
            if fields["time"] < earliest or fields["kind"] != "call" or fields.get("tenant") != tenant:
                continue
            roles = tuple(sorted(fields["actor"].get("roles", ())))
            actor = str(fields["actor"]["id"])
            if actor not in names:
                names[actor] = str((content_of(fields, record, self._subjects) or {}).get("subject") or actor)
            holders.setdefault(names[actor], set()).update(roles)
            tool = fields.get("tool", {}).get("name")
            if tool is None or fields["phase"] != "outcome" or not fields.get("policy", {}).get("allow"):
                continue
            seen += 1
            used.add((roles, tool))
        began = now if first is None else max(first, earliest) / 1_000_000
        return used, holders, seen, max(0, int((now - began) / _DAY + 0.5))
