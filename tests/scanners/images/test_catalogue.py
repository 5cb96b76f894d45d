"""Packages as their databases record them, and what is noted where those cannot be read."""

from __future__ import annotations

import io
import zipfile

import pytest

from scanners.images.observing import list_packages
from tests.scanners.images.test_probes import BLOBS, sqlite_database


@pytest.fixture
def listed(image):
    def look(*layers):
        listing = list_packages(image(*layers))
        return {(package.type, package.name, package.version) for package in listing.packages}, listing

    return look


def test_dpkg_lists_what_is_installed_and_not_what_was_removed(listed, layer, samples):
    status = (
        samples.dpkg("bash", "5.2-1+b2", source="bash (5.2-1)")
        + samples.dpkg("gone", "1", state="deinstall ok config-files")
        + samples.dpkg("never", "1", state="unknown ok not-installed")
        + samples.dpkg("broken", "1", state="install ok half-configured")
        + samples.dpkg("held", "2", state="hold ok installed", source="held-src")
    )
    found, listing = listed(layer().file("var/lib/dpkg/status", status))
    assert found == {("deb", "bash", "5.2-1+b2"), ("deb", "broken", "1"), ("deb", "held", "2")}
    bash, _, held = listing.packages
    assert bash.names_in("Debian:12") == (("bash", "5.2-1"),)
    assert held.names_in("Debian:12") == (("held-src", "2"),)


def test_distroless_keeps_a_file_for_each_package(listed, layer):
    found, _ = listed(
        layer()
        .file("var/lib/dpkg/status.d/tzdata", "Package: tzdata\nVersion: 2024a-0+deb12u1\nArchitecture: all\n")
        .file("var/lib/dpkg/status.d/tzdata.md5sums", "0123  usr/share/zoneinfo/UTC\n")
    )
    assert found == {("deb", "tzdata", "2024a-0+deb12u1")}


def test_apk(listed, layer, samples):
    database = samples.apk("ssl_client", "1.31.1-r9", origin="busybox") + samples.apk("musl", "1.1.24-r2")
    found, listing = listed(layer().file("lib/apk/db/installed", database))
    assert found == {("apk", "ssl_client", "1.31.1-r9"), ("apk", "musl", "1.1.24-r2")}
    assert listing.packages[1].names_in("Alpine:v3.11") == (("busybox", "1.31.1-r9"),)


@pytest.mark.parametrize(
    "path",
    [
        "usr/lib/python3/dist-packages/Thing-1.0.dist-info/METADATA",
        "opt/venv/lib/python3.11/site-packages/thing-1.0.dist-info/METADATA",
        "usr/lib/python3/dist-packages/thing-1.0.egg-info",
        "usr/lib/python3/dist-packages/thing-1.0.egg-info/PKG-INFO",
        "srv/thing-1.0-py3.9.egg/EGG-INFO/PKG-INFO",
    ],
)
def test_python_metadata_in_each_of_its_places(listed, layer, samples, path):
    assert listed(layer().file(path, samples.python("Thing", "1.0")))[0] == {("pypi", "Thing", "1.0")}


@pytest.mark.parametrize(
    ("listing", "content"),
    [
        ("var/lib/dpkg/info/python3-thing.list", "/.\n/usr\n/usr/lib/python3/dist-packages/thing-1.0.egg-info\n"),
        ("var/lib/dpkg/info/python3-thing.list", "/lib/python3/dist-packages/thing-1.0.egg-info\n"),
        ("var/lib/dpkg/status.d/thing.md5sums", "0f  usr/lib/python3/dist-packages/thing-1.0.egg-info\n"),
        ("lib/apk/db/installed", "P:py3-thing\nV:1.0-r0\nF:usr/lib/python3/dist-packages\nR:thing-1.0.egg-info\n\n"),
    ],
)
def test_what_a_system_package_owns_is_not_also_a_python_package(listed, layer, samples, listing, content):
    files = layer().file("usr/lib/python3/dist-packages/thing-1.0.egg-info", samples.python("thing", "1.0"))
    if not listing.startswith("lib"):
        files.symlink("lib", "usr/lib")
    files.file("opt/thing-1.0.egg-info", samples.python("thing", "1.0")).file(listing, content)
    _, listing_ = listed(files)
    assert [package.path for package in listing_.packages if package.type == "pypi"] == ["opt/thing-1.0.egg-info"]


def test_what_cannot_be_read_of_a_system_package_s_archive_is_missed_by_nobody(listed, layer, samples):
    stored = io.BytesIO()
    with zipfile.ZipFile(stored, "w") as archive:
        archive.writestr("A.class", b"x" * 100)
    files = layer().file("usr/share/java/nameless.jar", stored.getvalue()).file("opt/nameless.jar", stored.getvalue())
    files.file("var/lib/dpkg/status", samples.dpkg("libx-java", "1"))
    files.file("var/lib/dpkg/info/libx-java.list", "/usr/share/java/nameless.jar\n")
    _, listing = listed(files)
    assert [entry.what for entry in listing.skipped if "jar" in entry.what] == ["opt/nameless.jar"]


