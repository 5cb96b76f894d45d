"""Modules of Red Hat and its descendants: several versions of a program side by side, each stream mended on its own.

A build from a module says so in its release ('1.module+el8…'); a fix in one stream says nothing of another, and nothing
of a build outside of modules (Fedora, 'Modularity: policies').
"""

from __future__ import annotations

import re

_BUILT_IN_MODULE = re.compile(r"\.module[_+]")
_NUMERIC = re.compile(r"[0-9]+(?:\.[0-9]+)*\Z")


def is_modular(version: str) -> bool:
    """Whether the build was made in a module."""
    return ".module" in version and bool(_BUILT_IN_MODULE.search(version))


def same_stream(installed: str, stream: str, fixed: str, fixed_stream: str) -> bool:
    """Whether a fix is one for the installed build. Streams are 'name:version', empty where nobody says."""
    if not stream and not fixed_stream and ".module" not in installed and ".module" not in fixed:
        return True
    if (bool(stream) or is_modular(installed)) != (bool(fixed_stream) or is_modular(fixed)):
        return False
    if stream and fixed_stream:
        return _short(stream) == _short(fixed_stream)
    # Most streams are called by the version that they hold; then the fix has to be one of that version.
    named = _short(stream or fixed_stream).rpartition(":")[2]
    if not _NUMERIC.match(named):
        return True
    return not _begins(installed if stream else fixed, named) or _begins(fixed if stream else installed, named)


def _short(stream: str) -> str:
    return ":".join(stream.split(":")[:2])


def _begins(version: str, prefix: str) -> bool:
    upstream = version.rpartition(":")[2].partition("-")[0]
    return upstream == prefix or upstream.startswith(f"{prefix}.")
