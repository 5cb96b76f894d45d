"""What can be wrong with a signature, as errors with a reason word that rule ids are made of."""

from __future__ import annotations

from typing import Literal

Reason = Literal["malformed", "invalid", "untrusted", "expired", "revoked", "empty"]


class SignatureRejected(Exception):
    """The signature does not vouch for what it came with. Safe to show."""

    def __init__(self, reason: Reason, message: str, remedy: str = "") -> None:
        super().__init__(message)
        self.reason: Reason = reason
        self.message = message
        self.remedy = remedy
