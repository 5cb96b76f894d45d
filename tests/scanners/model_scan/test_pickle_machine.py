"""The abstract machine: what it says of a call, and what it accepts that some loader accepts."""

# ruff: noqa: E501 - tables are read as rows

from __future__ import annotations

import pickle
import pickletools

import pytest

from scanners.model_scan import scan_bytes
from scanners.model_scan.pickle_opcodes import OPCODES


def rules(content: bytes, name: str = "m.pkl") -> dict[str, str]:
    return {finding.rule: finding.evidence for finding in scan_bytes(name, content).findings}


@pytest.mark.parametrize(
    ("content", "rendered"),
    [
        (b"cos\nsystem\n(S'id'\ntR.", 'os.system("id")'),
        (b"cposix\nsystem\n(Vid\ntR.", 'os.system("id")'),
        (b"(S'id'\nios\nsystem\n.", 'os.system("id")'),
        (b"\x80\x04\x8c\x02os\x8c\x06system\x93\x8c\x02id\x85R.", 'os.system("id")'),
        (b"csubprocess\nPopen\n((lp0\nS'id'\natR.", 'subprocess.Popen(["id"])'),
        (b"c__builtin__\neval\n(S'1+1'\ntR.", 'builtins.eval("1+1")'),
        (b"ctorch\nos.system\n(S'id'\ntR.", 'os.system("id")'),
        (b"cfunctools\npartial\n(cos\nsystem\nS'id'\ntR)R.", 'os.system("id")'),
        (b"cos\nsystem\n\x8c\x02id\x85R", 'os.system("id")'),
    ],
)
def test_a_dangerous_call_is_rendered_as_python_would_write_it(content, rendered):
    assert rules(content)["model.pickle.dangerous_call"] == rendered


def test_the_finding_carries_the_byte_offset_and_the_container_path(samples):
    payload = b"\x80\x02cos\nsystem\n(X\x02\x00\x00\x00idtR."
    report = scan_bytes("model.pt", samples.torch_zip(payload))
    (finding,) = [found for found in report.findings if found.rule == "model.pickle.dangerous_call"]
    assert finding.location.path == "model.pt!archive/data.pkl"
    assert payload[finding.location.offset : finding.location.offset + 1] == b"R"


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"cbuiltins\ngetattr\n(cdatetime\ndatetime\nS'max'\ntR.", id="a member of an inert class"),
        pytest.param(b"ccollections\nOrderedDict\n)R.", id="an inert class"),
        pytest.param(b"\x80\x02(S'os'\nS'system'\nS'eval'\nl.", id="words are not calls"),
        pytest.param(b"\x80\x04\x95\xff\x00\x00\x00\x00\x00\x00\x00N.", id="nothing"),
    ],
)
def test_inert_content_is_not_called_dangerous(content):
    assert not [rule for rule in rules(content) if rule not in ("model.pickle.malformed",)]


def test_an_unknown_callable_is_neither_passed_nor_failed(verdict):
    report = scan_bytes("m.pkl", b"cacme.models\nNet\n)R.")
    assert verdict(report) == "unknown"
    assert report.coverage.skipped[0].what == "m.pkl: acme.models.Net"
    assert report.coverage.skipped[0].why == "callable not on the allow-list"


BAD = [
    b"", b".", b"\x80", b"\x80\x09N.", b"(" * 5000, b"\x80\x04" + b"\x94" * 100, b"0" * 100, b"t.", b"R.", b"b.", b"o.", b"h\x05.", b"g999999999999\n.",
    b"\x8b\xff\xff\xff\x7f", b"\x8b\xff\xff\xff\xff.", b"X\xff\xff\xff\xff", b"\x8d" + b"\xff" * 8, b"\x95" + b"\xff" * 8 + b"N.",
    b"S'unclosed\n.", b"Vno newline", b"cos\n", b"c\n\n.", b"F1e\n.", b"Q.", b"\x82\x00.", b"\x84\xff\xff\xff\xff.", b"]]ee.", b"}(K\x01u.", b"cos\nsystem",
]  # fmt: skip


@pytest.mark.parametrize("content", BAD, ids=range(len(BAD)))
def test_a_broken_pickle_is_never_a_crash_and_never_a_pass(content, verdict):
    assert verdict(scan_bytes("m.pkl", content)) != "pass"


