"""How much a caller may ask for: size, rate and concurrency. `Limits` is the contract, `LocalLimits` one process's own."""

from mcp_server.limits.admission import Limits, LocalLimits
from mcp_server.limits.errors import Busy, NotAdmitted, RateLimited, TooLarge
from mcp_server.limits.settings import LimitSettings, Rate, ToolLimit

__all__ = [
    "Busy",
    "LimitSettings",
    "Limits",
    "LocalLimits",
    "NotAdmitted",
    "Rate",
    "RateLimited",
    "TooLarge",
    "ToolLimit",
]
