"""`yumen policy …` as its users meet it."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from mcp_server.cli import main

Run = Callable[..., tuple[int, str]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Run `yumen policy` with arguments; the exit code and what was printed."""

    def run_it(*arguments: object) -> tuple[int, str]:
        code = main(["policy", *(str(argument) for argument in arguments)])
        printed = capsys.readouterr()
        return code, printed.out + printed.err

    return run_it


@pytest.fixture
def team(tmp_path: Path, run: Run) -> Path:
    """A pack begun with `yumen policy new`."""
    assert run("new", tmp_path / "team", "storage/encrypted")[0] == 0
    return tmp_path / "team"


def test_a_new_check_is_whole(team: Path, run: Run) -> None:
    assert run("check", team, "--alone")[0] == 0
    assert run("test", team, "--alone") == (0, "PASS: 4  FAIL: 0\n")
    code, printed = run("coverage", team, "--alone", "--fail-under", "100")
    assert code == 0
    assert "100.0 %  team/checks/storage/encrypted.rego" in printed
    assert "storage.encrypted" in run("docs", team, "--alone")[1]
    assert "team.checks.storage.encrypted" in run("list", team)[1]


@pytest.mark.service
def test_a_new_check_passes_on_opa_too(team: Path, opa: str) -> None:
    for verb in (["test"], ["check", "--strict"], ["fmt", "--list", "--fail"]):
        ran = subprocess.run([opa, *verb, team], capture_output=True, check=False, timeout=60)
        assert ran.returncode == 0, ran


def test_a_place_that_cannot_be_written_is_said(team: Path, run: Run, tmp_path: Path) -> None:
    for arguments in (("bundle", team), ("docs", team, "--alone")):
        code, printed = run(*arguments, "--output", tmp_path / "nowhere" / "x")
        assert code == 4
        assert "cannot be written" in printed


def test_a_check_is_never_overwritten(team: Path, run: Run) -> None:
    code, printed = run("new", team, "storage/encrypted")
    assert code == 4
    assert "is there already" in printed


@pytest.mark.parametrize("name", ["storage", "storage/", "/x", "Storage/x", "a/b/c", "../x/y", "a/b-c", "1/a"])
def test_a_check_needs_a_plain_name(tmp_path: Path, run: Run, name: str) -> None:
    assert run("new", tmp_path, name)[0] == 4
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("package a\n\np if {\n", "bad.rego:4:1: "),
        ("package a\n\np if nope(1)\n", "bad.rego:3:10: unknown function nope"),
        ("# METADATA\n# titel: x\npackage a\n", "bad.rego:1:1: METADATA has unknown keys: titel"),
        ("package yumen.authz\n\nallow := true\n", "belongs to authz/authz.rego"),
    ],
)
def test_check_names_file_and_line(team: Path, run: Run, text: str, place: str) -> None:
    (team / "bad.rego").write_text(text)
    code, printed = run("check", team)
    assert code != 0
    assert place in printed


def test_a_failing_test_is_named_with_its_line(team: Path, run: Run) -> None:
    (team / "x_test.rego").write_text("package x_test\n\ntest_right if 1 == 1\n\ntest_wrong if 1 == 2\n")
    code, printed = run("test", team, "--alone")
    assert code == 1
    assert "team/x_test.rego:5:1: test_wrong: the test is not true" in printed
    assert "PASS: 5  FAIL: 1" in printed


def test_coverage_names_the_lines_that_no_test_reaches(team: Path, run: Run) -> None:
    (team / "x.rego").write_text("package x\n\np if {\n\tinput.a\n\tinput.b\n}\n")
    code, printed = run("coverage", team, "--alone", "--fail-under", "99")
    assert code == 1
    assert "0.0 %  team/x.rego  not reached: 4, 5" in printed


def test_explain_tells_how_far_each_rule_got(team: Path, run: Run, tmp_path: Path) -> None:
    (tmp_path / "in.json").write_text('{"resources": [{"id": "a", "encrypted": true}]}')
    rule = "data.team.checks.storage.encrypted.deny"
    code, printed = run("explain", team, "--alone", "--rule", rule, "--input", tmp_path / "in.json")
    assert code == 0
    assert f"{rule}: Encrypted\n[]\n" in printed
    assert "did not hold at line 37: resource.encrypted == false" in printed
    assert run("explain", team, "--alone", "--rule", rule + "x", "--input", tmp_path / "in.json")[0] == 4


