"""The log as the tools `audit_search` and `audit_verify` see it."""

from __future__ import annotations

import asyncio
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from mcp_server.audit.errors import LogDamaged, NoSuchRecord
from mcp_server.audit.hashes import NAME as HASHES
from mcp_server.audit.hashes import StoredHashes
from mcp_server.audit.index import Filters, Index
from mcp_server.audit.interface import Log
from mcp_server.audit.merkle import included, inclusion_proof, leaf_hash
from mcp_server.audit.reading import record, record_at
from mcp_server.audit.segments import StoredRecord
from mcp_server.audit.subjects import SubjectKeys
from mcp_server.audit.verify import Verification, from_json
from mcp_server.audit.views import view
from scanners.findings import Coverage, Finding, Location, Report, Skipped, Subject
from tools.audit import AuditSearchAnswer, AuditSearchArguments, InclusionProof
from tools.context import Caller

WIDE_ROLES: Final = frozenset(("auditor", "admin"))
"""Roles that see every record of their tenant; everybody else sees their own."""
_FOLLOW_SECONDS: Final = 0.25


class Trail:
    """Implements `tools.audit.AuditTrail` over an open log."""

    def __init__(self, log: Log, subjects: SubjectKeys) -> None:
        self._log = log
        self._subjects = subjects
        self._index = Index(log.directory)
        self._verifying = asyncio.Lock()

    def close(self) -> None:
        self._index.close()

    async def search(self, caller: Caller, arguments: AuditSearchArguments) -> AuditSearchAnswer:
        ends = asyncio.get_running_loop().time() + arguments.wait_seconds
        while True:
            until = (await self._log.flush()).checkpoint.size
            found = await asyncio.to_thread(self._search, caller, arguments, until)
            if found.records or asyncio.get_running_loop().time() >= ends:
                return found
            await asyncio.sleep(_FOLLOW_SECONDS)

    def _search(self, caller: Caller, arguments: AuditSearchArguments, until: int) -> AuditSearchAnswer:
        self._index.catch_up(until)
        subject = arguments.actor
        if not WIDE_ROLES.intersection(caller.roles):
            if subject not in (None, caller.subject):
                return AuditSearchAnswer(records=(), next=arguments.after)
            subject = caller.subject
        actor = None
        if subject is not None:
            key = self._subjects.find(caller.tenant, subject)
            if key is None:
                return AuditSearchAnswer(records=(), next=arguments.after)
            actor = key.pseudonym
        filters = Filters(
            tenant=caller.tenant,
            actor=actor,
            tool=arguments.tool,
            status=arguments.status,
            verdict=arguments.verdict,
            resource=arguments.subject_digest,
            trace=arguments.trace_id,
            since=_micros(arguments.since),
            until=_micros(arguments.until),
            before=arguments.before,
            after=arguments.after,
            but_searches_of=self._pseudonym(caller) if arguments.after is not None else None,
        )
        places = self._index.find(filters, arguments.limit + 1)
        page = places[: arguments.limit]
        found = [record_at(self._log.directory, place.segment, place.offset, place.seq) for place in page]
        more = page[-1].seq if len(places) > len(page) else None
        if arguments.after is not None and more is None:
            more = max(arguments.after, until - 1)  # everything before this was looked at
        return AuditSearchAnswer(records=tuple(view(each, self._subjects) for each in found), next=more)

    def _pseudonym(self, caller: Caller) -> str | None:
        key = self._subjects.find(caller.tenant, caller.subject)
        return key.pseudonym if key else None

    async def prove(self, caller: Caller, index: int) -> InclusionProof:
        await self._log.settle()
        return await asyncio.to_thread(self._prove, caller, index)

    def _prove(self, caller: Caller, index: int) -> InclusionProof:
        committed = self._log.committed
        found = self._visible(caller, index)
        hashes = StoredHashes(self._log.directory / HASHES)
        try:
            path = inclusion_proof(index, committed.checkpoint.size, hashes.node)
        finally:
            hashes.close()
        leaf = leaf_hash(found.envelope)
        if not included(leaf, index, committed.checkpoint.size, path, committed.checkpoint.root):
            raise LogDamaged(
                f"record {index} cannot be proved against the log's checkpoint", remedy="run 'yumen audit verify'"
            )
        return InclusionProof(
            index=index,
            leaf=leaf.hex(),
            path=tuple(step.hex() for step in path),
            checkpoint=committed.note or "",
            key=self._log.keys.signer.verifier.text,
            record=view(found, self._subjects),
        )

    def _visible(self, caller: Caller, index: int) -> StoredRecord:
        """The record, if it is there and the caller may see it. The refusal is the same for both."""
        absent = NoSuchRecord(f"there is no record {index} that you may see", remedy="audit_search lists your records")
        committed = self._log.committed.checkpoint.size
        if index >= committed:
            raise absent
        self._index.catch_up(committed)
        place = self._index.place(index)
        if place is None or place.tenant != caller.tenant:
            raise absent
        if not WIDE_ROLES.intersection(caller.roles):
            key = self._subjects.find(caller.tenant, caller.subject)
            if key is None or key.pseudonym != place.actor:
                raise absent
        try:
            return record_at(self._log.directory, place.segment, place.offset, index)
        except NoSuchRecord:
            return record(self._log.directory, index)

    async def verify(self) -> Report:
        await self._log.flush()
        async with self._verifying:
            return report(await verify_apart(self._log.directory))


async def verify_apart(directory: Path) -> Verification:
    """Verify in a process of its own, which is killed if the caller gives up."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "mcp_server.audit.verify", str(directory), stdout=asyncio.subprocess.PIPE
    )
    try:
        output, _ = await process.communicate()
    except asyncio.CancelledError:
        process.kill()
        await process.wait()
        raise
    if process.returncode != 0:
        raise LogDamaged("the audit log could not be verified", remedy="run 'yumen audit verify' and read what it says")
    return from_json(output)


def report(result: Verification) -> Report:
    """A verification as findings. What lies behind the first problem was not examined, and is said to be so."""
    findings = tuple(
        Finding(
            rule="audit.log.altered",
            severity="critical",
            title=str(problem),
            location=Location(path=problem.segment or None, offset=problem.offset),
            evidence=f"record {problem.record}" if problem.record is not None else "",
            remediation="Keep the directory as it is and restore the named part from a backup",
            references=("RFC 6962 §2.1",),
        )
        for problem in result.problems
    )
    skipped = (Skipped("records after the first problem", "a broken tree cannot be continued"),) if findings else ()
    return Report(
        subject=Subject(kind="audit-log", digest=f"sha256:{result.root}", name=result.origin),
        findings=findings,
        coverage=Coverage(
            examined={"records": result.size, "segments": result.segments, "checkpoints": result.checkpoints},
            skipped=skipped,
        ),
    )


def _micros(moment: datetime | None) -> int | None:
    if moment is None:
        return None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return int(aware.timestamp() * 1_000_000)
