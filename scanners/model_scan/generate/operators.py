"""The operators and classes that real frameworks have: `python operators.py FILE`, run by an interpreter with them.

TensorFlow's registered operators, the schemas of ONNX and ONNX Runtime by domain, and the classes and functions that
Keras (2 and 3) writes into its configurations. Nothing here is judged: `data/vocabulary.json` says which are dangerous.
"""

from __future__ import annotations

import ast
import datetime
import importlib.util
import json
import re
import sys
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any

KERAS_PARTS = (
    "layers initializers optimizers losses metrics regularizers constraints activations models "
    "dtype_policies random quantizers ops"
)
"""Packages of Keras whose names a configuration holds."""


_FILE_NAMES = re.compile(r"file|path|dir(?:ectory)?$|logdir|(?:^|_)prefix(?:es)?$|uri|data_source|output_stream")
"""Attributes and inputs of TensorFlow's operators, of type string, that name files."""
_NO_FILE_NAMES = ("counter_prefix",)


def tensorflow_operators() -> set[str]:
    import tensorflow as tf

    return {name for name in dir(tf.raw_ops) if not name.startswith("_")} | {item.name for item in _registered()}


def tensorflow_files() -> dict[str, str]:
    """Operator -> which of its attributes, and which of its inputs by number, name files."""
    from tensorflow.core.framework.types_pb2 import DT_STRING

    found: dict[str, str] = {}
    for definition in _registered():
        attributes = [item.name for item in definition.attr if item.type in ("string", "list(string)")]
        inputs = [(number, item.name) for number, item in enumerate(definition.input_arg) if item.type == DT_STRING]
        named = [name for name in attributes if _is_file_name(name)]
        named += [str(number) for number, name in inputs if _is_file_name(name)]
        if named:
            found[definition.name] = " ".join(named)
    return found


def _is_file_name(name: str) -> bool:
    return bool(_FILE_NAMES.search(name)) and name not in _NO_FILE_NAMES


def _registered() -> Iterable[Any]:
    from tensorflow.core.framework import op_def_pb2
    from tensorflow.python.client import pywrap_tf_session

    definitions = op_def_pb2.OpList()
    definitions.ParseFromString(pywrap_tf_session.TF_GetBuffer(pywrap_tf_session.TF_GetAllOpList()))
    operators: Iterable[Any] = definitions.op
    return operators


def onnx_operators() -> dict[str, set[str]]:
    import onnx.defs

    found: dict[str, set[str]] = defaultdict(set)
    for schema in onnx.defs.get_all_schemas_with_history():
        found[schema.domain].add(schema.name)
    try:
        from onnxruntime.capi import onnxruntime_pybind11_state as runtime

        for schema in runtime.get_all_operator_schema():
            found[schema.domain].add(schema.name)
    except (ImportError, AttributeError) as error:
        print(f"onnxruntime's operators are left out: {error}", file=sys.stderr)
    return found


def keras_names() -> set[str]:
    """Public classes and functions defined below the packages of KERAS_PARTS, from the sources."""
    found: set[str] = set()
    for package in ("keras", "tf_keras"):
        spec = importlib.util.find_spec(package)
        if spec is None or spec.origin is None:
            continue
        for part in (*KERAS_PARTS.split(), "engine", "saving/legacy", "feature_column", "mixed_precision"):
            folder = Path(spec.origin).parent / "src" / part
            for file in [*folder.rglob("*.py"), folder.with_suffix(".py")]:
                if file.exists() and not file.stem.endswith("_test"):
                    tree = ast.parse(file.read_text(encoding="utf-8"))
                    found |= {
                        node.name
                        for node in tree.body
                        if isinstance(node, ast.ClassDef)
                        or (isinstance(node, ast.FunctionDef) and part in ("activations", "losses", "metrics"))
                    }
    return {name for name in found if not name.startswith("_")}


def main() -> int:
    """Write the table to the file named on the command line."""
    table: dict[str, Any] = {
        "version": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "tensorflow": " ".join(sorted(tensorflow_operators())),
        "tensorflow_files": dict(sorted(tensorflow_files().items())),
        "onnx": {domain: " ".join(sorted(names)) for domain, names in sorted(onnx_operators().items())},
        "keras": " ".join(sorted(keras_names())),
    }
    Path(sys.argv[1]).write_text(json.dumps(table, indent=0) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
