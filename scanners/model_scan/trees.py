"""Decision trees as XGBoost and LightGBM write them: whether every tree refers only to nodes and features that it has.

Predictors follow a node's children and read a row's features without looking: a child that does not exist is read from
other memory, and a child that is its own ancestor never ends.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from scanners.model_scan.documents import Document

_LEAF = (-1, (1 << 32) - 1)
_LIGHTGBM_TREE = re.compile(r"^Tree=(\d+)$", re.M)


def wrong_trees(document: Document) -> Iterator[str]:
    """What is wrong with the trees of an XGBoost model, wherever they lie below its learner (gbtree, dart)."""
    if isinstance(document, dict) and isinstance(document.get("Model"), dict) and "Config" in document:
        document = document["Model"]  # what pickles carry: the model with how it was trained
    if not (isinstance(document, dict) and isinstance(document.get("learner"), dict)):
        return
    features = _count(document, "learner", "learner_model_param", "num_feature")
    pending: list[Document] = [document]
    while pending:
        value = pending.pop()
        if isinstance(value, dict):
            if isinstance(value.get("left_children"), list):
                wrong = _wrong_tree(value, features)
                if wrong:
                    yield f"tree {value.get('id', '?')}: {wrong}"
            else:
                pending.extend(value.values())
        elif isinstance(value, list) and not (value and isinstance(value[0], int | float)):
            pending.extend(value)


def wrong_text_trees(text: str) -> Iterator[str]:
    """The same for the text of a LightGBM model."""
    starts = [found.start() for found in _LIGHTGBM_TREE.finditer(text)]
    for start, end in zip(starts, [*starts[1:], len(text)], strict=True):
        entries = dict(line.split("=", 1) for line in text[start:end].split("\n\n", 1)[0].splitlines() if "=" in line)
        wrong = _wrong_lightgbm(entries)
        if wrong:
            yield f"tree {entries.get('Tree', '?')}: {wrong}"


def _count(document: Document, *keys: str) -> int | None:
    value = document
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return int(value) if isinstance(value, str | int) and str(value).isdigit() else None


def _wrong_tree(tree: dict[str, Document], features: int | None) -> str:
    """What is wrong with an XGBoost tree, in words; empty if every node is reached once and every feature exists."""
    left, right, split = (tree.get(key) for key in ("left_children", "right_children", "split_indices"))
    if not (isinstance(left, list) and isinstance(right, list) and isinstance(split, list)):
        return "it lacks the arrays of a tree"
    size = len(left)
    nodes = _count(tree, "tree_param", "num_nodes")
    if len(right) != size or len(split) != size or nodes not in (None, size):
        return "its arrays differ in length"
    reached = [False] * size
    pending = [0] if size else []
    while pending:
        node = pending.pop()
        if reached[node]:
            return f"node {node} is reached twice"
        reached[node] = True
        if left[node] in _LEAF:
            continue  # of a leaf with a vector, the right child is the vector's index
        for child in (left[node], right[node]):
            if not isinstance(child, int) or not 0 <= child < size:
                return f"node {node} has the child {child}, of {size} nodes"
            pending.append(child)
        feature = split[node]
        if features and not (isinstance(feature, int) and 0 <= feature < features):
            return f"node {node} splits by feature {feature}, of {features}"
    return ""


def _wrong_lightgbm(tree: dict[str, str]) -> str:
    """The same for a LightGBM tree, whose inner nodes and leaves are counted apart; a leaf n is written as -n - 1."""
    try:
        leaves = int(tree.get("num_leaves", "1"))
        left, right = ([int(item) for item in tree.get(key, "").split()] for key in ("left_child", "right_child"))
    except ValueError:
        return "its children are no numbers"
    if leaves > 1 and (len(left) != leaves - 1 or len(right) != leaves - 1):
        return "its arrays differ in length"
    reached = {0}
    for node, children in enumerate(zip(left, right, strict=False)):
        for child in children:
            if not -leaves <= child < leaves - 1:
                return f"node {node} has the child {child}, of {leaves} leaves"
            if child in reached:
                return f"node {child} is reached twice"
            reached.add(child)
    return ""
