"""Checkpoints by the formats' own writers, and PyTorch's ZIP as torch.save lays it out."""

from __future__ import annotations

import io
import pickle
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, ClassVar

import gguf
import numpy as np
import pytest
import safetensors.numpy

Tensors = Mapping[str, np.ndarray]


def write_safetensors(path: Path, tensors: Tensors) -> None:
    safetensors.numpy.save_file(dict(tensors), path)


def write_gguf(path: Path, tensors: Tensors) -> None:
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_name("tiny")
    writer.add_array("tokenizer.ggml.tokens", [f"token{index}" for index in range(300)])
    for name, values in tensors.items():
        writer.add_tensor(name, values)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def write_npz(path: Path, tensors: Tensors) -> None:
    np.savez(path, **tensors)


class _Storage:
    def __init__(self, kind: str, key: str, elements: int) -> None:
        self.identity = ("storage", _Global("torch", kind), key, "cpu", elements)


class _Global:
    def __init__(self, module: str, name: str) -> None:
        self.module, self.name = module, name


class _Tensor:
    def __init__(self, storage: _Storage, start: int, shape: tuple[int, ...], strides: tuple[int, ...]) -> None:
        self.arguments = (storage, start, shape, strides, False, {})


class _TorchPickler(pickle._Pickler):  # the one in Python can be taught to write names of things that do not exist
    dispatch: ClassVar = dict(pickle._Pickler.dispatch)

    def persistent_id(self, value: Any) -> Any:
        return value.identity if isinstance(value, _Storage) else None

    def save_name(self, value: _Global) -> None:
        self.write(pickle.GLOBAL + f"{value.module}\n{value.name}\n".encode())
        self.memoize(value)

    def save_tensor(self, value: _Tensor) -> None:
        self.save_name(_Global("torch._utils", "_rebuild_tensor_v2"))
        self.save(value.arguments)
        self.write(pickle.REDUCE)

    dispatch[_Global] = save_name
    dispatch[_Tensor] = save_tensor


_KINDS = {"float32": "FloatStorage", "float16": "HalfStorage", "int64": "LongStorage", "float64": "DoubleStorage"}


def write_torch(path: Path, tensors: Tensors, around: Callable[[dict[str, Any]], Any] = lambda state: state) -> None:
    storages, state = {}, {}
    for key, (name, values) in enumerate(tensors.items()):
        storages[str(key)] = np.ascontiguousarray(values).tobytes()
        storage = _Storage(_KINDS[values.dtype.name], str(key), values.size)
        strides = tuple(step // values.itemsize for step in np.ascontiguousarray(values).strides)
        state[name] = _Tensor(storage, 0, values.shape, strides)
    buffer = io.BytesIO()
    _TorchPickler(buffer, protocol=2).dump(around(state))
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("archive/data.pkl", buffer.getvalue())
        archive.writestr("archive/byteorder", "little")
        for key, raw in storages.items():
            archive.writestr(f"archive/data/{key}", raw)
        archive.writestr("archive/version", "3\n")


WRITERS: Mapping[str, Callable[[Path, Tensors], None]] = {
    "model.safetensors": write_safetensors,
    "model.gguf": write_gguf,
    "model.npz": write_npz,
    "model.pt": write_torch,
}


@pytest.fixture
def weights() -> dict[str, np.ndarray]:
    random = np.random.default_rng(1)
    return {
        f"layers.{layer}.{kind}": random.standard_normal(shape, dtype=np.float32)
        for layer in range(3)
        for kind, shape in (("weight", (40, 96)), ("bias", (96,)))
    }


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """write(where, file name, tensors): the file in its own folder."""

    def writing(where: str, name: str, tensors: Tensors, **more: Any) -> Path:
        (tmp_path / where).mkdir(exist_ok=True)
        WRITERS[name](tmp_path / where / name, tensors, **more)
        return tmp_path / where / name

    return writing
