"""A change is concrete where one value is right, and left to a person where none is."""

from __future__ import annotations

import json
from typing import Any

import pytest

from scanners.configuration.remedies import change_for
from scanners.configuration.resources import Resource

REMEDY = {"en": "Mend it", "zh": "整改"}


def finding(check: str, at: str, **more: Any) -> dict[str, Any]:
    return {"rule": f"platform.{check}", "at": at, "message": "m", "remedy": REMEDY, **more}


def deployment(container: dict[str, Any]) -> Resource:
    values = {"spec": {"template": {"spec": {"containers": [container]}}}}
    return Resource("kubernetes", "Deployment", "Deployment/a", "app.yaml", values)


def test_what_is_missing_on_the_way_is_added() -> None:
    change, after = change_for(
        finding("workload_hardening", "containers[0].securityContext.capabilities.drop"), deployment({"name": "x"})
    )
    assert json.loads(change.change) == [
        {
            "op": "add",
            "path": "/spec/template/spec/containers/0/securityContext",
            "value": {"capabilities": {"drop": ["ALL"]}},
        }
    ]
    container = after.values["spec"]["template"]["spec"]["containers"][0]
    assert container == {"name": "x", "securityContext": {"capabilities": {"drop": ["ALL"]}}}


@pytest.mark.parametrize(
    "at",
    [
        "containers[7].securityContext.privileged",
        "volumes[0].hostPath",
        "containers[0].env.TOKEN",
        "no NetworkPolicy in its namespace",
        "containers[99999].securityContext.privileged",
    ],
)
def test_what_has_no_one_answer_is_left_to_a_person(at: str) -> None:
    resource = deployment({"name": "x"})
    change, after = change_for(finding("workload_hardening", at), resource)
    assert change.kind == "manual"
    assert after is resource


@pytest.mark.parametrize(
    ("values", "wanted", "text", "after"),
    [
        ({}, {"path": ["encrypted"], "op": "is", "value": True}, "encrypted = true", {"encrypted": True}),
        (
            {"vpc_config": [{"a": 1}]},
            {"path": ["vpc_config", 0, "endpoint_public_access"], "op": "is", "value": False},
            "vpc_config { endpoint_public_access = false }",
            {"vpc_config": [{"a": 1, "endpoint_public_access": False}]},
        ),
        ({}, {"path": ["a", 0, "b"], "op": "in", "value": ["X", "Y"]}, 'a { b = "X" }', {"a": [{"b": "X"}]}),
        (
            {"acl": "public-read"},
            {"path": ["acl"], "op": "not_in", "value": ["x"]},
            'acl = "private"',
            {"acl": "private"},
        ),
        ({"n": 0}, {"path": ["n"], "op": "at_least", "value": 7}, "n = 7", {"n": 7}),
    ],
)
def test_an_attribute_of_a_plan(
    values: dict[str, Any], wanted: dict[str, Any], text: str, after: dict[str, Any]
) -> None:
    resource = Resource("terraform", "t", "t.a", "plan.json", values)
    change, changed = change_for(finding("backup", "x", wanted=wanted), resource)
    assert (change.kind, change.change, changed.values) == ("terraform", text, after)
    assert resource.values == values


@pytest.mark.parametrize(
    "wanted",
    [{"path": [], "op": "companion"}, {"path": ["logging"], "op": "present"}, {"path": ["a", "b"], "op": "is"}, None],
)
def test_a_plan_without_one_right_value(wanted: Any) -> None:
    more = {"wanted": {"value": True, **wanted}} if wanted else {}
    change, _ = change_for(finding("backup", "x", **more), Resource("terraform", "t", "t.a", "p", {"a": "text"}))
    assert change.kind == "manual"


def test_a_custom_resource_gets_no_patch_for_a_place_where_it_has_no_pod() -> None:
    values = {"spec": {"tasks": [{"template": {"spec": {"containers": [{"name": "x"}]}}}]}}
    resource = Resource("kubernetes", "Job", "Job/a", "app.yaml", values)
    change, after = change_for(finding("workload_hardening", "containers[0].securityContext.privileged"), resource)
    assert (change.kind, after) == ("manual", resource)


def test_a_command_quotes_the_name() -> None:
    resource = Resource("inventory", "AWS::S3::Bucket", "AWS::S3::Bucket/a;rm -rf /", "i.json", {})
    change, _ = change_for(finding("backup", "x"), resource)
    assert change.kind == "command"
    assert "--bucket 'a;rm -rf /' " in change.change