def test_a_package_is_attributed_to_the_layer_that_brought_its_version(listed, layer, samples):
    base = samples.dpkg("kept", "1") + samples.dpkg("upgraded", "1")
    upper = samples.dpkg("kept", "1") + samples.dpkg("upgraded", "2") + samples.dpkg("added", "1")
    status = "var/lib/dpkg/status"
    _, listing = listed(layer().file(status, base), layer().file("x"), layer().file(status, upper))
    assert {package.name: package.layer for package in listing.packages} == {"kept": 0, "upgraded": 2, "added": 2}


def test_a_package_deleted_in_an_upper_layer_is_gone(listed, layer, samples):
    metadata = "opt/thing-1.0.dist-info/METADATA"
    found, listing = listed(layer().file(metadata, samples.python("thing", "1.0")), layer().whiteout("opt"))
    assert found == set()
    assert "nothing could be looked up" in listing.skipped[0].why


@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("var/lib/dpkg/status", "Package: ../../x\nStatus: install ok installed\nVersion: 1\n\n"),
        ("var/lib/dpkg/status", "Package: x\nStatus: install ok installed\n\n"),
        ("lib/apk/db/installed", "P:x\n\n"),
        ("lib/apk/db/installed", "P:x y\nV:1\n\n"),
        ("opt/x.dist-info/METADATA", ""),
        ("opt/x.dist-info/METADATA", "Name: x\n\nVersion: 1"),
        ("opt/x.dist-info/METADATA", b"\xff\xfe\x00\x01" * 100),
        ("opt/\udcff.dist-info/METADATA", "Name: \x00\nVersion: 1"),
    ],
)
def test_a_database_that_makes_no_sense_is_noted_and_not_trusted(listed, layer, path, content):
    found, listing = listed(layer().file(path, content))
    assert found == set()
    assert listing.skipped[0].what.isprintable()


def test_a_database_too_large_or_sparse_is_noted(layer, image, monkeypatch):
    from scanners.images import reading
    from scanners.images.catalogue import WANTED, take_inventory
    from scanners.images.limits import Limits
    from scanners.images.sources import open_image

    with open_image(image(layer().file("var/lib/dpkg/status", "x" * 5000))) as opened:
        system = reading.read(opened, WANTED, limits=Limits(kept_file=4000))
        take_inventory(system)
    assert [note.what for note in system.skipped] == ["var/lib/dpkg/status"]


def packages_of(listed, *layers):
    return listed(*layers)[1].packages


@pytest.mark.parametrize("size", [0, 100])
def test_an_rpm_database_with_changes_in_its_log_is_not_called_whole(listed, layer, size):
    files = layer().file("var/lib/rpm/rpmdb.sqlite", sqlite_database(BLOBS))
    _, listing = listed(files.file("var/lib/rpm/rpmdb.sqlite-wal", b"x" * size))
    assert any(one.what == "var/lib/rpm/rpmdb.sqlite-wal" for one in listing.skipped) is bool(size)
    assert len(listing.packages) == 2


DEP5 = "Format: https://www.debian.org/doc/copyright-format/1.0/\n\nFiles: *\nLicense: GPL-2+ or Expat\n text\n\nLicense: Zlib\n"
OLD = "This is bash.\nOn Debian systems see `/usr/share/common-licenses/GPL-3'.\n"


@pytest.mark.parametrize(
    ("copyright", "licenses"),
    [
        (DEP5, ("GPL-2+ or Expat", "Zlib")),
        (OLD, ("GPL-3",)),
        ("Do what you like.\n", ()),
        (b"\xff\xfe" + b"License: " * 10, ()),
    ],
)
@pytest.mark.parametrize("linked", [False, True])
def test_a_debian_package_has_the_licences_of_its_copyright_file(listed, layer, samples, copyright, licenses, linked):
    files = layer().file("var/lib/dpkg/status", samples.dpkg("bash", "5.2-1"))
    files.file(f"usr/share/doc/{'bash-common' if linked else 'bash'}/copyright", copyright)
    if linked:
        files.symlink("usr/share/doc/bash", "bash-common")
    (package,) = packages_of(listed, files)
    assert package.licenses == licenses


@pytest.mark.parametrize(
    ("more", "licenses"),
    [
        ("License: MIT\n", ("MIT",)),
        ("License-Expression: MIT OR Apache-2.0\nLicense: x\n", ("MIT OR Apache-2.0",)),
        ("Classifier: License :: OSI Approved :: BSD License\nClassifier: Topic :: X\n", ("BSD License",)),
        ("License: UNKNOWN\nClassifier: License :: Public Domain\n", ("Public Domain",)),
        ("", ()),
    ],
)
def test_a_python_package_has_the_licence_that_it_states(listed, layer, samples, more, licenses):
    (package,) = packages_of(
        listed, layer().file("opt/x.dist-info/METADATA", f"Name: x\nVersion: 1\n{more}\nLong words.\n")
    )
    assert package.licenses == licenses
