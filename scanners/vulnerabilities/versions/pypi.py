"""Python's version order (PEP 440), as a sort key."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from packaging.version import InvalidVersion, Version

from scanners.vulnerabilities.versions.unparsable import MAXIMUM_LENGTH, UnparsableVersion

_FINAL = re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,9})*\Z")
_BEFORE_PRE, _PRE, _AFTER_PRE = range(3)
_NO_DEV = (1, 0)

PyPIKey = tuple[int, tuple[int, ...], tuple[int, str, int], int, tuple[int, int]]


@lru_cache(maxsize=65536)
def key(version: str) -> PyPIKey:
    """Epoch, release, pre-, post- and development release, comparable as `packaging` compares them, but far faster.

    Without the local part ('+cu118'), which takes no part in '<=' and '==' (PEP 440, 'Version matching' and 'Inclusive
    ordered comparison'): who names a release means its local builds too. Raises UnparsableVersion.
    """
    if len(version) > MAXIMUM_LENGTH:
        raise UnparsableVersion(version, "PyPI")
    if _FINAL.match(version):
        return 0, _release(map(int, version.split("."))), (_AFTER_PRE, "", 0), -1, _NO_DEV
    try:
        parsed = Version(version)
    except InvalidVersion as error:
        raise UnparsableVersion(version, "PyPI") from error
    pre: tuple[int, str, int]
    if parsed.pre:
        pre = (_PRE, *parsed.pre)
    else:
        # A development release of the release itself is before its pre-releases.
        pre = (_BEFORE_PRE if parsed.post is None and parsed.dev is not None else _AFTER_PRE, "", 0)
    post = -1 if parsed.post is None else parsed.post
    return parsed.epoch, _release(parsed.release), pre, post, _NO_DEV if parsed.dev is None else (0, parsed.dev)


def _release(numbers: Iterable[int]) -> tuple[int, ...]:
    """Without zeros at its end: 1.0 is 1."""
    release = list(numbers)
    while release and not release[-1]:
        release.pop()
    return tuple(release)
