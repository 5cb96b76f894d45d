"""What a pickle travels in, and games with zip."""

# ruff: noqa: E501 - payloads and tables are read as rows

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import pickle
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator

import numpy as np
import zstandard

from .pickles import text, value


def torch_zip(payload: bytes, *, name: str = "archive/data.pkl", compression: int = zipfile.ZIP_STORED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", compression) as archive:
        archive.writestr(name, payload)
        archive.writestr("archive/data/0", np.arange(16, dtype="<f4").tobytes())
        archive.writestr("archive/byteorder", "little")
        archive.writestr("archive/version", "3\n")
    return out.getvalue()


def torch_legacy(payload: bytes) -> bytes:
    magic = pickle.dumps(0x1950A86A20F9469CFC6C, 2)
    return (
        magic
        + pickle.dumps(1001, 2)
        + pickle.dumps({"little_endian": True}, 2)
        + payload
        + pickle.dumps(["0"], 2)
        + struct.pack("<Q", 4)
        + np.arange(4, dtype="<f4").tobytes()
    )


def tar_of(members: dict[str, bytes], mode: str = "w") -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode) as archive:  # type: ignore[call-overload]
        for name, content in members.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return out.getvalue()


def zip_of(members: dict[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", compression) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return out.getvalue()


def npy(payload: bytes) -> bytes:
    header = b"{'descr': '|O', 'fortran_order': False, 'shape': (1,), }"
    header += b" " * (64 - (10 + len(header) + 1) % 64) + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + payload


def joblib_array(after: bytes, array: np.ndarray | None = None) -> bytes:
    """A list of one NumpyArrayWrapper with its raw bytes, and then more opcodes."""
    array = np.arange(6, dtype="<f8") if array is None else array
    wrapper = (
        b"\x80\x03]" + b"cjoblib.numpy_pickle\nNumpyArrayWrapper\n)\x81}(" + text("subclass", 1) + b"cnumpy\nndarray\n" + text("shape", 1) + value(array.shape) + text("order", 1) + text("C", 1)
        + text("dtype", 1) + b"cnumpy\ndtype\n" + value(("f8", False, True), 1) + b"R(K\x03" + text("<", 1) + b"NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb"
        + text("allow_mmap", 1) + b"\x88" + text("numpy_array_alignment_bytes", 1) + b"K\x10ub"
    )  # fmt: skip
    padding = 16 - (len(wrapper) + 1) % 16
    return wrapper + bytes([padding]) + b"\xff" * padding + array.tobytes() + b"a" + after + b"a."


CONTAINERS: dict[str, tuple[str, Callable[[bytes], bytes]]] = {
    "plain": ("model.pkl", lambda p: p),
    "renamed": ("weights.bin", lambda p: p),
    "text-name": ("notes.txt", lambda p: p),
    "torch-zip": ("model.pt", torch_zip),
    "torch-zip-deflated": ("model.pth", lambda p: torch_zip(p, compression=zipfile.ZIP_DEFLATED)),
    "torch-odd-member": ("pytorch_model.bin", lambda p: torch_zip(p, name="archive/notes.txt")),
    "torch-legacy": ("model.pt", torch_legacy),
    "torch-tar": (
        "model.tar",
        lambda p: tar_of({"storages": pickle.dumps(0, 2), "tensors": pickle.dumps(0, 2), "pickle": p}),
    ),
    "gzip": ("model.pkl.gz", gzip.compress),
    "bz2": ("model.pkl.bz2", bz2.compress),
    "xz": ("model.pkl.xz", lzma.compress),
    "zlib": ("model.joblib", zlib.compress),
    "zstd": ("model.pkl.zst", lambda p: zstandard.ZstdCompressor().compress(p)),
    "lzma": ("model.lzma", lambda p: lzma.compress(p, lzma.FORMAT_ALONE)),
    "npy": ("array.npy", npy),
    "npz": ("arrays.npz", lambda p: zip_of({"a.npy": npy(p)})),
    "joblib": ("model.joblib", lambda p: joblib_array(p.lstrip(b"\x80")[1:-1] if p[:1] == b"\x80" else p[:-1])),
    "zip-in-tar-gz": ("bundle.tar.gz", lambda p: tar_of({"inner.zip": zip_of({"m.pkl": p})}, "w:gz")),
    "nested-zip": ("bundle.zip", lambda p: zip_of({"a.zip": zip_of({"b.zip": zip_of({"m.pkl": p})})})),
    "appended": ("data.pkl", lambda p: pickle.dumps({"a": list(range(50))}, 2) + p),
    "after-garbage": ("data.pkl", lambda p: pickle.dumps([1, 2], 2) + b"\x00" * 100 + bytes(range(130, 160)) + p),
    "zip-behind": ("cover.png", lambda p: b"\x89PNG\r\n\x1a\n" + b"\0" * 64 + zip_of({"m.pkl": p})),
    "nemo": (
        "model.nemo",
        lambda p: tar_of(
            {
                "model_config.yaml": b"target: nemo.collections.asr.models.EncDecCTCModelBPE\n",
                "model_weights.ckpt": torch_zip(p),
            }
        ),
    ),
}


# Zip games


def zip_games(payload: bytes) -> Iterator[tuple[str, bytes]]:
    plain = torch_zip(payload)
    benign = pickle.dumps({"a": 1}, 2)
    yield "wrong-crc", plain.replace(struct.pack("<I", zlib.crc32(payload)), b"\1\2\3\4")
    first = bytearray(plain)
    struct.pack_into("<H", first, 6, 1)
    yield "encrypted-local", bytes(first)
    both = bytearray(first)
    struct.pack_into("<H", both, both.find(b"PK\x01\x02") + 8, 1)
    yield "encrypted-both", bytes(both)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("archive/data.pkl", benign)
        archive.writestr("archive/data.pkl2", payload)
    yield "duplicate", out.getvalue().replace(b"data.pkl2", b"data.pkl\0")
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("archive/data.pkX", payload)
        archive.writestr("archive/version", "3")
    raw = out.getvalue()
    yield "names-differ", raw.replace(b"archive/data.pkX", b"archive/data.pkl", 1)
    yield (
        "names-differ-back",
        raw[: raw.find(b"PK\x01\x02")] + raw[raw.find(b"PK\x01\x02") :].replace(b"data.pkX", b"data.txt"),
    )
    yield "prefixed", b"GIF89a" + b"\0" * 20 + plain
    member = (
        struct.pack(
            "<4sHHHHHLLLHH", b"PK\x03\x04", 20, 0, 0, 0, 0, zlib.crc32(payload), len(payload), len(payload), 9, 0
        )
        + b"extra.pkl"
        + payload
    )
    cut = raw.find(b"PK\x01\x02")
    hidden = raw[:cut] + member + raw[cut:]
    end = hidden.rfind(b"PK\x05\x06")
    moved = bytearray(hidden)
    struct.pack_into("<I", moved, end + 16, cut + len(member))
    yield "unlisted-member", bytes(moved)
    yield "no-directory", plain[: plain.find(b"PK\x01\x02")]
    method = bytearray(plain)
    struct.pack_into("<H", method, 8, 8)
    yield "method-differs", bytes(method)
    yield "trailing-bytes", plain + payload
    size = bytearray(plain)
    struct.pack_into("<I", size, 22, 5)
    yield "local-size-differs", bytes(size)
