"""JSON lines: one value a line; names inside it are columns, joined by dots."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from scanners.datasets.batches import MAX_CELLS, MAX_CHARACTERS, Batch, Gathering
from scanners.datasets.cells import Cell, Editor
from scanners.datasets.encodings import encoding_of, lines
from scanners.datasets.nested import Path as Place
from scanners.datasets.nested import flattened, parsed, texts, with_texts
from scanners.errors import LimitReached
from scanners.personal_data.find import DEFAULT_THRESHOLD, find
from scanners.personal_data.redact import WITHHELD

MAX_NAMES = 1_000
"""Names that get a column of their own; those of a file that uses data as names share one."""
OTHER_NAMES = "(other names)"
NAMES = "(names)"


def read(path: Path, encoding: str) -> Iterator[Batch]:
    """A batch of lines at a time; a line that is not JSON is named."""
    gathering = Gathering(path.name, ())
    places: dict[str, int] = {}
    with path.open("rb") as file:
        for line in lines(file, encoding_of(file, encoding)):
            if not line.unread and not line.text.strip():
                continue
            try:
                found = flattened(parsed(line.text)) if not line.unread else {}
            except (ValueError, LimitReached) as error:
                gathering.unreadable(f"line {line.number}", f"not JSON ({_why(error)})")
                continue
            if line.unread:
                gathering.unreadable(f"line {line.number}", line.unread)
                continue
            row = _row(found, places)
            gathering.columns = tuple(places)
            yield from gathering.add(row)
    yield from gathering.rest()


def _row(found: dict[str, str], places: dict[str, int]) -> tuple[str, ...]:
    """The texts of a line in the order of the columns, of which it may bring new ones."""
    cells: dict[int, str] = {}
    for name, text in found.items():
        if name not in places and (len(places) >= MAX_NAMES or _is_personal(name)):
            name, text = OTHER_NAMES, f"{name}: {text}"
        place = places.setdefault(name, len(places))
        cells[place] = f"{cells[place]} ; {text}" if place in cells else text
    return tuple(cells.get(place, "") for place in range(len(places)))


@lru_cache(maxsize=10_000)
def _is_personal(name: str) -> bool:
    return bool(find(name[:1_000], threshold=DEFAULT_THRESHOLD).entities)


def _why(error: Exception) -> str:
    """Without the text itself, which a JSON error does not hold either."""
    return "more levels or names than are read" if isinstance(error, LimitReached) else str(error).partition(":")[0]


def rewrite(path: Path, encoding: str, output: Path, editor: Editor) -> None:
    """The file with the texts and names in its values edited. A line that is not JSON becomes a withheld string."""
    with path.open("rb") as file:
        encoding = encoding_of(file, encoding)
        with output.open("w", encoding=encoding, errors="replace", newline="") as written:
            block: list[_Read] = []
            characters = 0
            row = 0
            for line in lines(file, encoding):
                problem, read = line.unread, _Read(line.text)
                if not problem and line.text.strip():
                    try:
                        value = parsed(line.text)
                        read = _Read(line.text, value, tuple(texts(value)))
                    except (ValueError, LimitReached) as error:
                        problem = f"not JSON ({_why(error)})"
                if problem:
                    editor.unread(path.name, f"line {line.number}", problem)
                    read = _Read(json.dumps(WITHHELD) + "\n")
                block.append(read)
                characters += len(line.text)
                if characters >= MAX_CHARACTERS or len(block) >= MAX_CELLS // 20:
                    written.writelines(_edited(path.name, block, row, editor))
                    row += len(block)
                    block, characters = [], 0
            written.writelines(_edited(path.name, block, row, editor))


@dataclass(frozen=True, slots=True)
class _Read:
    """One line: as it was written, as a value, and the texts in that."""

    line: str
    value: Any = None
    texts: tuple[tuple[Place, str, str], ...] = ()


def _edited(table: str, block: list[_Read], row: int, editor: Editor) -> Iterator[str]:
    """The lines of a block: those in which nothing changes as they were written."""
    cells: list[Cell] = []
    places: list[tuple[int, Place]] = []
    names: dict[str, int] = {}
    for number, read in enumerate(block):
        for place, column, text in read.texts:
            cells.append(Cell(row + number + 1, column, text))
            places.append((number, place))
        for name in _names(read.value):
            names.setdefault(name, row + number + 1)
    told = editor.edited(table, [*cells, *(Cell(first, NAMES, name) for name, first in names.items())])
    changed: dict[int, dict[Place, str]] = {}
    for (number, place), before, after in zip(places, cells, told, strict=False):
        if after != before.text:
            changed.setdefault(number, {})[place] = after
    renamed = {name: after for name, after in zip(names, told[len(cells) :], strict=True) if after != name}
    for number, read in enumerate(block):
        line = read.line
        if number not in changed and not (renamed and renamed.keys() & _names(read.value)):
            yield line
            continue
        made = _renamed(with_texts(read.value, changed.get(number, {})), renamed)
        end = line[len(line.rstrip("\r\n")) :]
        compact = (",", ":") if '":"' in line or '":{' in line or '":[' in line else None
        yield json.dumps(made, ensure_ascii=line.isascii(), separators=compact) + end


def _names(value: object) -> set[str]:
    if isinstance(value, dict):
        return set(value).union(*map(_names, value.values()))
    return set().union(*map(_names, value)) if isinstance(value, list) else set()


def _renamed(value: Any, names: dict[str, str]) -> Any:
    """The value with names exchanged; two that become one are counted, so that nothing is lost."""
    if isinstance(value, list):
        return [_renamed(item, names) for item in value]
    if not isinstance(value, dict):
        return value
    made: dict[str, Any] = {}
    for name, item in value.items():
        new = shown = str(names.get(name, name))
        number = 2
        while shown in made or (shown != name and shown in value):
            shown, number = f"{new}~{number}", number + 1
        made[shown] = _renamed(item, names)
    return made
