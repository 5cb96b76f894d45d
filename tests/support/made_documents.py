"""Documents put together byte by byte, so that a test says what is in them."""

import zipfile
from pathlib import Path

W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
LINKS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def docx(path: Path, body: str, **parts: str) -> Path:
    """A Word document of `body`, and other parts by name, '/' written as '__'."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("[Content_Types].xml", "<Types/>")
        made.writestr("word/document.xml", f"<w:document {W}><w:body>{body}</w:body></w:document>")
        for name, text in parts.items():
            made.writestr(name.replace("__", "/") + ".xml", text)
    return path


def xlsx(path: Path, sheets: dict[str, str], strings: tuple[str, ...] = (), **parts: str) -> Path:
    """A workbook whose sheets hold the given rows."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("[Content_Types].xml", "<Types/>")
        listed = "".join(f'<sheet name="{name}" sheetId="{n}" r:id="r{n}"/>' for n, name in enumerate(sheets, 1))
        made.writestr("xl/workbook.xml", f'<workbook {MAIN} xmlns:r="{LINKS}"><sheets>{listed}</sheets></workbook>')
        links = "".join(f'<Relationship Id="r{n}" Target="worksheets/s{n}.xml"/>' for n in range(1, len(sheets) + 1))
        made.writestr("xl/_rels/workbook.xml.rels", f"<Relationships>{links}</Relationships>")
        for number, rows in enumerate(sheets.values(), 1):
            made.writestr(
                f"xl/worksheets/s{number}.xml", f"<worksheet {MAIN}><sheetData>{rows}</sheetData></worksheet>"
            )
        if strings:
            made.writestr(
                "xl/sharedStrings.xml", f"<sst {MAIN}>{''.join(f'<si>{text}</si>' for text in strings)}</sst>"
            )
        made.writestr(
            "xl/styles.xml",
            f'<styleSheet {MAIN}><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/></cellXfs></styleSheet>',
        )
        for name, text in parts.items():
            made.writestr(name.replace("__", "/") + ".xml", text)
    return path


def pdf(path: Path, *pages: str) -> Path:
    """A PDF with a line of text on each page; an empty one holds a picture."""
    objects = ["<< /Type /Catalog /Pages 2 0 R >>", ""]
    kids = []
    for text in pages:
        drawn = f"BT /F1 12 Tf 72 700 Td ({text}) Tj ET" if text else "q 100 0 0 100 0 0 cm /Im1 Do Q"
        resources = (
            "/Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >>"
            if text
            else "/XObject << /Im1 3 0 R >>"
        )
        objects += [
            "<< /Type /XObject /Subtype /Image /Width 1 /Height 1 /ColorSpace /DeviceGray /BitsPerComponent 8 /Length 1 >>"
            "\nstream\nA\nendstream",
            f"<< /Length {len(drawn)} >>\nstream\n{drawn}\nendstream",
        ]
        if not text:
            resources = resources.replace("3 0 R", f"{len(objects) - 1} 0 R")
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Resources << {resources} >> /Contents {len(objects)} 0 R >>"
        )
        kids.append(f"{len(objects)} 0 R")
    objects[1] = f"<< /Type /Pages /Kids [{' '.join(kids)}] /Count {len(kids)} >>"
    out = b"%PDF-1.4\n"
    places = []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += f"{number} 0 obj\n{body}\nendobj\n".encode()
    start = len(out)
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    out += f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}".encode()
    out += f"trailer\n<< /Size {len(objects) + 1} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n".encode()
    path.write_bytes(out)
    return path
