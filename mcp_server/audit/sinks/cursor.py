"""How far a sink is: a small file that survives power cuts, one for each sink."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import orjson

from mcp_server.audit.errors import LogDamaged
from mcp_server.audit.keys import write_durably

FOLDER: Final = "cursors"


class Cursor:
    """Index of the first record that the sink has not acknowledged. Blocking."""

    def __init__(self, directory: Path, name: str, origin: str) -> None:
        self._path = directory / FOLDER / f"{name}.json"
        self._origin = origin
        self.position = self._read()

    def _read(self) -> int:
        try:
            stored = orjson.loads(self._path.read_bytes())
            if stored["log"] != self._origin:
                raise LogDamaged(
                    f"the cursor {self._path.name} is that of another log", remedy="remove it to send all again"
                )
            return int(stored["next"])
        except FileNotFoundError:
            return 0
        except (orjson.JSONDecodeError, KeyError, TypeError, ValueError) as error:
            raise LogDamaged(
                f"the cursor {self._path.name} is not readable", remedy="remove it to send all again"
            ) from error

    def move(self, position: int) -> None:
        """Durably; never backwards."""
        if position <= self.position:
            return
        self._path.parent.mkdir(mode=0o700, exist_ok=True)
        write_durably(self._path, orjson.dumps({"log": self._origin, "next": position}))
        self.position = position


def positions(directory: Path) -> list[int]:
    """The position of every cursor there is. Raises LogDamaged for one that is not readable."""
    found = []
    for path in (directory / FOLDER).glob("*.json"):
        try:
            found.append(int(orjson.loads(path.read_bytes())["next"]))
        except (orjson.JSONDecodeError, KeyError, TypeError, ValueError) as error:
            raise LogDamaged(f"the cursor {path.name} is not readable", remedy="remove it to send all again") from error
    return found
