"""What would exhaust the machine that loads a pickle: ranges, numbers, texts that grow, what is shared again and again, bombs."""

import pickle
import sys
import zlib

import pytest

from scanners.model_scan.scan import scan_bytes

SHARED = b"\x80\x04K\x01" + b"2\x86" * 60
"""(x, x) of (x, x) of …: sixty tuples, and 2**60 parts to hash, compare or write."""


def called(name: str, *arguments: bytes) -> bytes:
    module, function = name.split()
    return f"c{module}\n{function}\n".encode() + b"(" + b"".join(arguments) + b"tR"


def grown(rounds: int, start: bytes, step) -> bytes:
    """`step` of the value before, `rounds` times; it is told the opcode that gets that value."""
    return start + b"q\x00" + b"".join(b"0" + step(b"h" + bytes([n])) + b"q" + bytes([n + 1]) for n in range(rounds))


@pytest.mark.parametrize(
    ("content", "wanted"),
    [
        pytest.param(b"cbuiltins\nlist\n(cbuiltins\nrange\n(I2147483647\ntRtR.", "fail", id="a list of a range"),
        pytest.param(b"cbuiltins\nrange\n(I2147483647\ntR.", "pass", id="a range alone"),
        pytest.param(b"cbuiltins\nbytes\n(I2147483647\ntR.", "fail", id="zeros"),
        pytest.param(
            b"ccollections\nUserList\n(citertools\ncount\n)RtR.", "fail", id="a class that goes through a counter"
        ),
        pytest.param(
            b"ccollections\nOrderedDict\n(cbuiltins\nzip\n(citertools\ncount\n)RtRtR.",
            "fail",
            id="through a view of one",
        ),
        pytest.param(
            b"cbuiltins\nlist\n(citertools\nstarmap\n(cbuiltins\npow\ncitertools\nrepeat\n((I2\nI3\nttRtRtR.",
            "fail",
            id="an endless starmap",
        ),
        pytest.param(b"citertools\ncount\n)R.", "pass", id="a counter alone"),
        pytest.param(b"coperator\npow\n(I99999999\nI99999999\ntR.", "fail", id="a power"),
        pytest.param(b"cbuiltins\npow\n(I3\nI99999999\nI7\ntR.", "pass", id="a power of a remainder"),
        pytest.param(b"coperator\nmul\n(S'%s'\nI99999999\ntR." % (b"a" * 99), "fail", id="a text many times"),
        pytest.param(b"cbuiltins\nlist\n(cipaddress\nIPv6Network\n(V::/0\ntRtR.", "fail", id="every address"),
        pytest.param(b"cipaddress\nIPv6Network\n(V::/0\ntR.", "pass", id="a network"),
        pytest.param(
            b"\x80\x04\x8c\x04spamq\x00"
            + b"".join(b"0coperator\nadd\nh%ch%c\x86Rq%c" % (i, i, i + 1) for i in range(40))
            + b".",
            "fail",
            id="a text that doubles",
        ),
        pytest.param(
            b"\x80\x04Nq\x00"
            + b"".join(b"0cbuiltins\nzip\nh%ch%c\x86Rq%c" % (i, i, i + 1) for i in range(60))
            + b"0cbuiltins\nlist\nh\x3c\x85R.",
            "pass",
            id="views of views are measured once",
        ),
        pytest.param(
            b"cbuiltins\ngetattr\n(S'abc'\nS'__mul__'\ntR(I1073741824\ntR.", "fail", id="a method that repeats"
        ),
        pytest.param(b"cbuiltins\nformat\n(I1\nS'>2000000000'\ntR.", "fail", id="a width"),
        pytest.param(
            b"cfractions\nFraction\n(cdecimal\nDecimal\n(V1e999999999\ntRtR.", "fail", id="an exponent spelled out"
        ),
    ],
)
def test_what_would_exhaust_the_machine(verdict, content, wanted):
    assert verdict(scan_bytes("m.pkl", content)) == wanted


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"}" + SHARED + b"Ns", id="a key"),
        pytest.param(b"(" + SHARED + b"Nd", id="a key of a dictionary made at once"),
        pytest.param(b"\x8f(" + SHARED + b"\x90", id="an item of a set"),
        pytest.param(b"(" + SHARED + b"\x91", id="an item of a frozenset"),
        pytest.param(called("collections OrderedDict") + SHARED + b"Ns", id="a key of an object"),
        pytest.param(called("builtins str", SHARED), id="written"),
        pytest.param(called("builtins repr", b"(" + SHARED + b"l"), id="written in a list"),
        pytest.param(called("json dumps", SHARED), id="written as JSON"),
        pytest.param(called("operator mod", b"V%s\n", SHARED + b"\x85"), id="formatted"),
        pytest.param(called("operator eq", SHARED, SHARED), id="compared"),
        pytest.param(called("builtins set", SHARED + b"\x85"), id="made a set"),
        pytest.param(called("collections Counter", SHARED + b"\x85"), id="counted"),
    ],
)
def test_what_is_shared_counts_wherever_a_loader_goes_through_it(verdict, content):
    assert verdict(scan_bytes("m.pkl", b"\x80\x04" + content + b".")) == "fail"


