"""Which format a checkpoint is of, and which files belong to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

from scanners.errors import LimitReached, UnreadableInput
from scanners.files import RegularFile
from scanners.findings import Skipped
from scanners.model_files.inventory import take_inventory
from scanners.model_files.reading import SteadyFile
from scanners.model_files.weights.gguf_files import read_gguf
from scanners.model_files.weights.numpy_files import read_npy, read_npz
from scanners.model_files.weights.safetensors_files import read_safetensors
from scanners.model_files.weights.tensors import MAX_TENSORS, Checkpoint, Tensor, broken
from scanners.model_files.weights.torch_files import read_torch
from scanners.signatures.strict_json import MalformedDocument, parse

MAX_SHARDS = 200
"""Files of one checkpoint: each is held open."""
_MAX_INDEX = 256 << 20

Reader = Callable[[Path, SteadyFile], Iterator[Tensor | Skipped]]
READERS: Mapping[str, Reader] = {
    ".safetensors": read_safetensors,
    ".gguf": read_gguf,
    ".npy": read_npy,
    ".npz": read_npz,
    ".pt": read_torch,
    ".pth": read_torch,
    ".bin": read_torch,
    ".ckpt": read_torch,
}
_INDEXES = ("model.safetensors.index.json", "pytorch_model.bin.index.json")


class OpenCheckpoint:
    """A checkpoint with its files held open, so that what was described is what is read."""

    def __init__(self, checkpoint: Checkpoint, files: Mapping[Path, SteadyFile]) -> None:
        self.checkpoint = checkpoint
        self._files = files

    def file_of(self, tensor: Tensor) -> SteadyFile:
        """The open file that `tensor` lies in."""
        return self._files[tensor.path]


def open_checkpoint(target: Path, stack: ExitStack) -> OpenCheckpoint:
    """The checkpoint at `target`: one file, an index of shards, or a folder with either. `stack` closes its files.

    In a folder the files of one format are taken together: those that an index names if there is one, else
    safetensors before the others. Raises UnreadableInput, LimitReached, TargetRefused, TargetMissing.
    """
    tensors: dict[str, Tensor] = {}
    skipped: list[Skipped] = []
    opened: dict[Path, SteadyFile] = {}
    chosen = _chosen(target)
    if len(chosen) > MAX_SHARDS:
        raise LimitReached(f"the checkpoint has more than {MAX_SHARDS} files", remedy="compare it part by part")
    for file in chosen:
        steady = stack.enter_context(SteadyFile.opened(file.path, file.name))
        opened[file.path] = steady
        for found in _reader(file.path, steady)(file.path, steady):
            if isinstance(found, Skipped):
                skipped.append(found)
            elif found.name in tensors:
                raise broken(file.path, f"holds the tensor {found.name[:200]!r} a second time")
            else:
                tensors[found.name] = found
            if len(tensors) > MAX_TENSORS:
                raise LimitReached("the checkpoint has more tensors than any model")
    if not tensors and not skipped:
        raise UnreadableInput(f"{target.name!r} holds no tensor", remedy="give a checkpoint file or folder")
    return OpenCheckpoint(Checkpoint(tensors, tuple(opened), tuple(skipped)), opened)


def _reader(path: Path, file: SteadyFile) -> Reader:
    with file.piece(0, min(8, file.size)) as piece:
        head = bytes(piece)
    if head[:4] == b"GGUF":
        return read_gguf
    if head[:6] == b"\x93NUMPY":
        return read_npy
    if head[:4] == b"PK\x03\x04":
        return read_npz if path.suffix == ".npz" else read_torch
    reader = READERS.get(path.suffix)
    if reader is None or reader is read_torch:
        raise broken(path, "is not of a format that can be compared (safetensors, PyTorch ZIP, GGUF, NumPy)")
    return reader


def _chosen(target: Path) -> Sequence[RegularFile]:
    inventory = take_inventory(target)
    files = {file.name: file for file in inventory.files}
    if inventory.single:
        (only,) = inventory.files
        if only.name.endswith(".index.json"):
            folder = {file.name: file for file in take_inventory(only.path.parent).files}
            return [_shard(folder, name, only) for name in _indexed(only)]
        return [only]
    for name in _INDEXES:
        if name in files:
            return [_shard(files, shard, files[name]) for shard in _indexed(files[name])]
    for suffixes in ((".safetensors",), (".bin", ".pt", ".pth", ".ckpt"), (".gguf",), (".npz", ".npy")):
        if found := [file for file in inventory.files if file.path.suffix in suffixes]:
            return found
    raise UnreadableInput(f"the folder {target.name!r} holds no checkpoint that can be compared")


def _indexed(index: RegularFile) -> list[str]:
    """The names of the shards that an index lists."""
    return sorted(set(read_index(index.path)[0].values()))


def read_index(path: Path) -> tuple[Mapping[str, str], int | None]:
    """The shard of each tensor by its name, and the bytes of all tensors if the index says. Raises UnreadableInput."""
    if path.stat().st_size > _MAX_INDEX:
        raise broken(path, "is too large for an index")
    try:
        document = parse(path.read_bytes())
    except MalformedDocument as malformed:
        raise broken(path, f"is malformed: {malformed}") from None
    listed = document.get("weight_map") if isinstance(document, dict) else None
    if not isinstance(listed, dict) or not all(isinstance(shard, str) for shard in listed.values()):
        raise broken(path, "has no weight_map")
    metadata = document.get("metadata")
    total = metadata.get("total_size") if isinstance(metadata, dict) else None
    return listed, total if isinstance(total, int) else None


def _shard(files: Mapping[str, RegularFile], name: str, index: RegularFile) -> RegularFile:
    """A shard by its name next to the index: looked up among the files found, so that no name can lead elsewhere."""
    folder = index.name.rpartition("/")[0]
    if (found := files.get(f"{folder}/{name}" if folder else name)) is None:
        raise broken(index.path, f"lists the shard {name[:200]!r}, which is not there")
    return found
