"""Version orders: known orderings from each tool's documentation, and dpkg itself as an oracle where it is there."""

from __future__ import annotations

import itertools
import random
import shutil
import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from packaging.version import Version

from scanners.vulnerabilities.versions import (
    UnparsableVersion,
    alike,
    apk,
    cran,
    dpkg,
    gem,
    maven,
    nuget,
    packagist,
    pub,
    pypi,
    rpm,
    semver,
    version_key,
)

ASCENDING = {
    dpkg: [
        ["1.0~~", "1.0~~a", "1.0~", "1.0", "1.0-0.1", "1.0-1", "1.0-1+b1", "1.0-1.1", "1.0a", "1.0+dfsg-1", "1.1", "1:0.1"],
        ["1.2.3~rc1", "1.2.3", "1.2.3-1~deb12u1", "1.2.3-1", "1.2.3-1+deb12u1", "1.2.3-10", "1.10.0"],
        ["7.6-0", "7.6p2-4", "1:0.4-1"],
        ["0~git2020", "0", "0.0", "00.1", "0.09", "0.10"],
    ],
    rpm: [
        ["1.0~rc1", "1.0~rc2", "1.0", "1.0^git1", "1.0^git2", "1.0.1", "1.1", "2.0", "1:0"],
        ["5.16-0", "5.16-0.el9", "5.16-1.el9", "5.16-1.el9_1", "5.16-1.el9_1.2", "5.16-1.el9_2", "5.16-2.el9", "5.16-10.el9"],
        ["1.0a", "1.0.b", "1.0.0", "1.0.0a", "1.0.1", "1.0.010"],
    ],
    apk: [
        ["1.0_alpha", "1.0_alpha1", "1.0_beta", "1.0_pre3", "1.0_rc1", "1.0_rc1-r1", "1.0"],
        ["1.0", "1.0-r1", "1.0_cvs1", "1.0_p1", "1.0a", "1.0.1"],
        ["1.05", "1.1", "1.9", "1.10", "1.10-r2", "1.10-r10", "2", "10"],
        ["1.0", "1.0-r0", "1.0~ab12-r0", "1.0_git20200101-r0", "1.0_git20200102-r0"],
    ],
    pypi: [
        ["1.0.dev1", "1.0a1", "1.0b2", "1.0rc1", "1.0", "1.0.post1", "1.1", "1!0.1"],
    ],
    maven: [
        ["1-alpha-1", "1-beta-1", "1-milestone-1", "1-rc", "1-snapshot", "1", "1-sp", "1-whatever", "1-1", "1.1"],
        ["1.0.0-alpha.1", "1.0.0-m2", "1.0.0.RC1", "1.0.0.RC2", "1.0.0.Final", "1.0.0.SP1", "1.0.1"],
        ["2.0", "2.0-1", "2.0.1", "2.0.1-jre", "2.0.2", "2.9", "2.10"],
        ["1-foo2", "1-foo10"],
    ],
    pub: [["1.0.0-dev.1", "1.0.0", "1.0.0+1", "1.0.0+2", "1.0.0+10", "1.0.0+a", "1.0.1"]],
    gem: [["1.0.a", "1.0.a.2", "1.0.b1", "1.0.rc1", "1.0", "1.0.1", "1.1", "1.10"], ["1.0.0-1", "1.0.0"]],
    nuget: [["1.0.0-Alpha", "1.0.0-beta", "1.0.0-beta.2", "1.0.0-beta.11", "1.0.0", "1.0.0.1", "1.0.1"]],
    packagist: [["1.0.0-dev", "1.0.0-alpha1", "1.0.0-beta1", "1.0.0-beta2", "1.0.0-RC1", "1.0.0", "1.0.0-p1", "1.0.1"],
                ["2019.01.02", "2019.10.02"]],
    cran: [["1.0", "1.0-1", "1.0-2", "1.0-10", "1.1"], ["1.0", "1.0.0"]],
    semver: [
        ["1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta", "1.0.0-beta.2", "1.0.0-rc.1", "1.0.0"],
        ["1.0.0-beta.2", "1.0.0-beta.11"],
        ["v0.0.0-20190125091013-d26f9f9a57f3", "v0.0.0-20200101000000-aaaaaaaaaaaa", "0.0.1"],
        ["0.0.1", "v1.2.3", "2.0.0+incompatible", "2.1"],
        ["go1.20", "go1.20.1", "go1.21rc2", "go1.21rc11", "go1.21", "1.21.1"],
    ],
}  # fmt: skip

