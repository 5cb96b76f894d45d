"""What a file is, by its content. Its name is only ever compared with the answer, never believed."""

from __future__ import annotations

import re
import struct

from scanners.model_scan.archives import looks_like_tar
from scanners.model_scan.java_objects import MAGIC
from scanners.model_scan.limits import Budget
from scanners.model_scan.msgpack_files import looks_like_msgpack
from scanners.model_scan.ollama import digest_in_name, is_modelfile
from scanners.model_scan.parts import Part
from scanners.model_scan.pickle_stream import sniff_pickle
from scanners.model_scan.tensorflow_checkpoints import is_checkpoint_index
from scanners.model_scan.tensorflow_records import is_record_file
from scanners.model_scan.torchscript import is_torchscript

_MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"PK\x03\x04", "zip"),
    (b"PK\x05\x06", "zip"),
    (b"\x93NUMPY", "npy"),
    (b"GGUF", "gguf"),
    (b"FUGG", "gguf"),
    (b"\x89HDF\r\n\x1a\n", "hdf5"),
    (b"\x1f\x8b", "gzip"),
    (b"BZh", "bz2"),
    (b"\xfd7zXZ\0", "xz"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
    (b"7z\xbc\xaf\x27\x1c", "7z"),
    (b"\x04\x22\x4d\x18", "lz4"),
    (b"Rar!\x1a\x07", "rar"),
    (b"\x7fELF", "executable"),
    (b"MZ", "executable"),
    (b"\xfe\xed\xfa\xce", "executable"),
    (b"\xfe\xed\xfa\xcf", "executable"),
    (b"\xce\xfa\xed\xfe", "executable"),
    (b"\xcf\xfa\xed\xfe", "executable"),
    (b"\xca\xfe\xba\xbe", "executable"),
    (b"dex\n", "executable"),
    (b"\0asm", "executable"),
    (b"#!", "script"),
    (b"RDX2\n", "r"),
    (b"RDX3\n", "r"),
    (b"RDA2\n", "r"),
    (b"RDA3\n", "r"),
    (b"X\n\0\0\0", "r"),
    (b"A\n2\n", "r"),
    (b"A\n3\n", "r"),
    (b"B\n\x02\0\0\0", "r"),
    (b"B\n\x03\0\0\0", "r"),
    (b"CBM1", "catboost"),
    (b"binf", "xgboost binary"),
    (b"bs64\t", "xgboost text"),
    (b"tree\nversion=", "lightgbm"),
    (b"\x89PNG\r\n\x1a\n", "image"),
    (b"\xff\xd8\xff", "image"),
    (b"GIF8", "image"),
    (b"RIFF", "media"),
    (b"\xba\x16\x4f\x2f", "inert binary"),  # fastText
    (b"PAR1", "inert binary"),
    (b"ARROW1", "inert binary"),
    (b"lmgg", "ggml"),
    (b"tjgg", "ggml"),
    (b"fmgg", "ggml"),
    (b"ZF", "zf"),
    (MAGIC, "java"),
)
_BY_FIRST_BYTE = {
    first: tuple(entry for entry in _MAGIC if entry[0][0] == first) for first in {magic[0] for magic, _ in _MAGIC}
}
_OF_PYTHON = ("pickle", "zip", "tar", "npy", "gzip", "bz2", "xz", "lzma", "zstd", "zlib", "lz4", "zf", "7z")
_EXPECTED: dict[str, tuple[str, ...]] = {
    **dict.fromkeys((".pt", ".pth", ".ckpt", ".pkl", ".pickle", ".joblib", ".dill"), _OF_PYTHON),
    ".safetensors": ("safetensors",),
    ".gguf": ("gguf",),
    ".npy": ("npy",),
    ".npz": ("zip",),
    ".h5": ("hdf5",),
    ".hdf5": ("hdf5",),
    ".keras": ("zip", "hdf5"),
    ".onnx": ("onnx",),
    ".tflite": ("tflite",),
    ".json": ("json",),
    ".zip": ("zip",),
    ".tar": ("tar",),
    ".gz": ("gzip",),
    ".tgz": ("gzip",),
    ".7z": ("7z",),
    ".txt": ("text", "inert text", "lightgbm", "json", "xml"),
    ".md": ("text", "inert text", "yaml"),
    ".png": ("image",),
    ".jpg": ("image",),
    ".yaml": ("yaml", "text", "json"),
    ".yml": ("yaml", "text", "json"),
    ".xml": ("xml",),
    ".nemo": ("tar", "gzip"),
    ".skops": ("zip",),
}
_PYTHON = re.compile(
    rb"^\s*(?:from\s+[\w.]+\s+import\s|import\s+[\w.]+|def\s+\w+\s*\(|class\s+\w+|@\w+|async\s+def)", re.M
)
_YAML = re.compile(rb"^(?:---\s*$|[\w.\-\"']+\s*:(?:\s|$)|- \S|%YAML|!\S)", re.M)
_SCRIPTS = (
    ".sh",
    ".bash",
    ".bat",
    ".cmd",
    ".ps1",
    ".vbs",
    ".js",
    ".pl",
    ".rb",
    ".php",
    ".lua",
    ".zsh",
    ".r",
    ".rprofile",
    ".jl",
)
_SCRIPT_NAMES = ("dockerfile", "containerfile", "makefile", "jenkinsfile")
_PAGE = 1 << 24
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0e-\x1f]")
"""What no text holds: control characters but for tabs, line ends and form feeds."""
_ACTIVE = re.compile(rb"<script\b|<iframe\b|<object\b|<embed\b|javascript:|<[^<>]{1,200}\son\w+\s*=", re.I)
"""What makes a page act when it is opened."""
_PICKLES = (".pkl", ".pickle", ".p", ".dill", ".joblib", ".pt", ".pth", ".ckpt")
SETTINGS = (".cfg", ".ini", ".toml", ".conf", ".properties")
"""Sections in brackets and decorated keys, neither JSON nor Python."""
_TEMPLATES = (".jinja", ".jinja2", ".j2")


