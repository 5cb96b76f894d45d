"""A described model with every fact there is."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import safetensors.numpy

from scanners.bom.facts import Ancestor, Dataset, Library, Metric, ModelFacts, Service

CARD = """---
license: apache-2.0
pipeline_tag: text-generation
library_name: transformers
base_model: acme/base
datasets: [acme/corpus, wikipedia]
model-index:
- name: tiny
  results:
  - dataset: {name: benchmark}
    metrics: [{type: accuracy, value: 0.91}]
---
# Tiny

![badge](x)

A tiny model for tests.
Nothing more.
"""


@pytest.fixture
def model(tmp_path: Path) -> Path:
    folder = tmp_path / "tiny"
    folder.mkdir()
    (folder / "README.md").write_text(CARD)
    config = {
        "model_type": "llama",
        "architectures": ["LlamaForCausalLM"],
        "hidden_size": 8,
        "transformers_version": "4.50.0",
    }
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "requirements.txt").write_text(
        "torch==2.5.1\nnumpy>=2  # any\n-r other.txt\nsafetensors [x] ; python_version>'3'\n"
    )
    safetensors.numpy.save_file({"w": np.zeros((8, 4), np.float32)}, folder / "model.safetensors")
    return folder


@pytest.fixture
def full() -> ModelFacts:
    return ModelFacts(
        name="tiny", version="1.0", description="Tiny.", supplier="ACME", authors=("Ada",), licence="MIT",
        url="https://huggingface.co/acme/tiny", task="text-generation", approach="self-supervised",
        architecture="LlamaForCausalLM", architecture_family="llama", inputs=("text",), outputs=("text",),
        hyperparameters={"learning_rate": "3e-4"},
        datasets=(Dataset("acme/corpus", "v2", "sha256:" + "a" * 64, licence="cc-by-4.0", url="https://x.example/y",
                          sensitive=("names",)),
                  Dataset("exam", role="test")),
        libraries=(Library("torch", "2.5.1"), Library("numpy")),
        ancestors=(Ancestor("acme/base", "3", "sha256:" + "b" * 64),), services=(Service("search", "1", "https://s.example"),),
        metrics=(Metric("accuracy", "0.9", "exam"),), use_cases=("tests",), limitations=("small",), risks=("none known",),
        energy="1 kWh",
    )  # fmt: skip
