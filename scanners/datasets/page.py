"""The profile of a data set as one HTML page: what kinds of personal data, in which columns, how surely, what was not read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from html import escape

from scanners.datasets.profile import Column, Kind, Profile
from scanners.reports.page import page

_KINDS: dict[Kind, tuple[str, str]] = {
    "identifier": ("of one type", "单一类型"),
    "mixed": ("of several types", "多种类型"),
    "free_text": ("inside text", "文本之中"),
    "clean": ("none found", "未发现"),
    "empty": ("empty", "空"),
}
_LEVEL_COLOURS = ("#8a929b", "#2e7d4f", "#7a9a01", "#b98900", "#c2571a", "#b3261e")
_MOST_COLUMNS = 2000
_MOST_SKIPPED = 200
_MOST_TYPES = 40


def to_html(profile: Profile, inputs: Sequence[str], date: str) -> str:
    """The page; it holds names, counts and shares, never the data. Everything that came from an input is escaped."""
    named = "<br>".join(escape(name) for name in inputs[:50]) + (
        f"<br>… and {len(inputs) - 50:,} more" if len(inputs) > 50 else ""
    )
    share = profile.rows_hit / profile.rows if profile.rows else 0.0
    unread = len(profile.skipped)
    summary = (
        f"<p>{profile.rows:,} rows 行, {profile.rows_hit:,} ({share:.1%}) with personal data 含个人信息; "
        f"{len(profile.columns):,} columns 列; "
        + (
            f"<strong>{unread:,} {'place' if unread == 1 else 'places'} not examined 处未检查</strong>"
            if unread
            else "everything was examined 全部已检查"
        )
        + "</p>"
    )
    return page(
        "Personal data in a data set 数据集个人信息报告",
        '<h1>Personal data in a data set<span class="zh" lang="zh">数据集个人信息报告</span></h1>'
        f'<p class="meta">{escape(date)}<br>{named}</p>{summary}{_types(profile)}{_columns(profile)}{_unread(profile)}',
    )


def _types(profile: Profile) -> str:
    """Cells by type, as bars."""
    cells: Counter[str] = Counter()
    for column in profile.columns:
        cells.update(column.types)
    if not cells:
        return ""
    shown = cells.most_common(_MOST_TYPES)
    rows = "".join(
        f'<tr><td class="id">{escape(kind)}</td><td style="width:60%">{_bar(count / shown[0][1], "#1f6f5c")}</td>'
        f'<td style="text-align:right">{count:,}</td></tr>'
        for kind, count in shown
    )
    more = f'<p class="meta">… and {len(cells) - len(shown)} more types</p>' if len(cells) > len(shown) else ""
    return (
        '<h2>Cells by type<span class="zh" lang="zh">按类型的单元格数</span></h2>'
        f"<table><tbody>{rows}</tbody></table>{more}"
    )


def _columns(profile: Profile) -> str:
    """The columns, those of the highest level first."""
    ordered = sorted(profile.columns, key=lambda column: (-column.level, -column.confidence, column.table, column.name))
    rows = "".join(map(_row, ordered[:_MOST_COLUMNS]))
    left = len(ordered) - _MOST_COLUMNS
    more = f'<p class="meta">… and {left:,} more columns</p>' if left > 0 else ""
    return (
        '<h2>Columns<span class="zh" lang="zh">列</span></h2>'
        '<p class="meta">Levels by JR/T 0197-2020, 1 to 5; share: of the filled cells, those that are of the type, or hold '
        "any. 分级依据 JR/T 0197-2020；比例：非空单元格中属于或含有该类型者。</p>"
        "<table><thead><tr><th>table 表</th><th>column 列</th><th>personal data 个人信息</th><th>types 类型</th>"
        f"<th>share 比例</th><th>level 级</th></tr></thead><tbody>{rows}</tbody></table>{more}"
    )


def _row(column: Column) -> str:
    english, chinese = _KINDS[column.kind]
    types = ", ".join(f"{escape(kind)} {count:,}" for kind, count in Counter(column.types).most_common(8))
    colour = _LEVEL_COLOURS[column.level]
    level = f'<span class="tag" style="background:{colour}">{column.level}</span>' if column.level else ""
    bar = f"{_bar(column.confidence, colour)}{column.confidence:.0%}" if column.types else ""
    return (
        f"<tr><td>{escape(column.table)}</td><td>{escape(column.name)}</td>"
        f'<td>{english} <span class="zh" lang="zh">{chinese}</span></td><td>{types}</td>'
        f'<td style="width:16%">{bar}</td><td>{level}</td></tr>'
    )


def _bar(share: float, colour: str) -> str:
    return (
        '<svg class="bar" viewBox="0 0 100 14" preserveAspectRatio="none" aria-hidden="true">'
        '<rect width="100" height="14" fill="#dfe3e8"/>'
        f'<rect width="{100 * min(max(share, 0.0), 1.0):.2f}" height="14" fill="{colour}"/></svg>'
    )


def _unread(profile: Profile) -> str:
    if not profile.skipped:
        return ""
    rows = "".join(
        f"<tr><td>{escape(skipped.what)}</td><td>{escape(skipped.why)}</td></tr>"
        for skipped in profile.skipped[:_MOST_SKIPPED]
    )
    left = len(profile.skipped) - _MOST_SKIPPED
    more = f'<p class="meta">… and {left:,} more places</p>' if left > 0 else ""
    return (
        '<h2>Not examined<span class="zh" lang="zh">未检查</span></h2>'
        f"<table><thead><tr><th>where 位置</th><th>why 原因</th></tr></thead><tbody>{rows}</tbody></table>{more}"
    )
