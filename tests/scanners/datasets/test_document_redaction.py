"""Word, Excel and e-mail come out in their own format without what they hold, or not at all; the original stays as it was."""

import base64
import zipfile
from email import message_from_bytes, policy
from pathlib import Path

import pytest
from made_documents import W, docx, pdf, xlsx

from scanners.datasets.reading import rewrite
from scanners.datasets.redaction.editing import RedactingEditor
from scanners.datasets.redaction.ledger import Ledger
from scanners.datasets.redaction.plan import Plan
from scanners.documents.document import CannotBeRedacted
from scanners.documents.reading import read_document
from scanners.errors import UnreadableInput, YumenError
from scanners.personal_data.transform import Keys

PHONE = "13812345678"


def redacted(source: Path) -> tuple[Path, Ledger]:
    """The result, and what was written down of it; the original is as it was."""
    before = source.read_bytes()
    result = source.with_name(f"result{source.suffix}")
    with (source.parent / "changes").open("wb") as file:
        ledger = Ledger(file)
        rewrite(source, "auto", result, RedactingEditor(Plan(), Keys(bytes(16)), {}, ledger))
    assert source.read_bytes() == before
    return result, ledger


def parts(path: Path) -> dict[str, str]:
    with zipfile.ZipFile(path) as made:
        return {name: made.read(name).decode("utf-8", "replace") for name in made.namelist()}


def paragraph(*runs: str) -> str:
    return "<w:p>" + "".join(f"<w:r><w:rPr><w:b/></w:rPr><w:t>{run}</w:t></w:r>" for run in runs) + "</w:p>"


def test_a_number_over_several_runs_goes_and_the_formatting_stays(tmp_path: Path) -> None:
    result, ledger = redacted(
        docx(tmp_path / "a.docx", paragraph("Tel &amp; 138", "1234", "5678 end") + paragraph("b"))
    )
    body = parts(result)["word/document.xml"]
    runs = [
        f"<w:r><w:rPr><w:b/></w:rPr><w:t>{run}</w:t></w:r>" for run in ("Tel &amp; &lt;PHONE_NUMBER&gt;", "", " end")
    ]
    assert "".join(runs) in body
    assert [part.text for part in read_document(result).parts] == ["Tel & <PHONE_NUMBER> end\nb\n"]
    assert ledger.types == {"PHONE_NUMBER": 1}


def test_every_place_of_a_word_document_is_covered(tmp_path: Path) -> None:
    story = f"<w:x {W}>{paragraph(PHONE)}</w:x>"
    comment = (
        f'<w:comments {W}><w:comment w:author="Qwx Zzyl" w:initials="QZ">{paragraph(PHONE)}</w:comment></w:comments>'
    )
    deleted = f'<w:del w:author="Qwx Zzyl"><w:r><w:delText>{PHONE}</w:delText></w:r></w:del>'
    link = f'<R><Relationship TargetMode="External" Target="tel:+86{PHONE}" Id="r1"/></R>'
    path = docx(
        tmp_path / "a.docx",
        f'<w:p>{deleted}</w:p><w:p><wp:docPr descr="call {PHONE}"/><w:fldSimple w:instr="MAILTO {PHONE}"/></w:p>'
        f"<!-- {PHONE} -->",
        word__header1=story,
        word__footer1=story,
        word__footnotes=story,
        word__comments=comment,
        word__people='<w15:people xmlns:w15="w"><w15:person w15:author="Qwx Zzyl"/></w15:people>',
        docProps__core="<p><creator>Qwx Zzyl</creator><lastModifiedBy>Qwx Zzyl</lastModifiedBy><title>a@example.org</title></p>",
        docProps__app="<p><Manager>Qwx Zzyl</Manager></p>",
        customXml__item1=f"<a><b>{PHONE}</b></a>",
    )
    with zipfile.ZipFile(path, "a") as made:
        made.writestr("word/_rels/document.xml.rels", link)
        made.writestr("word/media/image1.png", b"\x89PNG scanned 13812345678")
        made.writestr("docProps/thumbnail.jpeg", b"13812345678")
    result, ledger = redacted(path)
    left = parts(result)
    assert [
        name for name, text in left.items() if any(word in text for word in (PHONE, "Zzyl", "QZ", "example.org"))
    ] == []
    assert 'Target="https://redacted.invalid/"' in left["word/_rels/document.xml.rels"]
    assert "docProps/thumbnail.jpeg" not in left
    assert [skipped.what for skipped in ledger.skipped] == ["a.docx: word/media/image1.png"]


@pytest.mark.parametrize(
    "part",
    [
        "word/vbaProject.bin",
        "word/embeddings/oleObject1.bin",
        "word/charts/chart1.xml",
        "_xmlsignatures/sig1.xml",
        "x/y.xml",
    ],
)
def test_what_is_not_understood_stops_it(part: str, tmp_path: Path) -> None:
    path = docx(tmp_path / "a.docx", paragraph("x"))
    with zipfile.ZipFile(path, "a") as made:
        made.writestr(part, "<a/>")
    with pytest.raises(CannotBeRedacted):
        redacted(path)


