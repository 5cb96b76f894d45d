"""Why an identity was not accepted. What a client may read is what RFC 6750 §3.1 lets it know, and no more."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from scanners.errors import YumenError

BearerError = Literal["invalid_request", "invalid_token", "insufficient_scope"]
"""The error codes of RFC 6750 §3.1."""


class Unauthenticated(YumenError):
    """No credentials, or ones that do not hold.

    `reason` is for the record and the operator ('expired', 'audience', 'revoked', …); `error` and the message are for
    the client. `error` is None when no credentials were sent: RFC 6750 §3.1 forbids an error code there.
    """

    code = "unauthenticated"

    def __init__(
        self, reason: str, *, error: BearerError | None = "invalid_token", message: str = "", detail: str = ""
    ) -> None:
        super().__init__(
            message or ("Authentication is required." if error is None else "The access token is invalid."),
            detail=detail,
        )
        self.reason = reason
        self.error: BearerError | None = error

    @property
    def status(self) -> int:
        """The HTTP status that RFC 6750 §3.1 gives the error."""
        return 400 if self.error == "invalid_request" else 401


class InsufficientScope(YumenError):
    """The token holds but lacks a scope that the operation needs; the client may ask for more (step-up)."""

    code = "insufficient_scope"

    def __init__(self, scopes: Iterable[str]) -> None:
        self.scopes = tuple(sorted(scopes))
        super().__init__(
            "The access token lacks a scope that this needs.",
            remedy=f"Authorize again with scope {' '.join(self.scopes)!r}.",
        )


class IdentityUnavailable(YumenError):
    """Whether the credentials hold cannot be told now: the issuer's keys are out of reach or too old, the key store is
    unreadable, or too many checks wait. The call is refused; the credentials may still be good."""

    code = "identity_unavailable"

    def __init__(self, reason: str, *, detail: str = "", retry_after: float = 5.0) -> None:
        super().__init__(
            "The credentials cannot be verified at the moment.", remedy="Try again shortly.", detail=detail
        )
        self.reason = reason
        self.retry_after = retry_after
