"""Graphs and configurations: what a framework has may pass, what it does not have is unknown, what reaches outside fails."""

from __future__ import annotations

import json

import pytest

from scanners.model_scan import scan_bytes, tensorflow_files
from scanners.model_scan.operators import (
    DANGEROUS_OPERATORS,
    is_onnx_operator,
    is_tensorflow_operator,
    keras_names,
)

GRAPHS = [
    ("MatMul", "pass"),
    ("StatefulPartitionedCall", "pass"),
    ("RestoreV2", "pass"),
    ("ReadFile", "fail"),
    ("MatchingFilesDataset", "fail"),
    ("AcmeMagic", "unknown"),
    ("XlaCustomCallV2", "unknown"),
    ("CollectiveBcastRecv", "unknown"),
    ("InitializeTableFromTextFileV2", "unknown"),
]


@pytest.mark.parametrize(("operator", "expected"), GRAPHS)
def test_an_operator_of_a_saved_model(samples, verdict, operator, expected):
    assert verdict(scan_bytes("saved_model.pb", samples.saved_model(operator))) == expected


def test_a_table_from_a_file_that_the_model_carries_passes(samples, verdict):
    pb = samples.pb
    node = pb(1, "n") + pb(2, "InitializeTableFromTextFileV2")
    graph = pb(2, pb(2, pb(1, node)) + pb(6, pb(2, "vocabulary.txt")))
    assert verdict(scan_bytes("saved_model.pb", pb(1, 1) + graph)) == "pass"


@pytest.mark.parametrize(
    ("operator", "place", "text", "expected"),
    [
        ("CacheDataset", 1, "/tmp/x", "fail"),
        ("CacheDatasetV2", 1, "spam", "fail"),
        ("CacheDataset", 1, "", "pass"),
        ("SaveV2", 0, "/etc/cron.d/x", "fail"),
        ("RestoreV2", 0, "s3://spam/x", "fail"),
        ("RestoreV2", 0, "model", "pass"),
        ("MergeV2Checkpoints", 1, "../../x", "fail"),
        ("InitializeTableFromTextFileV2", 1, "/etc/passwd", "fail"),
        ("PrintV2", "output_stream", "file:///tmp/x", "fail"),
        ("PrintV2", "output_stream", "stdout", "pass"),
        ("FixedUnigramCandidateSampler", "vocab_file", "/etc/passwd", "fail"),
        ("FixedUnigramCandidateSampler", "vocab_file", "", "pass"),
        ("CalibrationStatisticsSaver", "output_file_path", "/tmp/x", "fail"),
        ("RecordInput", "file_pattern", "/etc/*", "fail"),
    ],
)
@pytest.mark.parametrize("in_function", [False, True])
def test_a_file_that_a_graph_names_itself(samples, verdict, operator, place, text, expected, in_function):
    pb = samples.pb
    attributes, inputs = b"", b""
    nodes = [pb(1, "fed") + pb(2, "Placeholder")]
    if isinstance(place, int):
        tensor = pb(8, pb(1, 7) + pb(2, b"") + pb(8, text))
        nodes.append(pb(1, "constant") + pb(2, "Const") + pb(5, pb(1, "value") + pb(2, tensor)))
        nodes.append(pb(1, "joined") + pb(2, "StringJoin") + pb(3, "fed:0") + pb(3, "constant:output:0"))
        inputs = b"".join(pb(3, "joined" if number == place else "fed") for number in range(place + 1))
    else:
        attributes = pb(5, pb(1, place) + pb(2, pb(2, text)))
    nodes.append(inputs + attributes + pb(2, operator) + pb(1, "it"))
    graph = (
        pb(2, pb(1, pb(1, pb(1, "f")) + b"".join(pb(3, node) for node in nodes)))
        if in_function
        else b"".join(pb(1, node) for node in nodes)
    )
    assets = pb(6, pb(1, pb(1, "other:0")) + pb(2, "vocabulary.txt"))
    assert verdict(scan_bytes("saved_model.pb", pb(1, 1) + pb(2, pb(2, graph) + assets))) == expected


