"""A damaged or hostile checkpoint is an error that names the file: never a crash, a hang, or a guess."""

from __future__ import annotations

import io
import json
import pickle
import struct
import zipfile
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scanners.errors import YumenError
from scanners.model_files.weights.opening import open_checkpoint
from scanners.model_files.weights.tensors import Checkpoint

Weights = dict[str, np.ndarray]


def read(path: Path) -> Checkpoint:
    with ExitStack() as stack:
        return open_checkpoint(path, stack).checkpoint


def safetensors(header: Any, body: bytes = b"\0" * 64, length: int | None = None) -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text) if length is None else length) + text + body


def entry(dtype: Any = "F32", shape: Any = (4,), offsets: Any = (0, 16)) -> dict[str, Any]:
    return {"w": {"dtype": dtype, "shape": shape, "data_offsets": offsets}}


SAFETENSORS = {
    "empty": b"",
    "no header": b"\0\0\0",
    "header longer than the file": safetensors(entry(), length=1 << 40),
    "header of the largest length": safetensors(entry(), length=(1 << 64) - 1),
    "header is a list": safetensors([]),
    "header is broken": safetensors(b'{"w": '),
    "a name twice": safetensors(b'{"w": 1, "w": 2}'),
    "entry is a number": safetensors({"w": 1}),
    "no offsets": safetensors({"w": {"dtype": "F32", "shape": [1]}}),
    "three offsets": safetensors(entry(offsets=[0, 8, 16])),
    "offsets beyond the end": safetensors(entry(offsets=[0, 1 << 50])),
    "offsets backwards": safetensors(entry(offsets=[16, 0])),
    "negative offset": safetensors(entry(offsets=[-16, 0])),
    "fractional shape": safetensors(entry(shape=[4.0])),
    "negative shape": safetensors(entry(shape=[-4])),
    "shape overflows": safetensors(entry(shape=[1 << 40, 1 << 40], offsets=[0, 16])),
    "shape does not fit": safetensors(entry(shape=[5])),
    "type is a number": safetensors(entry(dtype=3)),
    "deep": safetensors(b"[" * 100_000),
}


def gguf(*, version: int = 3, tensors: int = 1, entries: int = 0, rest: bytes = b"", magic: bytes = b"GGUF") -> bytes:
    return magic + struct.pack("<IQQ", version, tensors, entries) + rest


def name(text: bytes) -> bytes:
    return struct.pack("<Q", len(text)) + text


GGUF = {
    "no more than the magic": b"GGUF",
    "big-endian": gguf(version=3 << 24),
    "version 1": gguf(version=1),
    "a trillion tensors": gguf(tensors=1 << 40),
    "a trillion entries": gguf(entries=1 << 40),
    "name without an end": gguf(rest=struct.pack("<Q", 1 << 60)),
    "name that is not UTF-8": gguf(rest=name(b"\xff") + struct.pack("<I", 0)),
    "rank of a thousand": gguf(rest=name(b"w") + struct.pack("<I", 1000)),
    "type nobody knows": gguf(rest=name(b"w") + struct.pack("<IQIQ", 1, 4, 99, 0)),
    "cut block": gguf(rest=name(b"w") + struct.pack("<IQIQ", 1, 33, 8, 0)),
    "beyond the end": gguf(rest=name(b"w") + struct.pack("<IQIQ", 1, 1 << 40, 0, 0)),
    "offset overflows": gguf(rest=name(b"w") + struct.pack("<IQIQ", 1, 4, 0, (1 << 64) - 1)),
    "value of an unknown kind": gguf(entries=1, rest=name(b"k") + struct.pack("<I", 77)),
    "array of arrays of arrays": gguf(
        entries=1, rest=name(b"k") + struct.pack("<I", 9) + struct.pack("<IQ", 9, 1) * 99
    ),
    "array longer than the file": gguf(entries=1, rest=name(b"k") + struct.pack("<IIQ", 9, 8, 1 << 50)),
    "odd alignment": gguf(entries=1, rest=name(b"general.alignment") + struct.pack("<II", 4, 33)),
    "no alignment": gguf(entries=1, rest=name(b"general.alignment") + struct.pack("<II", 4, 0)),
}


def npy(header: bytes, body: bytes = b"\0" * 16, version: bytes = b"\1\0") -> bytes:
    return b"\x93NUMPY" + version + struct.pack("<H", len(header)) + header + body


NUMPY = {
    "no header": b"\x93NUMPY\1\0",
    "version 9": npy(b"{}", version=b"\x09\0"),
    "header is no literal": npy(b"__import__('os').system('x')"),
    "header is a list": npy(b"[]"),
    "shape of text": npy(b"{'descr':'<f4','fortran_order':False,'shape':'x'}"),
    "shape of truths": npy(b"{'descr':'<f4','fortran_order':False,'shape':(True,)}"),
    "shape does not fit": npy(b"{'descr':'<f4','fortran_order':False,'shape':(9,)}"),
    "deep header": npy(b"(" * 9000),
}


