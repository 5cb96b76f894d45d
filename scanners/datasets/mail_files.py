"""E-mail written anew: its headers, bodies and attachments edited; an attachment of another kind is withheld."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from email.errors import MessageError
from email.generator import BytesGenerator
from email.header import Header, decode_header, make_header
from email.message import Message
from email.parser import BytesParser
from email.policy import compat32
from email.utils import formataddr, getaddresses
from io import BytesIO
from pathlib import Path

from scanners.datasets.cells import Cell, Editor
from scanners.datasets.splicing import edits_of
from scanners.documents import html_text
from scanners.documents.mail import MAX_MESSAGE, MAX_MIME_PARTS
from scanners.documents.reading import escape_of
from scanners.errors import LimitReached, UnreadableInput, YumenError

RewriteFile = Callable[[Path, Path, Editor], None]
"""(attachment, where to write it, editor): it raises YumenError for a kind that it cannot write."""

_PEOPLE = frozenset(
    "from to cc bcc sender reply-to return-path delivered-to x-original-to resent-from resent-to resent-cc".split()  # noqa: SIM905
)
_SIGNED = frozenset(
    "dkim-signature domainkey-signature arc-seal arc-message-signature arc-authentication-results".split()  # noqa: SIM905
)
"""Signatures of what the message was: they do not hold any more."""
_SHAPE = frozenset({"mime-version", "content-type", "content-transfer-encoding", "content-disposition", "content-id"})
_IDENTIFIERS = frozenset({"message-id", "in-reply-to", "references"})
"""What must be written as an address (RFC 5322 §3.6.4): the address of nobody where it named somebody."""
WITHHELD = "This attachment was not examined, and is withheld."
_NOBODY = "redacted@redacted.invalid"


def rewrite(path: Path, output: Path, editor: Editor, rewrite_attachment: RewriteFile) -> None:
    """Raises UnreadableInput for a damaged message, LimitReached."""
    with path.open("rb") as file:
        data = file.read(MAX_MESSAGE + 1)
    if len(data) > MAX_MESSAGE:
        raise LimitReached(f"{path.name} has more than {MAX_MESSAGE} bytes")
    message = BytesParser(policy=compat32).parsebytes(data)
    if not message.keys():
        raise UnreadableInput(f"{path.name} is no e-mail: it has no header")
    for number, part in enumerate(message.walk(), 1):
        if number > MAX_MIME_PARTS:
            raise LimitReached(f"{path.name} has more than {MAX_MIME_PARTS} parts")
        if part.defects:
            raise UnreadableInput(f"{path.name}: part {number} is damaged", detail=repr(part.defects))
        shown = f"{path.name}: part {number}"
        _header(part, shown, editor)
        if part.is_multipart():
            part.preamble = part.epilogue = None
        else:
            _body(part, shown, editor, rewrite_attachment)
    made = BytesIO()
    try:
        BytesGenerator(made, mangle_from_=False, policy=compat32).flatten(message)
    except (MessageError, ValueError, LookupError) as error:
        raise UnreadableInput(f"{path.name} cannot be written", detail=repr(error)) from error
    output.write_bytes(made.getvalue())


def _header(part: Message, shown: str, editor: Editor) -> None:
    """Each field edited as a line; addresses as what they are, and names of files gone."""
    fields = [(name, _decoded(value)) for name, value in part.items()]
    for name in set(part.keys()):
        if name.lower() not in _SHAPE:
            del part[name]
    for name, value in fields:
        if name.lower() in _PEOPLE:
            part[name] = _encoded(_addressed(value, f"{shown}, {name}", editor))
        elif name.lower() not in _SHAPE and name.lower() not in _SIGNED:
            line = f"{name}: {value}"
            edited = editor.edited(shown, [Cell(1, "header", line)], running=True)[0]
            if edited != line and name.lower() in _IDENTIFIERS:
                edited = f"{name}: <{_NOBODY}>"
            part[name] = _encoded(edited[len(name) + 2 :] if edited.startswith(f"{name}: ") else edited)
    if part.get_filename():
        ending = Path(part.get_filename() or "").suffix.lower()[:10]
        for name, parameter in (("Content-Disposition", "filename"), ("Content-Type", "name")):
            if part.get_param(parameter, header=name) is not None:
                part.set_param(parameter, f"attachment{ending}", header=name)


def _addressed(value: str, shown: str, editor: Editor) -> str:
    """Mailboxes: the name is a person's and the address an address, whatever they look like."""
    out = []
    for name, address in getaddresses([value]):
        kinds = [(text, kind) for text, kind in ((name, "PERSON"), (address, "EMAIL_ADDRESS")) if text]
        cells = [Cell(number, "address", text, kind) for number, (text, kind) in enumerate(kinds, 1)]
        edited = dict(zip([kind for _, kind in kinds], editor.edited(shown, cells), strict=True))
        who, where = edited.get("PERSON", ""), edited.get("EMAIL_ADDRESS", "")
        if where and (where.count("@") != 1 or any(c in where for c in "<>* ")):
            who, where = f"{who} {where}".strip(), _NOBODY
        out.append(formataddr((who, where or _NOBODY)))
    return ", ".join(out)


