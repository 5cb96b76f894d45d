"""Text files that somebody else wrote: read once, so that what is examined is what is named and what is answered."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from scanners.errors import LimitReached, UnreadableInput
from scanners.files import open_regular


class TextNotUtf8(UnreadableInput):
    """The file is not UTF-8 text; the message names the first byte that is not."""

    code = "text_not_utf8"


@dataclass(frozen=True, slots=True)
class TextFile:
    """The text of a file, without a byte-order mark, and the SHA-256 of its bytes as 'sha256:<hex>'."""

    text: str
    digest: str


def read_text_file(path: Path, *, limit: int) -> TextFile:
    """Read a UTF-8 file of at most `limit` bytes, in one pass and through no symbolic link.

    Raises TargetRefused, TargetMissing, TextNotUtf8, LimitReached.
    """
    with os.fdopen(open_regular(path), "rb") as file:
        data = file.read(limit + 1)
    if len(data) > limit:
        raise LimitReached(f"{path.name} has more than {limit} bytes, which is what one call examines")
    try:
        text = data.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        raise TextNotUtf8(
            f"{path.name} is not UTF-8 text: byte {error.start} ({error.reason})",
            remedy="convert it first, e.g. `iconv -f GB18030 -t UTF-8`",
        ) from None
    return TextFile(text, f"sha256:{hashlib.sha256(data).hexdigest()}")
