"""Mutations: no crash, no hang, and a hostile call that is still whole is still found."""

# ruff: noqa: E501 - tables are read as rows

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scanners.model_scan import scan_bytes

from . import samples as SAMPLES
from .conftest import verdict_of

HOSTILE = SAMPLES.hostile(7)
EVERYTHING = [*HOSTILE, *SAMPLES.benign()]
QUIET = settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
PAYLOAD = b"\x80\x02cos\nsystem\n(X\x02\x00\x00\x00idtR."


def mutated(content: bytes, edits: list[tuple[int, int, bytes]]) -> bytes:
    raw = bytearray(content)
    for position, length, insert in edits:
        at = position % (len(raw) + 1)
        raw[at : at + length] = insert
    return bytes(raw)


edits = st.lists(st.tuples(st.integers(0, 1 << 20), st.integers(0, 4), st.binary(max_size=4)), min_size=1, max_size=4)


@QUIET
@given(st.sampled_from(EVERYTHING), edits)
def test_no_mutation_crashes_a_reader(sample, changes):
    report = scan_bytes(sample.name, mutated(sample.content, changes))
    assert verdict_of(report) in ("pass", "fail", "unknown")


@QUIET
@given(st.binary(max_size=400), st.sampled_from(["m.pkl", "m.pt", "m.gguf", "m.safetensors", "m.onnx", "m.h5", "m.json", "m.xml", "m.tflite", "m.rds", "m.7z", "m.npy", "m.yaml", "m.jinja", "m"]))  # fmt: skip
def test_no_bytes_crash_a_reader(content, name):
    scan_bytes(name, content)


@QUIET
@given(st.binary(max_size=200), st.sampled_from([b"GGUF\x03\0\0\0", b"\x93NUMPY\x01\0", b"7z\xbc\xaf\x27\x1c\0\x04", b"PK\x03\x04", b"\x89HDF\r\n\x1a\n", b"X\n\0\0\0\x03", b"\x1c\0\0\0TFL3", b"\x04\x22\x4d\x18", b"\x08\x08", b"\x80\x04", b"{", b"\x28\xb5\x2f\xfd", b"BZh9", b"\x1f\x8b\x08"]))  # fmt: skip
def test_no_bytes_after_a_signature_crash_its_reader(content, signature):
    assert verdict_of(scan_bytes("m.bin", signature + content)) in ("pass", "fail", "unknown")


@QUIET
@given(st.binary(max_size=60), st.binary(max_size=60))
def test_a_payload_among_any_bytes_of_a_pickle_never_passes(before, after):
    assert verdict_of(scan_bytes("m.pkl", b"\x80\x02N." + before + PAYLOAD + after)) == "fail"


@QUIET
@given(st.sampled_from(list(SAMPLES.CONTAINERS)), edits)
def test_a_mutated_container_of_a_payload_does_not_pass_while_the_payload_is_whole(container, changes):
    name, wrap = SAMPLES.CONTAINERS[container]
    content = mutated(wrap(PAYLOAD), changes)
    if PAYLOAD in content:
        assert verdict_of(scan_bytes(name, content)) != "pass"


@pytest.mark.parametrize("cut", range(0, len(PAYLOAD)))
def test_a_truncated_payload_that_would_still_run_is_found(cut):
    given_verdict = verdict_of(scan_bytes("m.pkl", PAYLOAD[:cut]))
    assert given_verdict != "pass"
    assert cut < PAYLOAD.index(b"R") or given_verdict == "fail"
