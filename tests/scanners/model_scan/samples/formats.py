"""Documents of other formats: safetensors, GGUF, ONNX, Keras, TensorFlow, R."""

from __future__ import annotations

import gzip
import json
import struct

from .containers import zip_of


def safetensors(header: object, data: bytes = b"", *, length: int | None = None) -> bytes:
    raw = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(raw) if length is None else length) + raw + data


def gguf_text(value_: str) -> bytes:
    raw = value_.encode()
    return struct.pack("<Q", len(raw)) + raw


def gguf(
    pairs: dict[str, object], tensors: bytes = b"", n_tensors: int = 0, n_pairs: int | None = None, version: int = 3
) -> bytes:
    body = b""
    for key, item in pairs.items():
        body += gguf_text(key)
        if isinstance(item, str):
            body += struct.pack("<I", 8) + gguf_text(item)
        elif isinstance(item, int):
            body += struct.pack("<II", 4, item)
        elif isinstance(item, list):
            body += struct.pack("<IIQ", 9, 8, len(item)) + b"".join(gguf_text(part) for part in item)
        elif isinstance(item, bytes):
            body += item
    return (
        b"GGUF" + struct.pack("<IQQ", version, n_tensors, len(pairs) if n_pairs is None else n_pairs) + body + tensors
    )


def varint(number: int) -> bytes:
    out = b""
    while True:
        out += bytes([number & 0x7F | (0x80 if number > 0x7F else 0)])
        number >>= 7
        if not number:
            return out


def pb(number: int, content: bytes | str | int) -> bytes:
    if isinstance(content, int):
        return varint(number << 3) + varint(content)
    raw = content.encode() if isinstance(content, str) else content
    return varint(number << 3 | 2) + varint(len(raw)) + raw


def onnx(nodes: list[tuple[str, str]], tensors: list[bytes] = (), *, subgraph: bool = False) -> bytes:  # type: ignore[assignment]
    body = b"".join(pb(1, pb(1, "x") + pb(2, "y") + pb(4, operator_) + pb(7, domain)) for domain, operator_ in nodes)
    body += pb(2, "graph") + b"".join(pb(5, tensor) for tensor in tensors)
    if subgraph:
        body = pb(1, pb(4, "If") + pb(5, pb(1, "then_branch") + pb(6, body) + pb(20, 5))) + pb(2, "outer")
    return pb(1, 8) + pb(2, "producer") + pb(7, body) + pb(8, pb(1, "") + pb(2, 17))


def external(location: str, **extra: str) -> bytes:
    entries = {"location": location, **extra}
    return (
        pb(1, 4)
        + pb(2, 1)
        + pb(8, "W")
        + b"".join(pb(13, pb(1, key) + pb(2, item)) for key, item in entries.items())
        + pb(14, 1)
    )


def saved_model(*operators: str, in_function: bool = False) -> bytes:
    nodes = [pb(1, f"n{index}") + pb(2, operator_) for index, operator_ in enumerate(operators)]
    graph = (
        pb(2, pb(1, pb(1, pb(1, "f")) + b"".join(pb(3, node) for node in nodes)))
        if in_function
        else b"".join(pb(1, node) for node in nodes)
    )
    return pb(1, 1) + pb(2, pb(1, pb(4, "serve")) + pb(2, graph))


def keras(layer: dict[str, object], *, version: int = 3) -> dict[str, object]:
    inner = {
        "name": "s",
        "layers": [
            {
                "class_name": "InputLayer",
                "module": "keras.layers",
                "config": {"name": "i", "batch_shape": [None, 4]},
                "registered_name": None,
            },
            layer,
        ],
    }
    document: dict[str, object] = {"class_name": "Sequential", "config": inner}
    return {**document, "module": "keras", "registered_name": None} if version == 3 else document


def keras_zip(layer: dict[str, object]) -> bytes:
    return zip_of({"metadata.json": b'{"keras_version": "3.5.0"}', "config.json": json.dumps(keras(layer)).encode()})


def hdf5_like(document: object) -> bytes:
    """The bytes that matter of a Keras HDF5 file: signature, superblock, the attribute's text."""
    return (
        b"\x89HDF\r\n\x1a\n"
        + bytes([0, 0, 0, 0, 0, 8, 8, 0])
        + b"\0" * 512
        + b"model_config\0\0\0\0"
        + json.dumps(document).encode()
        + b"\0" * 64
        + b"\1\2\3" * 500
    )


def tflite(*custom: str) -> bytes:
    """A model with only operator codes, laid out by hand."""
    out = bytearray(struct.pack("<I4s", 0, b"TFL3"))
    vtable = len(out)
    out += struct.pack("<HHHH", 8, 8, 0, 4)
    table = len(out)
    out += struct.pack("<iI", table - vtable, 0)
    struct.pack_into("<I", out, 0, table)
    vector = len(out)
    struct.pack_into("<I", out, table + 4, vector - (table + 4))
    out += struct.pack("<I", len(custom)) + b"\0" * 4 * len(custom)
    for index, name in enumerate(custom):
        vt = len(out)
        out += struct.pack("<HHHH", 8, 8, 0, 4)
        tab = len(out)
        out += struct.pack("<iI", tab - vt, 4)
        raw = name.encode()
        out += struct.pack("<I", len(raw)) + raw + b"\0" * (4 - len(raw) % 4)
        struct.pack_into("<I", out, vector + 4 + 4 * index, tab - (vector + 4 + 4 * index))
    return bytes(out)


def rds(*, promise: bool) -> bytes:
    head = b"X\n" + struct.pack(">iii", 2, 0x00040100, 0x00020300)
    symbol = struct.pack(">ii", 1, 0x00040009) + struct.pack(">i", 6) + b"system"
    call_ = (
        struct.pack(">i", 6)
        + symbol
        + struct.pack(">i", 2)
        + struct.pack(">iii", 16, 1, 0x00040009)
        + struct.pack(">i", 2)
        + b"id"
        + struct.pack(">i", 254)
    )
    if promise:
        return gzip.compress(head + struct.pack(">i", 5) + struct.pack(">i", 242) + call_)
    return gzip.compress(head + struct.pack(">ii", 14, 3) + struct.pack(">3d", 1, 2, 3))
