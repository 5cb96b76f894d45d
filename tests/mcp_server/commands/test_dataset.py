"""`yumen dataset`: exit codes that a pipeline can act on, and files that can be checked later."""

from pathlib import Path

import pytest

from mcp_server.cli import main

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
