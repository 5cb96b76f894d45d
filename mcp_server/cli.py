"""The `yumen` command. Each module of `mcp_server/commands/` with a `register` is a group of subcommands."""

from __future__ import annotations

import argparse
import importlib
import pkgutil
import sys
from importlib.metadata import version

from mcp_server import commands
from scanners.errors import YumenError

EXIT_ERROR = 4


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return its exit code; an expected failure is printed in words, never as a traceback."""
    parser = argparse.ArgumentParser(
        prog="yumen", description="Yumen, the Jade Gate: governed tools for supply-chain and Responsible-AI checks."
    )
    parser.add_argument("--version", action="version", version=f"yumen {version('yumen')}")
    subparsers = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for found in pkgutil.iter_modules(commands.__path__):
        module = importlib.import_module(f"mcp_server.commands.{found.name}")
        if hasattr(module, "register"):
            module.register(subparsers)
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
