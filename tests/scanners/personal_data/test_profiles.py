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


@pytest.mark.parametrize(
    ("text", "type"),
    [
        ("He was convicted of fraud in 2015.", "CRIMINAL_RECORD"),
        ("他因盗窃罪被判处有期徒刑三年，去年刑满释放。", "CRIMINAL_RECORD"),
        ("Er ist vorbestraft.", "CRIMINAL_RECORD"),
        ("Her credit score is 540, so the loan was declined.", "CREDIT_RECORD"),
        ("他被列为失信被执行人，坐不了高铁。", "CREDIT_RECORD"),
        ("Sie ist seit 2022 in Privatinsolvenz.", "CREDIT_RECORD"),
        ("My 9-year-old son needs a nut-free lunch.", "MINOR"),
        ("我女儿今年9岁，想报游泳班。", "MINOR"),
        ("Die 6-jährige Tochter wartet im Hort.", "MINOR"),
    ],
)
def test_convictions_credit_and_childhood_count_for_the_profiles_that_ask(text: str, type: str) -> None:
    chinese = profile("gbt_45574_2025")
    assert [one.type for one in chinese.applied(find(text, threshold=chinese.lowest_threshold)).entities] == [type]
    assert find(text).entities == ()
