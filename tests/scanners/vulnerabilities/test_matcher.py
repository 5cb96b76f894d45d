"""The evaluation of the OSV schema: affected, not affected, or unknown."""

from __future__ import annotations

import pytest

from scanners.vulnerabilities.matcher import Match, Undecided, match

RANGE = [{"introduced": "1.0"}, {"fixed": "1.5"}]


@pytest.mark.parametrize(
    ("events", "version", "fixed"),
    [
        (RANGE, "0.9", None),
        (RANGE, "1.0", "1.5"),
        (RANGE, "1.5.dev1", "1.5"),
        (RANGE, "1.5", None),
        ([{"fixed": "1.5"}, {"introduced": "0"}], "0.0.dev0", "1.5"),
        ([{"introduced": "2"}, {"introduced": "0"}, {"fixed": "2.3"}, {"fixed": "1.5"}], "1.4", "1.5"),
        ([{"introduced": "2"}, {"introduced": "0"}, {"fixed": "2.3"}, {"fixed": "1.5"}], "1.7", None),
        ([{"introduced": "2"}, {"introduced": "0"}, {"fixed": "2.3"}, {"fixed": "1.5"}], "2.1", "2.3"),
        ([{"introduced": "0"}, {"fixed": "1"}, {"introduced": "1"}, {"fixed": "2"}], "1", "2"),
    ],
)
def test_ranges(database, record, events, version, fixed):
    with database(record("OSV-1", "thing", events)) as opened:
        found = list(match(opened, "PyPI", "Thing", version))
    assert [item.fixed for item in found] == ([fixed] if fixed else [])


@pytest.mark.parametrize("low", ["0", "1.0", "1.5", "2.0", "bogus!"])
@pytest.mark.parametrize("version", ["0.1", "1.0", "1.2", "1.5", "1.7", "2.0", "3"])
def test_a_range_of_two_events_is_walked_like_any_other(database, record, low, version):
    two = [{"introduced": low}, {"fixed": "1.5"}]
    with database(record("OSV-1", "two", two), record("OSV-2", "three", [*two, {"limit": "*"}])) as opened:
        short, long = (list(match(opened, "PyPI", name, version)) for name in ("two", "three"))
    assert [getattr(item, "fixed", "unknown") for item in short] == [getattr(item, "fixed", "unknown") for item in long]


@pytest.mark.parametrize(
    ("affected", "version", "expected"),
    [
        ({"versions": ["1.0", "1.1"]}, "1.1", "version-list"),
        ({"versions": ["1.0", "1.1"]}, "1.1.0", "version-list"),
        ({"versions": ["1.0", "1.1"]}, "1.2", None),
        ({"versions": ["weird-one"]}, "weird-one", "version-list"),
        ({"versions": ["weird-one"]}, "weird-two", "unknown"),
        ({"ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}]}]}, "7", "all-versions"),
        ({"ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"last_affected": "7"}]}]}, "7", "range"),
        ({"ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"last_affected": "7"}]}]}, "7.1", None),
        ({"ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"limit": "7"}]}]}, "7", None),
        ({"ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "bogus!"}]}]}, "7", "unknown"),
        ({"ranges": [{"type": "GIT", "events": [{"introduced": "0"}]}]}, "7", "unknown"),
        ({}, "7", "unknown"),
    ],
)
def test_other_ways_to_name_versions(database, record, affected, version, expected):
    with database(record("OSV-1", "thing", affected=affected)) as opened:
        found = list(match(opened, "PyPI", "thing", version))
    seen = [item.method if isinstance(item, Match) else "unknown" for item in found]
    assert seen == ([expected] if expected else [])


def test_a_version_that_cannot_be_read_is_unknown_and_never_clean(database, record):
    with database(record("OSV-1", "thing", RANGE), record("OSV-2", "other", RANGE)) as opened:
        (found,) = match(opened, "PyPI", "thing", "(devel)")
    assert isinstance(found, Undecided)
    assert "(devel)" in found.why


def test_an_ecosystem_whose_order_is_not_known_is_unknown(database, record):
    with database(record("OSV-1", "thing", RANGE, ecosystem="Hackage")) as opened:
        (found,) = match(opened, "Hackage", "thing", "1.2")
    assert isinstance(found, Undecided)


def test_names_are_compared_as_the_ecosystem_does(database, record):
    with database(record("OSV-1", "Zope.Interface", RANGE), record("OSV-2", "Aa", RANGE, ecosystem="Go")) as opened:
        assert list(match(opened, "PyPI", "zope_interface", "1.2"))
        assert not list(match(opened, "Go", "aa", "1.2.0"))
    with database(record("OSV-3", "Newtonsoft.Json", RANGE, ecosystem="NuGet")) as opened:
        assert list(match(opened, "NuGet", "newtonsoft.json", "1.2.0"))


def test_a_fix_on_another_line_of_releases_is_offered_when_there_is_none_on_this(database, record):
    events = [{"introduced": "0"}, {"last_affected": "1.9"}], [{"introduced": "2.0"}, {"fixed": "2.4"}]
    ranges = {"ranges": [{"type": "ECOSYSTEM", "events": item} for item in events]}
    with database(record("OSV-1", "thing", affected=ranges)) as opened:
        (found,) = match(opened, "PyPI", "thing", "1.2")
    assert found.fixed == "2.4"
