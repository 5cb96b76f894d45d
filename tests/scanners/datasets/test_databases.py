"""Tables of real databases: read in one read-only transaction; what cannot be read is named, and nothing shows the URL."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from postgresql import cluster

from scanners.datasets.batches import Batch
from scanners.datasets.databases import DatabaseUnavailable, read, snapshot
from scanners.datasets.executors import here
from scanners.datasets.scan import Source, scan
from scanners.errors import TargetMissing, UnreadableInput

pytest.importorskip("sqlalchemy")
ROWS = [
    ("张伟", "110101199003074514", 13812345678, "电话13800138000"),
    ("王芳", "110101199003074514", 13912345678, None),
]


@pytest.fixture
def file(tmp_path: Path) -> str:
    path = tmp_path / "shop.sqlite"
    with sqlite3.connect(path) as database:
        database.execute("create table people (name text, id_card text, phone integer, note text)")
        database.executemany("insert into people values (?, ?, ?, ?)", ROWS)
        database.execute('create table "empty table" (a int)')
    return f"sqlite:///{path}"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    psycopg = pytest.importorskip("psycopg")
    with cluster() as postgres:
        with psycopg.connect(postgres.dsn, autocommit=True) as connection:
            connection.execute("create table people (name text, id_card char(18), phone bigint, note text)")
            with connection.cursor() as cursor:
                cursor.executemany("insert into people values (%s, %s, %s, %s)", ROWS)
            connection.execute("create schema hr")
            connection.execute("create table hr.staff (born date, photo bytea, extra jsonb, tags text[])")
            connection.execute(
                "insert into hr.staff values ('1990-03-07', '\\x00', '{\"tel\": \"13812345678\"}', '{a,13912345678}')"
            )
            connection.execute("create table many as select n, 'x' as t from generate_series(1, 30000) n")
        parts = dict(part.split("=") for part in postgres.dsn.split())
        yield f"postgresql://{parts['user']}@{parts['host']}:{parts['port']}/{parts['dbname']}"


BAD = {
    "no URL": ("nothing", UnreadableInput),
    "a kind that is not read": ("oracle://u:hush@127.0.0.1/x", UnreadableInput),
    "a MySQL that is not there": ("mysql://u:hush@127.0.0.1:1/x", DatabaseUnavailable),
    "a file that is not there": ("sqlite:////nowhere/x.sqlite", TargetMissing),
    "a server that is not there": ("postgresql://u:hush@127.0.0.1:1/x", DatabaseUnavailable),
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_no_database_is_refused_without_its_url(name: str) -> None:
    url, refusal = BAD[name]
    with pytest.raises(refusal) as error:
        list(read(url))
    assert "hush" not in error.value.diagnostics()


def test_a_table_that_is_not_there_is_refused(file: str) -> None:
    with pytest.raises(TargetMissing):
        list(read(file, ("peple",)))


def test_every_table_of_a_file_is_read(file: str) -> None:
    found = scan([Source("db", "shop", lambda: read(file))])
    kinds = {column.name: column.type for column in found.columns}
    assert (kinds["name"], kinds["id_card"], kinds["phone"]) == ("PERSON", "CN_ID_CARD", "PHONE_NUMBER")
    assert found.rows == 2


def test_a_snapshot_holds_the_same_rows(file: str, tmp_path: Path) -> None:
    assert snapshot(file, tmp_path / "copy.sqlite") == ()
    with sqlite3.connect(tmp_path / "copy.sqlite") as copy:
        assert copy.execute("select id_card from people").fetchall() == [(row[1],) for row in ROWS]


def test_a_killed_scan_examines_only_what_it_has_not_seen(tmp_path: Path) -> None:
    path, manifest = tmp_path / "shop.sqlite", tmp_path / "manifest.jsonl"
    with sqlite3.connect(path) as database:
        database.execute("create table people (id integer primary key, phone text)")
        database.executemany("insert into people values (?, ?)", [(n, "x") for n in range(30_000)])
    source = Source("env:SHOP", "env:SHOP", lambda: read(f"sqlite:///{path}"), b"k" * 32)
    examined: list[int] = []

    def killed_after_two(tasks, threshold):
        for task, result in zip(range(2), here(tasks, threshold), strict=False):
            examined.append(task)
            yield result

    def counting(tasks, threshold):
        for result in here(tasks, threshold):
            examined.append(result[1].number)
            yield result

    scan([source], executor=killed_after_two, manifest=manifest)
    with sqlite3.connect(path) as database:
        database.execute("update people set phone = '13812345678' where id = 5")
    examined.clear()
    found = scan([source], executor=counting, manifest=manifest)
    assert examined == [0, 2]  # the first one changed, the second is known, the third was never read
    assert (found.rows, found.rows_hit) == (30_000, 1)
    assert "13812345678" not in manifest.read_text()
    assert "env:SHOP" in manifest.read_text()


def test_a_batch_is_known_by_its_rows_only_with_the_key() -> None:
    batch = Batch("t", 0, 1, ("a",), (("13812345678",),))
    assert batch.digest(b"k") != batch.digest(b"l")
    assert batch.digest(b"k") != Batch("t", 0, 1, ("a",), (("13812345679",),)).digest(b"k")


@pytest.mark.service
def test_a_server_is_read_in_every_schema_and_bytes_are_named(server: str) -> None:
    batches = {batch.table.partition("/")[2]: batch for batch in read(server, ("people", "hr.staff"))}
    assert batches["people"].rows[0][:3] == ("张伟", "110101199003074514", "13812345678")
    (staff,) = batches["hr.staff"].rows
    assert staff[0] == "1990-03-07"
    assert staff[1] == ""
    assert "13812345678" in staff[2]
    assert "13912345678" in staff[3]
    assert ["column photo" in skipped.what for skipped in batches["hr.staff"].skipped] == [True]


@pytest.mark.service
def test_rows_past_the_limit_are_named(server: str) -> None:
    batches = list(read(server, ("many",), most=25_000))
    assert sum(len(batch.rows) for batch in batches) == 25_000
    assert [skipped.what.partition(": ")[2] for batch in batches for skipped in batch.skipped] == ["rows after 25000"]


@pytest.mark.service
def test_the_transaction_cannot_write(server: str) -> None:
    import sqlalchemy

    from scanners.datasets import databases

    with databases._connected(server) as connection, pytest.raises(sqlalchemy.exc.SQLAlchemyError):
        connection.execute(sqlalchemy.text("insert into people (name) values ('x')"))


@pytest.fixture(scope="module")
def mysql() -> Iterator[str]:
    pymysql = pytest.importorskip("pymysql")
    from mariadb import DATABASE, PASSWORD, USER, mariadb

    with mariadb() as url:
        port = int(url.rpartition(":")[2].partition("/")[0])
        with (
            pymysql.connect(
                host="127.0.0.1", port=port, user=USER, password=PASSWORD, database=DATABASE, autocommit=True
            ) as connection,
            connection.cursor() as cursor,
        ):
            cursor.execute("create table people (name text, id_card char(18), phone bigint, note text)")
            cursor.executemany("insert into people values (%s, %s, %s, %s)", ROWS)
            cursor.execute(
                "create table staff (id int primary key, born date, photo blob, extra json, sex enum('f', 'm'), "
                "paid decimal(9, 2))"
            )
            cursor.execute(
                "insert into staff values (2, '1990-03-07', x'00', '{\"tel\": \"13812345678\"}', 'f', 1.50), "
                "(1, null, null, null, null, null)"
            )
            cursor.execute("create table many as select seq as n, 'x' as t from seq_1_to_30000")
        yield url


@pytest.mark.service
def test_mariadb_is_read_in_the_order_of_its_keys_and_bytes_are_named(mysql: str) -> None:
    batches = {batch.table.partition("/")[2]: batch for batch in read(mysql, ("people", "staff"))}
    assert sorted(row[:3] for row in batches["people"].rows) == sorted(
        (name, card, str(phone)) for name, card, phone, _ in ROWS
    )
    first, second = batches["staff"].rows
    assert (first[0], second[0]) == ("1", "2")
    assert second[1:] == ("1990-03-07", "", '{"tel": "13812345678"}', "f", "1.50")
    assert ["column photo" in skipped.what for skipped in batches["staff"].skipped] == [True]


@pytest.mark.service
def test_mariadb_is_read_in_bounds_and_in_one_transaction_that_cannot_write(mysql: str) -> None:
    import sqlalchemy

    from scanners.datasets import databases

    assert sum(len(batch.rows) for batch in read(mysql, ("many",), most=25_000)) == 25_000
    with databases._connected(mysql) as connection, pytest.raises(sqlalchemy.exc.SQLAlchemyError) as refused:
        connection.execute(sqlalchemy.text("insert into people (name) values ('x')"))
    assert "READ ONLY" in str(refused.value)


@pytest.mark.service
def test_a_wrong_password_is_not_told_and_the_url_is_not_shown(mysql: str) -> None:
    with pytest.raises(DatabaseUnavailable) as error:
        list(read(mysql.replace("hush", "wrong-word")))
    assert "wrong-word" not in error.value.diagnostics()
