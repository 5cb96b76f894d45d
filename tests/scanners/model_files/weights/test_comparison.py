"""Which parameters differ, how much, and whether a difference is only a cast."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
import safetensors.numpy

from scanners.errors import UnreadableInput
from scanners.model_files.hashing import hash_model
from scanners.model_files.weights.comparison import MAX_FINDINGS, ComparedModels, TensorDifference, compare_models
from scanners.model_files.weights.picture import draw

Weights = dict[str, np.ndarray]
Write = Callable[..., Path]
FORMATS = ["model.safetensors", "model.gguf", "model.npz", "model.pt"]


def differing(compared: ComparedModels) -> dict[str, TensorDifference]:
    return {tensor.name: tensor for tensor in compared.tensors if tensor.state != "equal"}


@pytest.mark.parametrize("name", FORMATS)
def test_equal_checkpoints_have_no_finding(write: Write, weights: Weights, name: str) -> None:
    compared = compare_models(write("a", name, weights), write("b", name, weights))
    assert compared.report.findings == ()
    assert compared.report.coverage.skipped == ()
    assert {tensor.name for tensor in compared.tensors} == set(weights)


@pytest.mark.parametrize("name", FORMATS)
def test_one_changed_parameter_is_found_and_measured(write: Write, weights: Weights, name: str) -> None:
    changed = {key: values.copy() for key, values in weights.items()}
    changed["layers.1.weight"][3, 7] += 0.5
    compared = compare_models(write("a", name, changed), write("b", name, weights))
    (difference,) = differing(compared).values()
    assert (difference.name, difference.state) == ("layers.1.weight", "changed")
    assert difference.changed_fraction == pytest.approx(1 / 3840)
    assert difference.max_difference == pytest.approx(0.5, rel=1e-5)
    assert difference.mean_difference == pytest.approx(0.5 / 3840, rel=1e-5)
    before, after = weights["layers.1.weight"].ravel(), changed["layers.1.weight"].ravel()
    cosine = float(before @ after / np.linalg.norm(before) / np.linalg.norm(after))
    assert difference.cosine == pytest.approx(cosine, abs=1e-6)
    assert [finding.rule for finding in compared.report.findings] == ["model.tensor.changed"]


@pytest.mark.parametrize("name", FORMATS)
def test_added_removed_and_reshaped_tensors_are_named(write: Write, weights: Weights, name: str) -> None:
    other = dict(weights)
    other["extra"] = other.pop("layers.0.bias")
    other["layers.2.weight"] = other["layers.2.weight"].reshape(96, 40)
    states = {key: found.state for key, found in differing(
        compare_models(write("a", name, other), write("b", name, weights))
    ).items()}  # fmt: skip
    assert states == {"extra": "added", "layers.0.bias": "removed", "layers.2.weight": "shape"}


@pytest.mark.parametrize("pair", [("model.pt", "model.safetensors"), ("model.gguf", "model.npz")])
def test_formats_can_be_compared_with_each_other(write: Write, weights: Weights, pair: tuple[str, str]) -> None:
    assert differing(compare_models(write("a", pair[0], weights), write("b", pair[1], weights))) == {}


def test_a_cast_is_told_from_a_change(write: Write, weights: Weights) -> None:
    half = {key: values.astype(np.float16) for key, values in weights.items()}
    reference = write("b", "model.safetensors", weights)
    compared = compare_models(write("a", "model.safetensors", half), reference)
    assert {found.state for found in compared.tensors} == {"cast"}
    (finding,) = compared.report.findings
    assert (finding.rule, finding.severity) == ("model.tensor.cast", "info")
    back = compare_models(reference, write("a2", "model.safetensors", half))
    assert {found.state for found in back.tensors} == {"dtype"}, "what was lost in a cast does not come back"
    half["layers.0.bias"][5] += np.float16(0.01)
    tampered = differing(compare_models(write("c", "model.safetensors", half), reference))
    assert [name for name, found in tampered.items() if found.state == "dtype"] == ["layers.0.bias"]


def _bfloat(path: Path, weights: Weights, *, cut: bool = False) -> Path:
    """BF16 as a cast writes it, in a file by hand: NumPy has no such type."""
    header: dict[str, Any] = {}
    body = b""
    for name, values in weights.items():
        bits = values.view(np.uint32)
        rounded = bits if cut else bits + (0x7FFF + ((bits >> 16) & 1))
        raw = (rounded >> 16).astype("<u2").tobytes()
        header[name] = {"dtype": "BF16", "shape": values.shape, "data_offsets": [len(body), len(body) + len(raw)]}
        body += raw
    text = json.dumps(header).encode()
    path.write_bytes(len(text).to_bytes(8, "little") + text + body)
    return path


@pytest.mark.parametrize(("cut", "way"), [(False, "cast, rounded"), (True, "cast, cut off")])
def test_both_ways_of_casting_to_bfloat16_are_known(
    write: Write, weights: Weights, tmp_path: Path, cut: bool, way: str
) -> None:
    reference = write("b", "model.safetensors", weights)
    compared = compare_models(_bfloat(tmp_path / "bf16.safetensors", weights, cut=cut), reference)
    assert {(found.state, found.detail) for found in compared.tensors} == {("cast", way)}
    widened = compare_models(reference, tmp_path / "bf16.safetensors")
    assert "cast" not in {found.state for found in widened.tensors}


def test_widening_is_an_exact_cast(write: Write, weights: Weights) -> None:
    half = {key: values.astype(np.float16) for key, values in weights.items()}
    wide = {key: values.astype(np.float32) for key, values in half.items()}
    compared = compare_models(write("a", "model.safetensors", wide), write("b", "model.safetensors", half))
    assert {(found.state, found.detail) for found in compared.tensors} == {("cast", "cast, exact")}


STRANGE = {
    "NaN appears": (np.float32(np.nan), "changed", 1),
    "infinity appears": (np.float32(np.inf), "changed", 1),
    "huge": (np.float32(3e38), "changed", 1),
    "the sign of zero": (np.float32(-0.0), "changed", 0),
}


@pytest.mark.parametrize("case", STRANGE)
def test_values_that_are_no_ordinary_numbers(write: Write, case: str) -> None:
    value, state, count = STRANGE[case]
    before = {"w": np.zeros(1000, np.float32)}
    after = {"w": np.zeros(1000, np.float32)}
    after["w"][1] = value
    (found,) = compare_models(write("a", "model.safetensors", after), write("b", "model.safetensors", before)).tensors
    assert (found.state, found.changed_fraction) == (state, count / 1000)
    json.dumps([found.max_difference, found.mean_difference, found.cosine], allow_nan=False)


@pytest.mark.parametrize("dtype", [np.int64, np.int8, np.uint16, np.bool_, np.float64])
def test_other_types_are_measured_too(write: Write, dtype: Any) -> None:
    before = np.ones(5000, dtype)
    after = before.copy()
    after[:50] = 0
    pair = write("a", "model.safetensors", {"w": after}), write("b", "model.safetensors", {"w": before})
    (found,) = compare_models(*pair).tensors
    assert (found.changed_fraction, found.max_difference) == (0.01, 1.0)


def test_quantized_tensors_are_compared_by_their_bytes(write: Write, weights: Weights, tmp_path: Path) -> None:
    import gguf

    def quantized(where: str, scale: float) -> Path:
        path = tmp_path / f"{where}.gguf"
        writer = gguf.GGUFWriter(path, "llama")
        raw = gguf.quants.quantize(weights["layers.0.weight"] * np.float32(scale), gguf.GGMLQuantizationType.Q8_0)
        writer.add_tensor("w", raw, raw_dtype=gguf.GGMLQuantizationType.Q8_0)
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()
        writer.close()
        return path

    first = quantized("a", 1.0)
    assert compare_models(first, quantized("b", 1.0)).tensors[0].state == "equal"
    (changed,) = compare_models(first, quantized("c", 1.1)).tensors
    assert (changed.state, changed.dtype, changed.shape) == ("changed", "Q8_0", (40, 96))


def test_shards_are_put_together_by_their_index(write: Write, weights: Weights, tmp_path: Path) -> None:
    folder = tmp_path / "sharded"
    folder.mkdir()
    names = sorted(weights)
    placed = {name: f"model-0000{1 + index % 2}-of-00002.safetensors" for index, name in enumerate(names)}
    for shard in set(placed.values()):
        part = {name: weights[name] for name in names if placed[name] == shard}
        safetensors.numpy.save_file(part, folder / shard)
    (folder / "model.safetensors.index.json").write_text(json.dumps({"metadata": {}, "weight_map": placed}))
    (folder / "stray.safetensors").write_bytes(b"not part of it")
    whole = write("b", "model.safetensors", weights)
    assert differing(compare_models(folder, whole)) == {}
    assert differing(compare_models(folder / "model.safetensors.index.json", whole)) == {}


@pytest.mark.parametrize("shard", ["../b/model.safetensors", "/etc/passwd", "gone.safetensors"])
def test_an_index_cannot_lead_elsewhere(write: Write, weights: Weights, tmp_path: Path, shard: str) -> None:
    whole = write("b", "model.safetensors", weights)
    (tmp_path / "model.safetensors.index.json").write_text(json.dumps({"weight_map": {"w": shard}}))
    with pytest.raises(UnreadableInput, match="not there"):
        compare_models(tmp_path / "model.safetensors.index.json", whole)


def test_the_answer_names_both_models_by_digest(write: Write, weights: Weights) -> None:
    one, other = write("a", "model.safetensors", weights), write("b", "model.npz", weights)
    compared = compare_models(one, other)
    assert compared.report.subject.digest == hash_model(one, algorithm="blake3").report.subject.digest
    assert compared.reference.digest == hash_model(other, algorithm="blake3").report.subject.digest


def test_many_findings_are_told_in_one(write: Write) -> None:
    before = {f"w{index}": np.zeros(4, np.float32) for index in range(MAX_FINDINGS + 20)}
    after = {name: values + 1 for name, values in before.items()}
    findings = compare_models(write("a", "model.npz", after), write("b", "model.npz", before)).report.findings
    assert len(findings) == MAX_FINDINGS + 1
    assert findings[-1].title == "20 more tensors differ"


def test_the_picture_is_an_image_and_names_are_escaped(write: Write, weights: Weights) -> None:
    weights['</text><script>alert(1)</script>"'] = np.zeros(4, np.float32)
    other = {name: values * 1.5 for name, values in weights.items()}
    picture = draw(compare_models(write("a", "model.npz", other), write("b", "model.npz", weights)).tensors)
    root = ElementTree.fromstring(picture)
    assert root.tag.endswith("svg")
    assert "script" not in {element.tag.rpartition("}")[2] for element in root.iter()}
    titles = [element.text or "" for element in root.iter() if element.tag.endswith("title")]
    assert any("layers.1.weight: changed" in title for title in titles)


def test_the_answer_does_not_depend_on_the_order_of_threads(write: Write, weights: Weights) -> None:
    other = {name: values * 1.5 for name, values in weights.items()}
    pair = write("a", "model.pt", other), write("b", "model.gguf", weights)
    assert compare_models(*pair) == compare_models(*pair)
