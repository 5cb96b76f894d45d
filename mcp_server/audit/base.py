"""Where a pruned log begins: a small file beside the segments, which a signed record of the log must confirm."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import orjson

from mcp_server.audit.errors import LogDamaged
from mcp_server.audit.keys import write_durably

NAME: Final = "base.json"
EVENT: Final = "log.pruned"


@dataclass(frozen=True, slots=True)
class Base:
    """Index of the first record that is kept, and of the record that says so (None for a log that was never pruned)."""

    first: int = 0
    record: int | None = None

    def confirmed_by(self, fields: dict[str, Any]) -> bool:
        """Does a record's envelope say that the log was pruned up to here, or further?

        Further: a replica's copy keeps a segment until all of it is before the base of the log in the database.
        """
        said = fields.get("details", {}).get("base")
        return fields.get("event") == EVENT and isinstance(said, int) and said >= self.first

    def write(self, directory: Path) -> None:
        write_durably(directory / NAME, orjson.dumps({"base": self.first, "record": self.record}))


def read_base(directory: Path) -> Base:
    """Raises LogDamaged."""
    try:
        raw: dict[str, Any] = orjson.loads((directory / NAME).read_bytes())
        return Base(int(raw["base"]), int(raw["record"]))
    except FileNotFoundError:
        return Base()
    except (orjson.JSONDecodeError, KeyError, TypeError, ValueError) as error:
        raise LogDamaged("base.json, which says what was pruned, is not readable", remedy="restore it") from error
