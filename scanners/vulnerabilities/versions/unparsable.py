"""What is raised for a version that its ecosystem would not accept."""

from __future__ import annotations

MAXIMUM_LENGTH = 1024
"""Characters. Longer than any real version; keeps a hostile one from costing time."""
REMEMBERED = 1024
"""Versions whose key is kept: advisories about the packages of one source name the same ones again and again."""


class UnparsableVersion(ValueError):
    """Not a version in its ecosystem's order: nothing may be concluded from it."""

    def __init__(self, version: str, ecosystem: str) -> None:
        super().__init__(f"{version[:80]!r} is not a {ecosystem} version")
        self.version = version