def _called(samples, call: bytes, given: str, *, deep: bool = False, control: bool = False) -> bytes:
    """A graph that calls a function, which reads a checkpoint from where its second argument says."""
    pb = samples.pb

    def function(name: str, *nodes: bytes) -> bytes:
        signature = pb(1, name) + pb(2, pb(1, "first")) + pb(2, pb(1, "path"))
        return pb(1, pb(1, signature) + b"".join(pb(3, node) for node in nodes))

    restored = pb(1, "r") + pb(2, "RestoreV2") + pb(3, "^path" if control else "path") + pb(3, "first") + pb(3, "first")
    inner = pb(1, "c") + pb(2, "restores") + pb(3, "first") + pb(3, "path")
    tensor = pb(8, pb(1, 7) + pb(2, b"") + pb(8, given))
    nodes = [
        pb(1, "fed") + pb(2, "Placeholder"),
        pb(1, "text") + pb(2, "Const") + pb(5, pb(1, "value") + pb(2, tensor)),
        pb(1, "call") + call + pb(3, "fed") + pb(3, "text:0"),
    ]
    library = function("restores", restored) + function("outer", inner if deep else restored)
    return pb(1, 1) + pb(2, pb(2, b"".join(pb(1, node) for node in nodes) + pb(2, library)))


@pytest.mark.parametrize("deep", [False, True])
@pytest.mark.parametrize(("given", "expected"), [("/etc/shadow", "fail"), ("../x", "fail"), ("model", "pass")])
def test_a_file_name_that_a_function_is_given(samples, verdict, given, expected, deep):
    pb = samples.pb
    by_name = pb(2, "outer")
    by_attribute = pb(2, "StatefulPartitionedCall") + pb(5, pb(1, "f") + pb(2, pb(10, pb(1, "outer"))))
    branch = pb(2, "If") + pb(5, pb(1, "then_branch") + pb(2, pb(10, pb(1, "outer")))) + pb(3, "fed")
    for call in (by_name, by_attribute, branch):
        assert verdict(scan_bytes("saved_model.pb", _called(samples, call, given, deep=deep))) == expected


def test_more_to_follow_than_is_followed_is_unknown(samples, verdict, monkeypatch):
    monkeypatch.setattr(tensorflow_files, "_MAX_FOLLOWED", 1)
    assert verdict(scan_bytes("saved_model.pb", _called(samples, samples.pb(2, "outer"), "model"))) == "unknown"


def test_what_only_has_to_run_before_names_no_file(samples, verdict):
    content = _called(samples, samples.pb(2, "outer"), "/etc/shadow", control=True)
    assert verdict(scan_bytes("saved_model.pb", content)) == "pass"


def test_an_asset_of_the_model_is_no_file_of_the_graph(samples, verdict):
    pb = samples.pb
    tensor = pb(8, pb(1, 7) + pb(8, "/home/author/vocabulary.txt"))
    nodes = [
        pb(1, "asset") + pb(2, "Const") + pb(5, pb(1, "value") + pb(2, tensor)),
        pb(1, "t") + pb(2, "InitializeTableFromTextFileV2") + pb(3, "table") + pb(3, "asset:0"),
    ]
    graph = pb(2, b"".join(pb(1, node) for node in nodes)) + pb(6, pb(1, pb(1, "asset:0")) + pb(2, "vocabulary.txt"))
    assert verdict(scan_bytes("saved_model.pb", pb(1, 1) + pb(2, graph))) == "pass"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('node { name: "a" op: "ReadFile" }', "fail"),
        ("node { op: 'MatMul' } node { op: 'AcmeMagic' }", "unknown"),
        ('node { op: "MatMul" stop: "ReadFile" }', "pass"),
    ],
)
def test_a_graph_in_text_on_one_line(verdict, text, expected):
    assert verdict(scan_bytes("graph.pbtxt", text.encode())) == expected