def torch(pickled: bytes, storage: bytes = b"\0" * 16, **files: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("a/data.pkl", pickled)
        archive.writestr("a/data/0", storage)
        for path, content in files.items():
            archive.writestr(path, content)
    return buffer.getvalue()


def tensor(start: int = 0, shape: tuple[int, ...] = (4,), strides: tuple[int, ...] = (1,), key: str = "0") -> bytes:
    """A pickle of {'w': a tensor}, by hand."""

    def numbers(values: tuple[int, ...]) -> bytes:
        return b"(" + b"".join(pickle.dumps(value, 2)[2:-1] for value in values) + b"t"

    identity = (
        b"(X\x07\0\0\0storagectorch\nFloatStorage\nX"
        + struct.pack("<I", len(key))
        + key.encode()
        + b"X\3\0\0\0cpuK\4tQ"
    )
    arguments = b"(" + identity + pickle.dumps(start, 2)[2:-1] + numbers(shape) + numbers(strides) + b"\x89}t"
    return b"\x80\2}X\1\0\0\0wctorch._utils\n_rebuild_tensor_v2\n" + arguments + b"Rs."


TORCH = {
    "not a ZIP": b"PK\3\4nothing",
    "no pickle": torch(b"").replace(b"data.pkl", b"data.pkk"),
    "two pickles": torch(tensor(), **{"b/data.pkl": b"."}),
    "empty pickle": torch(b""),
    "pickle without an end": torch(tensor()[:-1]),
    "pickle of an unknown opcode": torch(b"\x80\2\xff."),
    "pickle that pops nothing": torch(b"\x80\2R."),
    "pickle that recalls nothing": torch(b"\x80\2h\7."),
    "pickle that builds an instance": torch(b"(ios\nsystem\n."),
    "no storage": torch(tensor(key="1")),
    "beyond the storage": torch(tensor(start=1)),
    "larger than the storage": torch(tensor(shape=(5,))),
    "huge": torch(tensor(shape=(1 << 60,))),
    "rank does not fit": torch(tensor(shape=(2, 2))),
}


def case(table: dict[str, bytes], suffix: str) -> list[Any]:
    return [pytest.param(raw, suffix, id=f"{suffix} {words}") for words, raw in table.items()]


@pytest.mark.parametrize(
    ("raw", "suffix"),
    [*case(SAFETENSORS, "safetensors"), *case(GGUF, "gguf"), *case(NUMPY, "npy"), *case(TORCH, "pt")],
)
def test_damaged_files_are_errors(tmp_path: Path, raw: bytes, suffix: str) -> None:
    (path := tmp_path / f"model.{suffix}").write_bytes(raw)
    with pytest.raises(YumenError, match=r"model"):
        read(path)


def test_the_hand_made_tensor_is_read(tmp_path: Path) -> None:
    (path := tmp_path / "model.pt").write_bytes(torch(tensor()))
    (found,) = read(path).tensors.values()
    assert (found.name, found.dtype, found.shape, found.bytes) == ("w", "F32", (4,), 16)


def test_nothing_that_a_pickle_names_is_run(tmp_path: Path, write: Any, weights: Weights) -> None:
    class Evil:
        def __reduce__(self) -> Any:
            return (Path.touch, (tmp_path / "pwned",))

    evil = pickle.dumps(Evil(), 2)
    (tmp_path / "evil.pt").write_bytes(torch(evil))
    checkpoint = read(tmp_path / "evil.pt")
    assert not (tmp_path / "pwned").exists()
    assert checkpoint.tensors == {}
    assert "which is not interpreted" in checkpoint.skipped[0].why


def test_what_lies_around_a_state_dict_is_part_of_the_names(write: Any, weights: Weights) -> None:
    path = write("a", "model.pt", weights, around=lambda state: {"epoch": 3, "state_dict": state, "lr": [0.1]})
    assert set(read(path).tensors) == {f"state_dict.{name}" for name in weights}


def test_compressed_and_object_arrays_are_skipped(tmp_path: Path) -> None:
    np.savez_compressed(tmp_path / "a.npz", w=np.zeros(9))
    np.savez(tmp_path / "b.npz", w=np.array([{"a": 1}], dtype=object), v=np.zeros(2), big=np.zeros(2, ">f4"))
    assert [skipped.what for skipped in read(tmp_path / "a.npz").skipped] == ["w"]
    assert sorted(skipped.what for skipped in read(tmp_path / "b.npz").skipped) == ["big", "w"]


def test_a_sparse_terabyte_costs_nothing(tmp_path: Path) -> None:
    with (tmp_path / "model.gguf").open("wb") as file:
        file.write(b"GGUF" + struct.pack("<IQQ", 3, 20_000, 20_000))
        file.truncate(1 << 40)
    with pytest.raises(YumenError):
        read(tmp_path / "model.gguf")


@pytest.mark.parametrize("name", ["model.safetensors", "model.gguf", "model.npz", "model.pt"])
def test_any_mutation_is_read_or_refused(tmp_path_factory: Any, write: Any, weights: Weights, name: str) -> None:
    raw = write("a", name, {key: values[:2] for key, values in weights.items()}).read_bytes()
    target = tmp_path_factory.mktemp("mutated") / name

    @settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck), database=None, derandomize=True)
    @given(
        edits=st.lists(st.tuples(st.integers(0, len(raw) - 1), st.binary(min_size=1, max_size=8)), max_size=6),
        cut=st.integers(0, len(raw)) | st.just(len(raw)),
    )
    def mutate(edits: list[tuple[int, bytes]], cut: int) -> None:
        mutated = bytearray(raw)
        for place, content in edits:
            mutated[place : place + len(content)] = content
        target.write_bytes(mutated[:cut])
        try:
            checkpoint = read(target)
        except YumenError:
            return
        size = target.stat().st_size
        assert all(0 <= found.offset <= found.offset + found.bytes <= size for found in checkpoint.tensors.values())

    mutate()
