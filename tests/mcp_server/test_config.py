"""Configuration: what is unknown or wrong is an error that names the key."""

from __future__ import annotations

from pathlib import Path

import pytest

from mcp_server.config import ConfigurationError, Settings, load


def test_the_defaults_are_safe() -> None:
    settings = load()
    assert settings.server.is_loopback
    assert settings.paths.roots == ()
    assert settings.paths.allow_hard_links is False
    assert settings.audit.acknowledge == "durable"
    assert settings.identity.issuers == ()


@pytest.mark.parametrize(
    ("toml", "named"),
    [
        ("[server]\nhtpp = '127.0.0.1:1'", "server.htpp"),
        ("typo = 1", "typo"),
        ("[server]\nhttp = '127.0.0.1'", "HOST:PORT"),
        ("[server]\nhttp = '127.0.0.1:99999'", "HOST:PORT"),
        ("[limits]\nargument_bytes = 0", "limits.argument_bytes"),
        ("[audit]\nacknowledge = 'never'", "audit.acknowledge"),
        ("[server", "cannot be read"),
    ],
)
def test_a_wrong_file_is_refused_and_the_key_is_named(tmp_path: Path, toml: str, named: str) -> None:
    file = tmp_path / "yumen.toml"
    file.write_text(toml)
    with pytest.raises(ConfigurationError, match=named):
        load(file)


def test_a_missing_or_binary_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "binary").write_bytes(b"\xff\xfe")
    for name in ("absent", "binary"):
        with pytest.raises(ConfigurationError, match="cannot be read"):
            load(tmp_path / name)


def test_the_environment_overrides_the_file_and_the_command_line_overrides_both(tmp_path, monkeypatch) -> None:
    file = tmp_path / "yumen.toml"
    file.write_text("[server]\nhttp = '127.0.0.1:1'\npath = '/a'\n[sandbox]\nworkers = 3")
    monkeypatch.setenv("YUMEN__SERVER__HTTP", "127.0.0.1:2")
    monkeypatch.setenv("YUMEN__PATHS__ROOTS", '["/srv/models"]')
    settings = load(file, {"sandbox": {"workers": 5}})
    assert (settings.server.http, settings.server.path, settings.sandbox.workers) == ("127.0.0.1:2", "/a", 5)
    assert settings.paths.roots == (Path("/srv/models"),)


def test_an_unknown_variable_with_our_prefix_is_an_error(monkeypatch) -> None:
    monkeypatch.setenv("YUMEN__SERVER__HTPP", "127.0.0.1:2")
    with pytest.raises(ConfigurationError, match=r"server\.htpp"):
        load()


def test_every_setting_is_documented_where_it_is_declared() -> None:
    def undocumented(model, path: str) -> list[str]:
        found = []
        for name, info in model.model_fields.items():
            inner = info.annotation
            if hasattr(inner, "model_fields"):
                found += undocumented(inner, f"{path}{name}.")
            elif not info.description:
                found.append(path + name)
        return found

    assert undocumented(Settings, "") == []
