"""Which reader examines which kind of content. Registration is data."""

from __future__ import annotations

import codecs
import re

from scanners.errors import LimitReached
from scanners.model_scan.archives import compressed, read_tar
from scanners.model_scan.configuration import examine_settings, read_json, read_yaml
from scanners.model_scan.core_ml import read_core_ml
from scanners.model_scan.gguf import read_gguf
from scanners.model_scan.hdf5 import read_hdf5
from scanners.model_scan.identify import SETTINGS
from scanners.model_scan.java_objects import read_java
from scanners.model_scan.lz4_frames import read_lz4
from scanners.model_scan.media import read_media
from scanners.model_scan.msgpack_files import read_msgpack
from scanners.model_scan.numpy_files import read_npy
from scanners.model_scan.ollama import read_blob_template, read_modelfile
from scanners.model_scan.onnx import read_onnx
from scanners.model_scan.parts import Examiner, Part, Reader
from scanners.model_scan.pickle_stream import read_pickle, search_hidden
from scanners.model_scan.python_code import read_compiled, read_python
from scanners.model_scan.r_data import read_r
from scanners.model_scan.requirements import examine_requirements, is_requirements
from scanners.model_scan.safetensors import read_safetensors
from scanners.model_scan.seven_zip import read_7z
from scanners.model_scan.shell_code import harmful_command
from scanners.model_scan.streams import inflate
from scanners.model_scan.templates import read_template
from scanners.model_scan.tensorflow_checkpoints import read_checkpoint_index
from scanners.model_scan.tensorflow_graphs import read_graph, read_saved_model, read_text_graph
from scanners.model_scan.tensorflow_records import read_records
from scanners.model_scan.tflite import read_tflite
from scanners.model_scan.torchscript import read_torchscript
from scanners.model_scan.tree_models import (
    read_catboost,
    read_lightgbm,
    read_xgboost,
    read_xgboost_binary,
    read_xgboost_text,
)
from scanners.model_scan.xml_models import read_xml
from scanners.model_scan.zip_archive import read_zip

_SEARCHED = 64 << 20
_EXPORTED = re.compile(r"(?:weight|tensor)_\d+")
_MAX_TEXT = 1 << 30


