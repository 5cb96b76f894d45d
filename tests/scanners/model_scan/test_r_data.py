"""R's serialised objects: language that calls what reaches outside, and variables that only have such a name."""

import struct

import pytest

from scanners.model_scan.scan import scan_bytes


def item(flags: int) -> bytes:
    return struct.pack(">I", flags)


def symbol(name: str) -> bytes:
    return item(1) + item(0x40009) + item(len(name)) + name.encode()


def text(content: str) -> bytes:
    return item(16) + item(1) + item(0x40009) + item(len(content)) + content.encode()


NIL = item(254)


def call(function: bytes, *arguments: bytes) -> bytes:
    return item(6) + function + b"".join(item(2) + argument for argument in arguments) + NIL


def rds(value: bytes) -> bytes:
    return b"X\n" + struct.pack(">iii", 2, 0x00040100, 0x00020300) + value


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        pytest.param(call(symbol("system"), text("id")), "fail", id="a call"),
        pytest.param(call(symbol("f"), call(symbol("download.file"), text("u"))), "fail", id="a call in a call"),
        pytest.param(item(0x403) + item(253) + NIL + call(symbol("shell"), text("id")), "fail", id="a function"),
        pytest.param(call(symbol("~"), symbol("y"), symbol("system")), "unknown", id="a variable of a formula"),
        pytest.param(call(symbol("~"), symbol("unlink"), call(item(0x2FF), text("x"))), "fail", id="a name used again"),
        pytest.param(text("system"), "pass", id="a text"),
    ],
)
def test_language(verdict, value, wanted):
    assert verdict(scan_bytes("m.rds", rds(value))) == wanted


def ascii_form(*lines: object) -> bytes:
    return b"A\n" + "".join(f"{line}\n" for line in (2, 262400, 131840, *lines)).encode()


def native_form(*numbers: int, tail: bytes = b"") -> bytes:
    return b"B\n" + struct.pack(f"<{3 + len(numbers)}i", 2, 262400, 131840, *numbers) + tail


PROMISE_OF_SYSTEM = (5, 253, 254, 6, 1, 262153, 6, "system", 2, 16, 1, 262153, 2, "id", 254)


@pytest.mark.parametrize(
    ("content", "wanted"),
    [
        pytest.param(ascii_form(*PROMISE_OF_SYSTEM), "fail", id="a promise in text"),
        pytest.param(ascii_form(14, 2, "1.5", "NA"), "pass", id="numbers in text"),
        pytest.param(ascii_form(13, 2, 1, "NA"), "pass", id="integers in text"),
        pytest.param(ascii_form(14, 2, "1.5"), "unknown", id="numbers that are cut off"),
        pytest.param(ascii_form("x"), "unknown", id="no number where one must be"),
        pytest.param(native_form(13, 2, 1, 2), "pass", id="integers in the machine's order"),
        pytest.param(native_form(5, 253, 254, 254), "fail", id="a promise in the machine's order"),
    ],
)
def test_r_in_its_other_forms(verdict, content, wanted):
    assert verdict(scan_bytes("m.rds", content)) == wanted