def test_bench_answers_in_milliseconds(team: Path, run: Run, tmp_path: Path) -> None:
    (tmp_path / "in.json").write_text("{}")
    rule = "data.team.checks.storage.encrypted.deny"
    code, printed = run("bench", team, "--alone", "--rule", rule, "--input", tmp_path / "in.json", "--count", "5")
    assert code == 0
    assert printed.startswith("5 evaluations through the engine process: median ")


@pytest.mark.parametrize("content", ["", "[]", "{", "\udcff"])
def test_an_input_that_is_no_object_is_refused(team: Path, run: Run, tmp_path: Path, content: str) -> None:
    (tmp_path / "in.json").write_bytes(content.encode("utf-8", "surrogateescape"))
    assert run("explain", "--rule", "data.yumen.authz.decision", "--input", tmp_path / "in.json")[0] == 4
    assert run("explain", "--rule", "data.yumen.authz.decision", "--input", tmp_path / "none.json")[0] == 4


def test_a_bundle_takes_the_place_of_its_folder(team: Path, run: Run, tmp_path: Path) -> None:
    key = rsa.generate_private_key(65537, 2048)
    (tmp_path / "key.pem").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    (tmp_path / "key.pub").write_bytes(
        key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    )
    signed, plain = tmp_path / "signed.tar.gz", tmp_path / "plain.tar.gz"
    code, printed = run("bundle", team, "--output", signed, "--signing-key", tmp_path / "key.pem", "--key-id", "team")
    assert code == 0
    assert "signed" in printed
    assert run("bundle", team, "--output", plain)[0] == 0
    assert run("bundle", team, "--output", plain, "--signing-key", tmp_path / "key.pub")[0] == 4
    config = tmp_path / "yumen.toml"
    config.write_text(f'[policy.verification_keys.team]\nkey = "{tmp_path}/key.pub"\n')
    assert run("test", signed, "--alone", "--config", config) == (0, "PASS: 4  FAIL: 0\n")
    code, printed = run("test", plain, "--alone", "--config", config)
    assert code == 4
    assert "not signed" in printed


def test_diff_shows_what_a_change_would_decide_differently(team: Path, run: Run, tmp_path: Path) -> None:
    def event(number: int, encrypted: bool, result: object) -> str:
        document = {"resources": [{"id": "a", "encrypted": encrypted}]}
        path = "team/checks/storage/encrypted/examined"
        return json.dumps({"decision_id": str(number), "path": path, "input": document, "result": result})

    log = tmp_path / "log.jsonl"
    log.write_text(event(1, True, ["a"]) + "\n" + event(2, False, ["b"]) + "\n")
    code, printed = run("diff", team, "--alone", "--decisions", log)
    assert code == 1
    assert '2 data.team.checks.storage.encrypted.examined\n  - ["b"]\n  + ["a"]\n' in printed
    assert "1 the same, 1 changed, 0 cannot be decided again" in printed
    log.write_text("rubbish\n")
    assert run("diff", team, "--alone", "--decisions", log)[0] == 4
    assert run("diff", team, "--alone", "--decisions", tmp_path / "none")[0] == 4


def test_rego_of_before_1_0_can_be_tested(tmp_path: Path, run: Run) -> None:
    (tmp_path / "old.rego").write_text('package old\n\nviolation[{"msg": msg}] {\n\tinput.x\n\tmsg := "x"\n}\n')
    (tmp_path / "old_test.rego").write_text(
        'package old\n\ntest_it {\n\tcount(violation) == 1 with input as {"x": true}\n}\n'
    )
    assert run("test", tmp_path, "--alone")[0] != 0
    assert run("test", tmp_path, "--alone", "--v0-compatible") == (0, "PASS: 1  FAIL: 0\n")


def test_alone_needs_a_pack(run: Run) -> None:
    assert run("test", "--alone")[0] == 4
