"""Tables: classified by column, resumed after a kill, bounded on bad input, the same by one process or many."""

import json
import sqlite3
from pathlib import Path

import pytest

from scanners.datasets import batches as sizes
from scanners.datasets.executors import in_pool
from scanners.datasets.partition import examine
from scanners.datasets.profile import profiled
from scanners.datasets.reading import batches
from scanners.datasets.risk import risk
from scanners.datasets.scan import scan
from scanners.errors import UnreadableInput

ID = "110101199003074514"


@pytest.fixture
def people(tmp_path: Path) -> Path:
    path = tmp_path / "people.csv"
    rows = "".join(f"{n},{ID},1381234{n % 10000:04d},备注{n}，请致电13800138000,{n * 7}\n" for n in range(1, 301))
    path.write_text("nr,身份证号,phone,备注,amount\n" + rows, encoding="utf-8")
    return path


def test_columns_are_classified_with_level_and_confidence(people: Path) -> None:
    found = {column.name: column for column in scan([people]).columns}
    assert (found["身份证号"].kind, found["身份证号"].type, found["身份证号"].level) == ("identifier", "CN_ID_CARD", 3)
    assert found["phone"].type == "PHONE_NUMBER"
    assert found["phone"].confidence == 1.0
    assert found["备注"].kind == "free_text"
    assert found["amount"].kind == found["nr"].kind == "clean"


def test_a_pool_finds_what_one_process_finds(people: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sizes, "MAX_CELLS", 200)
    assert scan([people], executor=in_pool(2)) == scan([people])


def test_a_killed_scan_goes_on_and_gives_the_same(
    people: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sizes, "MAX_CELLS", 200)
    whole = scan([people])
    manifest = tmp_path / "m.jsonl"
    scan([people], manifest=manifest)
    kept = manifest.read_bytes().splitlines(keepends=True)
    manifest.write_bytes(b"".join(kept[:3]) + kept[3][:20])  # as a kill leaves it
    examined: list[int] = []
    monkeypatch.setattr("scanners.datasets.executors.examine", lambda b, t: examined.append(b.number) or examine(b, t))
    assert scan([people], manifest=manifest) == whole
    assert examined == list(range(3, len(kept)))
    assert all(json.loads(line) for line in manifest.read_bytes().splitlines())


def test_sqlite_and_json_lines_are_read_by_table_and_path(tmp_path: Path) -> None:
    database = sqlite3.connect(tmp_path / "a.sqlite")
    database.execute("create table users (id integer, mail text)")
    database.execute("insert into users values (1, 'a@b.com')")
    database.commit()
    database.close()
    (tmp_path / "b.jsonl").write_text('{"user": {"phone": 13812345678}, "tags": ["x", "c@d.com"]}\n')
    found = {(c.table, c.name): c.type for c in scan([tmp_path / "a.sqlite", tmp_path / "b.jsonl"]).columns}
    assert found["a.sqlite/users", "mail"] == "EMAIL_ADDRESS"
    assert found["b.jsonl", "user.phone"] == "PHONE_NUMBER"


def test_parquet_is_read_in_batches(tmp_path: Path) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    parquet.write_table(pyarrow.table({"id_card": [ID] * 50, "n": list(range(50))}), tmp_path / "a.parquet")
    found = {column.name: column for column in scan([tmp_path / "a.parquet"]).columns}
    assert found["id_card"].type == "CN_ID_CARD"
    raw = bytearray((tmp_path / "a.parquet").read_bytes())
    raw[8:60] = bytes(52)
    (tmp_path / "bad.parquet").write_bytes(raw)
    assert scan([tmp_path / "bad.parquet"]).skipped


BAD = {
    "broken quoting": (b'a,b\n1,"x"y\n2,13812345678\n', "line 2"),
    "an encoding mixed in": (
        b"a,b\n1," + "张三".encode("gb18030") + b"\n2," + "电话13812345678\n".encode(),
        "line 2",
    ),
    "a line without end": (b"a,b\n" + b"x" * 5_000_000 + b"\n2,13812345678\n", "line 2"),
}


