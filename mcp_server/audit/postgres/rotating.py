"""`yumen audit rotate-key` where replicas share a log."""

from __future__ import annotations

from pathlib import Path

from mcp_server.audit.notes import Signer, VerifierKey
from mcp_server.audit.postgres.access import SharedAccess
from mcp_server.audit.records import lifecycle
from mcp_server.audit.rotation import EVENT, rotation_statement
from mcp_server.audit.settings import AuditSettings


def rotate_shared(directory: Path, settings: AuditSettings, seed: bytes) -> VerifierKey:
    """Hand the log that replicas share over to a new key, while they run; the new public key.

    The operator then puts it where `audit.signing_key` points, on one replica after the other: until all have it, commits
    are signed by either. Raises as `SharedAccess`.
    """
    access = SharedAccess(directory, settings)
    new = Signer(access.origin, seed)
    note = rotation_statement(access.origin, access.keys.signer, new)
    with access.connected() as connection:
        # The statement first: whoever comes to the record finds it.
        connection.execute("INSERT INTO yumen_audit_rotations (log, statement) VALUES (%s, %s)", (access.origin, note))
        access.record(connection, lifecycle(EVENT, {"statement": note}))
    return new.verifier
