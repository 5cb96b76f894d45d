"""What a callable can do, by category: nothing that reaches outside passes, and what is known to do so fails."""

# ruff: noqa: E501 - tables are read as rows

from __future__ import annotations

import ast
import importlib.util
import pickle
import re
import sysconfig
from collections.abc import Iterator
from pathlib import Path

import pytest

from scanners.model_scan import scan_bytes
from scanners.model_scan.argument_shapes import fits, shape_of
from scanners.model_scan.pickle_values import DictValue, Global

from .conftest import verdict_of

TREE = "sklearn.tree._tree Tree"
DIRECT = {
    "executes": r"(?<![\w.])(eval|exec)\(",
    "process": r"subprocess\.(run|call|Popen|check_\w+|getoutput)\(|os\.(system|popen|exec[lv]\w*|spawn\w+|fork|posix_spawn)\(",
    "network": r"socket\.(socket|create_connection|getaddrinfo)\(|urlopen\(",
    "loads": r"pickle\.loads?\(|marshal\.loads?\(|Unpickler\(",
    "native": r"CDLL\(|LoadLibrary\(|dlopen\(",
    "files": r"(?<![\w.])open\(|os\.(remove|unlink|rmdir|rename|mkdir|makedirs|chmod|symlink|truncate)\(|shutil\.(rmtree|move|copy\w*)\(",
}
"""How a function's own source shows what it does. Written without a look at how the tables are made."""
NOT_MODULES = re.compile(
    r"(^|/)(tests?|testing|idlelib|lib2to3|turtledemo|site-packages|ensurepip|__main__|distutils)(/|\.|$)"
)


def pickled(path: str, *args: object, opcode: bytes = b"R") -> bytes:
    """A pickle that names `module name` by STACK_GLOBAL and calls it."""
    names = b"".join(b"\x8c" + bytes([len(part)]) + part.encode() for part in path.split(" "))
    return b"\x80\x04" + names + b"\x93" + pickle.dumps(args, 2)[2:-1] + opcode + b"."


def given(path: str, *args: object, opcode: bytes = b"R") -> str:
    return verdict_of(scan_bytes("m.pkl", pickled(path, *args, opcode=opcode)))


def capable_functions(name: str, root: Path) -> Iterator[tuple[str, str]]:
    """(`module function`, category) of every public function below `root` whose own source shows what it does."""
    for file in sorted(root.rglob("*.py")) if root.is_dir() else [root]:
        relative = file.relative_to(root.parent).as_posix()
        if NOT_MODULES.search(relative):
            continue
        module = relative.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        source = file.read_text(encoding="utf-8", errors="replace")
        lines = source.splitlines()
        for node in ast.parse(source).body:
            if isinstance(node, ast.FunctionDef):
                body = "\n".join(lines[node.lineno - 1 : node.end_lineno])
                text = re.sub(r'""".*?"""|#[^\n]*', "", body, flags=re.S)
                for category, pattern in DIRECT.items():
                    if re.search(pattern, text):
                        yield f"{module} {node.name}", category
                        break


def standard_library() -> list[tuple[str, str]]:
    root = Path(sysconfig.get_paths()["stdlib"])
    entries = [path for path in root.iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()]
    return [found for path in sorted(entries) for found in capable_functions(path.stem, path)]


def test_no_function_of_the_standard_library_that_reaches_outside_passes_and_hardly_one_is_unknown():
    verdicts = {path: given(path, "/x", "w") for path, _ in standard_library()}
    assert len(verdicts) > 100
    assert [path for path, verdict in verdicts.items() if verdict == "pass"] == []
    unknown = [path for path, verdict in verdicts.items() if verdict == "unknown"]
    assert len(unknown) / len(verdicts) <= 0.03, unknown


@pytest.mark.parametrize("package", ["numpy", "fsspec"])
def test_no_function_of_a_package_that_reaches_outside_passes(package):
    spec = importlib.util.find_spec(package)
    assert spec is not None
    verdicts = {path: given(path, "/x", "w") for path, _ in capable_functions(package, Path(str(spec.origin)).parent)}
    assert verdicts
    assert [path for path, verdict in verdicts.items() if verdict == "pass"] == []
    assert sum(verdict == "fail" for verdict in verdicts.values()) / len(verdicts) >= 0.9, verdicts


SINKS = {
    "executes": "builtins exec|code interact|codeop compile_command|timeit timeit|runpy run_path|pdb run|cProfile run|"
    "doctest run_docstring_examples|PIL.ImageMath unsafe_eval|numpy.f2py.crackfortran myeval|dill._dill _eval_repr|"
    "pandas eval|pandas.core.computation.eval eval|sympy.core.sympify sympify|uuid _ifconfig_getter",
    "process": "os system|posix system|subprocess getoutput|pty spawn|multiprocessing.util spawnv_passfds|"
    "asyncio.subprocess create_subprocess_shell|webbrowser open|_osx_support _read_output",
    "loads": "pickle loads|joblib load|torch load|torch.jit load|torch.hub load|torch.serialization load|dill load|"
    "cloudpickle load|skops.io load|pandas read_pickle|pandas.io.pickle read_pickle|numpy load|shelve open|"
    "torch._weights_only_unpickler load|keras.src.saving.saving_api load_model|statsmodels.iolib.smpickle load_pickle",
    "imports": "importlib import_module|importlib.util spec_from_file_location|imp load_source|pkgutil get_loader|"
    "zipimport zipimporter|torch._utils _import_dotted_name",
    "native": "ctypes CDLL|cffi FFI.dlopen|torch.ops load_library|numpy.ctypeslib load_library|torch.cuda CUDAPluggableAllocator",
    "network": "socket create_connection|urllib.request urlopen|http.client HTTPConnection|smtplib SMTP|"
    "torch.hub download_url_to_file|sklearn.datasets fetch_openml|huggingface_hub hf_hub_download",
    "files": "builtins open|io FileIO|argparse FileType|numpy fromfile|numpy savetxt|numpy.lib.npyio DataSource|numpy memmap|"
    "numpy ndarray.tofile|pandas read_csv|pandas read_parquet|pandas DataFrame.to_csv|pandas HDFStore|joblib dump|"
    "scipy.io loadmat|sklearn.datasets load_svmlight_file|PIL.Image open|h5py File|shutil rmtree|tempfile mkstemp|"
    "logging FileHandler|sqlite3 connect|torch from_file|xgboost.core DMatrix|catboost.core Pool",
}