def test_ten_million_opcodes_stay_linear(verdict):
    assert verdict(scan_bytes("m.pkl", b"\x80\x02](" + b"K\x01" * 2_000_000 + b"e.")) == "pass"


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"\x80\x02]q\x00" + b"(h\x00h\x00h\x00e0h\x00" * 20_000 + b".", id="a list in itself"),
        pytest.param(b"\x80\x02)" + b"\x85" * 200_000 + b".", id="deep tuples"),
        pytest.param(b"\x80\x02X\x01\x00\x00\x00a" + b"2\x86" * 40 + b".", id="doubling tuples"),
        pytest.param(b"\x80\x02](" + b"K\x01" * 100_000 + b"eq\x00" + b"cacme\nf\n(h\x00tR0" * 3000 + b"N.", id="a long list as argument, often"),
        pytest.param(b"\x80\x02](" + b"K\x01" * 100_000 + b"eq\x00" + b"cbuiltins\nlist\n(h\x00tR0" * 3000 + b"N.", id="a long list copied, often"),
    ],
)  # fmt: skip
def test_abuse_of_the_memo_costs_no_more_than_its_size(content):
    scan_bytes("m.pkl", content)


def test_every_protocol_of_a_real_payload_is_found(verdict):
    class Payload:
        def __reduce__(self):
            return print, ("never",)

    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        assert verdict(scan_bytes("m.pkl", pickle.dumps({"a": Payload()}, protocol))) == "fail"


def test_many_unknown_names_do_not_hide_the_dangerous_one(verdict):
    noise = b"".join(b"cacme\nn%d\n0" % number for number in range(5000))
    assert verdict(scan_bytes("m.pkl", noise + b"cos\nsystem\n(S'id'\ntR.")) == "fail"


def stacked(path: str) -> bytes:
    return b"".join(b"\x8c" + bytes([len(part)]) + part.encode() for part in path.split(" ")) + b"\x93"


@pytest.mark.parametrize(
    ("content", "wanted"),
    [
        pytest.param(stacked("http HTTPStatus") + b"M\xc8\x00\x85R.", "pass", id="an enumeration of a module that reaches out"),
        pytest.param(stacked("socket AddressFamily") + b"K\x02\x85R.", "pass", id="another"),
        pytest.param(stacked("socket socket") + b")R.", "fail", id="and what is no enumeration"),
        pytest.param(stacked("builtins list") + stacked("builtins range") + b"\x8a\x06" + (10**13).to_bytes(6, "little") + b"\x85R\x85R.", "fail", id="a range spelled out"),
        pytest.param(stacked("builtins list") + stacked("itertools count") + b")R\x85R.", "fail", id="a count that never ends"),
        pytest.param(stacked("builtins list") + stacked("builtins range") + b"K\x09\x85R\x85R.", "pass", id="a short range"),
        pytest.param(stacked("builtins list") + stacked("itertools permutations") + stacked("builtins range") + b"K\x1e\x85R\x85R\x85R.", "fail", id="all orders of thirty"),
        pytest.param(stacked("builtins list") + stacked("itertools permutations") + b"(K\x01K\x02K\x03t\x85R\x85R.", "pass", id="all orders of three"),
        pytest.param(stacked("builtins list") + stacked("itertools combinations") + stacked("builtins range") + b"K\x3c\x85RK\x1e\x86R\x85R.", "fail", id="thirty of sixty"),
        pytest.param(stacked("builtins list") + stacked("itertools chain.from_iterable") + stacked("itertools repeat") + b"](K\x01K\x02e\x85R\x85R\x85R.", "fail", id="a chain that never ends"),
        pytest.param(stacked("builtins str.ljust") + b"\x8c\x01a\x8a\x06" + (10**13).to_bytes(6, "little") + b"\x86R.", "fail", id="a padded text"),
        pytest.param(stacked("builtins str.ljust") + b"\x8c\x01aK\x09\x86R.", "pass", id="a text padded a little"),
        pytest.param(stacked("numpy ndarray") + b"(\x8a\x06" + (10**13).to_bytes(6, "little") + b"t\x85R.", "fail", id="an array of no real size"),
        pytest.param(stacked("numpy ndarray") + b"(K\x03K\x04t\x85R.", "pass", id="an array"),
        pytest.param(stacked("dill._dill _create_array") + stacked("os system") + b"\x8c\x02id\x85)\x87R.", "fail", id="dill's arrays call what they are given"),
        pytest.param(b"I" + b"9" * 5000 + b"\n.", "unknown", id="a number that Python refuses to read"),
        pytest.param(b"(\x8c\x06module" + stacked("torch.nn.modules.linear Linear") + b"\x8c\x01f\x8c\x01stQ)\x81.", "pass", id="torch's stored class"),
        pytest.param(b"(\x8c\x06module" + stacked("os system") + b"\x8c\x01f\x8c\x01stQ\x8c\x02id\x85R.", "fail", id="a stored function"),
    ],
)  # fmt: skip
def test_what_calls_come_to(verdict, content, wanted):
    assert verdict(scan_bytes("m.pkl", b"\x80\x04" + content)) == wanted


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
    ("content", "wanted"),
    [
        pytest.param(
            b"cbuiltins\nnext\n(cbuiltins\niter\n((clogging\nLogger\nttRtR(dS'info'\nNsb.",
            "fail",
            id="a class's attributes",
        ),
        pytest.param(b"cbuiltins\nmax\n((ccollections\nOrderedDict\nttR(dS'get'\nNsb.", "fail", id="through max"),
        pytest.param(
            b"cbuiltins\ngetattr\n(S'{0.__class__}'\nS'format'\ntR(I1\ntR.",
            "fail",
            id="a format that reaches inner attributes",
        ),
        pytest.param(
            b"cbuiltins\nstr.format\n(S'{0.os.environ}'\ncos\npath\ntR.",
            "fail",
            id="a format that reaches out of a module",
        ),
        pytest.param(b"cbuiltins\ngetattr\n(S'{0.real}'\nS'format'\ntR(I1\ntR.", "pass", id="a format of a value"),
    ],
)
def test_reaching_what_was_handed_on(verdict, content, wanted):
    assert verdict(scan_bytes("m.pkl", content)) == wanted


