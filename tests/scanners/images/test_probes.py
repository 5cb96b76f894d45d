"""Programs, RPM databases and archives: what they say they are made of, and hostile ones."""

from __future__ import annotations

import io
import json
import os
import shutil
import sqlite3
import struct
import subprocess
import zipfile
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scanners.images.catalogue import archives, binaries, rpm
from scanners.images.observing import list_packages
from scanners.images.probes import Content

MODULES = (
    "path\texample.com/app/cmd\nmod\texample.com/app\t(devel)\t\n"
    "dep\tgolang.org/x/net\tv0.7.0\th1:x=\ndep\texample.com/old\tv1.0.0\n=>\texample.com/new\tv1.2.0\th1:y=\n"
)
GO_PARTS = {
    ("stdlib", "go1.20.1"),
    ("example.com/app", "(devel)"),
    ("golang.org/x/net", "v0.7.0"),
    ("example.com/new", "v1.2.0"),
}


def look(probe, data: bytes, path: str = "x.jar", memory: int = 2**30):
    stream = io.BytesIO(data)
    with Content(stream.read(16), stream.read, len(data), memory) as content:
        return probe.look(path, content)


def elf(sections: dict[str, bytes], *, wide: bool = True, big: bool = False, headers: bool = True) -> bytes:
    """A program with these sections, each loaded at 0x400000 plus its offset."""
    order, bits = (">" if big else "<"), (2 if wide else 1)
    names = b"\0" + b"".join(name.encode() + b"\0" for name in sections) + b".shstrtab\0"
    body, places = bytearray(64 + 56), []
    for content in [*sections.values(), names]:
        body += bytes(-len(body) % 16)
        places.append((len(body), len(content)))
        body += content
    at = len(body)
    for number, (name, (offset, size)) in enumerate(zip(["", *sections, ".shstrtab"], [(0, 0), *places], strict=True)):
        start = names.index(name.encode() + b"\0") if name else 0
        address = 0x400000 + offset
        form = "IIQQQQIIQQ" if wide else "IIIIIIIIII"
        body += struct.pack(order + form, start, 1 if number else 0, 3, address, offset, size, 0, 0, 1, 0)
    header = struct.pack("4sBBB9x", b"\x7fELF", bits, 2 if big else 1, 1)
    step = 64 if wide else 40
    form = "HHIQQQIHHHHHH" if wide else "HHIIIIIHHHHHH"
    count = len(sections) + 2 if headers else 0
    first = 64 if wide else 52
    header += struct.pack(
        order + form,
        2,
        62,
        1,
        0,
        first,
        at if headers else 0,
        0,
        first,
        56 if wide else 32,
        1,
        step,
        count,
        count and count - 1,
    )
    segment = (
        struct.pack(order + "IIQQQQQQ", 1, 6, places[0][0], 0x400000 + places[0][0], 0, len(body), len(body), 0)
        if wide
        else struct.pack(order + "8I", 1, places[0][0], 0x400000 + places[0][0], 0, len(body), len(body), 6, 0)
    )
    body[: len(header)] = header
    body[first : first + len(segment)] = segment
    return bytes(body).ljust(8192, b"\0")


def varint(number: int) -> bytes:
    out = b""
    while number > 0x7F:
        out, number = out + bytes([number & 0x7F | 0x80]), number >> 7
    return out + bytes([number])


def go_inline(modules: str = MODULES, version: str = "go1.20.1") -> bytes:
    framed = b"0" * 16 + modules.encode() + b"1" * 16
    header = (binaries.GO_MAGIC + b"\x08\x02").ljust(32, b"\0")
    return header + varint(len(version)) + version.encode() + varint(len(framed)) + framed


def go_pointers(*, wide: bool, big: bool) -> bytes:
    """Go before 1.18: the header points at Go strings, which point at bytes."""
    order, size = ("big" if big else "little"), (8 if wide else 4)
    framed = b"0" * 16 + MODULES.encode() + b"1" * 16
    base = 0x400000 + 128  # where `elf` puts the first section
    header = (binaries.GO_MAGIC + bytes([size, int(big)])).ljust(32, b"\0")
    first, second = base + 32, base + 32 + 2 * size
    header = header[:16] + first.to_bytes(size, order) + second.to_bytes(size, order) + header[16 + 2 * size :]
    text = base + 32 + 4 * size
    strings = b""
    for address, length in ((text, 8), (text + 8, len(framed))):
        strings += address.to_bytes(size, order) + length.to_bytes(size, order)
    return header + strings + b"go1.20.1" + framed


