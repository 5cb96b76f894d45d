"""CoreML: code of the app and other files are found wherever models hold models."""

from __future__ import annotations

import json

import pytest

from scanners.model_scan import scan_bytes, scan_model


@pytest.fixture
def model(samples):
    """A model with this type (a field of Model.proto) and body."""
    return lambda number, body: samples.pb(1, 4) + samples.pb(2, b"") + samples.pb(number, body)


def test_a_custom_layer_is_unknown_also_in_a_loop_of_a_network_in_a_pipeline(samples, verdict, model):
    network = samples.pb(1, samples.pb(1, "name") + samples.pb(500, samples.pb(10, "Evil")))
    loop = samples.pb(1, samples.pb(605, samples.pb(2, network)))
    for body in (model(500, network), model(500, loop), model(202, samples.pb(1, model(500, loop)))):
        report = scan_bytes("m.mlmodel", body)
        assert (verdict(report), report.findings[0].evidence) == ("unknown", "custom layer Evil")


def test_a_classifier_of_several_models_is_looked_into(samples, verdict, model):
    pipeline = samples.pb(1, samples.pb(1, model(555, samples.pb(10, "Evil"))))
    assert verdict(scan_bytes("m.mlmodel", model(200, pipeline))) == "unknown"
    assert verdict(scan_bytes("m.mlmodel", model(200, samples.pb(1, samples.pb(1, model(300, b"")))))) == "pass"


def test_a_linked_model_outside_the_folder_fails(samples, verdict, model):
    linked = samples.pb(1, samples.pb(1, samples.pb(1, "../../x")))
    assert verdict(scan_bytes("m.mlmodel", model(556, linked))) == "fail"


def test_a_package_whose_items_lie_elsewhere_fails_and_its_weights_are_known(tmp_path, samples, verdict, model):
    (tmp_path / "weights").mkdir()
    (tmp_path / "weights/weight.bin").write_bytes(b"\x02\0\0\0\xde\xad\xbe\xef" * 8)
    (tmp_path / "m.mlmodel").write_bytes(model(502, b"@model_path/weights/weight.bin"))
    assert verdict(scan_model(tmp_path)) == "pass"
    (tmp_path / "Manifest.json").write_text(json.dumps({"itemInfoEntries": {"a": {"path": "../x"}}}))
    assert verdict(scan_model(tmp_path)) == "fail"
