"""`yumen serve`: the server, over HTTP or over stdio."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from mcp_server.collector import collecting_nothing


def register(subparsers: Any) -> None:
    parser = subparsers.add_parser("serve", help="start the server")
    add_settings_arguments(parser)
    parser.add_argument("--http", metavar="HOST:PORT", help="listen here (default 127.0.0.1:8765)")
    parser.add_argument("--stdio", action="store_true", help="speak MCP over stdin and stdout instead of HTTP")
    parser.set_defaults(run=_serve)


def add_settings_arguments(parser: argparse.ArgumentParser) -> None:
    """The options that every command with a configuration takes."""
    parser.add_argument("--config", type=Path, metavar="FILE", help="yumen.toml")
    parser.add_argument("--data-dir", type=Path, metavar="DIR", help="where Yumen keeps its keys, log and databases")
    parser.add_argument(
        "--root",
        type=Path,
        action="append",
        metavar="DIR",
        help="a folder whose content may be examined; can be repeated",
    )


def overrides_of(namespace: argparse.Namespace) -> dict[str, Any]:
    """What the command line says, as overrides for `config.load`."""
    overrides: dict[str, Any] = {}
    if namespace.data_dir is not None:
        overrides["data_dir"] = namespace.data_dir
    if namespace.root:
        overrides["paths"] = {"roots": [str(root) for root in namespace.root]}
    if getattr(namespace, "http", None):
        overrides["server"] = {"http": namespace.http}
    return overrides


def _serve(namespace: argparse.Namespace) -> int:
    with collecting_nothing():
        from mcp_server import config
        from mcp_server.serving import serve_http, serve_stdio

        settings = config.load(namespace.config, overrides_of(namespace))
    return serve_stdio(settings) if namespace.stdio else serve_http(settings)
