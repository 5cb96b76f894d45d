"""Functions that nobody judged: what their names and arguments tell, and what tells nothing."""

import pytest

from scanners.model_scan.scan import scan_bytes


def called(path: str, *arguments: bytes) -> bytes:
    names = b"".join(b"\x8c" + bytes([len(part)]) + part.encode() for part in path.split())
    return b"\x80\x04" + names + b"\x93(" + b"".join(arguments) + b"tR."


def text(value: str) -> bytes:
    return b"\x8c" + bytes([len(value.encode())]) + value.encode()


@pytest.mark.parametrize(
    ("content", "wanted"),
    [
        pytest.param(called("acme.tools run_method", b"N"), "fail", id="a verb among the words"),
        pytest.param(called("acme.tools executeNotebook", b"N"), "fail", id="a verb in camel case"),
        pytest.param(called("acme.store LocalStore.delete_dir", text("x")), "fail", id="a method that deletes"),
        pytest.param(called("acme.vault get_password", text("a")), "fail", id="a secret"),
        pytest.param(called("acme.models restore_model", text("a")), "fail", id="restored from what a text names"),
        pytest.param(called("acme.models make_cache", text("/tmp/cache")), "fail", id="given an absolute path"),
        pytest.param(called("acme.models make_cache", text("https://192.0.2.1/x")), "fail", id="given a URL"),
        pytest.param(called("acme.models lookup", text("os"), text("system")), "fail", id="given module and name"),
        pytest.param(called("acme.models lookup", text("subprocess:Popen")), "fail", id="given a dotted name"),
        pytest.param(called("acme.models Lookup", text("os.system")), "fail", id="a class given a dotted name"),
        pytest.param(called("acme._vendor.cloudpickle loads", b"C\x05cos\ns"), "fail", id="a carried copy of pickle"),
        pytest.param(called("time sleep", b"J\x00\xca\x9a\x3b"), "fail", id="a wait of years"),
        pytest.param(called("numpy ones", b"J\x00\xca\x9a\x3bJ\x00\xca\x9a\x3b\x86"), "fail", id="an array of 10^18"),
        pytest.param(called("acme.models Runner", b"N"), "unknown", id="a class is named for what it describes"),
        pytest.param(called("acme.models _rebuild_net", text("relu")), "unknown", id="a function that restores"),
        pytest.param(called("acme.models _rebuild_net", text("a/b: c")), "unknown", id="a text with a slash"),
        pytest.param(called("acme.models _rebuild_net", text("os")), "unknown", id="a word that is a module's name"),
        pytest.param(called("acme.models Dataset", text("/data/train")), "unknown", id="a class that keeps a path"),
        pytest.param(called("numpy ones", b"K\x03K\x04\x86"), "unknown", id="an array of 12"),
        pytest.param(called("scipy.special._special_ufuncs expit", b"K\x01"), "pass", id="a function of arrays"),
        pytest.param(called("scipy.special._special_ufuncs os", b"K\x01"), "fail", id="a module in such a module"),
        pytest.param(
            called("torch.distributed.checkpoint.metadata Metadata"), "pass", id="what torch's checkpoints are made of"
        ),
        pytest.param(called("torch.distributed.run main", b"N"), "fail", id="torch's launcher"),
    ],
)
def test_what_a_call_of_something_unknown_tells(verdict, content, wanted):
    assert verdict(scan_bytes("m.pkl", content)) == wanted