def test_a_file_that_was_pickled_as_a_value_is_no_second_format(samples, verdict):
    archive = samples.zip_of({"config.json": b"{}"})
    loader = stacked("keras.src.saving.keras_saveable KerasSaveable._unpickle_model")

    def model(content: bytes) -> bytes:
        return (
            b"\x80\x04"
            + loader
            + stacked("io BytesIO")
            + b"B"
            + len(content).to_bytes(4, "little")
            + content
            + b"\x85R\x85R."
        )

    assert verdict(scan_bytes("m.pkl", model(archive))) == "pass"
    assert (
        verdict(
            scan_bytes(
                "m.pkl",
                model(samples.keras_zip({"class_name": "Lambda", "config": {"function": ["AAAA", None, None]}})),
            )
        )
        == "fail"
    )
    assert verdict(scan_bytes("m.pkl", b"N." + archive)) == "fail"


def test_every_opcode_of_pickle_has_its_method():
    assert {opcode.code.encode("latin-1") for opcode in pickletools.opcodes} == set(OPCODES)


PARSERS = """
def _parse_args(self, a, loc=0, scale=1):
    return (a,), loc, scale

def _parse_args_rvs(self, a, loc=0, scale=1, size=None):
    return self._argcheck_rvs(a, loc, scale, size=size)
"""


@pytest.mark.parametrize(
    ("source", "wanted"),
    [
        (PARSERS, "pass"),
        ("import os\nos.system('id')", "fail"),
        (PARSERS + "print(1)\n", "fail"),
        (PARSERS.replace("scale=1)", "scale=__import__('os').system('id'))"), "fail"),
        (PARSERS.replace("return (a,)", "return (exec('1'),)"), "fail"),
        (PARSERS.replace("def _parse_args(", "@print\ndef _parse_args("), "fail"),
        ("def broken(", "fail"),
    ],
)
def test_what_a_distribution_of_scipy_runs_of_its_state_is_judged(verdict, source, wanted):
    state = b"}\x8c\x13_parse_arg_templateX" + len(source).to_bytes(4, "little") + source.encode() + b"s"
    norm = stacked("scipy.stats._continuous_distns norm_gen")
    assert verdict(scan_bytes("m.pkl", b"\x80\x04" + norm + b")\x81" + state + b"b.")) == wanted
