"""A data set written anew: no personal data left, the format kept, equal values equal in a scope, and a statement to check."""

import csv
import json
import re
import sqlite3
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from made_documents import pdf, xlsx

from scanners.datasets.reading import batches
from scanners.datasets.redaction.output import Output, manifest_of
from scanners.datasets.redaction.plan import Plan
from scanners.datasets.redaction.redact import Redacted, redact_file
from scanners.datasets.redaction.scopes import scope_secrets
from scanners.datasets.redaction.statement import Statement, checked
from scanners.datasets.scan import profile_file
from scanners.documents.document import CannotBeRedacted
from scanners.errors import TargetRefused, UnreadableInput
from scanners.personal_data.vault import TokenUnreadable, Vault

ID, MISTYPED = "110101199003074514", "110101199003074511"
KEY = Ed25519PrivateKey.from_private_bytes(bytes(32))


def redacted(source: Path, *, scope: str = "", subject: str = "", **plan: Any) -> tuple[Path, Redacted, Statement]:
    """The new file, what was done, and the statement."""
    wanted = Plan(**plan)
    path = source.with_name(f"{source.stem}-{scope}{subject}{len(list(source.parent.iterdir()))}{source.suffix}")
    secrets = scope_secrets(source.parent / "data", "acme", wanted, scope, subject)
    with Output.at(path, source) as output:
        done = redact_file(source, output.folder, wanted, secrets)
        return path, done, output.publish(done, wanted, KEY)


PEOPLE = [("张伟", ID, "13812345678", "电话13800138000，已回访", "12")] * 6
PEOPLE += [("王芳", MISTYPED, "13912345678", "无", "7")] * 2
HEAD = ("姓名", "身份证号", "phone", "备注", "amount")


def as_csv(path: Path) -> Path:
    with path.open("w", encoding="gb18030", newline="") as file:
        writer = csv.writer(file, delimiter=";", lineterminator="\r\n")
        writer.writerows([HEAD, *PEOPLE])
    return path


def as_json_lines(path: Path) -> Path:
    rows = [{"who": {"name": n, "id_card": i}, "phone": p, "notes": [t], "amount": a} for n, i, p, t, a in PEOPLE]
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


def as_sqlite(path: Path) -> Path:
    database = sqlite3.connect(path)
    database.execute("create table people (name text, id_card varchar(18), phone integer, note text, amount integer)")
    database.executemany("insert into people values (?, ?, ?, ?, ?)", PEOPLE)
    database.commit()
    database.close()
    return path


def as_parquet(path: Path) -> Path:
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    names = ("name", "id_card", "phone", "note", "amount")
    columns = dict(zip(names, map(list, zip(*PEOPLE, strict=True)), strict=True))
    columns["phone"] = [int(number) for number in columns["phone"]]
    parquet.write_table(pyarrow.table(columns).replace_schema_metadata({"owner": "tel 13812345678"}), path)
    return path


def as_log(path: Path) -> Path:
    path.write_text("".join(f"user={n} id={i} tel={p} amount={a}\n" for n, i, p, _, a in PEOPLE), encoding="utf-8")
    return path


KINDS: dict[str, Callable[[Path], Path]] = {
    "a.csv": as_csv,
    "a.jsonl": as_json_lines,
    "a.sqlite": as_sqlite,
    "a.parquet": as_parquet,
}


@pytest.mark.parametrize("name", KINDS)
def test_nothing_personal_is_left_and_the_rest_is_as_it_was(tmp_path: Path, name: str) -> None:
    source = KINDS[name](tmp_path / name)
    path, done, _ = redacted(source)
    raw = path.read_bytes()
    for datum in (ID, MISTYPED, "13812345678", "13800138000", "张伟"):
        assert datum.encode() not in raw
        assert datum.encode("gb18030") not in raw
    before, after = profile_file(source), profile_file(path)
    assert [column.name for column in after.columns] == [column.name for column in before.columns]
    assert (after.rows, after.rows_hit, after.skipped) == (8, 0, ())
    assert done.types["CN_ID_CARD"] == 8  # the mistyped ones too: the column is known
    amounts = [row[-1] for batch in batches(path) for row in batch.rows]
    assert amounts == [person[-1] for person in PEOPLE]


def test_a_log_is_redacted_line_by_line(tmp_path: Path) -> None:
    path, _, _ = redacted(as_log(tmp_path / "a.log"))
    lines = path.read_text().splitlines()
    assert len(lines) == 8
    assert "tel=<PHONE_NUMBER> amount=12" in lines[0]


