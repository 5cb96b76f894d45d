"""The model scan: every file below a target identified by its content, read by its format, and reported.

Nothing is loaded, imported or executed. One bad file or member never stops the rest.
"""

from __future__ import annotations

import hashlib
import mmap
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Protocol

from scanners.errors import LimitReached, TargetMissing, TargetRefused, UnreadableInput, YumenError
from scanners.files import RegularFile, open_regular, printable_name, walk_files
from scanners.findings import Report, Skipped, Subject
from scanners.model_files.inventory import hub_snapshot, linked_file
from scanners.model_scan import readers
from scanners.model_scan.callables import data_versions
from scanners.model_scan.hdf5 import is_whole_hdf5
from scanners.model_scan.identify import expected_kinds, has_user_block, identify
from scanners.model_scan.ledger import Ledger
from scanners.model_scan.limits import Budget, Limits
from scanners.model_scan.ollama import digest_in_name
from scanners.model_scan.parts import SIBLING_SIZE, Part
from scanners.model_scan.pickle_stream import is_constant
from scanners.model_scan.zip_structure import LOCAL, find, find_end, is_zip_member, read_layout

_LIMITS = Limits()
_CHUNK = 1 << 22
_IN_MEMORY = 1 << 20
_SPARSE_SIZE = 4 << 30


class Progress(Protocol):
    """Called with how much is done, of how much, and a word about what."""

    def __call__(self, done: float, total: float | None = None, message: str = "") -> None: ...


def scan_model(target: Path, *, progress: Progress | None = None) -> Report:
    """Everything that a model file, or a folder with one, would do or break when it is loaded.

    Of the Hugging Face client's cache of a model, the snapshot of 'main' is scanned.

    Raises TargetRefused and TargetMissing for a target that is not a readable file or folder, UnreadableInput for a
    cache of several snapshots of which none is 'main'.
    """
    ledger = Ledger(Budget(_LIMITS))
    scan = ModelScan(ledger)
    if os.path.isdir(target):
        digest = _scan_folder(target, scan, progress)
    else:
        digest = _scan_file(RegularFile(target, target.name, 0), scan, _no_sibling, frozenset())
    return Report(Subject("model", digest, target.name), ledger.findings(), ledger.coverage(data_versions()))


def scan_bytes(name: str, content: bytes) -> Report:
    """The same for bytes in memory, under the name they would have as a file."""
    ledger = Ledger(Budget(_LIMITS))
    ModelScan(ledger).examine(Part(name, name, memoryview(content)))
    digest = "sha256:" + hashlib.sha256(content).hexdigest()
    return Report(Subject("model", digest, name), ledger.findings(), ledger.coverage(data_versions()))


