"""Documents give their text with its place; what cannot be read is named or refused, and costs bounded time and memory."""

import base64
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from made_documents import MAIN, W, docx, pdf, xlsx

from scanners.documents import packages
from scanners.documents.confined import ConfinedReader
from scanners.documents.document import Document, Part
from scanners.documents.html_text import pick
from scanners.documents.reading import read_document
from scanners.errors import LimitReached, UnreadableInput, YumenError
from scanners.personal_data.detect import detect_parts

BODY = "<w:p><w:r><w:t>电话 13812345678</w:t></w:r></w:p>"


def texts(document: Document) -> dict[str, str]:
    return {part.place: part.text.strip() for part in document.parts}


def written(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


def encrypted_pdf(path: Path) -> Path:
    pypdf = pytest.importorskip("pypdf")
    writer = pypdf.PdfWriter(clone_from=pdf(path, "tel 13812345678"))
    writer.encrypt("secret", algorithm="RC4-128")
    with path.open("wb") as file:
        writer.write(file)
    return path


def doctype(path: Path) -> Path:
    with zipfile.ZipFile(path, "w") as made:
        made.writestr("word/document.xml", '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>')
    return path


REFUSED: dict[str, tuple[str, Callable[[Path], Path]]] = {
    "a Word file that is none": (".docx", lambda path: written(path, b"PK\x03\x04 nothing")),
    "an encrypted or old Word file": (
        ".docx",
        lambda path: written(path, bytes.fromhex("d0cf11e0a1b11ae1") + bytes(500)),
    ),
    "a zip without a document": (".docx", lambda path: xlsx(path, {"A": ""})),
    "XML that is not well-formed": (".docx", lambda path: docx(path, "<w:p>")),
    "XML with a document type": (".docx", doctype),
    "XML nested without end": (".docx", lambda path: docx(path, "<w:p>" * 5000)),
    "an Excel file that is none": (".xlsx", lambda path: docx(path, BODY)),
    "an old Excel file": (".xls", lambda path: written(path, b"")),
    "a format that is not read": (".rtf", lambda path: written(path, b"{\\rtf1 13812345678}")),
    "a PDF that is none": (".pdf", lambda path: written(path, b"13812345678")),
    "an empty PDF": (".pdf", lambda path: written(path, b"")),
    "a PDF cut short": (".pdf", lambda path: written(path, pdf(path, "13812345678").read_bytes()[:200])),
    "an encrypted PDF": (".pdf", encrypted_pdf),
    "a mail that is none": (".eml", lambda path: written(path, b"\x00\x01\x02")),
    "HTML in no encoding": (".html", lambda path: written(path, b"<p>\xff\xfe\xfa\xc3\x28</p>" * 3 + b"\xc3\xa9" * 20)),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_not_a_document_is_refused(name: str, tmp_path: Path) -> None:
    pytest.importorskip("pypdf")
    suffix, make = REFUSED[name]
    with pytest.raises((UnreadableInput, LimitReached)) as refusal:
        read_document(make(tmp_path / f"file{suffix}"))
    assert "13812345678" not in str(refusal.value)


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packages, "MAX_PART", 1_000_000)
    with pytest.raises(LimitReached):
        read_document(docx(tmp_path / "a.docx", "<w:p/>" * 1_000_000))


@pytest.mark.timeout(60)
def test_a_command_reads_documents_in_a_worker(tmp_path: Path) -> None:
    good, bad = docx(tmp_path / "a.docx", BODY), written(tmp_path / "b.docx", b"no")
    with ConfinedReader() as read:
        assert texts(read(good)) == {"document": "电话 13812345678"}
        with pytest.raises(YumenError):
            read(bad)
        assert texts(read(good)) == {"document": "电话 13812345678"}


def test_pages_of_a_pdf_are_named_and_those_of_pictures_are_not_read(tmp_path: Path) -> None:
    pytest.importorskip("pypdf")
    found = read_document(pdf(tmp_path / "a.pdf", "tel 13812345678", "", "mail a.b@example.org"))
    assert texts(found) == {"page 1": "tel 13812345678", "page 3": "mail a.b@example.org"}
    assert [skipped.what for skipped in found.skipped] == ["page 2"]


def test_word_joins_runs_and_reads_every_story(tmp_path: Path) -> None:
    runs = "".join(f"<w:r><w:t>{part}</w:t></w:r>" for part in ("电话 138", "1234", "5678"))
    row = "".join(f"<w:tc><w:p><w:r><w:t>{text}</w:t></w:r></w:p></w:tc>" for text in ("Tel", "x"))
    story = f"<w:x {W}><w:p><w:r><w:t>{{}}</w:t></w:r></w:p></w:x>"
    changed = f'<w:x {W}><w:p><w:del w:author="Jo Miller"><w:r><w:delText>gone</w:delText></w:r></w:del></w:p></w:x>'
    path = docx(
        tmp_path / "a.docx",
        f"<w:p>{runs}</w:p><w:tbl><w:tr>{row}</w:tr></w:tbl>",
        word__header1=story.format("head"),
        word__footer2=story.format("foot"),
        word__footnotes=story.format("note"),
        word__comments=changed,
        docProps__core="<p><creator>Ann Smith</creator></p>",
        word__media__image1="x",
    )
    with zipfile.ZipFile(path, "a") as made:
        made.writestr("word/_rels/document.xml.rels", '<R><L TargetMode="External" Target="mailto:a@example.org"/></R>')
    found = read_document(path)
    assert texts(found) == {
        "document": "电话 13812345678\nTel\tx",
        "header 1": "head",
        "footer 2": "foot",
        "footnotes": "note",
        "comments": "gone",
        "authors in comments": "author: Jo Miller",
        "properties": "creator: Ann Smith",
        "links": "mailto:a@example.org",
    }
    assert [skipped.what for skipped in found.skipped] == ["word/media/image1.xml"]


def test_a_mail_is_read_with_encoded_words_bodies_and_attachments(tmp_path: Path) -> None:
    inner = docx(tmp_path / "a.docx", BODY).read_bytes()
    body = base64.b64encode("<b>138</b>12345678".encode("gb18030")).decode()
    lines = [
        "From: =?utf-8?B?5byg5Lyf?= <a@example.org>",
        "Content-Type: multipart/mixed; boundary=B",
        "",
        "--B",
        "Content-Type: text/html; charset=gb18030",
        "Content-Transfer-Encoding: base64",
        "",
        body,
        "--B",
        'Content-Type: application/octet-stream; name="a.docx"',
        "Content-Transfer-Encoding: base64",
        "",
        base64.b64encode(inner).decode(),
        "--B",
        'Content-Type: application/zip; name="x.zip"',
        "",
        "PK",
        "--B--",
    ]
    found = read_document(written(tmp_path / "a.eml", "\r\n".join(lines).encode()))
    by_place = texts(found)
    assert "From: 张伟 <a@example.org>" in by_place["header"]
    assert by_place["part 2 (text/html)"] == "13812345678"
    assert by_place["part 3 (application/octet-stream) a.docx: document"] == "电话 13812345678"
    assert [skipped.what for skipped in found.skipped] == ["part 4 (application/zip) x.zip"]


ROWS = (
    '<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>1</v></c>'
    '<c r="C1" t="inlineStr"><is><t>born</t></is></c></row>'
    '<row r="7"><c r="A7" t="inlineStr"><is><t>张伟</t></is></c>'
    '<c r="B7"><v>13812345678</v></c><c r="C7" s="1"><v>32939</v></c></row>'
)
STRINGS = ("<t>姓名</t>", "<r><t>手</t></r><rPh><t>shou</t></rPh><r><t>机</t></r>")


def test_cells_of_a_workbook_are_named_and_dates_are_dates(tmp_path: Path) -> None:
    comment = f"<comments {MAIN}><text><t>call 13912345678</t></text></comments>"
    found = read_document(xlsx(tmp_path / "a.xlsx", {"People": ROWS}, STRINGS, xl__comments1=comment, xl__media__i="x"))
    by_place = texts(found)
    assert (by_place["People!A7"], by_place["People!B7"], by_place["People!C7"]) == (
        "张伟",
        "13812345678",
        "1990-03-07",
    )
    assert by_place["People!B1"] == "手机"
    assert by_place["xl/comments1.xml"] == "call 13912345678"
    assert [skipped.what for skipped in found.skipped] == ["xl/media/i.xml"]
    placed = {(entity.type, entity.path) for entity in detect_parts(found.parts).entities}
    assert ("PHONE_NUMBER", "People!B7") in placed


def test_a_change_of_the_text_is_one_of_the_source_and_leaves_its_markup() -> None:
    source = "<h1>Kunden</h1>\n<p>Herr X</p><p>手机 138<i>1234</i>5678</p>"
    picked = pick(source)
    assert picked.text.split() == ["Kunden", "Herr", "X", "手机", "13812345678"]
    start = picked.text.index("138")
    assert picked.applied(source, [(start, start + 11, "X")]).endswith("<p>手机 X<i></i></p>")
    assert source[picked.origin(start) :].startswith("138")


def test_a_finding_says_its_line() -> None:
    found = detect_parts((Part("page 3", "Bericht\n电话 13812345678\n"),))
    assert [(entity.type, entity.path) for entity in found.entities] == [("PHONE_NUMBER", "page 3, line 2")]