def test_a_graph_in_text_that_names_a_file(verdict):
    def scanned(file: str) -> str:
        graph = f'node {{\n name: "c"\n op: "Const"\n attr {{ value {{ tensor {{ string_val: "{file}" }} }} }}\n}}\n'
        return verdict(scan_bytes("graph.pbtxt", (graph + 'node {\n name: "s"\n op: "SaveV2"\n}\n').encode()))

    assert scanned("/etc/cron.d/x") == "fail"
    assert scanned("model.ckpt") == "pass"


def test_a_function_of_the_graph_itself_is_no_unknown_operator(samples, verdict):
    pb = samples.pb
    library = pb(1, pb(1, pb(1, "__inference_f")) + pb(3, pb(1, "n") + pb(2, "Relu")))
    graph = pb(2, pb(2, pb(1, pb(1, "call") + pb(2, "__inference_f")) + pb(2, library)))
    assert verdict(scan_bytes("saved_model.pb", pb(1, 1) + graph)) == "pass"


@pytest.mark.parametrize(
    ("domain", "operator", "expected"),
    [
        ("", "Relu", "pass"),
        ("ai.onnx", "Relu", "pass"),
        ("ai.onnx.ml", "TreeEnsembleClassifier", "pass"),
        ("com.microsoft", "FusedMatMul", "pass"),
        ("", "AcmeMagic", "unknown"),
        ("com.microsoft", "AcmeMagic", "unknown"),
        ("org.pytorch.aten", "ATen", "unknown"),
        ("acme", "Relu", "unknown"),
        ("acme", "PyOp", "fail"),
    ],
)
def test_an_operator_of_onnx(samples, verdict, domain, operator, expected):
    assert verdict(scan_bytes("m.onnx", samples.onnx([(domain, operator)]))) == expected


@pytest.mark.parametrize(
    ("context", "mode", "expected"),
    [("../../x.bin", 0, "fail"), ("x.bin", 0, "unknown"), ("\x00code", 1, "unknown"), ("../../x.bin", None, "unknown")],
)
def test_code_compiled_for_a_device(samples, verdict, context, mode, expected):
    pb = samples.pb
    node = pb(4, "EPContext") + pb(7, "com.microsoft") + pb(5, pb(1, "ep_cache_context") + pb(4, context))
    node += b"" if mode is None else pb(5, pb(1, "embed_mode") + pb(3, mode))
    assert verdict(scan_bytes("m.onnx", samples.onnx([("", "Relu")]) + pb(7, pb(1, node)))) == expected


@pytest.mark.parametrize(
    ("operator", "expected"),
    [("FlexMatMul", "pass"), ("FlexReadFile", "fail"), ("FlexAcmeMagic", "unknown"), ("AcmeMagic", "unknown")],
)
def test_an_operator_of_tflite(samples, verdict, operator, expected):
    assert verdict(scan_bytes("m.tflite", samples.tflite(operator))) == expected


@pytest.mark.parametrize(
    ("file", "expected"), [("vocabulary.txt", "pass"), ("../../x", "fail"), ("/etc/hostname", "fail")]
)
def test_an_asset_of_tensorflow(samples, verdict, file, expected):
    pb = samples.pb
    graph = pb(2, pb(1, pb(1, "x") + pb(2, "Placeholder")))
    asset = pb(6, pb(1, pb(1, "a:0")) + pb(2, file))
    assert verdict(scan_bytes("saved_model.pb", pb(1, 1) + pb(2, graph + asset))) == expected


KERAS = [
    ({"class_name": "Dense", "config": {"units": 1}}, "pass"),
    ({"class_name": "AcmeLayer", "config": {"units": 1}}, "unknown"),
    ({"module": "keras.layers", "class_name": "AcmeLayer", "config": {}}, "unknown"),
    ({"module": "keras.layers", "class_name": "Dense", "config": {}, "registered_name": None}, "pass"),
    ({"module": "acme.layers", "class_name": "Dense", "config": {}}, "unknown"),
    ({"class_name": "AcmeLayer", "config": {}, "registered_name": "Acme>AcmeLayer"}, "unknown"),
    ({"class_name": "TFOpLambda", "config": {"function": "math.add"}}, "pass"),
    ({"class_name": "TFOpLambda", "config": {"function": "io.write_file"}}, "fail"),
    ({"class_name": "TFOpLambda", "config": {"function": "acme.magic"}}, "unknown"),
    ({"class_name": "TensorFlowOpLayer", "config": {"node_def": '{"op": "WriteFile"}'}}, "fail"),
    ({"class_name": "TensorFlowOpLayer", "config": {"node_def": '{"op": "Add"}'}}, "pass"),
    ({"class_name": "TensorFlowOpLayer", "config": {}}, "unknown"),
]


