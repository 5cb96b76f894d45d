"""Every generated sample gets the verdict that it deserves."""

from __future__ import annotations

import pytest

from scanners.model_scan import scan_bytes


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_no_hostile_sample_passes_and_nearly_all_fail(samples, verdict, seed):
    made = samples.hostile(seed)
    verdicts = {sample.name: verdict(scan_bytes(sample.name, sample.content)) for sample in made}
    assert [name for name, given in verdicts.items() if given == "pass"] == []
    assert sum(given == "fail" for given in verdicts.values()) / len(made) >= 0.99


def test_no_benign_sample_fails_and_hardly_one_is_unknown(samples, verdict):
    made = samples.benign()
    verdicts = {sample.name: verdict(scan_bytes(sample.name, sample.content)) for sample in made}
    assert [name for name, given in verdicts.items() if given == "fail"] == []
    assert sum(given == "unknown" for given in verdicts.values()) <= 1


def test_the_same_bytes_give_the_same_report_twice(samples):
    for sample in samples.hostile(3, limit=50):
        assert scan_bytes(sample.name, sample.content) == scan_bytes(sample.name, sample.content)


def test_every_finding_says_what_to_do_and_where(samples):
    for sample in samples.hostile(4, limit=200):
        for finding in scan_bytes(sample.name, sample.content).findings:
            assert finding.remediation
            assert finding.title
            assert finding.location.path.startswith(sample.name)
