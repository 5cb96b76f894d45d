"""Python beside a model: ways to reach a dangerous function, and honest code that looks like one."""

# ruff: noqa: E501 - tables are read as rows

from __future__ import annotations

import marshal

import pytest

from scanners.model_scan import scan_bytes
from scanners.model_scan.python_code import judge_source


@pytest.mark.parametrize(
    "source",
    [
        "import os\nvars(os)['system']('id')\n",
        "import os\nos.__dict__['sys' + 'tem']('id')\n",
        "import sys\nsys.modules['os'].system('id')\n",
        "globals()['__builtins__']['exec']('1')\n",
        "getattr(__import__('o' + 's'), ''.join(['sys', 'tem']))('id')\n",
        "__import__('so'[::-1]).popen('id')\n",
        "(lambda f: f('id'))(__import__('os').system)\n",
        "import os, threading\nthreading.Thread(target=os.system, args=('id',)).start()\n",
        "import os\nlist(map(os.popen, ['id']))\n",
        "import torch\ntorch.hub.load('a/b', 'c')\n",
        "@eval\nclass X: ...\n",
        "import os\ndef f():\n    @os.system\n    def g(): ...\n",
    ],
)
def test_a_dangerous_function_is_found_however_it_is_reached(source):
    assert {rule for rule, _, _ in judge_source(source)} & {"model.code.dangerous", "model.code.import_time"}


@pytest.mark.parametrize(
    "source",
    [
        "import os\nx = os.environ['HOME']\nos.makedirs(x)\n",
        "ACT = {'relu': 1}\nf = ACT['relu']\n",
        "import torch\ny = torch.nn.functional.relu\nlayers = [y]\nmap(y, [1])\n",
        "class A:\n    def f(self, kind):\n        return getattr(self, 'f_' + kind)\n",
    ],
)
def test_honest_code_is_not_called_dangerous(source):
    assert judge_source(source) == []


@pytest.mark.parametrize(("encoding", "wanted"), [("utf-7", "fail"), ("unicode_escape", "fail"), ("no-such", "fail"), ("latin-1", "unknown"), ("utf-8", "unknown")])  # fmt: skip
def test_source_in_an_encoding_that_hides_it_fails(verdict, encoding, wanted):
    assert verdict(scan_bytes("m.py", f"# -*- coding: {encoding} -*-\nx = 1\n".encode())) == wanted


def test_compiled_code_is_judged_by_its_names_and_never_passed(verdict):
    def compiled(source: str) -> bytes:
        return b"\xa7\r\r\n" + b"\0" * 12 + marshal.dumps(compile(source, "x", "exec"))

    assert verdict(scan_bytes("m.pyc", compiled("import os\nos.system('id')"))) == "fail"
    assert verdict(scan_bytes("m.pyc", compiled("x = 1"))) == "unknown"
    assert verdict(scan_bytes("m.bin", compiled("import subprocess"))) == "fail"
