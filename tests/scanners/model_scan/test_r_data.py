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