@pytest.mark.parametrize("name", ["builtins list", "builtins tuple", "copy copy", "builtins len"])
def test_what_is_shared_costs_nothing_where_it_is_not_gone_through(verdict, name):
    assert verdict(scan_bytes("m.pkl", b"\x80\x04" + called(name, SHARED) + b".")) != "fail"


def test_keys_of_tables_are_no_bomb(verdict):
    keys = b"".join(b"K%cK%c\x86K%c\x86N" % (n % 256, n // 256, n % 256) for n in range(60_000))
    assert verdict(scan_bytes("m.pkl", b"\x80\x04}(" + keys + b"u.")) == "pass"


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(
            grown(4, b"V" + b"a" * 999 + b"\n", lambda it: called("builtins str.replace", it, b"Va\n", b"h\x00")),
            id="replaced",
        ),
        pytest.param(grown(12, b"Vspamspamspam\n", lambda it: called("builtins str.join", it, it)), id="joined"),
        pytest.param(grown(40, b"Vspam\n", lambda it: called("builtins str.format", b"V{0}{0}\n", it)), id="formatted"),
        pytest.param(
            grown(40, b"Vspam\n", lambda it: called("operator mod", b"V%s%s\n", it + it + b"\x86")), id="by percent"
        ),
        pytest.param(grown(40, b"Vspam\n", lambda it: called("operator mul", it, b"K\x03")), id="multiplied"),
        pytest.param(grown(60, b"V\\\\\\\n", lambda it: called("builtins repr", it)), id="escaped"),
        pytest.param(grown(60, b"K\x03", lambda it: called("operator mul", it, it)), id="squared"),
        pytest.param(
            grown(
                9,
                b"(Va\nVb\nVc\nVd\nl",
                lambda it: called("itertools chain.from_iterable", called("itertools repeat", it, b"M\xe8\x03")),
            )
            + b"\x85cbuiltins\nlist\nq\xf00h\xf0h\x09\x85R",
            id="chained",
        ),
        pytest.param(called("builtins str.expandtabs", b"V" + b"\t" * 99 + b"\n", b"J\xff\xff\xff\x7f"), id="tabs"),
    ],
)
def test_what_grows_step_by_step(verdict, content):
    assert verdict(scan_bytes("m.pkl", b"\x80\x04" + content + b".")) == "fail"


def test_a_text_that_is_repeated_as_often_as_nobody_knows_is_unknown(verdict):
    often = called("builtins getattr", called("collections Counter"), b"Vtotal\n") + b")R"
    assert verdict(scan_bytes("m.pkl", b"\x80\x04" + called("operator mul", b"Vspam\n", often) + b".")) == "unknown"


@pytest.mark.parametrize("size", [100, 1 << 16])
def test_a_constant_that_is_decompressed_is_measured(verdict, size):
    def scanned(content: bytes) -> str:
        constant = b"B" + len(content).to_bytes(4, "little") + content
        return verdict(scan_bytes("m.pkl", b"\x80\x04" + called("zlib decompress", constant) + b"."))

    bomb = zlib.compress(bytes(size << 13), 9)
    assert scanned(zlib.compress(b"spam" * size)) == "pass"
    assert scanned(bomb) == ("fail" if size > 1000 else "pass")


def test_what_is_decompressed_twice_is_measured_or_unknown(verdict):
    bomb = zlib.compress(zlib.compress(bytes(1 << 29), 9), 9)
    constant = b"B" + len(bomb).to_bytes(4, "little") + bomb
    twice = called("zlib decompress", called("zlib decompress", constant))
    assert verdict(scan_bytes("m.pkl", b"\x80\x04" + twice + b".")) == "fail"
    thrice = called("zlib decompress", called("builtins str.encode", called("builtins repr", twice)))
    assert verdict(scan_bytes("m.pkl", b"\x80\x04" + thrice + b".")) != "pass"


@pytest.mark.parametrize(("step", "wanted"), [(sys.hash_info.modulus, "fail"), ((1 << 64) // 3000, "pass")])
def test_long_numbers_that_all_hash_to_the_same(verdict, step, wanted):
    assert verdict(scan_bytes("m.pkl", pickle.dumps({step * n: n for n in range(1, 3000)}))) == wanted
    assert verdict(scan_bytes("m.pkl", pickle.dumps({step * n for n in range(1, 3000)}, 0))) in (wanted, "unknown")
