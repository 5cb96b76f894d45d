"""Models of boosted trees: honest ones pass, and a tree that leads nowhere, in circles or past its features does not."""

# ruff: noqa: E501 - tables are read as rows

from __future__ import annotations

import base64
import copy
import json
import pickle
import struct

import pytest

from scanners.model_scan import scan_bytes
from scanners.model_scan.ubjson import parse_ubjson

TREE = {
    "id": 0,
    "left_children": [1, -1, -1],
    "right_children": [2, -1, -1],
    "split_indices": [1, 0, 0],
    "tree_param": {"num_nodes": "3"},
}
XGBOOST = {
    "learner": {
        "learner_model_param": {"num_feature": "2"},
        "gradient_booster": {"name": "gbtree", "model": {"trees": [TREE]}},
    },
    "version": [3, 2, 0],
}
LIGHTGBM = b"tree\nversion=v4\n\nTree=0\nnum_leaves=3\nleft_child=1 -1\nright_child=-3 -2\n\nend of trees\n"
PAYLOAD = b"\x80\x04\x8c\x02os\x8c\x06system\x93\x8c\x02id\x85R."


def ubjson(value: object) -> bytes:
    match value:
        case str():
            return b"S" + text(value)
        case int():
            return b"l" + struct.pack(">i", value)
        case list():
            if value and all(isinstance(item, int) for item in value):
                return b"[$l#" + ubjson(len(value)) + struct.pack(f">{len(value)}i", *value)
            return b"[" + b"".join(map(ubjson, value)) + b"]"
        case dict():
            return b"{" + b"".join(text(key) + ubjson(item) for key, item in value.items()) + b"}"
    raise TypeError(value)


def text(value: str) -> bytes:
    return b"L" + struct.pack(">q", len(value)) + value.encode()


def changed(**fields: list[int]) -> dict[str, object]:
    model = copy.deepcopy(XGBOOST)
    model["learner"]["gradient_booster"]["model"]["trees"][0].update(fields)
    return model


def test_honest_models_pass(verdict):
    assert verdict(scan_bytes("m.json", json.dumps(XGBOOST).encode())) == "pass"
    assert verdict(scan_bytes("m.ubj", ubjson(XGBOOST))) == "pass"
    assert verdict(scan_bytes("m.txt", LIGHTGBM)) == "pass"
    assert verdict(scan_bytes("m.cbm", b"CBM1" + struct.pack("<I", 4) + b"abcd")) == "pass"


def test_a_leaf_with_a_vector_keeps_its_index_in_the_right_child(verdict):
    assert verdict(scan_bytes("m.ubj", ubjson(changed(right_children=[2, 0, 1])))) == "pass"


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"left_children": [7, -1, -1]}, "node 0 has the child 7, of 3 nodes"),
        ({"left_children": [0, -1, -1]}, "node 0 is reached twice"),
        ({"right_children": [1, -1, -1]}, "node 1 is reached twice"),
        ({"split_indices": [9, 0, 0]}, "node 0 splits by feature 9, of 2"),
        ({"split_indices": [1, 0]}, "its arrays differ in length"),
    ],
)
def test_a_tree_that_refers_to_what_it_has_not_fails(fields, said):
    for name, content in (("m.json", json.dumps(changed(**fields)).encode()), ("m.ubj", ubjson(changed(**fields)))):
        (finding,) = scan_bytes(name, content).findings
        assert (finding.rule, finding.evidence) == ("model.tree.structure", f"tree 0: {said}")


@pytest.mark.parametrize(("old", "new"), [(b"=1 -1", b"=0 -1"), (b"=1 -1", b"=5 -1"), (b"=1 -1", b"=1 -9"), (b"=1 -1", b"=1")])  # fmt: skip
def test_the_same_for_lightgbm(verdict, old, new):
    assert verdict(scan_bytes("m.txt", LIGHTGBM.replace(old, new, 1))) == "fail"


@pytest.mark.parametrize(
    ("name", "model"),
    [("m.ubj", ubjson(XGBOOST)), ("m.txt", LIGHTGBM), ("m.cbm", b"CBM1" + struct.pack("<I", 4) + b"abcd")],
)
def test_a_payload_after_the_model_is_found(verdict, name, model):
    assert verdict(scan_bytes(name, model + PAYLOAD)) == "fail"
    assert verdict(scan_bytes(name, model + b"\xff\xfe\xfd\xfc")) == "unknown"