def identify(part: Part, budget: Budget) -> str:
    """The kind of a part: a key of the readers' table, or 'unknown'."""
    data = part.data
    if len(data) == 0:
        return "empty"
    head = part.head(4096)
    for magic, kind in _BY_FIRST_BYTE.get(head[0], ()):
        if head.startswith(magic):
            return kind if kind != "executable" or _is_executable(head) else _by_structure(part, head, budget)
    return _by_structure(part, head, budget)


def expected_kinds(extension: str) -> tuple[str, ...]:
    """What a file of this name should hold; empty when the name promises nothing."""
    return _EXPECTED.get(extension, ())


def _is_executable(head: bytes) -> bool:
    if head[:2] != b"MZ":
        return True
    where = struct.unpack_from("<I", head, 60)[0] if len(head) >= 64 else 0
    return (
        head[where : where + 2] == b"PE" or head.startswith((b"MZqFpD", b"MZ\x90\0")) or b"This program" in head[:512]
    )


def _by_structure(part: Part, head: bytes, budget: Budget) -> str:
    data = part.data
    if looks_like_tar(head[:512]) or head[257:262] == b"ustar":
        return "tar"
    if head[4:8] == b"TFL3":
        return "tflite"
    if _is_safetensors(part, head):
        return "safetensors"
    if head[:2] in (b"\x78\x01", b"\x78\x5e", b"\x78\x9c", b"\x78\xda", b"\x58\x85", b"\x68\x81"):
        return "zlib"
    if head[:3] == b"\x5d\0\0" and len(head) > 13 and (head[5:13] == b"\xff" * 8 or head[10:13] == b"\0\0\0"):
        return "lzma"
    is_pickle = len(head) > 2 and head[0] == 0x80 and head[1] <= 5
    if has_user_block(head) and (not is_pickle or "hdf5" in expected_kinds(part.extension)):
        return "hdf5"
    if is_pickle:
        return "pickle"
    text_kind = _text_kind(part, head)
    sniffed = sniff_pickle(data, budget)
    if sniffed.alarming or (sniffed.complete and (sniffed.opcodes > 2 or part.extension in (".pkl", ".pickle"))):
        return "pickle"
    if text_kind is not None:
        return "pickle" if text_kind == "text" and part.extension in _PICKLES else text_kind
    if part.extension == ".safetensors":
        return "safetensors"
    if _is_compiled(part, head):
        return "pyc"
    if head[4:8] == b"ftyp":
        return "media"
    if is_record_file(data):
        return "tfrecord"
    if is_checkpoint_index(data):
        return "tfindex"
    if _is_ubjson(head):
        return "xgboost"
    if looks_like_msgpack(data):
        return "msgpack"
    return _protobuf_kind(part, head)


