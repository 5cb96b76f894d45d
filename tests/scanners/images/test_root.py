"""An unpacked root file system as an image: nothing is followed out of it, and what was not read is said."""

from __future__ import annotations

import os
import socket
import stat

import pytest

from scanners.errors import LimitReached, UnreadableInput
from scanners.images.catalogue import WANTED
from scanners.images.limits import Limits
from scanners.images.observing import observe_image
from scanners.images.reading import read
from scanners.images.scan import scan_image
from scanners.images.sources import open_image
from scanners.images.sources.root import root_image
from tests.scanners.images.conftest import apk_entry, metadata


@pytest.fixture
def root(tmp_path):
    """A small Alpine."""
    top = tmp_path / "rootfs"
    for folder in ("etc", "usr/bin", "lib/apk/db", "usr/lib/python3/site-packages/jinja2-2.11.0.dist-info", "tmp"):
        (top / folder).mkdir(parents=True)
    (top / "etc/os-release").write_text('ID=alpine\nVERSION_ID=3.11.3\nPRETTY_NAME="Alpine Linux v3.11"\n')
    (top / "lib/apk/db/installed").write_text(apk_entry("musl", "1.1.24-r2"))
    (top / "usr/lib/python3/site-packages/jinja2-2.11.0.dist-info/METADATA").write_text(metadata("jinja2", "2.11.0"))
    return top


def paths(target):
    with open_image(target) as image:
        system = read(image, WANTED)
    return dict(system.tree.walk()), system


def skipped(target):
    return {entry.what: entry.why for entry in scan_image(target, None).report.coverage.skipped}


def test_packages_and_distribution_are_those_of_an_image(root):
    observed, _ = observe_image(root, None, None, None)
    assert {(package.name, package.version) for package in observed.packages} == {
        ("musl", "1.1.24-r2"),
        ("jinja2", "2.11.0"),
    }
    assert observed.distribution.id == "alpine"
    assert observed.skipped == ()
    assert not [finding for finding in observed.findings if finding.rule.startswith("image.config.")]


def test_the_same_files_have_the_same_digest_and_others_another(root, tmp_path):
    before = root_image(root).digest
    os.utime(root / "etc/os-release", (1, 1))
    assert root_image(root).digest == before
    (root / "tmp/new").write_text("x")
    assert root_image(root).digest != before


def test_links_are_entries_and_lead_nowhere_outside(root, tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "installed").write_text(apk_entry("secret", "1"))
    (root / "lib/apk/db/installed").unlink()
    (root / "lib/apk/db/installed").symlink_to(outside / "installed")
    (root / "srv").symlink_to(outside)
    found, _ = paths(root)
    assert found["srv"].kind == found["lib/apk/db/installed"].kind == "symlink"
    assert not any("outside/" in path for path in found)
    assert "secret" not in {package.name for package in observe_image(root, None, None, None)[0].packages}


def test_a_link_to_a_file_within_is_followed_within(root):
    (root / "etc/os-release").rename(root / "usr/lib/os-release")
    (root / "etc/os-release").symlink_to("/usr/lib/os-release")
    assert observe_image(root, None, None, None)[0].distribution.id == "alpine"


def test_hard_links_are_one_file_and_those_from_outside_are_said(root, tmp_path):
    os.link(root / "etc/os-release", root / "etc/again")
    found, _ = paths(root)
    assert found["etc/again"].blob == found["etc/os-release"].blob
    assert skipped(root).keys() == {"known vulnerabilities"}
    os.link(root / "etc/os-release", tmp_path / "elsewhere")
    assert skipped(root)["etc/again"] == "1 more hard links to it lie outside the file system"


def test_pipes_and_sockets_are_not_opened(root, monkeypatch):
    os.mkfifo(root / "tmp/pipe")
    with socket.socket(socket.AF_UNIX) as server:
        monkeypatch.chdir(root / "tmp")
        server.bind("socket")
    found, _ = paths(root)
    assert found["tmp/pipe"].kind == "fifo"
    assert "tmp/socket" not in found


@pytest.mark.skipif(os.geteuid() != 0, reason="devices are made by root")
def test_devices_are_findings_and_not_opened(root):
    try:
        os.mknod(root / "tmp/disk", stat.S_IFBLK | 0o600, os.makedev(8, 0))
    except PermissionError:
        pytest.skip("devices cannot be made here")
    rules = {finding.rule for finding in observe_image(root, None, None, None)[0].findings}
    assert "image.file.device" in rules


@pytest.mark.parametrize("name", [".wh.os-release", ".wh..wh..opq"])
def test_a_file_named_like_a_deletion_deletes_nothing_and_is_said(root, name):
    (root / "etc" / name).write_text("")
    assert skipped(root)[f"etc/{name}"] == "its name means a deletion in a layer"
    assert "etc/os-release" in paths(root)[0]


def test_strange_names_stay_inside(root):
    strange = [b"\xff\xfe", b"new\nline", b"a" * 255, b"\x1f\x8b", b"..."]
    for name in strange:
        with open(os.fsencode(root / "tmp") + b"/" + name, "wb"):
            pass
    found, _ = paths(root)
    assert {f"tmp/{os.fsdecode(name)}" for name in strange} <= set(found)


def test_a_file_that_is_mostly_holes_is_not_read(root):
    with open(root / "tmp/holes", "wb") as file:
        file.truncate(1 << 40)
    assert skipped(root)["tmp/holes"] == "it is sparse: mostly holes"


def test_more_entries_than_the_limit_end_the_scan(root):
    with pytest.raises(LimitReached):
        root_image(root, Limits(entries=3))


def test_a_file_that_changes_between_hashing_and_reading_ends_the_scan(root):
    with open_image(root) as image:
        (root / "etc/os-release").write_text("ID=debian\n")
        with pytest.raises(UnreadableInput):
            read(image, WANTED)


def test_a_planted_image_inside_is_not_scanned_instead(root):
    (root / "index.json").write_text("{}")
    assert observe_image(root, None, None, None)[0].distribution.id == "alpine"


def test_directories_that_are_no_root_are_refused(tmp_path):
    (tmp_path / "x").mkdir()
    with pytest.raises(UnreadableInput, match=r"neither index\.json"), open_image(tmp_path / "x"):
        pass
