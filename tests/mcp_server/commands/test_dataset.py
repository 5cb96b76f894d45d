"""`yumen dataset`: exit codes that a pipeline can act on, and files that can be checked later."""

import json
import sqlite3
from pathlib import Path

import pytest

from mcp_server.cli import main
from tests.scanners.sources.conftest import Store, gcs, s3

__all__ = ["gcs", "s3"]

ID = "110101199003074514"


def test_a_data_set_is_redacted_in_a_worker_and_can_be_verified(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a.csv").write_text(f"id_card,note\n{ID},x\n{ID},y\n")
    keys = ["--data-dir", str(tmp_path / "data")]
    paths = [str(tmp_path / "a.csv"), str(tmp_path / "b.csv")]
    assert main(["dataset", "redact", *paths, "--type", "CN_ID_CARD=token", "--column", "note=empty", *keys]) == 0
    assert ID not in (tmp_path / "b.csv").read_text()
    assert main(["dataset", "verify", paths[1], *keys]) == 0
    assert main(["dataset", "verify", paths[1], *keys, "--tenant", "rival"]) == 1
    assert main(["dataset", "redact", *paths, *keys]) == 4
    assert "something is there" in capfd.readouterr().err


@pytest.mark.parametrize(
    "wrong", [["--method", "rot13"], ["--column", "id_card=rot13"], ["--profile", "x"], ["--encoding", "x"]]
)
def test_what_cannot_be_done_is_said_and_leaves_nothing_behind(tmp_path: Path, wrong: list[str]) -> None:
    (tmp_path / "a.csv").write_text(f"id_card\n{ID}\n")
    keys = ["--data-dir", str(tmp_path / "data")]
    assert main(["dataset", "redact", str(tmp_path / "a.csv"), str(tmp_path / "b.csv"), *wrong, *keys]) == 4
    assert {path.name for path in tmp_path.iterdir()} <= {"a.csv", "data"}


def test_a_database_is_scanned_and_redacted_by_reference(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("sqlalchemy")
    with sqlite3.connect(tmp_path / "shop.sqlite") as database:
        database.execute("create table people (id_card text, note text)")
        database.executemany("insert into people values (?, ?)", [(ID, "x"), (ID, "y")])
        database.execute("create table other (note text)")
    monkeypatch.setenv("SHOP", f"sqlite:///{tmp_path}/shop.sqlite")
    assert main(["dataset", "scan", "env:SHOP", "--workers", "1", "--table", "people"]) == 1
    assert "CN_ID_CARD" in capfd.readouterr().out
    keys = ["--data-dir", str(tmp_path / "data")]
    assert main(["dataset", "redact", "env:SHOP", str(tmp_path / "new.sqlite"), *keys]) == 0
    with sqlite3.connect(tmp_path / "new.sqlite") as made:
        assert made.execute("select id_card, note from people").fetchall() == [
            ("<CN_ID_CARD>", "x"),
            ("<CN_ID_CARD>", "y"),
        ]
    assert main(["dataset", "verify", str(tmp_path / "new.sqlite"), *keys]) == 0
    assert main(["dataset", "scan", "env:NOWHERE", "--workers", "1"]) == 4
    assert main(["dataset", "scan", "s3://models/x", "--workers", "1"]) == 4  # no such place is configured


@pytest.mark.service
@pytest.mark.parametrize("scheme", ["s3", "gs"])
def test_objects_of_a_store_are_scanned_one_by_one(
    scheme: str,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
) -> None:
    store: Store = request.getfixturevalue("s3" if scheme == "s3" else "gcs")
    store.put("models/people/a.csv", f"id_card,note\n{ID},x\n{ID},y\n".encode())
    store.put("models/people/deep/b.jsonl", b'{"phone": "13812345678"}\n')
    store.put("models/people/c.bin", b"nothing that is read")
    lines = [f'endpoint = "{store.endpoint}"', f'scheme = "{scheme}"', 'place = "models"', 'prefix = "people"']
    for name, value in store.access.secrets.items():
        monkeypatch.setenv(f"TEST_{name.upper()}", value)
    credentials = ", ".join(f'{name} = "env:TEST_{name.upper()}"' for name in store.access.secrets)
    lines.append(f"credentials = {{ {credentials} }}")
    if store.access.region:
        lines.append(f'region = "{store.access.region}"')
    (tmp_path / "yumen.toml").write_text("[[sources.places]]\n" + "\n".join(lines) + "\n")
    command = [
        "dataset",
        "scan",
        f"{scheme}://models/people",
        "--workers",
        "1",
        "--config",
        str(tmp_path / "yumen.toml"),
        "--json",
    ]
    command += ["--manifest", str(tmp_path / "scan.jsonl")]
    assert main(command) == 1
    found = json.loads(capfd.readouterr().out)
    assert {(column["table"], column["type"]) for column in found["columns"]} == {
        ("a.csv", "CN_ID_CARD"),
        ("a.csv", None),
        ("b.jsonl", "PHONE_NUMBER"),
    }
    assert main(command) == 1  # from the manifest
    assert json.loads(capfd.readouterr().out) == found
    assert main([*command[:2], f"{scheme}://models/elsewhere", *command[3:]]) == 4
