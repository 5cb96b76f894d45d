"""Why a call was not admitted."""

from __future__ import annotations

from scanners.errors import YumenError


class NotAdmitted(YumenError):
    """Root of everything that `Limits.admit` raises."""

    code = "not_admitted"


class RateLimited(NotAdmitted):
    """The caller's token bucket is empty. `retry_after` says in how many seconds one more call would be admitted."""

    code = "rate_limited"

    def __init__(self, message: str, *, retry_after: float) -> None:
        super().__init__(message, remedy=f"Wait {retry_after:.1f} s before the next call.")
        self.retry_after = retry_after


class Busy(NotAdmitted):
    """Too many calls are running: the caller's own, of this tool, or in the whole server."""

    code = "busy"

    def __init__(self, message: str) -> None:
        super().__init__(message, remedy="Wait for a running call to end, then try again.")


class TooLarge(NotAdmitted):
    """The arguments are larger than the server accepts."""

    code = "arguments_too_large"

    def __init__(self, size: int, limit: int) -> None:
        super().__init__(
            f"The arguments are {size} bytes; at most {limit} are accepted.",
            remedy="Send less, or put the data in a file under one of the roots and name that.",
        )
        self.size = size
        self.limit = limit


class LimitsUnavailable(NotAdmitted):
    """The store that replicas share cannot be asked. No call is admitted: fail closed."""

    code = "limits_unavailable"

    def __init__(self, *, detail: str) -> None:
        super().__init__("Calls cannot be admitted at the moment.", remedy="Try again shortly.", detail=detail)


class LimitsMisconfigured(YumenError):
    """The configured store of limits cannot be used at all; raised at start."""

    code = "limits_misconfigured"
