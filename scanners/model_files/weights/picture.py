"""A picture of what differs: one column a layer, one row a kind of parameter, the darker the more."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from html import escape

from scanners.model_files.weights.difference import State, TensorDifference

MAX_COLUMNS = 200
MAX_ROWS = 60
_CELL, _LEFT, _TOP = 14, 260, 46

_LAYER = re.compile(r"(?:^|\.)(\d+)(?=\.|$)")
_COLORS: dict[State, str] = {"added": "#2f6fb0", "removed": "#6b4fa0", "shape": "#8c2d04", "dtype": "#8c2d04"}
_SCALE = ("#fee6ce", "#fdae6b", "#f16913", "#d94801", "#8c2d04")
_LEGEND = (
    ("equal", "#e7eee7"),
    ("cast", "#c9e2c3"),
    *((f"changed by {10.0**exponent:.0e}", color) for exponent, color in zip(range(-4, 1), _SCALE, strict=True)),
    ("added", _COLORS["added"]),
    ("removed", _COLORS["removed"]),
)


def draw(tensors: Sequence[TensorDifference]) -> str:
    """An SVG of all `tensors`; the relative difference of a changed one gives its colour, on a logarithmic scale."""
    cells: dict[tuple[str, int], TensorDifference] = {}
    for tensor in tensors:
        place = _place(tensor.name)
        if place not in cells or _weight(tensor) > _weight(cells[place]):
            cells[place] = tensor
    rows = sorted({row for row, _ in cells})
    columns = sorted({column for _, column in cells})
    shown_rows, shown_columns = rows[:MAX_ROWS], columns[:MAX_COLUMNS]
    width = max(_LEFT + _CELL * len(shown_columns) + 20, 900)
    height = _TOP + _CELL * len(shown_rows) + 40
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" font-family="sans-serif" '
        f'font-size="10"><rect width="100%" height="100%" fill="white"/>'
    ]
    parts += _legend()
    for index, column in enumerate(shown_columns):
        if column >= 0 and column % 5 == 0:
            parts.append(f'<text x="{_LEFT + index * _CELL}" y="{_TOP - 5}">{column}</text>')
    for line, row in enumerate(shown_rows):
        y = _TOP + line * _CELL
        parts.append(f'<text x="{_LEFT - 6}" y="{y + 10}" text-anchor="end">{escape(row[-44:])}</text>')
        for index, column in enumerate(shown_columns):
            if (cell := cells.get((row, column))) is not None:
                parts.append(
                    f'<rect x="{_LEFT + index * _CELL}" y="{y}" width="{_CELL - 1}" height="{_CELL - 1}" '
                    f'fill="{_color(cell)}"><title>{escape(_words(cell))}</title></rect>'
                )
    beyond = len(rows) - len(shown_rows), len(columns) - len(shown_columns)
    if any(beyond):
        parts.append(f'<text x="6" y="{height - 12}">not drawn: {beyond[0]} rows, {beyond[1]} layers</text>')
    return "".join([*parts, "</svg>"])


def _place(name: str) -> tuple[str, int]:
    """The kind of a parameter and its layer: the first number in its name; -1 outside the layers."""
    found = _LAYER.search(name)
    if found is None:
        return name, -1
    return f"{name[: found.start(1)]}*{name[found.end(1) :]}", int(found[1][:9])


def _weight(tensor: TensorDifference) -> float:
    return {"equal": -2.0, "cast": -1.0, "changed": tensor.relative_difference}.get(tensor.state, math.inf)


def _color(tensor: TensorDifference) -> str:
    if tensor.state == "equal":
        return "#e7eee7"
    if tensor.state == "cast":
        return "#c9e2c3"
    if tensor.state in _COLORS:
        return _COLORS[tensor.state]
    change = tensor.relative_difference
    step = math.floor(math.log10(change)) + 5 if change > 0 and math.isfinite(change) else 0
    return _SCALE[max(0, min(step, len(_SCALE) - 1))]


def _words(tensor: TensorDifference) -> str:
    change = f", by {tensor.relative_difference:.2g} of its norm" if tensor.state == "changed" else ""
    return f"{tensor.name[:200]}: {tensor.state}{change}"


def _legend() -> list[str]:
    parts, x = [], 6
    for words, color in _LEGEND:
        parts.append(f'<rect x="{x}" y="8" width="10" height="10" fill="{color}"/>')
        parts.append(f'<text x="{x + 14}" y="17">{words}</text>')
        x += 26 + 6 * len(words)
    return parts