@pytest.mark.parametrize(
    "program",
    [
        elf({".go.buildinfo": go_inline()}),
        elf({".text": os.urandom(100), ".go.buildinfo": go_inline()}),
        elf({"": go_inline()}, headers=False),
        *(
            elf({".go.buildinfo": go_pointers(wide=wide, big=big)}, wide=wide, big=big)
            for wide in (0, 1)
            for big in (0, 1)
        ),
    ],
)
def test_go_build_information_in_both_styles(program):
    seen = look(binaries.PROBE, program)
    assert {(part.name, part.version) for part in seen.parts} == GO_PARTS
    assert seen.trouble == ""


def test_a_go_program_built_without_modules_is_known_by_its_path():
    seen = look(binaries.PROBE, elf({".go.buildinfo": go_inline("path\texample.com/cmd\n")}))
    assert ("example.com/cmd", "(devel)") in {(part.name, part.version) for part in seen.parts}


def auditable(value: object) -> bytes:
    return elf({".dep-v0": zlib.compress(json.dumps(value).encode())})


def test_cargo_auditable_leaves_out_what_only_built():
    packages = [
        {"name": "serde", "version": "1.0.1", "source": "crates.io"},
        {"name": "cc", "version": "1.0.2", "source": "crates.io", "kind": "build"},
        {"name": "app", "version": "0.1.0", "source": "local", "root": True},
    ]
    seen = look(binaries.PROBE, auditable({"packages": packages}))
    assert {(part.type, part.name) for part in seen.parts} == {("cargo", "serde"), ("cargo", "app")}


@pytest.mark.parametrize(
    "program",
    [
        elf({".go.buildinfo": go_inline()[:40]}),
        elf({".go.buildinfo": (binaries.GO_MAGIC + b"\x08\x02").ljust(32, b"\0") + b"\xff" * 60}),
        elf({".go.buildinfo": (binaries.GO_MAGIC + b"\x08\x00").ljust(32, b"\xff")}),
        elf({".dep-v0": b"not zlib"}),
        elf({".dep-v0": zlib.compress(bytes(50_000_000))}),
        auditable([]),
        auditable({"packages": [7]}),
    ],
)
def test_a_program_whose_list_cannot_be_read_says_so(program):
    seen = look(binaries.PROBE, program)
    assert seen.trouble or not seen.parts


def test_an_ordinary_program_does_not_say_what_it_was_built_from():
    assert look(binaries.PROBE, elf({".text": b"code"})).opaque
    assert look(binaries.PROBE, b"\x7fELF" + b"\xff" * 5000) is None
    assert look(binaries.PROBE, b"MZ" + b"\xff" * 5000) is None


def test_a_large_program_is_looked_into_through_a_file():
    program = elf({".go.buildinfo": go_inline(), ".data": bytes(300_000)})
    assert look(binaries.PROBE, program, memory=1000).parts == look(binaries.PROBE, program).parts


def rpm_header(name: str, version: str = "1.0", release: str = "1", *, epoch: int | None = None, files=()) -> bytes:
    tags: list[tuple[int, int, int, bytes]] = [
        (1000, 6, 1, name.encode() + b"\0"),
        (1001, 6, 1, version.encode() + b"\0"),
        (1002, 6, 1, release.encode() + b"\0"),
        (1014, 6, 1, b"MIT\0"),
        (1022, 6, 1, b"x86_64\0"),
        (1044, 6, 1, f"{name}-src-{version}-{release}.src.rpm\0".encode()),
    ]
    if epoch is not None:
        tags.append((1003, 4, 1, struct.pack(">i", epoch)))
    if files:
        folders = sorted({file.rpartition("/")[0] + "/" for file in files})
        indexes = [folders.index(file.rpartition("/")[0] + "/") for file in files]
        tags.append((1116, 4, len(files), struct.pack(f">{len(files)}i", *indexes)))
        tags.append((1117, 8, len(files), b"".join(file.rpartition("/")[2].encode() + b"\0" for file in files)))
        tags.append((1118, 8, len(folders), b"".join(folder.encode() + b"\0" for folder in folders)))
        modes = [0o100755 if file.startswith("/usr/lib/systemd/") else 0o100644 for file in files]
        tags.append((1030, 3, len(files), struct.pack(f">{len(files)}H", *modes)))
    index, store = b"", b""
    for tag, kind, count, data in tags:
        store += bytes(-len(store) % 4)
        index += struct.pack(">4I", tag, kind, len(store), count)
        store += data
    return struct.pack(">II", len(tags), len(store)) + index + store


def sqlite_database(blobs: list[bytes]) -> bytes:
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE TABLE Packages (hnum INTEGER PRIMARY KEY, blob BLOB NOT NULL)")
    connection.executemany("INSERT INTO Packages (blob) VALUES (?)", [(blob,) for blob in blobs])
    connection.commit()
    return connection.serialize()


