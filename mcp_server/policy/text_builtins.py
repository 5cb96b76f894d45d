"""Functions of Rego on text that the embedded engine answers differently: here as Go's library, and so OPA, does them.

Wrong types raise, as strict built-in errors do. https://www.openpolicyagent.org/docs/policy-reference/builtins
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from functools import lru_cache
from typing import Any
from urllib.parse import quote_plus, unquote_to_bytes

from mcp_server.policy.formats import PRINT
from mcp_server.policy.go_format import sprintf
from mcp_server.policy.go_regex import PATTERN, go_pattern
from mcp_server.policy.native import native


def upper(text: str) -> str:
    """strings.ToUpper: rune by rune, so that a text keeps its length ('ß' stays)."""
    return text.upper() if text.isascii() else "".join(_one(sign, sign.upper(), sign.title()) for sign in text)


def lower(text: str) -> str:
    """strings.ToLower: rune by rune, no matter where in a word ('Σ' is always 'σ')."""
    return text.lower() if text.isascii() else "".join(_one(sign, sign.lower(), sign.lower()[:1]) for sign in text)


def _one(sign: str, mapped: str, simple: str) -> str:
    return mapped if len(mapped) == 1 else simple if len(simple) == 1 else sign


def substring(text: str, offset: int, length: int) -> str:
    """`length` characters from `offset` on, all that follow if it is negative."""
    start, many = _whole(offset), _whole(length)
    if start < 0:
        raise ValueError("negative offset")
    return _text(text)[start:] if many < 0 else _text(text)[start : start + many]


def indexof(text: str, search: str) -> int:
    """Where `search` begins in `text`, -1 if nowhere."""
    if not _text(search):
        raise ValueError("empty search character")
    return _text(text).find(search)


def indexof_n(text: str, search: str) -> list[int]:
    """Where `search` begins in `text`, overlapping ones too."""
    if not _text(search):
        raise ValueError("empty search character")
    return [at for at in range(len(_text(text))) if text.startswith(search, at)]


def glob_quote_meta(text: str) -> str:
    """`text` as a glob that matches just it."""
    return re.sub(r"[*?\\\[\]{}]", lambda found: "\\" + found[0], _text(text))


def regex_replace(text: str, pattern: str, value: str) -> str:
    """`text` with each match of `pattern` replaced; a pattern that is none raises."""
    if not _is_pattern(_text(pattern)):
        raise ValueError("invalid regex")
    return str(native("regex.replace", _text(text), pattern, _text(value)))


@lru_cache(maxsize=4096)
def _is_pattern(pattern: str) -> bool:
    return bool(native("regex.is_valid", pattern))


def regex_split(pattern: str, text: str) -> list[str]:
    """The parts of `text` around what `pattern` matches. A pattern that matches the empty text is refused."""
    # Go and the engine's library disagree on empty matches at both ends.
    if native("regex.match", f"^(?:{_text(pattern)})$", ""):
        raise ValueError("a pattern that may match nothing cannot split a text here")
    return list(native("regex.split", pattern, _text(text)))


def regex_template_match(template: str, text: str, start: str, end: str) -> bool:
    """Whether `text` fits `template`, where patterns stand between the delimiters (gorilla/mux)."""
    for delimiter in (start, end):
        if len(_text(delimiter).encode()) != 1:
            raise ValueError("a delimiter has to be exactly one character long")
    pattern, level, begun, last = "^", 0, 0, 0
    for at, sign in enumerate(_text(template)):
        if sign == start:
            level += 1
            begun = at if level == 1 else begun
        elif sign == end:
            level -= 1
            if level == 0:
                pattern += f"{_quoted(template[last:begun])}({template[begun + 1 : at]})"
                last = at + 1
        if level < 0:
            break
    if level:
        raise ValueError("unbalanced braces in a template")
    return bool(native("regex.match", f"{pattern}{_quoted(template[last:])}$", _text(text)))


def _quoted(text: str) -> str:
    return re.sub(r"[\\.+*?()|\[\]{}^$]", lambda found: "\\" + found[0], text)


def base64_decode(text: str) -> str:
    """Standard base64 with its padding; bytes that are no UTF-8 become U+FFFD, each."""
    return _decoded(_text(text))


def base64url_decode(text: str) -> str:
    """The alphabet for URLs, padding optional."""
    padded = _text(text)
    if not padded.endswith("="):
        padded += {0: "", 2: "==", 3: "="}[len(padded) % 4]
    bare = padded.replace("\r", "").replace("\n", "")
    if "+" in bare or "/" in bare or len(bare) % 4:
        raise ValueError("illegal base64url string")
    return _decoded(bare.replace("-", "+").replace("_", "/"))


def _decoded(text: str) -> str:
    bare = text.replace("\r", "").replace("\n", "")
    try:
        return readable(base64.b64decode(bare.encode("ascii"), validate=True))
    except (UnicodeEncodeError, binascii.Error):
        raise ValueError("illegal base64 data") from None


def readable(data: bytes) -> str:
    """`data` as Go ranges over it: one U+FFFD for each byte that is no UTF-8."""
    return re.sub("[\udc80-\udcff]", "\ufffd", data.decode("utf-8", "surrogateescape"))


def query_decode(text: str) -> str:
    """url.QueryUnescape."""
    if re.search(r"%(?![0-9A-Fa-f]{2})", _text(text)):
        raise ValueError("invalid URL escape")
    return readable(unquote_to_bytes(text.replace("+", " ")))


def query_decode_object(text: str) -> dict[str, list[str]]:
    """url.ParseQuery: key -> its values in order."""
    found: dict[str, list[str]] = {}
    for pair in _text(text).split("&"):
        if ";" in pair:
            raise ValueError("invalid semicolon separator in query")
        if pair:
            key, _, value = pair.partition("=")
            found.setdefault(query_decode(key), []).append(query_decode(value))
    return found


def query_encode(text: str) -> str:
    """url.QueryEscape."""
    return quote_plus(_text(text))


def query_encode_object(values: Mapping[str, Any]) -> str:
    """url.Values.Encode: by key; a value is a text, or an array or set of texts."""
    if not isinstance(values, dict):
        raise TypeError("an object is wanted")
    return "&".join(
        f"{quote_plus(_text(key))}={quote_plus(_text(value))}"
        for key in sorted(values)
        for value in _several(values[key])
    )


def _several(value: Any) -> Iterator[str]:
    yield from sorted(value) if isinstance(value, set) else value if isinstance(value, list) else [value]


_UNITS = {
    unit + binary: Fraction(base**power)
    for power, unit in enumerate("kmgtpe", 1)
    for binary, base in (("", 1000), ("i", 1024))
}
_NUMBER = re.compile(r"(?P<number>(?:[0-9.+-]|[eE][+-]?(?=[0-9+-]))*)(?P<unit>.*)", re.DOTALL)


def units_parse(text: str) -> int | float:
    """A quantity with SI or binary unit, `m` being a thousandth and `M` a million."""
    number, unit = _quantity(_text(text).replace('"', ""))
    if unit == "m":
        return _number(number / 1000)
    small = unit[:1].lower() + unit[1:].lower()
    if unit and (small not in _UNITS or (small == "m" and unit != "M")):
        raise ValueError(f"unit {unit} not recognized")
    return _number(number * _UNITS.get(small, Fraction(1)))


def units_parse_bytes(text: str) -> int:
    """A number of bytes; case does not matter, and `b` at the end may be left out."""
    number, unit = _quantity(_text(text).lower().replace('"', ""))
    bare = unit.removesuffix("b") if unit != "b" else unit
    if unit and bare not in _UNITS:
        raise ValueError(f"byte unit {unit} not recognized")
    return int(number * _UNITS.get(bare, Fraction(1)))


def _quantity(text: str) -> tuple[Fraction, str]:
    if " " in text:
        raise ValueError("spaces not allowed in resource strings")
    found = _NUMBER.match(text)
    number = found["number"] if found else ""
    if not number:
        raise ValueError("no amount provided")
    if not re.fullmatch(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,6})?", number, re.ASCII):
        raise ValueError("could not parse amount to a number")
    _, _, exponent = number.lower().partition("e")
    if exponent and abs(int(exponent)) > 400:
        raise ValueError("exponent too large")
    return Fraction(number), found["unit"] if found else ""


def _number(value: Fraction) -> int | float:
    return int(value) if value.denominator == 1 else float(round(value, 10))


def semver_is_valid(value: Any) -> bool:
    """Whether `value` is a version of Semantic Versioning 2.0.0; what is no text is none."""
    return isinstance(value, str) and bool(native("semver.is_valid", value))


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("a string is wanted")
    return value


def _whole(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError("an integer is wanted")
    return value


EXTENSIONS: Mapping[str, tuple[int, Callable[..., Any]]] = {
    PATTERN: (1, go_pattern),
    PRINT: (2, sprintf),
    "base64.decode": (1, base64_decode),
    "base64url.decode": (1, base64url_decode),
    "glob.quote_meta": (1, glob_quote_meta),
    "indexof": (2, indexof),
    "indexof_n": (2, indexof_n),
    "lower": (1, lower),
    "regex.replace": (3, regex_replace),
    "regex.split": (2, regex_split),
    "regex.template_match": (4, regex_template_match),
    "semver.is_valid": (1, semver_is_valid),
    "substring": (3, substring),
    "units.parse": (1, units_parse),
    "units.parse_bytes": (1, units_parse_bytes),
    "upper": (1, upper),
    "urlquery.decode": (1, query_decode),
    "urlquery.decode_object": (1, query_decode_object),
    "urlquery.encode": (1, query_encode),
    "urlquery.encode_object": (1, query_encode_object),
}
"""Name -> number of arguments and the function."""
