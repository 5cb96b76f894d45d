"""XGBoost's own binary format, which it wrote until 3.1: read as far as its trees go, as the document that JSON would give.

Layout: `src/learner.cc` (LegacyLearnerModelParam), `src/gbm/gbtree_model.h` and `include/xgboost/tree_model.h` of XGBoost 1.x.
"""

from __future__ import annotations

import struct

from scanners.errors import UnreadableInput
from scanners.model_scan.documents import Document

_LEARNER = 136
_BOOSTER = 160
_TREE = 148
_NODE = struct.Struct("<iiiIf")
"""Parent, left child, right child, feature (with the default direction as highest bit), value."""
_STATISTICS = 16
_DIRECTION = 1 << 31
_MAX_NAME = 1000


def parse_binary(data: memoryview) -> tuple[Document, int]:
    """The model's trees, and where they end. Raises UnreadableInput."""
    try:
        return _learner(data)
    except struct.error:
        raise UnreadableInput("the XGBoost model is cut off") from None


def _learner(data: memoryview) -> tuple[Document, int]:
    position = 4  # 'binf'
    (features,) = struct.unpack_from("<4xI", data, position)
    position += _LEARNER
    _, position = _name(data, position)
    booster, position = _name(data, position)
    trees: list[Document] = []
    if booster in ("gbtree", "dart"):
        (count,) = struct.unpack_from("<i", data, position)
        position += _BOOSTER
        if not 0 <= count <= (len(data) - position) // (_TREE + _NODE.size):
            raise UnreadableInput(f"the XGBoost model says that it has {count} trees")
        for _ in range(count):
            tree, position = _tree(data, position)
            trees.append(tree)
    elif booster != "gblinear":
        raise UnreadableInput("the XGBoost model has no known kind of booster")
    return {"learner": {"learner_model_param": {"num_feature": str(features)}, "trees": trees}}, position


def _name(data: memoryview, position: int) -> tuple[str, int]:
    (length,) = struct.unpack_from("<Q", data, position)
    position += 8
    if length > min(_MAX_NAME, len(data) - position):
        raise UnreadableInput("a name in the XGBoost model is too long")
    return bytes(data[position : position + length]).decode("utf-8", "replace"), position + length


def _tree(data: memoryview, position: int) -> tuple[Document, int]:
    (count,) = struct.unpack_from("<4xi", data, position)
    position += _TREE
    end = position + count * (_NODE.size + _STATISTICS)
    if count < 0 or end > len(data):
        raise UnreadableInput(f"a tree of the XGBoost model says that it has {count} nodes")
    nodes = list(_NODE.iter_unpack(data[position : position + count * _NODE.size]))
    tree: Document = {
        "left_children": [left for _, left, _, _, _ in nodes],
        "right_children": [right for _, _, right, _, _ in nodes],
        "split_indices": [feature & (_DIRECTION - 1) for _, _, _, feature, _ in nodes],
    }
    return tree, end
