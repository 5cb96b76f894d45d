"""`time.*` of Rego by the rules of Go's time package. https://pkg.go.dev/time

A moment is nanoseconds since 1970, or [nanoseconds, zone] or [nanoseconds, zone, layout].
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from mcp_server.policy.native import native

_SECOND = 10**9
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_RFC_3339 = re.compile(r"(\d{4})-(\d\d)-(\d\d)T(\d\d?):(\d\d):(\d\d)(?:[.,](\d+))?(?:Z|([+-])(\d\d):(\d\d))", re.ASCII)
_LAYOUTS = {
    "ANSIC": "Mon Jan _2 15:04:05 2006",
    "UnixDate": "Mon Jan _2 15:04:05 MST 2006",
    "RubyDate": "Mon Jan 02 15:04:05 -0700 2006",
    "RFC822": "02 Jan 06 15:04 MST",
    "RFC822Z": "02 Jan 06 15:04 -0700",
    "RFC850": "Monday, 02-Jan-06 15:04:05 MST",
    "RFC1123": "Mon, 02 Jan 2006 15:04:05 MST",
    "RFC1123Z": "Mon, 02 Jan 2006 15:04:05 -0700",
    "RFC3339": "2006-01-02T15:04:05Z07:00",
    "RFC3339Nano": "2006-01-02T15:04:05.999999999Z07:00",
}
_CHUNK = re.compile(
    r"January|Jan|Monday|Mon|MST|2006|Z07:00:00|Z070000|Z07:00|Z0700|Z07|-07:00:00|-070000|-07:00|-0700|-07|__2|_2(?!006)|"
    r"002|0[1-6]|15|PM|pm|[.,]0+(?!\d)|[.,]9+(?!\d)|[1-5]"
)


def parse_rfc3339(text: str) -> int:
    """Nanoseconds of a time as RFC 3339 writes it; no leap second, no small letters, no space."""
    found = _RFC_3339.fullmatch(text) if isinstance(text, str) else None
    if found is None:
        raise ValueError("no time of RFC 3339")
    year, month, day, hour, minute, second = (int(part) for part in found.groups()[:6])
    offset = 0
    if found[8]:
        hours, minutes = int(found[9]), int(found[10])
        if hours > 24 or minutes >= 60:
            raise ValueError("time zone offset out of range")
        offset = (hours * 3600 + minutes * 60) * (-1 if found[8] == "-" else 1)
    moment = datetime(year, month, day, hour, minute, second, tzinfo=UTC) if year else None
    if moment is None:
        raise ValueError("time outside of valid range")
    seconds = (moment - _EPOCH) // timedelta(seconds=1) - offset
    return _valid(seconds * _SECOND + int((found[7] or "0")[:9].ljust(9, "0")))


def parse(layout: str, text: str) -> int:
    """`time.parse_ns`, for the layouts of RFC 3339 and those without a zone; all of `text` has to fit."""
    if not isinstance(layout, str) or not isinstance(text, str):
        raise TypeError("a string is wanted")
    if layout in ("RFC3339", "RFC3339Nano", _LAYOUTS["RFC3339"], _LAYOUTS["RFC3339Nano"]):
        return parse_rfc3339(text)
    form = _LAYOUTS.get(layout, layout)
    if not (form.isascii() and text.isascii()) or "MST" in form or "07" in form:
        raise ValueError("such a layout is not supported")
    moment = int(native("time.parse_ns", form, text))
    if _written(moment, UTC, form) != text:
        raise ValueError("the time does not fit the layout")
    return moment


def form(moment: Any) -> str:
    """`time.format`: RFC 3339 with as many digits of a second as there are, unless a layout is given."""
    nanoseconds, zone, layout = _moment(moment)
    return _written(nanoseconds, zone, _LAYOUTS.get(layout, layout) or _LAYOUTS["RFC3339Nano"])


def add_date(moment: Any, years: int, months: int, days: int) -> int:
    """`time.add_date`: a 31 November is 1 December. Raises ValueError outside of what nanoseconds can tell."""
    if any(isinstance(value, bool) or not isinstance(value, int) for value in (years, months, days)):
        raise TypeError("an integer is wanted")
    nanoseconds, zone, _ = _moment(moment)
    local = _local(nanoseconds, zone)
    carry, month = divmod(local.month - 1 + months, 12)
    try:
        day = date(local.year + years + carry, month + 1, 1) + timedelta(days=local.day - 1 + days)
        moved = datetime.combine(day, local.time(), zone)
        seconds = (moved.astimezone(UTC) - _EPOCH) // timedelta(seconds=1)
    except (OverflowError, ValueError):
        raise ValueError("time outside of valid range") from None
    return _valid(seconds * _SECOND + nanoseconds % _SECOND)


def difference(one: Any, other: Any) -> list[int]:
    """`time.diff`: years, months, days, hours, minutes and seconds between two moments, in the zone of the first."""
    # https://stackoverflow.com/a/36531443, as OPA has it.
    (first, zone, _), (second, _, _) = _moment(one), _moment(other)
    earlier, later = sorted((first, second))
    begin, end = _local(earlier, zone), _local(later, zone)
    year, month, day = end.year - begin.year, end.month - begin.month, end.day - begin.day
    hour, minute, sec = end.hour - begin.hour, end.minute - begin.minute, end.second - begin.second
    if sec < 0:
        sec, minute = sec + 60, minute - 1
    if minute < 0:
        minute, hour = minute + 60, hour - 1
    if hour < 0:
        hour, day = hour + 24, day - 1
    if day < 0:
        day, month = day + monthrange(begin.year, begin.month)[1], month - 1
    if month < 0:
        month, year = month + 12, year - 1
    return [year, month, day, hour, minute, sec]


def _moment(value: Any) -> tuple[int, tzinfo, str]:
    given = value if isinstance(value, list) else [value]
    if not 1 <= len(given) <= 3 or isinstance(given[0], bool) or not isinstance(given[0], int):
        raise TypeError("nanoseconds are wanted, or an array of them, a zone and a layout")
    if not all(isinstance(part, str) for part in given[1:]):
        raise TypeError("zone and layout are strings")
    return _valid(given[0]), _zone(given[1] if len(given) > 1 else ""), given[2] if len(given) > 2 else ""


def _zone(name: str) -> tzinfo:
    if name in ("", "UTC", "Local"):
        return UTC  # the process has no other
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, KeyError):
        raise ValueError("unknown time zone") from None


def _local(nanoseconds: int, zone: tzinfo) -> datetime:
    return (_EPOCH + timedelta(seconds=nanoseconds // _SECOND)).astimezone(zone)


def _valid(nanoseconds: int) -> int:
    if not -(2**63) <= nanoseconds < 2**63:
        raise ValueError("time outside of valid range")
    return nanoseconds


def _written(nanoseconds: int, zone: tzinfo, layout: str) -> str:
    local = _local(nanoseconds, zone)
    fraction = f"{nanoseconds % _SECOND:09d}"
    before = ""

    def chunk(found: re.Match[str]) -> str:
        nonlocal before
        piece = found[0]
        after, before = before, piece
        if piece[0] in ".,":
            # Digits of a second follow its seconds, else they are just digits.
            if after not in ("05", "5") or layout[found.start() - len(after) : found.start()] != after:
                return piece
            digits = fraction[: len(piece) - 1]
            if piece[1] == "9":
                digits = digits.rstrip("0")
                return piece[0] + digits if digits else ""
            return piece[0] + digits.ljust(len(piece) - 1, "0")
        return _piece(piece, local)

    return _CHUNK.sub(chunk, layout)


def _piece(piece: str, local: datetime) -> str:
    hour = local.hour % 12 or 12
    match piece:
        case "January" | "Jan" | "Monday" | "Mon":
            return local.strftime({"January": "%B", "Jan": "%b", "Monday": "%A", "Mon": "%a"}[piece])
        case "2006":
            return f"{local.year:04d}"
        case "06":
            return f"{local.year % 100:02d}"
        case "01" | "1":
            return f"{local.month:0{len(piece)}d}"
        case "02" | "2":
            return f"{local.day:0{len(piece)}d}"
        case "_2":
            return f"{local.day:2d}"
        case "__2" | "002":
            return f"{local.timetuple().tm_yday:{'03' if piece == '002' else '3'}d}"
        case "15":
            return f"{local.hour:02d}"
        case "03" | "3":
            return f"{hour:0{len(piece)}d}"
        case "04" | "4":
            return f"{local.minute:0{len(piece)}d}"
        case "05" | "5":
            return f"{local.second:0{len(piece)}d}"
        case "PM":
            return "PM" if local.hour >= 12 else "AM"
        case "pm":
            return "pm" if local.hour >= 12 else "am"
        case "MST":
            return local.tzname() or "UTC"
    return _offset(piece, local)


def _offset(piece: str, local: datetime) -> str:
    seconds = int((local.utcoffset() or timedelta(0)).total_seconds())
    if piece[0] == "Z" and seconds == 0:
        return "Z"
    hours, rest = divmod(abs(seconds), 3600)
    minutes, left = divmod(rest, 60)
    parts = [f"{hours:02d}", f"{minutes:02d}", f"{left:02d}"][: len(piece.replace(":", "")) // 2]
    return ("-" if seconds < 0 else "+") + (":" if ":" in piece else "").join(parts)


EXTENSIONS: Mapping[str, tuple[int, Callable[..., Any]]] = {
    "time.add_date": (4, add_date),
    "time.diff": (2, difference),
    "time.format": (1, form),
    "time.parse_ns": (2, parse),
    "time.parse_rfc3339_ns": (1, parse_rfc3339),
}
"""Name -> number of arguments and the function."""
