"""SARIF of a report: levels, places, rules once each, and nothing unexamined that looks clean."""

from __future__ import annotations

import published_schemas

from scanners.findings import Coverage, Finding, Location, Report, Skipped, Subject
from scanners.reports.sarif import sarif


def report(*findings: Finding, skipped: tuple[Skipped, ...] = ()) -> Report:
    return Report(Subject("model", "sha256:00", "m.pkl"), findings, Coverage({"files": 1}, skipped))


def test_each_rule_is_listed_once_and_each_result_points_to_it():
    one = Finding("model.a", "critical", "A", Location("m.pkl", offset=7), "os.system()")
    two = Finding("model.b", "low", "B", Location("m.zip!inner.pkl", offset=3))
    run = sarif(report(one, one, two))["runs"][0]
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == ["model.a", "model.b"]
    assert [(result["ruleIndex"], result["level"]) for result in run["results"]] == [
        (0, "error"),
        (0, "error"),
        (1, "note"),
    ]
    assert run["results"][0]["locations"][0]["physicalLocation"]["region"] == {"byteOffset": 7}
    assert run["results"][2]["locations"][0]["logicalLocations"][0]["fullyQualifiedName"] == "m.zip!inner.pkl"


def test_a_name_with_odd_characters_becomes_a_valid_uri():
    run = sarif(report(Finding("model.a", "high", "A", Location("a b#é.pkl", line=0))))["runs"][0]
    physical = run["results"][0]["locations"][0]["physicalLocation"]
    assert physical == {"artifactLocation": {"uri": "a%20b%23%C3%A9.pkl"}, "region": {"startLine": 1}}


def test_what_was_not_examined_is_a_warning_of_the_tool():
    run = sarif(report(skipped=(Skipped("x.7z", "not supported"),)))["runs"][0]
    assert (
        run["invocations"][0]["toolExecutionNotifications"][0]["message"]["text"] == "not examined: x.7z: not supported"
    )
    assert run["results"] == []


def test_the_document_is_valid_by_the_schema_of_its_authors():
    findings = [
        Finding("model.a", "critical", "A", Location("a b#é.pkl", offset=7), "os.system()", references=("CVE-1",)),
        Finding("image.b", "info", "B", Location("m.zip!inner.pkl", line=0, layer="sha256:11")),
        Finding("c", "medium", "", Location()),
    ]
    for verdict in ("pass", "fail", "unknown", None):
        document = sarif(report(*findings, skipped=(Skipped("x.7z", "why"),)), version="0.1.0", verdict=verdict)
        assert published_schemas.complaints(published_schemas.SARIF, document) == []
