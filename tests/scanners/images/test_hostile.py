"""Small files that would cost minutes or gigabytes if they were read without thought: each must end soon, and say what was not
read. Bounds are on work done, not on time, so that a busy machine changes nothing: without them these tests do not end."""

from __future__ import annotations

import io
import json
import sqlite3
import struct
import zipfile

import pytest

from scanners.images import configuration
from scanners.images.catalogue import archives, elf, languages, programs, rpm
from scanners.images.catalogue.files import MAXIMUM_JSON, Senseless, json_object
from scanners.images.catalogue.homes import lies_in
from scanners.images.limits import DEFAULT
from scanners.images.observing import list_packages
from scanners.images.squash import MAXIMUM_LINKS, Placed, Tree
from scanners.oci.manifests import ImageConfig
from tests.scanners.images.test_probes import look


def test_links_that_lead_on_and_on_are_not_walked_for_every_entry():
    tree = Tree()
    links = [
        Placed(f"L{number}", "symlink", "./" * 2000 + f"L{number + 1}", 0, 0o777, 0, number)
        for number in range(MAXIMUM_LINKS)
    ]
    target = [Placed(f"L{MAXIMUM_LINKS}", "directory", "", 0, 0o755, 0, 99)]
    files = [Placed(f"L1/d{number}/f", "file", "", 1, 0o644, 0, 100 + number) for number in range(2000)]
    tree.apply(0, [*links, *target, *files])
    assert len([oddity for oddity in tree.oddities if "steps" in oddity.what]) == 2000
    assert tree.find("L1/d1/f") is None


def test_a_file_of_empty_lines_is_no_gem():
    with pytest.raises(Senseless):
        list(languages._gem("x.gemspec", b"\n" * 5_000_000))


