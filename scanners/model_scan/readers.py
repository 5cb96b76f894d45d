"""Which reader examines which kind of content. Registration is data."""

from __future__ import annotations

from scanners.model_scan.archives import compressed, read_tar
from scanners.model_scan.numpy_files import read_npy
from scanners.model_scan.parts import Examiner, Part, Reader
from scanners.model_scan.pickle_stream import read_pickle, search_hidden
from scanners.model_scan.python_code import read_python
from scanners.model_scan.zip_archive import read_zip

_SEARCHED = 64 << 20


def read_unknown(part: Part, scan: Examiner) -> None:
    """Bytes of no known format: tensors of a PyTorch archive are expected so, anything else is not examined."""
    search_hidden(part, scan, 0, min(len(part.data), _SEARCHED))
    if _is_raw_tensor(part):
        scan.ledger.count("raw tensors")
        return
    scan.ledger.skip(part.path, "the format is not known")


def _is_raw_tensor(part: Part) -> bool:
    """A storage of a PyTorch archive ('model/data/0') beside the data.pkl that refers to it."""
    folder, _, number = part.name.rpartition("/")
    return number.isdigit() and f"{folder.rpartition('/')[0]}/data.pkl".lstrip("/") in part.siblings


def read_text(part: Part, scan: Examiner) -> None:
    """Plain text does nothing by itself."""
    scan.ledger.count("text files")


def read_inert(part: Part, scan: Examiner) -> None:
    """A format that holds data only and has no known way to run code."""
    scan.ledger.count("inert files")


def read_empty(part: Part, scan: Examiner) -> None:
    """Nothing is in it; a model of no bytes is not a model."""
    if part.depth == 0:
        scan.ledger.skip(part.path, "the file is empty")


def read_script(part: Part, scan: Examiner) -> None:
    """A script in another language than Python."""
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
    "script": read_script,
    "executable": read_executable,
    "text": read_text,
    "inert text": read_inert,
    "inert binary": read_inert,
    "empty": read_empty,
    "gzip": compressed("gzip"),
    "bz2": compressed("bz2"),
    "xz": compressed("xz"),
    "lzma": compressed("lzma"),
    "zstd": compressed("zstd"),
    "zlib": compressed("zlib"),
    "rar": unsupported("RAR"),
    "lz4": unsupported("LZ4"),
    "7z": unsupported("7z"),
    "ggml": unsupported("GGML (before GGUF)"),
}
