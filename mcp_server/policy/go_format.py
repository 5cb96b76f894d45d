"""`sprintf` as OPA prints it: Go's fmt over what Rego values become there. https://pkg.go.dev/fmt

A whole number is an int64, one with a fraction a float64, a string a string, and everything else the text that Rego
writes it as.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

_DIRECTIVE = re.compile(r"%(?P<flags>[-+# 0]*)(?P<width>\d+)?(?:\.(?P<precision>\d*))?(?P<verb>.)?", re.DOTALL)
_LONGEST = 10_000
"""Characters that a width or a precision may ask for; fmt stops at a million."""


class _Flags:
    def __init__(self, found: re.Match[str]) -> None:
        self.flags = found["flags"]
        self.width = int(found["width"] or 0)
        precision = found["precision"]
        self.precision = None if precision is None else int(precision or 0)
        if self.width > _LONGEST or (self.precision or 0) > _LONGEST:
            raise ValueError("a width in a format is too large")

    def padded(self, text: str, *, zeros: bool = True) -> str:
        if "-" in self.flags:
            return text.ljust(self.width)
        if "0" in self.flags and zeros:
            sign = text[:1] if text[:1] in ("+", "-", " ") else ""
            return sign + text[len(sign) :].rjust(self.width - len(sign), "0")
        return text.rjust(self.width)

    def signed(self, text: str) -> str:
        if text.startswith("-"):
            return text
        return "+" + text if "+" in self.flags else " " + text if " " in self.flags else text


def sprintf(form: str, arguments: list[Any]) -> str:
    """`form` with each directive replaced by the next of `arguments`. Raises TypeError for other types."""
    if not isinstance(form, str) or not isinstance(arguments, list):
        raise TypeError("sprintf takes a string and an array")
    left = iter(arguments)
    text = _DIRECTIVE.sub(lambda found: _directive(found, left), form)
    extra = [f"{_type(_go(value))}={_plain(_go(value))}" for value in left]
    return f"{text}%!(EXTRA {', '.join(extra)})" if extra else text


def rego_text(value: Any) -> str:
    """How Rego writes `value`."""
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case str():
            return quoted(value)
        case int():
            return str(value)
        case float():
            return _shortest(value)
        case dict():
            items = sorted(value.items(), key=lambda item: order(item[0]))
            return "{" + ", ".join(f"{rego_text(key)}: {rego_text(item)}" for key, item in items) + "}"
        case set() | frozenset():
            return "{" + ", ".join(rego_text(item) for item in sorted(value, key=order)) + "}" if value else "set()"
        case list() | tuple():
            return "[" + ", ".join(rego_text(item) for item in value) + "]"
    raise TypeError(f"no value of Rego: {type(value).__name__}")


def order(value: Any) -> tuple[int, Any]:
    """A key by which values of Rego sort: null, booleans, numbers, strings, arrays, objects, sets."""
    match value:
        case None:
            return 0, 0
        case bool():
            return 1, value
        case int() | float():
            return 2, value
        case str():
            return 3, value
        case list() | tuple():
            return 4, [order(item) for item in value]
        case dict():
            return 5, [(order(key), order(value[key])) for key in sorted(value, key=order)]
    return 6, sorted(order(item) for item in value)


def quoted(text: str) -> str:
    """strconv.Quote."""
    return '"' + "".join(_escaped(sign) for sign in text) + '"'


_ESCAPES = {
    '"': '\\"', "\\": "\\\\", "\a": "\\a", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\v": "\\v"
}  # fmt: skip


def _escaped(sign: str) -> str:
    if sign in _ESCAPES:
        return _ESCAPES[sign]
    if sign == " " or sign.isprintable():
        return sign
    code = ord(sign)
    if code < 0x20 or code == 0x7F:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _go(value: Any) -> int | float | str:
    """What `value` is handed to fmt as."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return rego_text(value)
    return value


def _type(value: int | float | str) -> str:
    return "string" if isinstance(value, str) else "float64" if isinstance(value, float) else "int64"


def _plain(value: int | float | str) -> str:
    return _shortest(value) if isinstance(value, float) else str(value)


def _directive(found: re.Match[str], left: Iterator[Any]) -> str:
    verb = found["verb"]
    if verb is None:
        return "%!(NOVERB)"
    if verb == "%":
        return "%"
    if verb in "*[":
        raise ValueError(f"%{verb} in a format is not supported")
    try:
        value = _go(next(left))
    except StopIteration:
        return f"%!{verb}(MISSING)"
    how = _Flags(found)
    if verb == "T":
        return how.padded(_type(value) if how.precision is None else _type(value)[: how.precision])
    if "#" in how.flags and (isinstance(value, float) or verb not in "xXobOq"):
        raise ValueError(f"{found[0]} in a format is not supported")
    printed = _printed(value, verb, how)
    return f"%!{verb}({_type(value)}={_printed(value, 'v', how)})" if printed is None else printed