def has_user_block(head: bytes) -> bool:
    """Whether HDF5 may begin behind a block of the user's own (HDF5 format, superblock: at 512, 1024, 2048, …)."""
    return any(head.startswith(b"\x89HDF\r\n\x1a\n", start) for start in (512, 1024, 2048) if start < len(head))


def _is_safetensors(part: Part, head: bytes) -> bool:
    if len(head) < 10:
        return False
    length = struct.unpack_from("<Q", head)[0]
    return head[8:9] == b"{" and length < 1 << 30 and head[9:10] in b'"} \n\t'


def _is_compiled(part: Part, head: bytes) -> bool:
    """A .pyc: a magic number that ends in CR LF, flags, a date and a size, then a marshalled code object."""
    return head[2:4] == b"\r\n" and (head[16:17] in (b"\xe3", b"c") or part.extension in (".pyc", ".pyo"))


def _is_ubjson(head: bytes) -> bool:
    return head[:2] in (b"{L", b"{i", b"{I", b"{l") and b"learner" in head[:64]


def _text_kind(part: Part, head: bytes) -> str | None:
    text = head.removeprefix(b"\xef\xbb\xbf")
    if head[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return "text16"
    if b"\0" in text or not _printable(text):
        return None
    extension = part.extension
    stripped = text.lstrip()
    if extension in (".py", ".pyw", ".pyi"):
        return "torchscript" if is_torchscript(part) else "python"
    if extension in _SCRIPTS or part.name.rpartition("/")[2].lower() in _SCRIPT_NAMES:
        return "script"
    if is_modelfile(part.name, text.decode("utf-8", "replace")):
        return "modelfile"
    if digest_in_name(part.name) is not None and b"{{" in text and stripped[:2] != b'{"':
        return "go template"
    if extension in (".html", ".htm") and _ACTIVE.search(part.data[:_PAGE]):
        return "script"
    if extension in SETTINGS:
        return "text"
    if extension in _TEMPLATES or (
        extension in (".txt", "") and (b"{%" in text or b"{{" in text) and b"%}" in bytes(part.data[: 1 << 20])
    ):
        return "jinja"
    if stripped[:2] in (b"{{", b"{%", b"{#") and extension not in (".json", ".md"):
        return "jinja"
    if stripped[:1] in (b"{", b"[") and extension not in (".txt", ".md", ".csv", ".tsv", ".rst"):
        return "json"
    if (
        stripped[:1] == b"<"
        and (
            stripped[:5] == b"<?xml"
            or stripped[:9].upper() == b"<!DOCTYPE"
            or extension in (".xml", ".pmml")
            or stripped[1:4].isalpha()
        )
        and extension not in (".md", ".txt", ".html", ".vocab")  # <unk>, <s>: words of SentencePiece
    ):
        return "xml"
    if (
        extension in (".yaml", ".yml")
        or part.name.rpartition("/")[2] == "MLmodel"
        or (stripped[:3] == b"---" and extension != ".md")
    ):
        return "yaml"
    if _PYTHON.search(text) and extension not in (".md", ".txt", ".rst", ".ipynb", ".csv", ".tsv"):
        return "python"
    if extension in (".pbtxt", ".prototxt"):
        return "pbtxt"
    if extension not in (".md", ".txt", ".csv", ".tsv", ".rst") and len(_YAML.findall(text)) >= 2:
        return "yaml"
    return "text"


def _printable(text: bytes) -> bool:
    try:
        decoded = text.decode("utf-8")
    except UnicodeDecodeError as error:
        if len(text) - error.start > 4 or error.reason != "unexpected end of data":
            return False
        decoded = text[: error.start].decode("utf-8")
    return _CONTROL.search(decoded) is None


def _protobuf_kind(part: Part, head: bytes) -> str:
    from scanners.model_scan.protobuf import guess_model  # here: it is the last and dearest guess

    return guess_model(part.data, part.extension) or "unknown"
