"""What a pickle sets: on objects, on what was handed back, and on the classes behind them."""

import pytest

from scanners.model_scan.scan import scan_bytes


def stacked(path: str) -> bytes:
    return b"".join(b"\x8c" + bytes([len(part)]) + part.encode() for part in path.split()) + b"\x93"


def called(path: str, *arguments: bytes) -> bytes:
    return stacked(path) + b"(" + b"".join(arguments) + b"tR"


CLASS = stacked("collections OrderedDict")
KEPT = b"}\x8c\x01a" + CLASS + b"s"
STATE = b"}\x8c\x03getNs"


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


@pytest.mark.parametrize(
    "handed",
    [
        called("builtins dict.pop", KEPT, b"\x8c\x01a"),
        called("builtins dict.get", KEPT, b"\x8c\x01a"),
        called("builtins list.pop", b"](" + CLASS + b"e"),
        called("builtins getattr", KEPT, b"\x8c\x03pop") + b"\x8c\x01a\x85R",
        called("operator methodcaller", b"\x8c\x03pop", b"\x8c\x01a") + KEPT + b"\x85R",
        called("builtins type", called("collections OrderedDict")),
        called("builtins type", b"K\x05"),
        called("builtins getattr", called("collections defaultdict", CLASS), b"\x8c\x0fdefault_factory"),
        called("builtins getattr", called("functools partial", CLASS), b"\x8c\x04func"),
        called("operator getitem", called("collections ChainMap", KEPT), b"\x8c\x01a"),
    ],
)
@pytest.mark.parametrize("setting", [STATE + b"b", b"\x8c\x01aNs"])
def test_what_is_set_on_a_class_that_was_handed_back(verdict, handed, setting):
    assert verdict(scan_bytes("m.pkl", b"\x80\x04" + handed + setting + b".")) == "fail"


@pytest.mark.parametrize(
    ("made", "wanted"),
    [
        (called("types SimpleNamespace", b"}\x8c\x09__class__" + CLASS + b"s"), "fail"),
        (stacked("types SimpleNamespace") + b")}\x8c\x09__class__" + CLASS + b"s\x92", "fail"),
        (stacked("argparse Namespace") + b")}\x8c\x0c__setstate__" + CLASS + b"s\x92", "fail"),
        (called("torch._utils _rebuild_parameter_with_state", b"N\x89N}\x8c\x09__class__" + CLASS + b"s"), "fail"),
        (called("types SimpleNamespace", b"}\x8c\x09__class__\x8c\x04spams"), "pass"),
        (called("types SimpleNamespace", b"}\x8c\x04kind" + CLASS + b"s"), "pass"),
        (called("collections OrderedDict", b"}\x8c\x09__class__" + CLASS + b"s"), "pass"),
        (called("functools partial", CLASS) + b"(" + CLASS + b")}Ntb", "pass"),
    ],
)
def test_a_dictionary_that_becomes_attributes_is_a_state(verdict, made, wanted):
    assert verdict(scan_bytes("m.pkl", b"\x80\x04" + made + b".")) == wanted


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


@pytest.mark.parametrize(("file", "wanted"), [("../../x.npy", "fail"), ("/etc/hostname", "fail"), ("m_01.npy", "pass")])
def test_an_array_in_a_file_of_its_own(verdict, file, wanted):
    name = b"\x8c" + bytes([len(file)]) + file.encode()
    made = stacked("joblib.numpy_pickle_compat NDArrayWrapper") + b")\x81"
    state = b"}(\x8c\x08filename" + name + b"\x8c\x08subclass" + stacked("numpy ndarray") + b"ub"
    assert verdict(scan_bytes("m.pkl", b"\x80\x04" + made + state + b".")) == wanted
