"""What can go wrong with the audit log, each with the words an operator needs."""

from __future__ import annotations

from typing import ClassVar

from scanners.errors import YumenError


class AuditUnavailable(YumenError):
    """The record cannot be written now. The call it belongs to must be refused."""

    code: ClassVar[str] = "audit_unavailable"


class LogBusy(YumenError):
    """Another process holds the log."""

    code: ClassVar[str] = "audit_log_busy"


class LogDamaged(YumenError):
    """Something below an acknowledged checkpoint is missing or altered. Nothing is cut; the log does not open."""

    code: ClassVar[str] = "audit_log_damaged"


class NoSuchRecord(YumenError):
    """The log holds no such record, as far as this caller may know."""

    code: ClassVar[str] = "audit_no_such_record"


class BadNote(YumenError):
    """A checkpoint that is malformed, foreign, or not signed by a key of this log."""

    code: ClassVar[str] = "audit_bad_note"