@pytest.mark.parametrize(("layer", "expected"), KERAS)
def test_a_class_of_a_keras_configuration(verdict, layer, expected):
    model = {"class_name": "Sequential", "config": {"name": "s", "layers": [layer]}}
    assert verdict(scan_bytes("config.json", json.dumps(model).encode())) == expected


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ({"_target_": "torch.nn.Linear"}, "pass"),
        ({"_target_": "torch.optim.adamw.AdamW"}, "pass"),
        ({"_target_": "torch.nn.AcmeMagic"}, "unknown"),
        ({"_target_": "transformers.AcmeMagic"}, "unknown"),
        ({"_target_": "torch.hub.load"}, "fail"),
        ({"loader_module": "mlflow.sklearn"}, "pass"),
        ({"loader_module": "mlflow.acme"}, "unknown"),
        ({"target": "ldm.models.diffusion.ddpm.LatentDiffusion"}, "pass"),
        ({"target": "ldm.acme.Magic"}, "unknown"),
        ({"model_type": "bert", "_attn_implementation": "sdpa"}, "pass"),
        ({"model_type": "bert", "_attn_implementation": "acme/kernels"}, "fail"),
    ],
)
def test_code_that_a_configuration_names(verdict, document, expected):
    assert verdict(scan_bytes("config.json", json.dumps(document).encode())) == expected


def node(loader: str, module: str, name: str) -> bytes:
    return json.dumps({"__loader__": loader, "__module__": module, "__class__": name, "content": {}}).encode()


@pytest.mark.parametrize(
    ("loader", "module", "name", "expected"),
    [
        ("ObjectNode", "sklearn.linear_model._logistic", "LogisticRegression", "pass"),
        ("ObjectNode", "sklearn.acme", "Magic", "unknown"),
        ("ObjectNode", "numpy.acme", "Magic", "unknown"),
        ("AcmeNode", "builtins", "dict", "unknown"),
        ("FunctionNode", "numpy", "log1p", "pass"),
        ("FunctionNode", "numpy", "fromfile", "fail"),
        ("ConstructorFromReduceNode", "torch.nn.modules.linear", "Linear", "unknown"),
    ],
)
def test_a_type_of_skops(samples, verdict, loader, module, name, expected):
    archive = samples.zip_of({"schema.json": node(loader, module, name)})
    assert verdict(scan_bytes("m.skops", archive)) == expected


@pytest.mark.parametrize(
    ("name", "attribute", "expected"),
    [
        ("methodcaller", "__globals__", "fail"),
        ("attrgetter", "real.__class__", "fail"),
        ("attrgetter", "real", "pass"),
        ("system", "id", "fail"),
    ],
)
def test_an_operator_function_of_skops(samples, verdict, name, attribute, expected):
    constant = {"__class__": "str", "__module__": "builtins", "__loader__": "JsonNode", "content": f'"{attribute}"'}
    given = {"__class__": "tuple", "__module__": "builtins", "__loader__": "TupleNode", "content": [constant]}
    made = {"__class__": name, "__module__": "operator", "__loader__": "OperatorFuncNode", "attrs": given}
    archive = samples.zip_of({"schema.json": json.dumps(made).encode()})
    assert verdict(scan_bytes("m.skops", archive)) == expected


def test_no_dangerous_operator_is_on_the_allow_list_that_counts():
    assert len(DANGEROUS_OPERATORS) > 80
    assert is_tensorflow_operator("Conv2D")
    assert not is_tensorflow_operator("_HostSend")
    assert is_onnx_operator("", "Conv")
    assert {"Dense", "LSTM", "Adam", "TextVectorization"} <= keras_names()
