"""Layers over each other, as the OCI image specification's layer.md says."""

from __future__ import annotations

import pytest

from scanners.images.catalogue import WANTED
from scanners.images.filesystem import FileSystem
from scanners.images.reading import read
from scanners.images.sources import open_image


@pytest.fixture
def squashed(image):
    def look(*layers, **more) -> FileSystem:
        with open_image(image(*layers, **more)) as opened:
            return read(opened, WANTED)

    return look


def paths(system: FileSystem) -> set[str]:
    return {path for path, node in system.tree.walk() if node.children is None}


@pytest.mark.parametrize(
    ("lower", "upper", "left"),
    [
        pytest.param("a", lambda top: top.whiteout("a"), set(), id="a whiteout hides a file"),
        pytest.param("d/a", lambda top: top.whiteout("d"), set(), id="a whiteout hides a directory"),
        pytest.param("d/a", lambda top: top.opaque("d").file("d/b"), {"d/b"}, id="an opaque mark hides what was in it"),
        pytest.param(
            "d/a", lambda top: top.file("d/b").opaque("d"), {"d/b"}, id="wherever in the layer the mark stands"
        ),
        pytest.param("a", lambda top: top.file("a").whiteout("a"), {"a"}, id="a whiteout leaves its own layer alone"),
        pytest.param("d/a", lambda top: top.file("d"), {"d"}, id="a file replaces a directory"),
        pytest.param("d", lambda top: top.file("d/a"), {"d/a"}, id="a directory replaces a file"),
        pytest.param("d/a", lambda top: top.directory("d"), {"d/a"}, id="a directory over a directory keeps its files"),
        pytest.param("a", lambda top: top.hardlink("b", "a"), {"a", "b"}, id="a hard link may point to a lower layer"),
        pytest.param("a", lambda top: top.file("./x/../b"), {"a", "b"}, id="names are cleaned"),
        pytest.param("a", lambda top: top.file("../../etc/x"), {"a", "etc/x"}, id="a name cannot leave the root"),
        pytest.param("a", lambda top: top.file("/abs"), {"a", "abs"}, id="an absolute name is below the root"),
        pytest.param("a", lambda top: top.whiteout("../../a"), set(), id="nor can a whiteout"),
    ],
)
def test_an_upper_layer(squashed, layer, lower, upper, left):
    assert paths(squashed(layer().file(lower), upper(layer()))) == left


def test_a_whiteout_of_a_link_leaves_what_it_led_to(squashed, layer):
    system = squashed(layer().file("real/a").symlink("link", "real"), layer().whiteout("link").file("link/b"))
    assert paths(system) == {"real/a", "link/b"}
    assert system.skipped == []


def test_an_entry_behind_a_link_lands_where_it_leads_and_is_noted(squashed, layer):
    system = squashed(layer().file("usr/lib/a").symlink("lib", "usr/lib"), layer().file("lib/b"))
    assert paths(system) == {"usr/lib/a", "usr/lib/b", "lib"}
    assert "symbolic link" in system.skipped[0].why


@pytest.mark.parametrize(
    "target", ["../../../../etc", "/etc", "/../../etc", "etc"], ids=["up", "absolute", "both", "relative"]
)
def test_links_resolve_inside_the_root_only(squashed, layer, target):
    system = squashed(layer().file("etc/os-release", "ID=x").symlink("link", target))
    found = system.file("link/os-release")
    assert found is not None
    assert found[1] == b"ID=x"


def test_circular_links_lead_nowhere(squashed, layer):
    system = squashed(layer().symlink("a", "b").symlink("b", "a").symlink("c", "c/c").file("a/x"))
    assert system.file("a") is None
    assert system.file("c/x") is None


def test_a_hard_link_to_a_symbolic_link_is_another_name_of_the_link(squashed, layer):
    system = squashed(layer().symlink("a", "/nowhere").hardlink("b", "a"))
    assert [(path, node.kind, node.link) for path, node in system.tree.walk()] == [
        ("a", "symlink", "/nowhere"),
        ("b", "symlink", "/nowhere"),
    ]
    assert system.skipped == []


def test_a_hard_link_to_nothing_is_noted(squashed, layer):
    system = squashed(layer().hardlink("var/lib/dpkg/status", "nowhere"))
    assert system.skipped[0].what.startswith("var/lib/dpkg/status")


@pytest.mark.parametrize("make", ["hardlink", "symlink"])
def test_a_database_behind_a_link_to_a_file_nobody_asked_for_is_read(squashed, layer, make):
    lower = layer().file("hidden/stash", "content of it")
    target = "hidden/stash" if make == "hardlink" else "/hidden/stash"
    system = squashed(lower, getattr(layer(), make)("var/lib/dpkg/status", target))
    found = system.file("var/lib/dpkg/status")
    assert found is not None
    assert found[1] == b"content of it"


def test_devices_are_only_names(squashed, layer):
    import tarfile

    system = squashed(layer().special("dev/sda", tarfile.BLKTYPE).special("pipe", tarfile.FIFOTYPE))
    assert paths(system) == {"dev/sda", "pipe"}