class ModelScan:
    """Takes parts, finds out what they are, and has them read; readers hand back what they unpack."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    @property
    def ledger(self) -> Ledger:
        return self._ledger

    def examine(self, part: Part) -> None:
        """Identify and read one part. Never raises for what the part holds."""
        ledger = self._ledger
        try:
            ledger.budget.spend_entry()
            if part.depth > ledger.budget.limits.depth:
                raise LimitReached(f"containers are nested more than {ledger.budget.limits.depth} deep")
            kind = identify(part, ledger.budget)
            ledger.count("parts")
            self._compare_name(part, kind)
            reader = readers.READERS.get(kind)
            if reader is None:
                readers.read_unknown(part, self)
            else:
                reader(part, self)
            if kind not in ("zip", "empty"):
                self._look_for_second_format(part, kind)
        except LimitReached as reached:
            ledger.skip(part.path, reached.message)
        except UnreadableInput as error:
            ledger.find("model.structure.damaged", part.path, error.message)
            ledger.skip(part.path, error.message)
        except Exception as error:  # noqa: BLE001 - one bad member must never stop the scan of the others
            # A reader met bytes that its author did not foresee: not examined, and never passed.
            ledger.find("model.structure.damaged", part.path, f"unreadable ({type(error).__name__})")
            ledger.skip(part.path, f"could not be read to its end ({type(error).__name__})")

    def _compare_name(self, part: Part, kind: str) -> None:
        expected = expected_kinds(part.extension)
        if kind == "executable" and part.extension not in _PROGRAM_EXTENSIONS:
            self._ledger.find("model.content.disguised_code", part.path, "a native program under another kind of name")
        elif kind == "script" and (expected or part.extension in (".bin", *_BINARY_EXTENSIONS)):
            self._ledger.find("model.content.disguised_code", part.path, "a script under a model's name")
        elif kind in ("text", "inert text") and part.extension in _BINARY_EXTENSIONS:
            self._ledger.find("model.content.mismatch", part.path, f"named {part.extension}, holds text")
            self._ledger.skip(part.path, f"named {part.extension}, but the content is text")
        elif expected and kind not in expected and kind != "empty":
            self._ledger.find("model.content.mismatch", part.path, f"named {part.extension}, holds {kind}")
            if kind in ("unknown", "script", "python", "text", "image", "inert binary", "msgpack", "pyc", "tfindex"):
                self._ledger.skip(part.path, f"named {part.extension}, but the content is not")

    def _look_for_second_format(self, part: Part, kind: str) -> None:
        """A ZIP can hang behind any other file, for it is read from its end."""
        data = part.data
        if kind == "pickle" and has_user_block(part.head(4096)) and is_whole_hdf5(data):
            readers.READERS["hdf5"](part, self)  # it may only lie in a constant; what it would do counts all the same
        if kind in ("tar", "gzip", "bz2", "xz", "zstd", "7z", "zlib", "lz4", "lzma"):
            return
        end = find_end(data)
        if end is None:
            if kind in ("inert binary", "text", "inert text") and is_zip_member(data, find(data, LOCAL)):
                self._ledger.skip(part.path, f"{kind} with what looks like members of a ZIP inside")
            return
        try:
            layout = read_layout(data)
        except (UnreadableInput, LimitReached):
            return
        if not any(member.local is not None for member in layout.members):
            return
        if kind == "pickle" and is_constant(data, layout.prefix, layout.suffix):
            self.examine(part.inside("<constant>", data[layout.prefix : layout.suffix]))
            return
        if kind != "executable":
            self._ledger.find("model.content.polyglot", part.path, f"{kind} and ZIP")
        readers.READERS["zip"](part, self)


_BINARY_EXTENSIONS = (
    ".weights",
    ".params",
    ".pb",
    ".mlmodel",
    ".ot",
    ".msgpack",
    ".rds",
    ".caffemodel",
    ".engine",
    ".pdparams",
)
_PROGRAM_EXTENSIONS = [
    ".so",
    ".dll",
    ".dylib",
    ".exe",
    ".llamafile",
    ".pyd",
    ".wasm",
    ".class",
    ".bin.exe",
    ".com",
    ".o",
    ".node",
]


def _scan_folder(folder: Path, scan: ModelScan, progress: Progress | None) -> str:
    lines: list[tuple[bytes, str]] = []
    files: list[RegularFile] = []
    ledger = scan.ledger
    root = Path(os.path.realpath(folder))
    top = hub_snapshot(root)
    try:
        for entry in walk_files(top, max_entries=ledger.budget.limits.entries, allow_hard_links=True):
            if not isinstance(entry, Skipped):
                files.append(entry)
            elif top != root and (linked := linked_file(top, entry.what, root)) is not None:
                files.append(linked)
            else:
                ledger.skip(entry.what, entry.why)
    except LimitReached as reached:
        ledger.skip(printable_name(folder.name), reached.message)
    paths = {file.name: file.path for file in files}
    names = frozenset(paths)
    sibling = _reader_of(paths)
    if not files:
        ledger.skip(printable_name(folder.name), "there is no file in the folder")
    for number, file in enumerate(files):
        if progress is not None:
            progress(number, len(files), file.name)
        digest = _scan_file(file, scan, sibling, names).removeprefix("sha256:")
        lines.append((file.name.encode(), digest))
    # The same identity that model_hash gives: what sha256sum prints, sorted by name.
    listing = b"".join(digest.encode() + b"  " + name + b"\n" for name, digest in sorted(lines))
    return "sha256:" + hashlib.sha256(listing).hexdigest()


def _reader_of(paths: dict[str, Path]) -> Callable[[str], bytes | None]:
    def read(name: str) -> bytes | None:
        if name not in paths:
            return None
        try:
            descriptor = _open(paths[name])
        except (TargetRefused, TargetMissing):
            return None
        with os.fdopen(descriptor, "rb") as file:
            return file.read(SIBLING_SIZE)

    return read


def _no_sibling(_name: str) -> bytes | None:
    return None


def _scan_file(
    file: RegularFile, scan: ModelScan, sibling: Callable[[str], bytes | None], names: frozenset[str]
) -> str:
    """Examine one file; the digest of its content, or '' when it could not be read (then it is in skipped)."""
    ledger = scan.ledger
    try:
        descriptor = _open(file.path)
    except YumenError as error:
        if not names:
            raise
        ledger.skip(file.name, error.message)
        return ""
    try:
        before = os.fstat(descriptor)
        if before.st_size > _SPARSE_SIZE and before.st_blocks * 512 < before.st_size // 64:
            ledger.skip(file.name, f"a sparse file of {before.st_size} bytes with next to nothing in it")
            return ""
        try:
            data = _content(descriptor, before.st_size)
        except (OSError, ValueError) as error:
            ledger.skip(file.name, f"cannot be read ({type(error).__name__})")
            return ""
        if before.st_size <= _IN_MEMORY:
            _examine_file(file, data, scan, sibling, names)
            digest = "sha256:" + hashlib.sha256(data).hexdigest()
        else:
            digest = _examine_and_hash(file, data, scan, sibling, names)
        if digest and (named := digest_in_name(file.name)) not in (None, digest):
            ledger.find("model.ollama.digest", file.name, f"named {named}, but is {digest}")
        after = os.fstat(descriptor)
        if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
            ledger.skip(file.name, "the file changed while it was scanned")
    finally:
        os.close(descriptor)
    return digest


def _open(path: Path) -> int:
    """Open a file; a path without symbolic links needs no look at every folder on it. Raises as `open_regular` does."""
    try:
        return open_regular(path.absolute())
    except TargetRefused:
        return open_regular(Path(os.path.realpath(path)))


def _content(descriptor: int, size: int) -> memoryview:
    """All of a file: a small one in memory, a large one as it is mapped. Raises OSError, ValueError."""
    if size > _IN_MEMORY:
        return memoryview(mmap.mmap(descriptor, size, access=mmap.ACCESS_READ))
    pieces = []
    while size >= 0 and (piece := os.read(descriptor, size + 1)):  # one more: whether it grew
        pieces.append(piece)
        size -= len(piece)
    return memoryview(pieces[0] if len(pieces) == 1 else b"".join(pieces))


def _examine_and_hash(
    file: RegularFile, data: memoryview, scan: ModelScan, sibling: Callable[[str], bytes | None], names: frozenset[str]
) -> str:
    """A large file is hashed beside: SHA-256 releases the interpreter while it works."""
    with ThreadPoolExecutor(1) as beside:
        hashed = beside.submit(_digest, data, scan.ledger.budget)
        _examine_file(file, data, scan, sibling, names)
        try:
            return hashed.result()
        except LimitReached as reached:
            scan.ledger.skip(file.name, f"not hashed: {reached.message}")
            return ""


def _examine_file(
    file: RegularFile, data: memoryview, scan: ModelScan, sibling: Callable[[str], bytes | None], names: frozenset[str]
) -> None:
    scan.ledger.count("files")
    scan.ledger.count("bytes", len(data))
    scan.ledger.measure(file.name, len(data))
    scan.examine(Part(printable_name(file.name), file.name, data, 0, names, sibling))


def _digest(data: memoryview, budget: Budget) -> str:
    digest = hashlib.sha256()
    for chunk in _chunks(data):
        digest.update(chunk)
        budget.check_time()
    return "sha256:" + digest.hexdigest()


def _chunks(data: memoryview) -> Iterator[memoryview]:
    for start in range(0, len(data), _CHUNK):
        yield data[start : start + _CHUNK]
