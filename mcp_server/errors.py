"""What the gate refuses with. The adapter turns these, and every other YumenError, into MCP answers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar, Literal

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


class PersonalDataDenied(YumenError):
    """Policy lets this call happen only without personal data, and there is some, or some text was not examined."""

    code: ClassVar[str] = "personal_data_denied"

    @classmethod
    def holding(cls, direction: Literal["in", "out"], types: Iterable[str]) -> PersonalDataDenied:
        """Names the types and never the data."""
        what = ", ".join(sorted(types)) or "text that could not be examined in time"
        if direction == "in":
            return cls(
                f"policy refuses arguments with personal data: {what}",
                remedy="take it out, or redact it, and call again",
            )
        return cls(
            f"policy withholds this result, for it holds personal data: {what}",
            remedy="ask for less; what the tool has changed stands",
        )


class ResultWithheld(YumenError):
    """The call was allowed and has happened; what it found may not leave."""

    code: ClassVar[str] = "result_withheld"


class Stopping(YumenError):
    """The server finishes what it has begun and begins nothing new."""

    code: ClassVar[str] = "stopping"


class InternalError(YumenError):
    """Something broke that should not have. The caller learns nothing but the id of the call."""

    code: ClassVar[str] = "internal_error"
