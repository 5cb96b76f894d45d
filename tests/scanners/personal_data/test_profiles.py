"""Profiles are versioned data: each names entities that some rule finds, and what it cannot claim."""

import pytest

from scanners.personal_data.find import find
from scanners.personal_data.profiles import UnknownProfile, profile, profiles
from scanners.personal_data.rules import all_rules


@pytest.mark.parametrize("name", profiles())
def test_a_profile_names_only_what_can_be_found(name: str) -> None:
    known = {rule.type for rule in all_rules()}
    shipped = profile(name)
    assert set(shipped.entities) <= known
    assert set(shipped.special) | set(shipped.levels) | set(shipped.methods) | set(shipped.thresholds) <= set(
        shipped.entities
    )
    assert shipped.cannot_claim


def test_the_seven_regimes_ship() -> None:
    assert set(profiles()) == {
        *("gdpr", "hipaa_safe_harbor", "pipl_sensitive", "gbt_35273_2020", "gbt_45574_2025", "jrt_0197_2020", "pci_dss")
    }


def test_the_2025_standard_no_longer_counts_the_identity_number() -> None:
    assert "CN_ID_CARD" in profile("gbt_35273_2020").entities
    assert "CN_ID_CARD" not in profile("gbt_45574_2025").entities


def test_dates_count_for_hipaa_and_not_otherwise() -> None:
    hipaa = profile("hipaa_safe_harbor")
    found = find("Seen on 2024-05-01.", threshold=hipaa.lowest_threshold)
    assert [entity.type for entity in hipaa.applied(found).entities] == ["DATE_TIME"]
    assert find("Seen on 2024-05-01.").entities == ()


def test_an_unknown_profile_is_refused_by_name() -> None:
    with pytest.raises(UnknownProfile, match="ccpa"):
        profile("ccpa")
