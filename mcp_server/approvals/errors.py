"""What approvals refuse with."""

from __future__ import annotations

from typing import ClassVar

from mcp_server.errors import Denied
from scanners.errors import YumenError


class ApprovalRequired(Denied):
    """Policy lets this call happen only once others have approved it, and they have not, or refused."""

    code: ClassVar[str] = "approval_required"


class ApprovalRefused(YumenError):
    """This approver may not decide on this request, or there is nothing left to decide."""

    code: ClassVar[str] = "approval_refused"


class UnknownRequest(YumenError):
    """No request for approval of this id that the caller may decide on."""

    code: ClassVar[str] = "unknown_request"


class ApprovalsUnavailable(YumenError):
    """The requests cannot be read or written: what needs approval does not happen."""

    code: ClassVar[str] = "approvals_unavailable"