def ndb_database(blobs: list[bytes]) -> bytes:
    slots, body, at = b"", b"", 4096
    for number, blob in enumerate(blobs, 1):
        packed = struct.pack("<4s3I", b"BlbS", number, 0, len(blob)) + blob
        packed += bytes(-len(packed) % 16) + b"tail" * 4
        slots += struct.pack("<4s3I", b"Slot", number, (at + len(body)) // 16, len(packed) // 16)
        body += packed
    slots += struct.pack("<4s3I", b"Slot", 0, 0, 0)
    return (
        struct.pack("<4s7I", b"RpmP", 0, 0, 1, len(blobs) + 1, 0, 0, 0).ljust(32, b"\0")
        + slots.ljust(4096 - 32, b"\0")
        + body
    )


def berkeley_database(blobs: list[bytes], *, big: bool = False) -> bytes:
    order, size = (">" if big else "<"), 512
    pages = [bytearray(size)]
    struct.pack_into(order + "II", pages[0], 12, 0x061561, 9)
    struct.pack_into(order + "I", pages[0], 20, size)
    for number, blob in enumerate(blobs, 1):
        table = bytearray(size)
        table[25] = 13
        struct.pack_into(order + "H", table, 20, 2)
        struct.pack_into(order + "HH", table, 26, 400, 420)
        table[400:405] = b"\x01" + struct.pack(order + "I", number)
        struct.pack_into(order + "B3xII", table, 420, 3, len(pages) + 1, len(blob))
        pages.append(table)
        chunks = [blob[at : at + size - 26] for at in range(0, len(blob), size - 26)]
        for place, chunk in enumerate(chunks):
            page = bytearray(size)
            struct.pack_into(order + "I", page, 16, len(pages) + 1 if place + 1 < len(chunks) else 0)
            struct.pack_into(order + "H", page, 22, len(chunk))
            page[25] = 7
            page[26 : 26 + len(chunk)] = chunk
            pages.append(page)
    return b"".join(pages)


DATABASES = [sqlite_database, ndb_database, berkeley_database, lambda blobs: berkeley_database(blobs, big=True)]
BLOBS = [
    rpm_header("bash", "5.2", "3.el9", epoch=1, files=["/usr/bin/bash", "/usr/lib/python3/site-packages/t.egg-info"]),
    rpm_header("gpg-pubkey", "abc"),
    rpm_header("big", files=[f"/usr/share/doc/file-{number}" for number in range(500)]),
]


@pytest.mark.parametrize("write", DATABASES)
def test_rpm_databases_of_each_kind(write):
    seen = look(rpm.PROBE, write(BLOBS), "var/lib/rpm/Packages")
    assert [(part.name, part.version, part.source) for part in seen.parts] == [
        ("bash", "1:5.2-3.el9", "bash-src"),
        ("big", "1.0-1", "big-src"),
    ]
    assert seen.owned == {"usr/bin/bash", "usr/lib/python3/site-packages/t.egg-info"}
    assert seen.trouble == ""


@pytest.mark.parametrize("write", DATABASES)
def test_a_damaged_rpm_database_says_so(write):
    data = write([*BLOBS, rpm_header("cut")[:-30]])
    assert look(rpm.PROBE, data).trouble
    assert look(rpm.PROBE, data[: len(data) // 2]).trouble or len(data) < 9000


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(DATABASES), st.lists(st.tuples(st.integers(0, 30_000), st.integers(0, 255)), max_size=12))
def test_no_damage_to_an_rpm_database_does_more_than_trouble(write, flips):
    data = bytearray(write(BLOBS))
    for at, value in flips:
        data[at % len(data)] = value
    look(rpm.PROBE, bytes(data))


@pytest.mark.skipif(shutil.which("rpmbuild") is None, reason="rpm itself writes this database")
@pytest.mark.slow
def test_a_database_that_rpm_wrote(tmp_path):
    spec = tmp_path / "x.spec"
    spec.write_text(
        "Name: x\nVersion: 1\nRelease: 2\nEpoch: 3\nSummary: x\nLicense: MIT\nBuildArch: noarch\n%description\nx\n%files\n"
    )
    subprocess.run(
        ["rpmbuild", "-bb", "--quiet", "--define", f"_topdir {tmp_path}", spec], check=True, capture_output=True
    )
    (package,) = tmp_path.glob("RPMS/noarch/*.rpm")
    place = ["rpm", "--root", str(tmp_path / "root"), "--define", "_dbpath /var/lib/rpm"]
    subprocess.run([*place, "--initdb"], check=True, capture_output=True)
    subprocess.run([*place, "-i", "--nodeps", "--noscripts", package], check=True, capture_output=True)
    (database,) = (tmp_path / "root/var/lib/rpm").glob("rpmdb.sqlite")
    assert [(part.name, part.version) for part in look(rpm.PROBE, database.read_bytes()).parts] == [("x", "3:1-2")]


def jar(members: dict[str, bytes | str], path: str = "x.jar") -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return out.getvalue()


def pom(group: str, artifact: str, version: str) -> dict[str, str]:
    text = f"#x\ngroupId={group}\nartifactId={artifact}\nversion={version}\n"
    return {f"META-INF/maven/{group}/{artifact}/pom.properties": text}


def manifest(**fields: str) -> dict[str, str]:
    return {"META-INF/MANIFEST.MF": "".join(f"{key.replace('_', '-')}: {value}\r\n" for key, value in fields.items())}


@pytest.mark.parametrize(
    ("path", "data", "parts"),
    [
        ("a.jar", jar(pom("org.x", "a", "1.0")), {("org.x:a", "1.0", "")}),
        ("a-1.0.jar", jar(pom("org.x", "a", "1.0") | pom("org.y", "b", "2.0")), {("org.x:a", "1.0", ""), ("org.y:b", "2.0", "")}),
        (
            "app.jar",
            jar({"BOOT-INF/lib/log4j-core-2.14.1.jar": jar(pom("org.apache.logging.log4j", "log4j-core", "2.14.1"))}),
            {("org.apache.logging.log4j:log4j-core", "2.14.1", "BOOT-INF/lib/log4j-core-2.14.1.jar")},
        ),
        (
            "app.ear",
            jar({"web.war": jar({"WEB-INF/lib/b-3.jar": jar(pom("org.y", "b", "3"))})}),
            {("org.y:b", "3", "web.war!WEB-INF/lib/b-3.jar")},
        ),
        ("commons-lang3-3.12.0.jar", jar(manifest(Bundle_SymbolicName="org.apache.commons.lang3")),
         {("org.apache.commons.lang3:commons-lang3", "3.12.0", "")}),
        ("x.jar", jar(manifest(Implementation_Title="thing", Implementation_Version="4", Implementation_Vendor_Id="org.t")),
         {("org.t:thing", "4", "")}),
        ("plain-1.2.jar", jar({"A.class": b"x"}), {("plain", "1.2", "")}),
    ],
)  # fmt: skip
def test_java_archives(path, data, parts):
    assert {(part.name, part.version, part.where) for part in look(archives.PROBE, data, path).parts} == parts


def nested(depth: int) -> bytes:
    data = jar(pom("org.deep", "deep", "1"))
    for _ in range(depth):
        data = jar({"x.jar": data})
    return data


@pytest.mark.parametrize(
    "data",
    [
        b"PK\x03\x04" + b"x" * 500,
        jar({"A.class": b"x"}),
        nested(20),
        jar({"lib.jar": b"not a zip"}),
        jar({"lib.jar": bytes(300_000_000)}),
        jar(pom("org.x", "a", "1"))[:-10],
        jar({"META-INF/maven/a/b/pom.properties": "version=" + "1" * 2_000_000}),
    ],
    ids=["junk", "nameless", "deep", "inner junk", "bomb", "cut", "large metadata"],
)
def test_an_archive_that_cannot_be_read_whole_says_so(data):
    assert look(archives.PROBE, data, "nameless.jar").trouble


def test_they_are_found_in_an_image_wherever_they_lie(image, layer):
    listing = list_packages(
        image(
            layer()
            .file("usr/bin/app", elf({".go.buildinfo": go_inline()}), 0o755)
            .file("srv/x.war", jar({"WEB-INF/lib/b-3.jar": jar(pom("org.y", "b", "3"))}))
            .file("var/lib/rpm/rpmdb.sqlite", sqlite_database(BLOBS[:1]))
            .file("usr/lib/python3/site-packages/t.egg-info", "Name: t\nVersion: 1\n"),
            layer().file("var/lib/rpm/rpmdb.sqlite", sqlite_database(BLOBS)),
        )
    )
    found = {(package.type, package.name, package.layer) for package in listing.packages}
    assert found == {
        ("golang", "stdlib", 0), ("golang", "example.com/app", 0), ("golang", "golang.org/x/net", 0),
        ("golang", "example.com/new", 0), ("maven", "org.y:b", 0), ("rpm", "bash", 0), ("rpm", "big", 1),
    }  # fmt: skip
    (war,) = (package for package in listing.packages if package.type == "maven")
    assert war.path == "srv/x.war!WEB-INF/lib/b-3.jar"