def test_a_private_key_over_many_lines_leaves_none_of_them(tmp_path: Path) -> None:
    body = [f"{'MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj'[n:]}Zk{n}" for n in range(9)]
    key = ["-----BEGIN PRIVATE KEY-----", *body, "-----END PRIVATE KEY-----"]
    (tmp_path / "a.log").write_text("\n".join(["start", *key, "stop"]) + "\n")
    path, _, _ = redacted(tmp_path / "a.log")
    text = path.read_text()
    assert not any(line in text for line in body)
    assert text.startswith("start\n")
    assert text.endswith("\nstop\n")


def test_csv_keeps_its_dialect_and_parquet_its_types(tmp_path: Path) -> None:
    path, _, _ = redacted(as_csv(tmp_path / "a.csv"))
    assert path.read_bytes().decode("gb18030").startswith("姓名;身份证号;phone;备注;amount\r\n<PERSON>;")
    source = as_parquet(tmp_path / "a.parquet")
    path, _, _ = redacted(source, methods={"PHONE_NUMBER": "format_preserving"})
    from pyarrow import parquet

    table = parquet.read_table(path)
    assert table.schema.types == parquet.read_table(source).schema.types
    assert not table.schema.metadata  # it held a number
    assert all(1e10 <= number < 1e11 for number in table["phone"].to_pylist())
    assert {person[2] for person in PEOPLE}.isdisjoint(map(str, table["phone"].to_pylist()))


def test_equal_values_become_equal_in_a_scope_and_in_no_other(tmp_path: Path) -> None:
    def names(path: Path) -> list[str]:
        return [row[0] for batch in batches(path) for row in batch.rows]

    table, lines = as_csv(tmp_path / "a.csv"), as_json_lines(tmp_path / "b.jsonl")
    for method in ("token", "surrogate", "hash"):
        one = names(redacted(table, scope="study", method=method)[0])
        same = names(redacted(lines, scope="study", method=method)[0])
        other = names(redacted(table, scope="other", method=method)[0])
        assert one == same
        assert len(set(one)) == 2
        assert set(one).isdisjoint(other)


def test_tokens_come_back_until_their_subject_is_erased(tmp_path: Path) -> None:
    path, _, _ = redacted(as_csv(tmp_path / "a.csv"), subject="p7", scope="study", columns={"身份证号": "token"})
    token = next(row[1] for batch in batches(path) for row in batch.rows)
    vault = Vault(tmp_path / "data", "acme")
    assert vault.restored(token) == (ID, 1)
    vault.erase("p7")
    with pytest.raises(TokenUnreadable):
        vault.restored(token)


def test_columns_and_profiles_say_what_becomes_of_what(tmp_path: Path) -> None:
    path, done, statement = redacted(
        as_csv(tmp_path / "a.csv"), regime="pci_dss", columns={"备注": "empty", "phone": "partial_mask"}
    )
    first = next(row for batch in batches(path) for row in batch.rows)
    assert first == ("张伟", ID, "13*******78", "", "12")
    assert statement.profile == "pci_dss 4.0.1"
    assert {column.name: dict(column.types) for column in done.columns} == {
        "phone": {"PHONE_NUMBER": 8},
        "备注": {"VALUE": 8},
    }
    with pytest.raises(UnreadableInput, match="no column 'x'"):
        redacted(tmp_path / "a.csv", columns={"x": "mask"})


def test_the_manifest_names_every_change_and_never_the_data(tmp_path: Path) -> None:
    path, done, statement = redacted(as_csv(tmp_path / "a.csv"))
    manifest = manifest_of(path)
    lines = [json.loads(line) for line in manifest.read_text().splitlines()]
    assert len(lines) == sum(done.types.values()) + 1
    assert {"row": 1, "column": "备注", "type": "PHONE_NUMBER", "start": 2, "end": 13}.items() <= lines[3].items()
    assert "13800138000" not in manifest.read_text()
    assert checked(manifest, path, KEY.public_key()) == statement
    with pytest.raises(UnreadableInput, match="under the key"):
        checked(manifest, path, Ed25519PrivateKey.generate().public_key())
    raw = path.read_bytes()
    path.write_bytes(raw[:-1] + b"3")
    with pytest.raises(UnreadableInput, match="is not the file"):
        checked(manifest, path, KEY.public_key())
    path.write_bytes(raw)
    manifest.write_bytes(b"".join(manifest.read_bytes().splitlines(keepends=True)[1:]))
    with pytest.raises(UnreadableInput, match="not those that were signed"):
        checked(manifest, path, KEY.public_key())