@pytest.mark.parametrize("cut", range(20, len(ubjson(XGBOOST)), 23))
def test_a_cut_model_is_not_passed(verdict, cut):
    assert verdict(scan_bytes("m.ubj", ubjson(XGBOOST)[:cut])) == "unknown"


def test_ubjson_of_every_type():
    content = b"{U\x01ai\xffU\x01bU\x80U\x01cI\x01\x00U\x01dd\x3f\x80\x00\x00U\x01eTU\x01fZU\x01g[#U\x02FNU\x01h[$U#U\x02\x07\x09}"
    assert parse_ubjson(memoryview(content)) == (
        {"a": -1, "b": 128, "c": 256, "d": 1.0, "e": True, "f": None, "g": [False, None], "h": [7, 9]},
        len(content),
    )


def binary(*nodes: tuple[int, int, int], trees: int = 1) -> bytes:
    """A model in XGBoost's binary format with one tree: left child, right child and feature of each node."""
    learner = struct.pack("<fI", 0.5, 2).ljust(136, b"\0")
    names = b"".join(struct.pack("<Q", len(name)) + name for name in (b"reg:squarederror", b"gbtree"))
    tree = struct.pack("<ii", 1, len(nodes)).ljust(148, b"\0")
    tree += b"".join(struct.pack("<iiiIf", -1, left, right, feature | 1 << 31, 0.5) for left, right, feature in nodes)
    return b"binf" + learner + names + struct.pack("<i", trees).ljust(160, b"\0") + tree + bytes(16 * len(nodes) + 4)


LEAF = (-1, -1, 0)


@pytest.mark.parametrize(
    ("model", "wanted"),
    [
        (binary((1, 2, 1), LEAF, LEAF), "pass"),
        (binary((1, 9, 1), LEAF, LEAF), "fail"),
        (binary((1, 0, 1), LEAF, LEAF), "fail"),
        (binary((1, 2, 7), LEAF, LEAF), "fail"),
        (binary((1, 2, 1), LEAF, LEAF, trees=1 << 30), "unknown"),
        (binary((1, 2, 1), LEAF, LEAF)[:400], "unknown"),
        (binary((1, 2, 1), LEAF, LEAF) + PAYLOAD, "fail"),
    ],
)
def test_a_tree_in_the_binary_format_of_xgboost(verdict, model, wanted):
    assert verdict(scan_bytes("m.model", model)) == wanted
    assert verdict(scan_bytes("m.model", b"bs64\t" + base64.b64encode(model[4:]))) == wanted


@pytest.mark.parametrize("protocol", [2, 3, 5])
@pytest.mark.parametrize(("child", "wanted"), [(2, "pass"), (7, "fail")])
def test_a_model_of_trees_inside_a_pickle_is_read_as_the_library_reads_it(verdict, protocol, child, wanted):
    document = copy.deepcopy(XGBOOST)
    document["learner"]["gradient_booster"]["model"]["trees"][0]["right_children"] = [child, -1, -1]
    for content in (
        ubjson(document),
        ubjson({"Config": {"learner": {}}, "Model": document}),
        json.dumps(document),
        binary((1, child, 1), LEAF, LEAF),
        LIGHTGBM.replace(b"=1 -1", b"=%d -1" % (child - 1)).decode(),
    ):
        pickled = pickle.dumps({"handle": content, "padding": bytes(70_000)}, protocol)
        assert verdict(scan_bytes("m.pkl", pickled)) == wanted


@pytest.mark.parametrize(
    ("handle", "wanted"),
    [
        (b"evil", "unknown"),
        (b"evil" * 30_000, "unknown"),
        (ubjson(XGBOOST), "pass"),
        (binary((1, 2, 1), LEAF, LEAF), "pass"),
        (binary((1, 7, 1), LEAF, LEAF), "fail"),
        (b"binf", "unknown"),
    ],
)
@pytest.mark.parametrize("protocol", [2, 4, 5])
def test_what_a_booster_hands_to_native_code_is_a_model(verdict, handle, wanted, protocol):
    state = pickle.dumps({"handle": bytearray(handle)}, protocol).removesuffix(b".")
    booster = b"cxgboost.core\nBooster\n)\x81"
    assert verdict(scan_bytes("m.pkl", b"\x80\x05" + booster + state[2:] + b"b.")) == wanted