def is_text(data: memoryview) -> bool:
    """Whether all of it is UTF-8 without NULs; looked at in pieces, at most 1 GiB."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for start in range(0, min(len(data), _MAX_TEXT), 1 << 20):
            piece = bytes(data[start : start + (1 << 20)])
            if b"\0" in piece:
                return False
            decoder.decode(piece)
    except UnicodeDecodeError:
        return False
    return len(data) <= _MAX_TEXT


def read_unknown(part: Part, scan: Examiner) -> None:
    """Bytes of no known format: tensors of a PyTorch archive are expected so, anything else is not examined."""
    if _is_raw_tensor(part):
        scan.ledger.count("raw tensors")
        return
    search_hidden(part, scan, 0, min(len(part.data), _SEARCHED))
    scan.ledger.raw(part.path)


def _is_raw_tensor(part: Part) -> bool:
    """A storage of a PyTorch archive ('model/data/0'), or a weight of a torch.export archive, beside what refers to it."""
    folder, _, name = part.name.rpartition("/")
    if name.isdigit():
        return f"{folder.rpartition('/')[0]}/data.pkl".lstrip("/") in part.siblings
    return bool(_EXPORTED.fullmatch(name)) and any(
        f"{folder}/model_{kind}_config.json" in part.siblings for kind in ("weights", "constants")
    )


def read_text(part: Part, scan: Examiner) -> None:
    """Plain text does nothing by itself, if it is text to its end."""
    if not is_text(part.data):
        read_unknown(part, scan)
        return
    scan.ledger.count("text files")
    if part.extension in SETTINGS:
        examine_settings(bytes(part.data[:_SEARCHED]).decode("utf-8", "replace"), part, scan)
    if is_requirements(part.name):
        examine_requirements(bytes(part.data[:_SEARCHED]).decode("utf-8", "replace").splitlines(), part, scan)


def read_utf16(part: Part, scan: Examiner) -> None:
    """Text in UTF-16 is read as the same text in UTF-8."""
    if len(part.data) > _SEARCHED:
        raise LimitReached("a UTF-16 text of more than 64 MiB")
    text = bytes(part.data).decode("utf-16", "replace")
    if text.lstrip("\ufeff \t\r\n").startswith("<"):
        read_xml(part, scan)  # expat reads UTF-16 itself, and the declaration speaks of it
        return
    scan.examine(Part(part.path, part.name, memoryview(text.encode()), part.depth + 1, part.siblings, part.sibling))


def read_inert(part: Part, scan: Examiner) -> None:
    """A format that holds data only and has no known way to run code."""
    scan.ledger.count("inert files")
    search_hidden(part, scan, 0, len(part.data))


def read_empty(part: Part, scan: Examiner) -> None:
    """Nothing is in it; a model of no bytes is not a model."""
    if part.depth == 0:
        scan.ledger.skip(part.path, "the file is empty")


def read_script(part: Part, scan: Examiner) -> None:
    """A script in another language than Python."""
    harm = harmful_command(bytes(part.data[:_SEARCHED]).decode("utf-8", "replace"))
    if harm is not None:
        scan.ledger.find(
            "model.code.dangerous", part.path, harm, title="A script beside the model does dangerous things"
        )
    scan.ledger.find(
        "model.code.script",
        part.path,
        part.head(60).decode("utf-8", "replace").splitlines()[0] if len(part.data) else "",
    )
    scan.ledger.skip(part.path, "a script, which is not analysed")


def read_executable(part: Part, scan: Examiner) -> None:
    """Native code is recognised, not analysed."""
    scan.ledger.find("model.content.executable", part.path)
    scan.ledger.skip(part.path, "native code is not analysed")


def read_old_joblib(part: Part, scan: Examiner) -> None:
    """joblib before 0.10: 'ZF', a length in 19 hexadecimal characters, then a zlib stream."""
    inflated = inflate("zlib", part.data[21:], scan.ledger.budget)
    if not inflated.complete:
        scan.ledger.skip(part.path, "the compressed stream is damaged or cut off")
    scan.examine(part.inside("<zlib>", inflated.data))


def unsupported(what: str) -> Reader:
    """A reader for formats that are recognised and cannot be opened here."""

    def read(part: Part, scan: Examiner) -> None:
        scan.ledger.skip(part.path, f"{what} is not supported")

    return read


READERS: dict[str, Reader] = {
    "pickle": read_pickle,
    "zip": read_zip,
    "tar": read_tar,
    "npy": read_npy,
    "python": read_python,
    "torchscript": read_torchscript,
    "script": read_script,
    "executable": read_executable,
    "json": read_json,
    "yaml": read_yaml,
    "jinja": read_template,
    "modelfile": read_modelfile,
    "go template": read_blob_template,
    "xml": read_xml,
    "safetensors": read_safetensors,
    "gguf": read_gguf,
    "onnx": read_onnx,
    "savedmodel": read_saved_model,
    "graphdef": read_graph,
    "pbtxt": read_text_graph,
    "coreml": read_core_ml,
    "hdf5": read_hdf5,
    "tflite": read_tflite,
    "r": read_r,
    "java": read_java,
    "zf": read_old_joblib,
    "text16": read_utf16,
    "text": read_text,
    "lightgbm": read_lightgbm,
    "catboost": read_catboost,
    "xgboost": read_xgboost,
    "xgboost binary": read_xgboost_binary,
    "xgboost text": read_xgboost_text,
    "pyc": read_compiled,
    "msgpack": read_msgpack,
    "tfindex": read_checkpoint_index,
    "inert text": read_text,
    "inert binary": read_inert,
    "image": read_media,
    "media": read_media,
    "tfrecord": read_records,
    "sentencepiece": read_inert,
    "empty": read_empty,
    "gzip": compressed("gzip"),
    "bz2": compressed("bz2"),
    "xz": compressed("xz"),
    "lzma": compressed("lzma"),
    "zstd": compressed("zstd"),
    "zlib": compressed("zlib"),
    "rar": unsupported("RAR"),
    "lz4": read_lz4,
    "7z": read_7z,
    "ggml": unsupported("GGML (before GGUF)"),
}
