"""What the gate refuses with. The adapter turns these, and every other YumenError, into MCP answers."""

from __future__ import annotations

from typing import ClassVar

from scanners.errors import YumenError


class NotFound(YumenError):
    """No such tool, resource or prompt, or none that this caller may know of: the two are told apart by nobody."""

    code: ClassVar[str] = "not_found"


class Denied(YumenError):
    """Policy refuses this call of something that the caller may see."""

    code: ClassVar[str] = "denied"


class InvalidArguments(YumenError):
    """The arguments do not fit the tool's input schema."""

    code: ClassVar[str] = "invalid_arguments"


class ObligationUnmet(YumenError):
    """Policy attached a duty to the call that this server does not know how to fulfil, so the call is refused."""

    code: ClassVar[str] = "obligation_unmet"


class Stopping(YumenError):
    """The server finishes what it has begun and begins nothing new."""

    code: ClassVar[str] = "stopping"


class InternalError(YumenError):
    """Something broke that should not have. The caller learns nothing but the id of the call."""

    code: ClassVar[str] = "internal_error"
