"""Caffe's networks and Triton's configurations: what they would import, load and read."""

# ruff: noqa: E501 - tables are read as rows

import pytest

from scanners.model_scan.scan import scan_bytes

CONVOLUTION = 'layer { name: "c" type: "Convolution" convolution_param { weight_filler { type: "xavier" } } }'
TRITON = 'name: "m"\nplatform: "onnxruntime_onnx"\nmax_batch_size: 8\n'


@pytest.mark.parametrize(
    ("name", "content", "wanted"),
    [
        pytest.param("deploy.prototxt", CONVOLUTION, "pass", id="a network"),
        pytest.param("deploy.prototxt", "layers { name: 'c' type: INNER_PRODUCT }", "pass", id="names of older versions"),
        pytest.param("deploy.prototxt", CONVOLUTION + 'layer { type: "Python" python_param { module: "acme" } }', "fail", id="a layer of Python"),
        pytest.param("deploy.prototxt", 'layer { type: "AcmeMagic" }', "unknown", id="a layer that nobody knows"),
        pytest.param("train.prototxt", 'layer { type: "ImageData" image_data_param { source: "/data/list.txt" } }', "unknown", id="data from outside"),
        pytest.param("config.pbtxt", TRITON, "pass", id="a configuration of Triton"),
        pytest.param("config.pbtxt", TRITON + 'default_model_filename: "../../x.onnx"\n', "fail", id="a model from outside"),
        pytest.param("config.pbtxt", TRITON + 'parameters: { key: "EXECUTION_ENV_PATH" value: { string_value: "$$TRITON_MODEL_DIRECTORY/../../env.tar.gz" } }', "fail", id="an environment from outside"),
        pytest.param("config.pbtxt", TRITON + 'parameters: { key: "EXECUTION_ENV_PATH" value: { string_value: "$$TRITON_MODEL_DIRECTORY/env.tar.gz" } }', "pass", id="an environment of its own"),
        pytest.param("config.pbtxt", TRITON + 'model_operations { op_library_filename: "../x.so" }', "fail", id="a library from outside"),
        pytest.param("config.pbtxt", TRITON + 'model_operations { op_library_filename: "x.so" }', "unknown", id="a library of its own"),
        pytest.param("config.pbtxt", TRITON + "model_repository_agents { agents [ { name: 'acme' } ] }", "unknown", id="an agent"),
        pytest.param("graph.pbtxt", 'node { name: "x" op: "PyFunc" }', "fail", id="a graph of TensorFlow"),
        pytest.param("other.pbtxt", 'a: "b"', "unknown", id="another message"),
    ],
)  # fmt: skip
def test_what_a_network_in_text_would_do(verdict, name, content, wanted):
    assert verdict(scan_bytes(name, content.encode())) == wanted
