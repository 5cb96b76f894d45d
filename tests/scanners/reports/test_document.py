"""Reports as documents: whole in every form, and nothing in them that an input could act with."""

from __future__ import annotations

import json
from html.parser import HTMLParser

import pytest

from scanners.findings import Coverage, Finding, Location, Report, Skipped, Subject
from scanners.reports import MAXIMUM_FINDINGS, document

HOSTILE = "<script>alert(1)</script>\x1b[2J\u202egnp.exe\nFAIL"


def report(*findings: Finding, skipped: tuple[Skipped, ...] = ()) -> Report:
    coverage = Coverage({"files": 2}, skipped, {"osv-go": "2026-08-21"})
    return Report(Subject("image", "sha256:00", "shop"), findings, coverage)


def finding(title: str = "openssl 1.1 has CVE-2020-1") -> Finding:
    place = Location("etc/x", "sha256:" + "a" * 64, line=3)
    return Finding("image.x", "high", title, place, "seen", "Upgrade openssl to 1.2", ("CVE-2020-1",))


@pytest.mark.parametrize("form", ["sarif", "table", "html"])
def test_each_form_tells_findings_what_was_not_examined_and_the_age_of_the_data(form):
    text = document(report(finding(), skipped=(Skipped("layer 2", "encrypted"),)), "fail", "shop: 1 finding", form).text
    for part in (
        "openssl 1.1 has CVE-2020-1",
        "etc/x",
        "Upgrade openssl to 1.2",
        "CVE-2020-1",
        "encrypted",
        "2026-08-21",
    ):
        assert part in text


@pytest.mark.parametrize("form", ["table", "html"])
def test_text_of_an_input_can_neither_act_nor_hide(form):
    hostile = Finding("x", "low", HOSTILE, Location(HOSTILE), HOSTILE, HOSTILE, (HOSTILE,))
    text = document(report(hostile, skipped=(Skipped(HOSTILE, HOSTILE),)), "fail", HOSTILE, form).text
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert "\nFAIL" not in text[1:]
    if form == "html":
        assert "<script" not in text


def test_the_page_stands_alone():
    seen: list[str] = []

    class Reader(HTMLParser):
        def handle_starttag(self, tag, attrs):
            seen.append(tag)
            assert not {name for name, _ in attrs} & {"src", "href", "onclick", "onload"}

    Reader().feed(document(report(finding()), "fail", "", "html").text)
    assert not set(seen) & {"script", "link", "img", "iframe", "object", "form"}


def test_the_table_reads_as_a_person_expects():
    text = document(report(finding()), "fail", "shop: 1 finding", "table").text
    assert text.splitlines()[:5] == [
        "FAIL  shop: 1 finding",
        "image  sha256:00",
        "",
        "high      etc/x:3  openssl 1.1 has CVE-2020-1",
        "                   seen",
    ]


def test_nothing_found_and_nothing_skipped_is_said():
    assert "nothing was found in what was examined" in document(report(), "pass", "", "table").text


def test_more_findings_than_a_document_lists_are_counted():
    text = document(report(*(finding() for _ in range(MAXIMUM_FINDINGS + 7))), "fail", "", "sarif").text
    results = json.loads(text)["runs"][0]["results"]
    assert len(results) == MAXIMUM_FINDINGS + 1
    assert results[-1]["message"]["text"] == "7 more findings are not listed here"


def test_the_same_report_is_the_same_document():
    assert document(report(finding()), "fail", "x", "html") == document(report(finding()), "fail", "x", "html")