EQUAL = {
    dpkg: [("0:1.0", "1.0"), ("1.0-0", "1.0"), ("1.00", "1.0")],
    rpm: [("0:1.0", "1.0"), ("1.0.", "1.0"), ("1_0", "1.0"), ("1.0", "1.00"), ("1.0a", "1.0.a")],
    apk: [("1-r00", "1-r0"), ("007", "7")],
    pypi: [("1.0", "1.0.0"), ("1.0+local", "1.0"), ("v1.0", "1.0"), ("1.0-1", "1.0.post1")],
    maven: [
        ("1", "1.0.0"),
        ("1.ga", "1"),
        ("1-a1", "1-alpha-1"),
        ("1.0.RELEASE", "1.0"),
        ("1-cr2", "1-rc2"),
        ("1.0-", "1"),
        ("1.foo", "1-foo"),
        ("1.RC1", "1.0.0.RC1"),
        ("1.0.0-RC1", "1.0.RC1"),
    ],
    gem: [("1", "1.0.0"), ("1.0.a", "1.a")],
    nuget: [("1", "1.0.0.0"), ("1.0-RC", "1.0-rc"), ("1.0+a", "1.0")],
    packagist: [("v1.0", "1.0.0.0"), ("1.0.0-b2", "1.0.0beta2"), ("1.0-stable", "1.0")],
    cran: [("1.0-1", "1.0.1")],
    semver: [("1.0.0+a", "1.0.0+b"), ("v1.0", "1.0.0")],
}

REFUSED = {
    dpkg: ["", "a b", "1.0:x:", "1.0-", "1.0_1", "x", "1.0\n", "1" * 2000, "²"],
    rpm: ["", "1.0-1-1", "a b", "-1", "~", "1" * 2000],
    apk: ["", "a1", "1.0_foo", "1.0-1", "1.0-r", "1..0", "1.0ab", "1" * 2000],
    pypi: ["", "(devel)", "1.0-foo", "2004d", "1.0-beta-2-x", "1" * 2000],
    maven: ["", "${project.version}", "a b", "1" * 2000],
    gem: ["", "x", "1..2", "1" * 2000],
    nuget: ["", "1.2.3.4.5", "x", "1" * 2000],
    packagist: ["", "dev-master", "1.x-dev", "1" * 2000],
    cran: ["", "1.0a", "-1", "1" * 2000],
    semver: ["", "(devel)", "1.2.3.4", "1.2.3-", "latest", "x1", "1" * 2000],
}


@pytest.mark.parametrize(("order", "versions"), [(order, row) for order, rows in ASCENDING.items() for row in rows])
def test_versions_ascend(order, versions):
    for low, high in itertools.combinations(versions, 2):
        assert order.key(low) < order.key(high), f"{low} < {high}"


@pytest.mark.parametrize(("order", "pair"), [(order, pair) for order, rows in EQUAL.items() for pair in rows])
def test_versions_that_are_the_same(order, pair):
    assert order.key(pair[0]) == order.key(pair[1])


@pytest.mark.parametrize(("order", "text"), [(order, text) for order, texts in REFUSED.items() for text in texts])
def test_what_is_no_version_is_said_to_be_none(order, text):
    with pytest.raises(UnparsableVersion):
        order.key(text)


def test_the_order_follows_from_the_ecosystem():
    assert version_key("Debian:12") is dpkg.key
    assert version_key("Alpine:v3.18") is apk.key
    assert version_key("Red Hat:enterprise_linux:9::appstream") is rpm.key
    assert version_key("Hackage") is None