WITHHELD = "<WITHHELD: NOT EXAMINED>"
UNREADABLE = {
    "broken quoting": ("a.csv", b'a,b\n1,"x"13812345678\n2,y\n', f"a,b\n{WITHHELD},\n2,y\n"),
    "a foreign encoding": (
        "a.csv",
        "a,b\n1,é\n".encode() + b"2,\xff13812345678\n3,y\n",
        f"a,b\n1,é\n{WITHHELD},\n3,y\n",
    ),
    "no JSON": ("a.jsonl", b'{"a": 13812345678\n{"a": 1}\n', f'"{WITHHELD}"\n{{"a": 1}}\n'),
    "a name twice": ("a.jsonl", b'{"a": "13812345678", "a": 1}\n', f'"{WITHHELD}"\n'),
    "nested too deeply": ("a.jsonl", b"[" * 500 + b"13812345678" + b"]" * 500 + b"\n", f'"{WITHHELD}"\n'),
    "an overlong line": ("a.log", b"x" * 5_000_000 + b"\ny\n", f"{WITHHELD}\ny\n"),
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_what_nobody_read_is_withheld_and_named(tmp_path: Path, name: str) -> None:
    file, raw, expected = UNREADABLE[name]
    (tmp_path / file).write_bytes(raw)
    path, done, statement = redacted(tmp_path / file)
    assert path.read_text() == expected
    assert len(done.skipped) == 1
    assert not statement.complete


def test_names_numbers_and_bytes_are_data_too(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"13812345678": {"n": 1}, "13912345678": 2, "x": true, "tel": 13812345678}\n')
    path, _, _ = redacted(tmp_path / "a.jsonl")
    assert json.loads(path.read_text()) == {"<PHONE_NUMBER>": {"n": 1}, "<PHONE_NUMBER>~2": 2, "x": True, "tel": None}
    database = sqlite3.connect(tmp_path / "a.sqlite")
    database.execute("create table t (a blob, b text)")
    database.execute("insert into t values (?, 'x')", (b"\xff13812345678",))
    database.commit()
    database.close()
    path, done, _ = redacted(tmp_path / "a.sqlite")
    assert list(sqlite3.connect(path).execute("select * from t")) == [(None, "x")]
    assert "row 1, column a" in done.skipped[0].what


def test_nothing_is_overwritten_and_the_format_cannot_change(tmp_path: Path) -> None:
    source = as_csv(tmp_path / "a.csv")
    for path in (source, tmp_path / "b.parquet"):
        with pytest.raises(TargetRefused):
            Output.at(path, source)
    (tmp_path / "c.csv.manifest.jsonl").touch()
    with pytest.raises(TargetRefused):
        Output.at(tmp_path / "c.csv", source)
    assert {path.name for path in tmp_path.iterdir()} == {"a.csv", "c.csv.manifest.jsonl"}


def test_a_workbook_keeps_its_numbers_and_leaves_what_stands_in_no_cell(tmp_path: Path) -> None:
    rows = "".join(
        f'<row r="{n}"><c r="A{n}" t="s"><v>2</v></c><c r="B{n}"><v>13812345678</v></c><c r="C{n}" s="1"><v>{n}.5</v></c>'
        f'<c r="D{n}"><f>"ring 13912345678"</f><v>{n}</v></c></row>'
        for n in range(2, 9)
    )
    head = '<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>1</v></c></row>'
    strings = ("<t>姓名</t>", "<t>phone</t>", "<t>张伟</t>", "<t>unused 110101199003074514</t>")
    source = xlsx(tmp_path / "a.xlsx", {"Kunden": head + rows}, strings, xl__comments1="<c><t>13912345678</t></c>")
    path, done, statement = redacted(source)
    assert done.types == {"PERSON": 7, "PHONE_NUMBER": 7}
    assert statement.complete
    with zipfile.ZipFile(path) as made:
        everything = b"".join(made.read(name) for name in made.namelist()).decode()
    assert not re.search("张伟|13812345678|13912345678|110101", everything)
    (batch,) = batches(path)
    assert batch.columns[:2] == ("姓名", "phone")
    assert batch.rows[0][:2] == ("<PERSON>", "<PHONE_NUMBER>")
    assert '<c r="C2" s="1"><v>2.5</v></c>' in everything


def test_markdown_loses_a_number_that_emphasis_divides(tmp_path: Path) -> None:
    source = tmp_path / "a.md"
    source.write_text("# 客户\n\n手机 **138**12345678, see [page](x)\n", encoding="utf-8")
    path, done, _ = redacted(source)
    assert done.types == {"PHONE_NUMBER": 1}
    assert path.read_text(encoding="utf-8") == "# 客户\n\n手机 **<PHONE_NUMBER>**, see [page](x)\n"


def test_a_document_that_is_only_read_is_not_redacted(tmp_path: Path) -> None:
    pytest.importorskip("pypdf")
    source = pdf(tmp_path / "a.pdf", "tel 13812345678")
    assert profile_file(source).rows_hit
    with pytest.raises(CannotBeRedacted):
        redacted(source)