def test_json_that_would_fill_the_memory_is_not_parsed(image, layer):
    with pytest.raises(Senseless, match="larger"):
        json_object(b"[" * (MAXIMUM_JSON + 1))
    listing = list_packages(
        image(layer().file("app/package.json", b'{"a": [' + b"[]," * (MAXIMUM_JSON // 3) + b"[]]}"))
    )
    assert any(one.what == "app/package.json" for one in listing.skipped)


@pytest.mark.parametrize("kind", ["VIRTUAL", "STORED"])
def test_an_rpm_database_that_computes_its_packages(tmp_path, kind):
    path = tmp_path / "x.sqlite"
    with sqlite3.connect(path) as connection:
        connection.execute(f"CREATE TABLE Packages (hnum INTEGER PRIMARY KEY, x, blob AS (zeroblob(x)) {kind})")
        connection.execute("INSERT INTO Packages (x) VALUES (9)")
    connection.close()
    assert "computed" in look(rpm.PROBE, path.read_bytes(), "var/lib/rpm/rpmdb.sqlite").trouble


def test_an_rpm_database_with_a_package_that_is_too_large(tmp_path):
    path = tmp_path / "x.sqlite"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE Packages (hnum INTEGER PRIMARY KEY, blob)")
        connection.execute("INSERT INTO Packages (blob) VALUES (zeroblob(?))", (rpm.MAXIMUM_HEADER + 1,))
    connection.close()
    assert "damaged" in look(rpm.PROBE, path.read_bytes(), "var/lib/rpm/rpmdb.sqlite").trouble


@pytest.mark.parametrize("wide", [False, True])
def test_an_archive_of_a_million_members_is_not_listed(wide):
    entry = struct.pack("<4s6H3L5H2L", b"PK\1\2", *[0] * 9, 1, *[0] * 6) + b"a"
    directory = entry * 1_000_000
    size = 0xFFFFFFFF if wide else len(directory)
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 0xFFFF, 0xFFFF, size, 30, 0)
    if wide:
        place = 30 + len(directory)
        end = (
            struct.pack("<4sQ2H2L4Q", b"PK\6\6", 44, 45, 45, 0, 0, 10**6, 10**6, len(directory), 30)
            + struct.pack("<4sLQL", b"PK\6\7", 0, place, 1)
            + end
        )
    seen = look(archives.PROBE, b"PK\3\4" + bytes(26) + directory + end, "x.jar")
    assert "directory of more than" in seen.trouble


def test_a_member_of_an_absurd_name():
    assert archives._FILE_NAME.match("a-1.jar")
    name = "a" + "-1" * 16_000 + "!.jar"
    assert look(archives.PROBE, zipped({name: zipped({"x": b""})}), "x.jar").parts == ()


def zipped(members: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def test_a_program_full_of_what_may_be_its_version():
    data = (b"x1.1.1" + b"1" * 64) * 20_000
    assert "does not say its version" in programs.look("redis-server", data).trouble


@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("var/lib/dpkg/status", f"Package: a\nStatus: install ok installed\nVersion: 1{'0' * 1000}\n"),
        ("lib/apk/db/installed", f"P:a\nV:1\nA:{'x' * 1000}\n"),
        ("opt/x.dist-info/METADATA", f"Name: x\nVersion: {'1' * 1000}\n"),
        ("opt/conda/conda-meta/x.json", json.dumps({"name": "y" * 1000, "version": "1"})),
    ],
)
def test_a_name_that_no_answer_could_carry(image, layer, path, content):
    listing = list_packages(image(layer().file(path, content)))
    assert all(len(package.name) < 513 and len(package.version) < 513 for package in listing.packages)
    assert listing.packages == () or path.endswith("x.json")
    assert listing.packages or any(one.what == path for one in listing.skipped)


@pytest.mark.parametrize("path", ["etc/os-release", "var/lib/dpkg/status", "lib/apk/db/installed", "srv/yarn.lock"])
def test_a_file_of_nothing_but_lines_is_unread(image, layer, path):
    listing = list_packages(image(layer().file(path, b"\n" * (DEFAULT.kept_lines + 1))))
    assert path == "etc/os-release" or any(one.what == path for one in listing.skipped)


def test_a_program_with_thousands_of_dynamic_segments_is_looked_at_once():
    count = 4000
    header = b"\x7fELF\2\1\1" + bytes(9) + struct.pack("<HHIQQQIHHHHHH", 3, 62, 1, 0, 64, 0, 0, 64, 56, count, 64, 0, 0)
    segment = struct.pack("<IIQQQQQQ", 2, 6, 64, 0, 0, 2**16, 2**16, 8)
    data = header + segment * count
    assert not elf.parse(data).executable
    flag = struct.pack("<qQ", 0x6FFFFFFB, 0x08000000)
    one = struct.pack("<IIQQQQQQ", 2, 6, 64 + 56, 0, 0, len(flag) + 16, 0, 8)
    pie = header[:56] + struct.pack("<HHHH", 1, 64, 0, 0) + one + flag + bytes(32)
    assert elf.parse(pie).executable


def test_a_path_is_looked_up_among_any_number_of_folders():
    folders = {f"srv/node_modules/p{number}/" for number in range(50_000)}
    paths = [f"srv/node_modules/p{number}/bin/x" for number in range(50_000)]
    assert all(lies_in(path, folders) for path in paths)
    assert not any(lies_in(path, folders) for path in ("srv/node_modules/p1", "srv/node_modules/q/p1/x", "", "x"))


def test_a_configuration_of_thousands_of_the_same_is_a_few_findings():
    ports = {f"22/{number}": {} for number in range(20_000)}
    config = ImageConfig.model_validate(
        {"config": {"ExposedPorts": ports, "User": "app", "Healthcheck": {"Test": ["CMD"]}}}
    )
    found = list(configuration.examine(config))
    assert len(found) == configuration.MAXIMUM_LISTED + 1
    assert found[-1].title.startswith(f"{20_000 - configuration.MAXIMUM_LISTED} more")
