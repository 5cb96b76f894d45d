"""Bad input for every reader that is not a pickle's: a table of broken files, none of which passes."""

from __future__ import annotations

import gzip
import struct

import pytest

from scanners.model_scan import scan_bytes

TENSOR = {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}


def broken(samples):
    s = samples
    return {
        "safetensors of 3 bytes": ("m.safetensors", b"abc"),
        "safetensors without braces": ("m.safetensors", s.safetensors(b"[]", b"")),
        "safetensors with a float shape": ("m.safetensors", s.safetensors({"a": {**TENSOR, "shape": [1.0]}}, b"\0" * 4)),
        "safetensors with true as extent": ("m.safetensors", s.safetensors({"a": {**TENSOR, "shape": [True]}}, b"\0" * 4)),
        "safetensors cut off": ("m.safetensors", s.safetensors({"a": TENSOR}, b"\0" * 3)),
        "gguf of a future version": ("m.gguf", s.gguf({}, version=9)),
        "gguf with a key missing": ("m.gguf", s.gguf({"a": 1}, n_pairs=2)),
        "gguf cut off": ("m.gguf", s.gguf({"a": "b"})[:-1]),
        "gguf with deep arrays": ("m.gguf", s.gguf({"k": struct.pack("<I", 9) + struct.pack("<IQ", 9, 1) * 50})),
        "onnx cut off": ("m.onnx", s.onnx([("", "Relu")])[:-3]),
        "onnx with deep graphs": ("m.onnx", deep_onnx(s)),
        "saved model cut off": ("saved_model.pb", s.saved_model("MatMul")[:-2]),
        "tflite with wild offsets": ("m.tflite", b"\xff\xff\xff\x7fTFL3" + b"\0" * 20),
        "7z cut off": ("m.7z", b"7z\xbc\xaf\x27\x1c\0\x04" + b"\xff" * 24),
        "7z of 10 bytes": ("m.7z", b"7z\xbc\xaf\x27\x1c\0\x04ab"),
        "rds cut off": ("m.rds", gzip.compress(b"X\n\0\0\0\x03\0\4\1\0\0\2\3\0")),
        "gzip cut off": ("m.gz", gzip.compress(b"hello" * 100)[:-9]),
        "zip of nothing": ("m.zip", b"PK\x05\x06" + b"\0" * 18),
        "zip with a wild directory": ("m.zip", b"PK\x05\x06\0\0\0\0\1\0\1\0\xff\xff\xff\x7f\xff\xff\xff\x7f\0\0"),
        "tar with a wrong checksum": ("m.tar", s.tar_of({"a": b"b"}).replace(b"ustar", b"uster")),
        "npy with a giant header": ("m.npy", b"\x93NUMPY\x02\0\xff\xff\xff\xff"),
        "npy of an unknown type": ("m.npy", s.npy(b"abc").replace(b"|O", b"?Q")),
        "xml cut off": ("m.xml", b"<?xml version='1.0'?><net>"),
        "yaml that is none": ("m.yaml", b"a: [1\nb: }\n"),
        "json that is none": ("m.json", b'{"a": '),
        "json a key twice": ("m.json", b'{"a": 1, "a": 2}'),
        "json too deep": ("m.json", b"[" * 100_000),
        "template that is none": ("m.jinja", b"{% if %}{{ x "),
        "lz4 cut off": ("m.lz4", b"\x04\x22\x4d\x18\x60\x40\x82\x10\0\0\0"),
        "zip of a password": ("m.zip", encrypted(s)),
        "no format at all": ("m.bin", bytes(range(128, 256)) * 4),
    }  # fmt: skip


def deep_onnx(samples) -> bytes:
    body = b""
    for _ in range(200):
        body = samples.pb(1, samples.pb(4, "If") + samples.pb(5, samples.pb(6, body)))
    return samples.pb(1, 8) + samples.pb(7, body)


def encrypted(samples) -> bytes:
    raw = bytearray(samples.zip_of({"a.txt": b"hello world, hello world"}))
    struct.pack_into("<H", raw, 6, 1)
    struct.pack_into("<H", raw, raw.find(b"PK\x01\x02") + 8, 1)
    return bytes(raw)


def test_no_broken_file_passes(samples, verdict):
    given = {what: verdict(scan_bytes(name, content)) for what, (name, content) in broken(samples).items()}
    assert [what for what, said in given.items() if said == "pass"] == []


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("plain.txt", b"just text\n"),
        ("requirements.txt", b"numpy==1.0\n"),
        ("a.json", b'{"lines": 1}\n{"lines": 2}\n'),
        ("data.csv", b"a,b\n1,2\n"),
    ],
)
def test_plain_documents_pass(name, content, verdict):
    assert verdict(scan_bytes(name, content)) == "pass"


def test_a_payload_in_the_comment_of_a_zip_is_found(samples, verdict):
    payload = b"\x80\x04\x8c\x02os\x8c\x06system\x93\x8c\x02id\x85R."
    archive = samples.zip_of({"a.txt": b"hello"})[:-2]
    assert verdict(scan_bytes("m.zip", archive + struct.pack("<H", len(payload)) + payload)) == "fail"
    assert verdict(scan_bytes("m.zip", archive + b"\x05\0hello")) == "pass"


def test_the_graph_of_a_checkpoint_is_read(samples, verdict):
    graph = samples.pb(2, samples.pb(1, samples.pb(1, "n") + samples.pb(2, "ReadFile")))
    assert verdict(scan_bytes("model.ckpt.meta", samples.pb(1, b"") + graph)) == "fail"


def test_a_sentencepiece_tokenizer_is_data(samples, verdict):
    piece = samples.pb(1, samples.pb(1, "\u2581the") + b"\x15\0\0\x80\xbf" + samples.pb(3, 1))
    model = piece * 3 + samples.pb(2, samples.pb(1, "corpus.txt")) + samples.pb(3, samples.pb(1, "nmt_nfkc"))
    assert verdict(scan_bytes("tokenizer.model", model)) == "pass"
    assert verdict(scan_bytes("tokenizer.model", model + piece[:-2])) == "unknown"
    node = samples.pb(1, samples.pb(1, "n") + samples.pb(2, "ReadFile"))
    assert verdict(scan_bytes("tokenizer.model", node + samples.pb(2, "x") + samples.pb(3, "y"))) != "pass"


@pytest.mark.parametrize(
    ("template", "wanted"),
    [
        ("{% set ns = namespace(sys='') %}{% set ns.sys = ns.sys + 'x' %}{{ ns.sys }}", "pass"),
        ("{% for m in messages %}{{ m.os }}{% endfor %}", "pass"),
        ("{{ cycler.os }}", "fail"),
        ("{% set g = x %}{{ g.gi_frame }}", "fail"),
    ],
)
def test_words_of_a_template_that_only_sound_dangerous(verdict, template, wanted):
    assert verdict(scan_bytes("chat_template.jinja", template.encode())) == wanted
