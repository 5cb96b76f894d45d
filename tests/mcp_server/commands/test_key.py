from __future__ import annotations

import argparse
from pathlib import Path

import pytest

from mcp_server.commands import key
from mcp_server.identity.authenticator import open_key_store
from scanners.errors import YumenError


def run(data_dir: Path, *arguments: str) -> int:
    parser = argparse.ArgumentParser()
    key.register(parser.add_subparsers(required=True))
    namespace = parser.parse_args(["key", *arguments, "--data-dir", str(data_dir)])
    return int(namespace.run(namespace))


def test_a_created_key_is_printed_once_and_listed_without_its_secret(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told = [
        "--label",
        "nightly scan",
        "--tenant",
        "acme",
        "--role",
        "agent",
        "--role",
        "viewer",
        "--scope",
        "yumen:read",
    ]
    assert run(tmp_path / "new", "create", *told, "--jurisdiction", "CN", "--expires", "30d") == 0
    printed, said = capsys.readouterr()
    created = printed.strip()
    identifier, secret = created.split("_")[1:]
    assert identifier in said
    assert secret not in said
    assert run(tmp_path / "new", "list") == 0
    listed = capsys.readouterr().out
    assert secret not in listed
    for word in (identifier, "active", "acme", "agent,viewer", "yumen:read", "CN", "nightly scan"):
        assert word in listed
    (stored,) = open_key_store(tmp_path / "new").all()
    assert stored.expires == stored.created + 30 * 86400


@pytest.mark.parametrize("place", ["cn", "China", "", "CN\n"])
def test_a_key_is_not_given_a_jurisdiction_that_is_none(tmp_path: Path, place: str) -> None:
    with pytest.raises(SystemExit):
        run(tmp_path, "create", "--role", "agent", "--jurisdiction", place)


def test_a_key_needs_a_role(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(tmp_path, "create") == 2
    assert "--role" in capsys.readouterr().err
    assert open_key_store(tmp_path).all() == ()


@pytest.mark.parametrize("form", ["{id}", "ymn_{id}", "{key}"])
def test_a_key_is_revoked_by_its_id_or_itself(tmp_path: Path, capsys: pytest.CaptureFixture[str], form: str) -> None:
    created, stored = open_key_store(tmp_path).create(label="", tenant="acme", roles=("agent",))
    assert run(tmp_path, "revoke", form.format(id=stored.id, key=created)) == 0
    assert "revoked" in capsys.readouterr().out
    (after,) = open_key_store(tmp_path).all()
    assert after.state(after.created) == "revoked"


def test_an_unknown_key_cannot_be_revoked(tmp_path: Path) -> None:
    with pytest.raises(YumenError, match="no API key"):
        run(tmp_path, "revoke", "abc")


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90d", 7_776_000), ("12h", 43_200), ("30m", 1800), ("2w", 1_209_600), ("1y", 31_536_000), ("never", None)],
)
def test_an_age_in_words(text: str, seconds: float | None) -> None:
    assert key.lifetime(text) == seconds


@pytest.mark.parametrize("text", ["", "90", "d", "0d", "-1d", "1.5h", "90 d", "1d\n", "forever", "9999999d", "１d"])
def test_what_is_no_age_is_refused(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError):
        key.lifetime(text)


@pytest.mark.parametrize(
    "told",
    [
        ["--scope", "a b"],
        ["--scope", 'a"b'],
        ["--scope", ""],
        ["--role", "a\nb"],
        ["--role", ""],
        ["--tenant", " "],
        ["--tenant", "\x1b[31m"],
    ],
)
def test_names_that_would_be_misread_are_refused(tmp_path: Path, told: list[str]) -> None:
    with pytest.raises(SystemExit):
        run(tmp_path, "create", "--role", "agent", *told)