def _body(part: Message, shown: str, editor: Editor, rewrite_attachment: RewriteFile) -> None:
    payload = part.get_payload(decode=True)
    if not isinstance(payload, bytes):
        raise UnreadableInput(f"{shown} cannot be decoded")
    if part.get_content_maintype() == "text" and part.get_content_subtype() in ("plain", "html"):
        _set_text(part, _edited_text(part, payload, shown, editor))
        return
    ending = Path(part.get_filename() or "").suffix.lower()[:10]
    with tempfile.TemporaryDirectory() as folder:
        copy, made = Path(folder) / f"attachment{ending}", Path(folder) / f"made{ending}"
        copy.write_bytes(payload)
        try:
            rewrite_attachment(copy, made, editor)
            edited = made.read_bytes()
        except YumenError as error:
            editor.unread(shown, "attachment", f"withheld: {error}")
            for name in ("Content-Type", "Content-Disposition", "Content-Transfer-Encoding"):
                del part[name]
            part["Content-Type"] = "text/plain"
            _set_text(part, WITHHELD)
            return
    from email import encoders

    part.set_payload(edited)
    del part["Content-Transfer-Encoding"]
    encoders.encode_base64(part)


def _edited_text(part: Message, payload: bytes, shown: str, editor: Editor) -> str:
    charset = part.get_content_charset() or "utf-8"
    try:
        text = payload.decode("utf-8" if charset == "us-ascii" else charset).replace("\r\n", "\n")
    except (LookupError, UnicodeDecodeError) as error:
        raise UnreadableInput(f"{shown} is not {charset}", detail=str(error)) from None
    if part.get_content_subtype() == "html":
        picked = html_text.pick(text)
        return picked.applied(text, edits_of(picked, shown, editor), escape_of(".html"))
    cells = [Cell(number, "text", line) for number, line in enumerate(text.split("\n"), 1)]
    return "\n".join(editor.edited(shown, cells, running=True))


def _set_text(part: Message, text: str) -> None:
    del part["Content-Transfer-Encoding"]
    part.set_payload(text.encode("utf-8", "replace").decode("utf-8"), "utf-8")


def _decoded(value: object) -> str:
    """A field as its reader sees it. A damaged encoded word is read as it stands."""
    try:
        return str(make_header(decode_header(str(value)))).replace("\r", "").replace("\n", "")
    except (ValueError, LookupError, MessageError):
        return str(value).replace("\r", "").replace("\n", "")


def _encoded(value: str) -> str:
    return Header(value, None if value.isascii() else "utf-8", maxlinelen=76).encode()
