"""One Rego file. It stands apart from packs because the engine process needs this and no more of them."""

from __future__ import annotations

import re
from dataclasses import dataclass

_PACKAGE = re.compile(r"^package[ \t]+([A-Za-z_][\w.]*)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Module:
    """One Rego file."""

    path: str
    """Path inside the pack with '/' between parts; for team packs preceded by the folder's name."""
    text: str

    @property
    def package(self) -> str:
        """The dotted package name without 'data.', empty if the text declares none that we can read."""
        found = _PACKAGE.search(self.text)
        return found.group(1) if found else ""

    @property
    def is_test(self) -> bool:
        return self.path.endswith("_test.rego")