VERSIONS = st.from_regex(r"\A([0-9]{1,2}:)?[0-9][a-c0-2.+~]{0,6}(-[a-c0-2.+~]{1,4})?\Z")


@pytest.mark.skipif(shutil.which("dpkg") is None, reason="dpkg itself is the oracle")
@settings(max_examples=120, deadline=None)
@given(VERSIONS, VERSIONS)
def test_dpkg_agrees(one, two):
    def is_(relation: str) -> bool:
        # dpkg warns of versions it finds odd and compares them all the same.
        return (
            subprocess.run(["dpkg", "--compare-versions", one, relation, two], stderr=subprocess.DEVNULL).returncode
            == 0
        )

    assert (dpkg.key(one) < dpkg.key(two), dpkg.key(one) == dpkg.key(two)) == (is_("lt"), is_("eq"))


@pytest.mark.skipif(shutil.which("rpm") is None, reason="rpm itself is the oracle")
def test_rpm_agrees(tmp_path):
    chance = random.Random(20)
    texts = ["".join(chance.choices("019aAz._~^+", k=chance.randint(1, 7))) for _ in range(1200)]
    pairs = [(f"1{one}", f"1{one[: chance.randint(0, 7)]}{two}") for one, two in itertools.pairwise(texts)]
    program = tmp_path / "compare.lua"
    program.write_text("\n".join(f'print(rpm.vercmp("{one}", "{two}"), " ")' for one, two in pairs))
    answers = subprocess.run(
        ["rpm", "--eval", f"%{{lua: dofile('{program}')}}"], capture_output=True, text=True, check=True
    ).stdout.split()
    keys = [(rpm.key(one), rpm.key(two)) for one, two in pairs]
    assert [int(answer) for answer in answers] == [(one > two) - (one < two) for one, two in keys]


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet="019az.-_~^+:r ", max_size=12), st.text(alphabet="019az.-_~^+:r ", max_size=12))
def test_any_two_versions_compare_one_way(one, two):
    for order in ASCENDING:
        try:
            low, high = order.key(one), order.key(two)
        except UnparsableVersion:
            continue
        assert (low < high) + (low > high) + (low == high) == 1


@given(
    one=st.from_regex(r"(1!)?[01](\.[012]){0,3}((a|b|rc)[01])?(\.post[01])?(\.dev[01])?(\+x)?", fullmatch=True),
    two=st.from_regex(r"(1!)?[01](\.[012]){0,3}((a|b|rc)[01])?(\.post[01])?(\.dev[01])?", fullmatch=True),
)
def test_pythons_versions_are_ordered_as_packaging_orders_them(one, two):
    this, that = Version(one.removesuffix("+x")), Version(two)
    assert (pypi.key(one) < pypi.key(two), pypi.key(one) == pypi.key(two)) == (this < that, this == that)


@pytest.mark.parametrize("module", [apk, cran, dpkg, gem, maven, nuget, packagist, pypi, semver])
@given(texts=st.lists(st.text("0019.-+~:va_rc", min_size=1, max_size=7), min_size=2, max_size=12))
@settings(max_examples=150, deadline=None)
def test_versions_that_are_equal_look_alike(module, texts):
    equal = [other for other in texts[1:] if _order(module, other) == _order(module, texts[0]) is not None]
    assert set(equal) <= set(alike("\n".join(texts[1:]), texts[0]))


@pytest.mark.parametrize(
    ("one", "other", "module"),
    [
        ("1.0+cu118", "1.0.0", pypi),
        ("v1.2.0+incompatible", "1.2.0", semver),
        ("1.0", "0:1.0-0", dpkg),
        ("1", "1.0.ga", maven),
    ],
)
def test_one_version_is_written_in_many_ways(one, other, module):
    assert module.key(one) == module.key(other)
    assert alike(f"\n{other}\n7\n", one) == [other]


def test_a_version_with_a_line_break_finds_its_equals():
    assert alike("\n1.0\n2.0\n", "1.0\n") == ["1.0"]


def _order(module, text):
    try:
        return module.key(text)
    except UnparsableVersion:
        return None
