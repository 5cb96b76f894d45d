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


def test_tensors_of_the_old_format_of_torch_are_no_pickles_whatever_their_first_bytes(verdict):
    head = b"".join(pickle.dumps(part, 2) for part in (0x1950A86A20F9469CFC6C, 1001, {}, {"weight": None}, ["0"]))
    tensor = (128).to_bytes(8, "little") + bytes(512)
    assert verdict(scan_bytes("m.pth", head + tensor)) == "pass"
    assert verdict(scan_bytes("m.pth", head + tensor + b"\x80\x04cos\nsystem\n(S'id'\ntR.")) == "fail"


@pytest.mark.parametrize("protocol", range(5))
@pytest.mark.parametrize("size", [8, 30_000, 200_000, 5_000_000])
def test_bytes_that_a_pickle_hands_to_a_loader_are_examined_as_every_protocol_writes_them(verdict, protocol, size):
    def scanned(state: bytes) -> str:
        head = b"".join(pickle.dumps(part, 2) for part in (0x1950A86A20F9469CFC6C, 1001, {}))
        content = head + state + pickle.dumps(["0"], 2) + (size // 4).to_bytes(8, "little") + bytes(range(250)) * (size // 250)  # fmt: skip
        made = pickle.dumps((content,), protocol).removesuffix(b".")
        return verdict(scan_bytes("m.pkl", b"ctorch.storage\n_load_from_bytes\n" + made + b"R."))

    assert scanned(pickle.dumps({"weight": None}, 2)) == "pass"
    assert scanned(b"cos\nsystem\n(S'id'\ntR.") == "fail"


def test_an_array_on_one_line_is_still_a_pickle(verdict):
    values = list(range(50))
    content = pickle.dumps({"values": values, "array": "\x81" * 100_000}, 0)
    assert verdict(scan_bytes("m.pkl", content)) == "pass"


def test_hdf5_by_chance_inside_a_pickle_is_no_second_format_unless_its_name_says_so(samples, verdict):
    signature = b"\x89HDF\r\n\x1a\n"
    content = b"\x80\x04B" + (2000).to_bytes(4, "little") + (bytes(512 - 7) + signature).ljust(2000, b"\0") + b"."
    assert verdict(scan_bytes("m.pkl", content)) == "pass"
    assert verdict(scan_bytes("m.h5", content)) != "pass"


@pytest.mark.parametrize(
    ("content", "wanted"),
    [
        pytest.param(b"\x80\x02Nr\xff\xff\xff\x7f.", "fail", id="the largest number of LONG_BINPUT"),
        pytest.param(b"Np2147483647\n.", "fail", id="and of PUT"),
        pytest.param(b"\x80\x02Nr\x00\x00\x01\x00.", "pass", id="a number that costs little"),
    ],
)
def test_a_memo_that_is_set_aside_for_nothing(verdict, content, wanted):
    assert verdict(scan_bytes("m.pkl", content)) == wanted