def _printed(value: int | float | str, verb: str, how: _Flags) -> str | None:
    """`value` as `verb` prints it, None if that is a verb for other types."""
    if isinstance(value, str):
        return _string(value, verb, how)
    return _float(value, verb, how) if isinstance(value, float) else _integer(value, verb, how)


def _string(value: str, verb: str, how: _Flags) -> str | None:
    if verb in "xX":
        data = value.encode() if how.precision is None else value.encode()[: how.precision]
        digits = data.hex(" ") if " " in how.flags else data.hex()
        text = ("0x" + digits if "#" in how.flags and digits else digits).replace(
            " ", " 0x" if "#" in how.flags else " "
        )
        return how.padded(text if verb == "x" else text.upper())
    cut = value if how.precision is None else value[: how.precision]
    if verb == "q":
        if "#" in how.flags and "`" not in cut and (cut.isprintable() or cut.replace("\t", "").isprintable()):
            return how.padded(f"`{cut}`")
        return how.padded("".join(_ascii(sign) for sign in quoted(cut)) if "+" in how.flags else quoted(cut))
    if verb in "sv":
        return how.padded(cut)
    return None


def _ascii(sign: str) -> str:
    code = ord(sign)
    return sign if code < 0x80 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _integer(value: int, verb: str, how: _Flags) -> str | None:
    if verb in "dvboOxX":
        base = {"b": "b", "o": "o", "O": "o", "x": "x", "X": "X"}.get(verb, "d")
        digits = format(abs(value), base)
        if how.precision is not None:
            digits = "" if how.precision == 0 and value == 0 else digits.rjust(how.precision, "0")
        elif "0" in how.flags and "-" not in how.flags and how.width:
            # fmt counts the sign into the width of the digits, and any prefix not.
            has_sign = value < 0 or "+" in how.flags or " " in how.flags
            digits = digits.rjust(how.width - has_sign, "0")
        prefix = {"b": "0b", "o": "0", "x": "0x", "X": "0X"}.get(verb, "") if "#" in how.flags else ""
        if verb == "o" and digits.startswith("0"):
            prefix = ""
        if verb == "O":
            prefix = "0o"
        text = ("-" if value < 0 else "") + prefix + digits
        return how.padded(how.signed(text), zeros=False)
    if verb in "cqU":
        sign = chr(value) if 0 <= value <= 0x10FFFF and not 0xD800 <= value < 0xE000 else "\ufffd"
        if verb == "c":
            return how.padded(sign)
        if verb == "U":
            return how.padded(f"U+{value & 0xFFFFFFFFFFFFFFFF:0{max(4, how.precision or 0)}X}", zeros=False)
        return how.padded("'" + ("\\'" if sign == "'" else '"' if sign == '"' else _escaped(sign)) + "'", zeros=False)
    return None


def _float(value: float, verb: str, how: _Flags) -> str | None:
    if verb in "xXb":
        raise ValueError(f"%{verb} of a number with a fraction is not supported")
    if verb not in "veEfFgG":
        return None
    if verb in "vgG" and how.precision is None:
        text = _shortest(value)
    elif verb in "eEfF":
        text = format(value, f".{6 if how.precision is None else how.precision}{verb.lower()}")
    else:
        text = format(value, f".{how.precision}g")
    return how.padded(how.signed(text.upper() if verb in "EG" else text))


def _shortest(value: float) -> str:
    """%g of strconv: the shortest digits that are this number, with an exponent below 1e-4 and from 1e6 up."""
    if value != value or value in (float("inf"), float("-inf")):
        return {"inf": "+Inf", "-inf": "-Inf"}.get(str(value), "NaN")
    mantissa, _, power = repr(value).partition("e")
    sign = "-" if mantissa.startswith("-") else ""
    whole, _, fraction = mantissa.lstrip("-").partition(".")
    fraction = "" if fraction == "0" else fraction
    figures = (whole + fraction).lstrip("0")
    leading = len(whole + fraction) - len((whole + fraction).lstrip("0"))
    point = len(whole) - leading + int(power or 0)
    figures = figures.rstrip("0") or "0"
    if figures == "0":
        return sign + "0"
    if point - 1 < -4 or point - 1 >= 6:
        rest = "." + figures[1:] if len(figures) > 1 else ""
        return f"{sign}{figures[0]}{rest}e{point - 1:+03d}"
    if point <= 0:
        return f"{sign}0.{'0' * -point}{figures}"
    if len(figures) <= point:
        return sign + figures + "0" * (point - len(figures))
    return f"{sign}{figures[:point]}.{figures[point:]}"
