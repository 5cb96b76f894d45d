"""How much a caller may ask for: size, rate and concurrency. `Limits` is the contract, `LocalLimits` one process's own."""

from mcp_server.limits.admission import Limits, LocalLimits
from mcp_server.limits.errors import Busy, LimitsUnavailable, NotAdmitted, RateLimited, TooLarge
from mcp_server.limits.settings import LimitSettings, Rate, SharedLimitSettings, ToolLimit
from mcp_server.limits.store import open_limits

__all__ = [
    "Busy",
    "LimitSettings",
    "Limits",
    "LimitsUnavailable",
    "LocalLimits",
    "NotAdmitted",
    "Rate",
    "RateLimited",
    "SharedLimitSettings",
    "TooLarge",
    "ToolLimit",
    "open_limits",
]