@pytest.mark.parametrize("name", BAD)
def test_rows_that_cannot_be_read_are_named_and_the_rest_is_examined(tmp_path: Path, name: str) -> None:
    raw, place = BAD[name]
    (tmp_path / "bad.csv").write_bytes(raw)
    found = scan([tmp_path / "bad.csv"])
    assert place in found.skipped[0].what
    assert found.rows_hit == 1


MESSY = {
    "semicolons": "name;mail\n张三;a@b.com\n李四;c@d.com\n".encode(),
    "no header": "张三,a@b.com\n李四,c@d.com\n".encode(),
    "a byte-order mark": b"\xef\xbb\xbfname,mail\nx,a@b.com\ny,c@d.com\n",
    "UTF-16": "name\tmail\nx\ta@b.com\ny\tc@d.com\n".encode("utf-16"),
    "GB 18030": "姓名,邮箱\n张三,a@b.com\n李四,c@d.com\n".encode("gb18030"),
    "a line end in quotes": b'name,mail\n"x\r\ny",a@b.com\nz,"c@d.com"\n',
    "more cells than the header": b"name\nx,a@b.com\ny,c@d.com\n",
}


@pytest.mark.parametrize("name", MESSY)
def test_csv_is_read_as_it_is_found(tmp_path: Path, name: str) -> None:
    (tmp_path / "messy.csv").write_bytes(MESSY[name])
    found = scan([tmp_path / "messy.csv"])
    assert (found.rows, found.skipped) == (2, ())
    assert {column.type for column in found.columns if column.type == "EMAIL_ADDRESS"} == {"EMAIL_ADDRESS"}
    assert len(found.columns) == 2


def test_ten_thousand_columns_and_an_empty_file_are_no_trouble(tmp_path: Path) -> None:
    (tmp_path / "wide.csv").write_text(
        ",".join(f"c{n}" for n in range(10_000)) + "\n" + ",".join(["x"] * 10_000) + "\n"
    )
    (tmp_path / "empty.csv").write_text("")
    assert scan([tmp_path / "wide.csv", tmp_path / "empty.csv"]).rows == 1


@pytest.mark.parametrize("name", ["a.exe", "a.parquet", "a.sqlite"])
def test_what_is_no_table_is_refused_in_words(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"no such thing")
    with pytest.raises(UnreadableInput):
        list(batches(tmp_path / name))
    assert name in scan([tmp_path / name]).skipped[0].what


def test_risk_measures_of_a_textbook_table(tmp_path: Path) -> None:
    path = tmp_path / "r.csv"
    path.write_text("zip,age,illness\n1,20,flu\n1,20,flu\n1,20,cold\n2,30,flu\n2,30,flu\n3,40,cold\n")
    measured = risk(batches(path), ("zip", "age"), "illness")
    assert (measured.rows, measured.classes, measured.k, measured.unique_rows) == (6, 3, 1, 1)
    assert (measured.l_diversity, measured.average_risk, measured.highest_risk) == (1, 0.5, 1.0)
    assert measured.t_closeness == pytest.approx(0.6667)
    with pytest.raises(UnreadableInput, match="no column 'name'"):
        risk(batches(path), ("name",))


def test_the_worked_example_of_the_documentation_is_what_is_measured() -> None:
    root = Path(__file__).parents[3]
    shown = {
        cells[0]: cells[1:3]
        for line in (root / "docs" / "personal-data.md").read_text(encoding="utf-8").splitlines()
        if len(cells := [cell.strip() for cell in line.strip("|").split("|")]) == 4
    }
    names = ("k", "unique rows", "highest risk", "average risk", "l diversity", "t closeness")
    by_hand = {"patients": (1, 1, 1.0, 0.375, 1, 0.75), "patients_generalised": (4, 0, 0.25, 0.25, 3, 0.125)}
    for place, (name, numbers) in enumerate(by_hand.items()):
        measured = risk(batches(root / "examples" / "datasets" / f"{name}.csv"), ("zip", "age"), "illness")
        assert tuple(getattr(measured, measure.replace(" ", "_")) for measure in names) == numbers
        assert tuple(shown[measure][place] for measure in names) == tuple(map(str, numbers))


def test_batches_can_be_profiled_in_any_order(people: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sizes, "MAX_CELLS", 200)
    results = [examine(batch) for batch in batches(people)]
    assert profiled(results) == profiled(reversed(results))
