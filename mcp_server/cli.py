"""The `yumen` command. Each group of subcommands lives in `mcp_server/commands/`, and imports what it needs when it runs."""

from __future__ import annotations

import argparse
import importlib
import sys
from importlib.metadata import version

from scanners.errors import YumenError

COMMANDS = ("serve", "call", "key", "audit", "policy", "db", "model", "image", "doctor")
EXIT_ERROR = 4


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return its exit code; an expected failure is printed in words, never as a traceback."""
    parser = argparse.ArgumentParser(
        prog="yumen", description="Yumen, the Jade Gate: governed tools for supply-chain and Responsible-AI checks."
    )
    parser.add_argument("--version", action="version", version=f"yumen {version('yumen')}")
    subparsers = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for name in COMMANDS:
        importlib.import_module(f"mcp_server.commands.{name}").register(subparsers)
    namespace = parser.parse_args(arguments)
    try:
        return int(namespace.run(namespace))
    except YumenError as error:
        print(error.diagnostics(), file=sys.stderr)
        return EXIT_ERROR
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # the reader of our output left, e.g. `yumen audit tail | head`
        sys.stderr.close()
        return 0


if __name__ == "__main__":
    sys.exit(main())
