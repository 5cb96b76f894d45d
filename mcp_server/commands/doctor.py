"""`yumen doctor`: what is wrong with this installation, in words."""

from __future__ import annotations

import argparse
from typing import Any

from mcp_server.commands.serve import add_settings_arguments, overrides_of


def register(subparsers: Any) -> None:
    parser = subparsers.add_parser("doctor", help="check the installation, the configuration and every part")
    add_settings_arguments(parser)
    parser.set_defaults(run=_doctor)


def _doctor(namespace: argparse.Namespace) -> int:
    from mcp_server import config, installation

    settings = config.load(namespace.config, overrides_of(namespace))
    checks = [*installation.packages(), *installation.environment(settings)]
    for check in checks:
        print(f"{'ok  ' if check.ok else 'FAIL'}  {check.subject}: {check.words}")
    return 0 if all(check.ok for check in checks) else 1
