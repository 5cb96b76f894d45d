"""The command line as a whole: what it offers, and in which groups."""

from __future__ import annotations

import pytest

from mcp_server.cli import main

GROUPS = [
    "approval",
    "audit",
    "call",
    "compliance",
    "dataset",
    "db",
    "doctor",
    "image",
    "key",
    "model",
    "policy",
    "serve",
]


def offered(capsys, *arguments: str) -> list[str]:
    """The commands that the help lists."""
    with pytest.raises(SystemExit):
        main([*arguments, "--help"])
    lines = capsys.readouterr().out.splitlines()
    return [line.split()[0] for line in lines if line.startswith("    ") and not line.startswith("     ")]


def test_a_command_stands_in_its_group_and_nowhere_else(capsys):
    assert [name for name in offered(capsys) if name != "COMMAND"] == GROUPS
    assert {"erase", "prove", "verify", "search"} <= set(offered(capsys, "audit"))
    with pytest.raises(SystemExit):
        main(["erase", "--subject", "somebody"])
    assert "invalid choice" in capsys.readouterr().err