@pytest.mark.parametrize(
    "body",
    ["<w:p>", "<w:p/>]]>", "<w:p>&undefined;</w:p>", "<w:p a='1' a='2'/>"],
    ids=["open", "end", "entity", "twice"],
)
def test_a_damaged_part_stops_it(body: str, tmp_path: Path) -> None:
    with pytest.raises(UnreadableInput):
        redacted(docx(tmp_path / "a.docx", body))


def test_a_part_in_another_encoding_stops_it_and_utf_16_does_not(tmp_path: Path) -> None:
    for encoding, fine in (("utf-16", True), ("iso-8859-1", False)):
        path = tmp_path / f"{encoding}.docx"
        with zipfile.ZipFile(path, "w") as made:
            text = f'<?xml version="1.0" encoding="{encoding}"?><w:document {W}>{paragraph(PHONE)}</w:document>'
            made.writestr("word/document.xml", text.encode(encoding))
        if fine:
            result, _ = redacted(path)
            assert read_document(result).parts[0].text.strip() == "<PHONE_NUMBER>"
        else:
            with pytest.raises(UnreadableInput):
                redacted(path)


def test_a_pdf_is_not_written(tmp_path: Path) -> None:
    with pytest.raises(CannotBeRedacted):
        redacted(pdf(tmp_path / "a.pdf", PHONE))


def test_a_workbooks_sheet_names_heads_and_hidden_sheets_are_covered(tmp_path: Path) -> None:
    row = f'<row r="1"><c r="A1" t="inlineStr"><is><t>Tel</t></is></c><c r="B1" t="inlineStr"><is><t>{PHONE}</t></is></c></row>'
    source = xlsx(
        tmp_path / "a.xlsx",
        {f"Tel {PHONE}": row, "b": row.replace("r=", "r=")},
        docProps__core="<p><creator>Ann</creator></p>",
    )
    result, _ = redacted(source)
    assert PHONE not in "".join(parts(result).values())
    assert "docProps/core.xml" not in parts(result)


MAIL = """From: Qwx Zzyl <qwx@firm.example.com>
To: =?utf-8?B?5byg5Lyf?= <wei@firm.example.com>, b@firm.example.com
Subject: call 13812345678
DKIM-Signature: v=1; b=abc
Message-ID: <1234@host.example.com>
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=B

--B
Content-Type: text/plain; charset=gb18030
Content-Transfer-Encoding: base64

{plain}
--B
Content-Type: text/html; charset=utf-8

<p>tel 138<b>1234</b>5678 &amp; more</p>
--B
Content-Type: application/octet-stream; name="Zzyl.docx"
Content-Disposition: attachment; filename="Zzyl.docx"
Content-Transfer-Encoding: base64

{word}
--B
Content-Type: image/png; name="scan Zzyl.png"
Content-Transfer-Encoding: base64

{picture}
--B--
"""


def test_a_mails_headers_bodies_and_attachments_are_edited_and_the_rest_withheld(tmp_path: Path) -> None:
    word = docx(tmp_path / "w.docx", paragraph("138", "12345678")).read_bytes()
    text = MAIL.format(
        plain=base64.b64encode("你好，电话13812345678。\r\n完".encode("gb18030")).decode(),
        word=base64.encodebytes(word).decode(),
        picture=base64.b64encode(b"13812345678 Zzyl").decode(),
    )
    path = tmp_path / "a.eml"
    path.write_bytes(text.encode())
    result, ledger = redacted(path)
    made = message_from_bytes(result.read_bytes(), policy=policy.default)
    assert [part.get_content_type() for part in made.walk()][1:] == [
        "text/plain", "text/html", "application/octet-stream", "text/plain",
    ]  # fmt: skip
    shown = "\n".join(f"{name}: {value}" for part in made.walk() for name, value in part.items())
    assert not any(word in shown for word in ("Zzyl", "张伟", PHONE, "firm.example", "DKIM"))
    assert "redacted@redacted.invalid" in str(made["From"])
    bodies = [part.get_content() for part in made.walk() if part.get_content_maintype() == "text"]
    assert [body.strip() for body in bodies] == [
        "你好，电话<PHONE_NUMBER>。\n完",
        "<p>tel &lt;PHONE_NUMBER&gt;<b></b> &amp; more</p>",
        "This attachment was not examined, and is withheld.",
    ]
    assert PHONE not in "".join(part.text for part in read_document(result).parts)
    assert any("withheld" in skipped.why for skipped in ledger.skipped)


@pytest.mark.parametrize(
    "data",
    [b"", b"\x00\x01", b"From: a\nContent-Type: multipart/mixed; boundary=B\n\n--C\n\nx"],
    ids=["empty", "none", "cut"],
)
def test_a_damaged_mail_stops_it(data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "a.eml"
    path.write_bytes(data)
    with pytest.raises(YumenError):
        redacted(path)
