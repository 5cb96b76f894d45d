"""Honest files of many kinds."""

# ruff: noqa: E501 - payloads and tables are read as rows

from __future__ import annotations

import collections
import datetime
import decimal
import enum
import functools
import io
import json
import operator
import pathlib
import pickle
import re
import uuid
import zoneinfo

import numpy as np

from .containers import CONTAINERS, joblib_array
from .documents import TEMPLATES_BENIGN
from .formats import gguf, hdf5_like, keras, keras_zip, onnx, pb, rds, safetensors, saved_model, tflite
from .sample import Sample


class Colour(enum.Enum):
    RED = 1


def benign() -> list[Sample]:
    """Honest files of many kinds; nothing in them may be called dangerous."""
    objects: dict[str, object] = {
        "plain": {"a": [1, 2.5, None, True], "b": (1,), "c": {1, 2}, "d": frozenset([3]), "e": b"x" * 300, "f": "é" * 40, "g": 10**40, "h": bytearray(b"q")},
        "standard": [datetime.datetime(2020, 1, 1), datetime.timedelta(1), decimal.Decimal("1.2"), uuid.UUID(int=1), collections.OrderedDict(a=1), collections.defaultdict(list, {1: [2]}),
                     collections.Counter("abc"), collections.deque([1]), pathlib.PurePosixPath("/a"), range(3), slice(1), complex(1, 2), functools.partial(int, base=2), re.compile("a+"),
                     operator.itemgetter(1), ValueError("x"), zoneinfo.ZoneInfo("UTC"), re.RegexFlag.IGNORECASE, uuid.SafeUUID.safe],
        "numpy": {"a": np.arange(10), "b": np.float32(1), "c": np.array(["a", "b"]), "d": np.array([1, "x"], dtype=object), "e": np.random.RandomState(0), "f": np.random.default_rng(0)},
        "vocabulary": {f"token_{index}": index for index in range(20_000)},
        "words": ["os.system", "eval(", "__import__", "subprocess", "import os", "rm -rf /", "exec"],
    }  # fmt: skip
    made = [
        Sample(f"{name}-{protocol}.pkl", pickle.dumps(item, protocol), False, name)
        for name, item in objects.items()
        for protocol in range(6)
    ]
    tensor = (
        b"\x80\x02ccollections\nOrderedDict\nq\x00)Rq\x01X\x06\x00\x00\x00weightq\x02ctorch._utils\n_rebuild_tensor_v2\nq\x03((X\x07\x00\x00\x00storageq\x04ctorch\nFloatStorage\nq\x05"
        b"X\x01\x00\x00\x000q\x06X\x03\x00\x00\x00cpuq\x07K\x10tq\x08QK\x00K\x04K\x04\x86q\tK\x04K\x01\x86q\n\x89h\x00)Rq\x0btq\x0cRq\rs."
    )  # fmt: skip
    for container, (file, wrap) in CONTAINERS.items():
        if container not in ("joblib", "zip-behind", "appended", "after-garbage", "text-name"):
            made.append(Sample(f"tensor-{container}-{file}", wrap(tensor), False, "tensor", container))
    made.append(Sample("joblib.joblib", joblib_array(b"K\x01"), False, "joblib"))
    for number, template in enumerate(TEMPLATES_BENIGN):
        made.append(
            Sample(
                f"t{number}-tokenizer_config.json", json.dumps({"chat_template": template}).encode(), False, "template"
            )
        )
        made.append(Sample(f"t{number}.jinja", template.encode(), False, "template"))
        made.append(
            Sample(
                f"t{number}.gguf",
                gguf(
                    {
                        "general.architecture": "llama",
                        "tokenizer.chat_template": template,
                        "tokenizer.ggml.tokens": ["a", "b"],
                    }
                ),
                False,
                "gguf",
            )
        )
    entry = {"dtype": "F32", "shape": [2, 2], "data_offsets": [0, 16]}
    made.append(
        Sample(
            "m.safetensors",
            safetensors({"__metadata__": {"format": "pt"}, "w": entry}, b"\0" * 16),
            False,
            "safetensors",
        )
    )
    made.append(
        Sample(
            "m.onnx",
            onnx(
                [("", "MatMul"), ("com.microsoft", "FusedMatMul")],
                [pb(1, 2) + pb(2, 1) + pb(8, "W") + pb(9, b"\0" * 8)],
            ),
            False,
            "onnx",
        )
    )
    made.append(
        Sample("saved_model.pb", saved_model("Placeholder", "MatMul", "SaveV2", "RestoreV2"), False, "savedmodel")
    )
    dense = {
        "class_name": "Dense",
        "module": "keras.layers",
        "config": {
            "units": 3,
            "activation": "relu",
            "kernel_initializer": {
                "module": "keras.initializers",
                "class_name": "Zeros",
                "config": {},
                "registered_name": None,
            },
        },
        "registered_name": None,
    }
    made += [Sample("m.keras", keras_zip(dense), False, "keras"), Sample("m.h5", hdf5_like(keras(dense, version=2)), False, "hdf5"), Sample("m.rds", rds(promise=False), False, "r"), Sample("m.tflite", tflite("TFLite_Detection_PostProcess", "FlexAddV2"), False, "tflite")]  # fmt: skip
    out = io.BytesIO()
    np.save(out, np.arange(100.0))
    made.append(Sample("a.npy", out.getvalue(), False, "npy"))
    made.append(
        Sample(
            "config.json",
            json.dumps({"model_type": "bert", "architectures": ["BertModel"], "vocab_size": 3}).encode(),
            False,
            "config",
        )
    )
    made.append(
        Sample(
            "modules.json",
            json.dumps(
                [{"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"}]
            ).encode(),
            False,
            "config",
        )
    )
    made.append(
        Sample(
            "net.xml",
            b'<?xml version="1.0"?><net name="m" version="11"><layers><layer id="0" name="x" type="Parameter"/></layers></net>',
            False,
            "xml",
        )
    )
    made.append(Sample("README.md", b"# A model\nRun `os.system` never. import os\n", False, "text"))
    made.append(
        Sample(
            "model_config.yaml",
            b"model:\n  _target_: nemo.collections.asr.models.EncDecRNNTBPEModel\n  lr: 0.1\n",
            False,
            "yaml",
        )
    )
    return made