@pytest.mark.parametrize(("category", "path"), [(category, path) for category, paths in SINKS.items() for path in paths.split("|")])  # fmt: skip
def test_a_call_that_reaches_outside_is_not_passed(category, path):
    assert given(path, "/x", "w") == "fail"


@pytest.mark.parametrize(
    ("path", "arguments", "wanted"),
    [
        ("acme.index read_index", ("/x",), "fail"),
        ("acme.models Net.load_from_disk", ("/x",), "fail"),
        ("acme.text Tokenizer.from_file", ("/x",), "fail"),
        ("acme _safe_open", ("/x",), "fail"),
        ("acme.index read_index", (b"content",), "unknown"),
        ("acme Loader", ("/x",), "unknown"),
        ("acme reading", ("/x",), "unknown"),
        ("numpy loadtxt", ("/x",), "fail"),
        ("typing get_type_hints", ({},), "fail"),
        ("redis Redis", ("/x",), "fail"),
    ],
)
def test_what_the_name_of_an_unknown_function_says_it_does_with_a_text(path, arguments, wanted):
    assert given(path, *arguments) == wanted


@pytest.mark.parametrize("path", ["xgboost.core DMatrix", "catboost.core Pool", "lightgbm.basic Dataset"])
def test_a_native_class_that_is_given_data_and_no_file_name_is_unknown(path):
    assert given(path, [1.0, 2.0]) == "unknown"


@pytest.mark.parametrize(
    "path",
    [
        "numpy vectorize",
        "numpy.lib._datasource Repository",
        "scipy LowLevelCallable",
        "pandas.core.computation.expr PythonExprVisitor",
        "sklearn.utils.parallel _FuncWrapper",
        "joblib Parallel",
        "joblib Memory",
        "joblib.parallel BatchedCalls",
        "joblib.numpy_pickle NumpyUnpickler",
        "joblib.pool MemmappingPool",
        "torch.testing._internal.common_utils BuckTargetWriter",
        "torch._weights_only_unpickler Unpickler",
        "torch.utils.benchmark Timer",
        "torch.nn.modules.linear Linear",
        "lightgbm.basic Booster",
        "transformers.training_args TrainingArguments",
    ],
)
def test_a_class_that_is_called_with_text_does_not_pass_only_because_it_may_be_restored(path):
    assert given(path, "/x", "w") != "pass"
    assert given(path, "/x", opcode=b"\x81") != "pass"


@pytest.mark.parametrize(
    "path",
    ["torch.nn.modules.linear Linear", "sklearn.linear_model._logistic LogisticRegression", "lightgbm.basic Booster"],
)
def test_a_class_that_libraries_restore_is_restored(path):
    assert given(path, opcode=b"\x81") == "pass"


def test_an_observed_callable_passes_only_with_the_kinds_of_arguments_that_its_library_gives_it():
    assert given(TREE, 4, b"", 1) == "pass"
    assert given(TREE, "/x", b"", 1) == "unknown"
    assert given(TREE, 4, b"", 1, 5) == "unknown"


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(
            b"\x80\x04\x8c\x14numpy.random._pickle\x8c\x10__generator_ctor\x93\x8c\x02/x"
            b"\x8c\x08torch.nn\x8c\x06Linear\x93\x86R.",
            id="numpy's constructor calls its second argument with its first",
        ),
        pytest.param(
            b"\x80\x04\x8c\x18pandas.core.indexes.base\x8c\x0a_new_Index\x93"
            b"\x8c\x08torch.nn\x8c\x06Linear\x93}\x8c\x01f\x8c\x02/xs\x86R.",
            id="pandas makes the class that it is given",
        ),
        pytest.param(
            b"\x80\x04\x8c\x08builtins\x8c\x04iter\x93\x8c\x09functools\x8c\x07partial\x93"
            b"\x8c\x08torch.nn\x8c\x06Linear\x93\x8c\x02/x\x86RK\x00\x86R.",
            id="iter calls a function until it gives a value",
        ),
        pytest.param(
            b"\x80\x04\x8c\x08operator\x8c\x07getitem\x93\x8c\x0bcollections\x8c\x0bdefaultdict\x93"
            b"\x8c\x08torch.nn\x8c\x06Linear\x93\x85RK\x01\x86R.",
            id="a defaultdict calls its factory for a missing key",
        ),
    ],
)
def test_what_an_inert_function_would_call_is_judged_too(content):
    assert verdict_of(scan_bytes("m.pkl", content)) != "pass"


def test_shapes():
    name = Global("numpy", "ndarray", 0)
    assert shape_of((1, [b"x", None], DictValue())) == "d"
    assert shape_of(("a", name, 1)) == "dnt"
    assert shape_of(()) == "d"
    assert fits((name, (0,), b"b"), "n,d,d")
    assert not fits((name, ("/x",), b"b"), "n,d,d")
    assert not fits((1,), "")
