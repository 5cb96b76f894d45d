"""E-mail (RFC 5322, MIME): headers with their encoded words, text bodies, attachments that are themselves documents."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path

from scanners.documents.document import Document, Gathering
from scanners.documents.html_text import pick
from scanners.errors import LimitReached, UnreadableInput, YumenError

MAX_MESSAGE = 100_000_000
MAX_MIME_PARTS = 1_000
MAX_NESTED = 3

ReadFile = Callable[[Path, int], Document]
"""(file, how deep it is nested) -> its texts."""


def read_mail(path: Path, read_attachment: ReadFile, depth: int = 0) -> Document:
    """The texts of a message. An attachment of a kind that is read is read; any other is named.

    Raises UnreadableInput, LimitReached.
    """
    with path.open("rb") as file:
        data = file.read(MAX_MESSAGE + 1)
    if len(data) > MAX_MESSAGE:
        raise LimitReached(f"{path.name} has more than {MAX_MESSAGE} bytes")
    message = BytesParser(policy=policy.default).parsebytes(data)
    if not message.keys():
        raise UnreadableInput(f"{path.name} is no e-mail: it has no header")
    gathering = Gathering()
    gathering.add("header", _header(message))
    for number, part in enumerate(message.walk(), 1):
        if number > MAX_MIME_PARTS:
            gathering.skip(f"MIME parts after {MAX_MIME_PARTS}", "not read")
            break
        if not part.is_multipart():
            _add_part(gathering, number, part, read_attachment, depth)
        elif part is not message and part.get_content_type() != "message/rfc822" and part.keys() and "From" in part:
            gathering.add(f"header of the message in part {number}", _header(part))
    return gathering.document()


def _header(message: EmailMessage) -> str:
    lines = []
    for name in message:
        try:
            lines += [f"{name}: {value}" for value in message.get_all(name, ())]
        except Exception:  # noqa: BLE001 - the parser of one header fails in many ways; its source is read instead
            lines += [f"{key}: {value}" for key, value in message.raw_items() if key == name]
    return "\n".join(dict.fromkeys(lines))


def _add_part(gathering: Gathering, number: int, part: EmailMessage, read_attachment: ReadFile, depth: int) -> None:
    kind, name = part.get_content_type(), part.get_filename() or ""
    place = f"part {number} ({kind})" + (f" {name}" if name else "")
    if part.get_content_maintype() == "text":
        try:
            text = part.get_content()
        except (LookupError, ValueError, KeyError):
            payload = part.get_payload(decode=True)
            text = payload.decode("utf-8", "replace") if isinstance(payload, bytes) else ""
        gathering.add(place, pick(text).text if kind == "text/html" else text)
        return
    payload = part.get_payload(decode=True)
    if depth >= MAX_NESTED or not isinstance(payload, bytes):
        gathering.skip(place, "nested too deeply, or damaged; not read")
        return
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / f"attachment{Path(name).suffix.lower()[:10]}"
        copy.write_bytes(payload)
        try:
            inside = read_attachment(copy, depth + 1)
        except YumenError as error:
            gathering.skip(place, f"not read: {error}".replace(f"{copy.name}: ", "").replace(copy.name, "it"))
            return
    for text in inside.parts:
        gathering.add(f"{place}: {text.place}", text.text)
    for skipped in inside.skipped:
        gathering.skip(f"{place}: {skipped.what}", skipped.why)
