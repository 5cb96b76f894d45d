"""Well-known programs that no package manager brought."""

from __future__ import annotations

import io
import json
import os
import shutil
import zipfile
from datetime import date
from pathlib import Path

import pytest

from scanners.images.catalogue import binaries, programs
from scanners.images.observing import list_packages
from scanners.images.sbom.cyclonedx import write_cyclonedx
from scanners.images.scan import scan_image
from scanners.vulnerabilities.build import build_database
from tests.scanners.images.test_probes import elf, look


def program(text: bytes) -> bytes:
    return elf({".rodata": b"\0" * 4096 + text + b"\0" * 16})


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        ("usr/local/bin/node", b"\0https://nodejs.org/download/release/node.js/v20.11.1\0", ("node", "20.11.1")),
        ("usr/local/bin/node", b"\0node v0.10.48\0", ("node", "0.10.48")),
        ("usr/local/lib/libpython3.12.so.1.0", b"\0%s: '%s'\0003.12.1\0Python %s\0", ("python", "3.12.1")),
        ("usr/local/bin/python3.13", b"\0003.13.0rc2\0", ("python", "3.13.0rc2")),
        ("usr/local/bin/python3.11", b"\0ends with 4.3.2\0", None),
        ("usr/sbin/nginx", b"\0nginx version: nginx/1.25.3\0", ("nginx", "1.25.3")),
        ("opt/openresty/nginx/sbin/nginx", b"\0nginx version: openresty/1.21.4.3\0", ("openresty", "1.21.4.3")),
        ("bin/redis-server", b"\x007.2.4\0c11\0\0A7.2.4buildkitsandbox-1707344000000000000\0", ("redis", "7.2.4")),
        ("bin/redis-server", b"\x004.0.11\0B4.0.11841ce7054bd9-1542359302000000000\0", ("redis", "4.0.11")),
        ("bin/valkey-server", b"\x008.0.1\0\0A8.0.1host-1707344000100000000\0", ("valkey", "8.0.1")),
        ("lib/postgresql/16/bin/postgres", b"\0PostgreSQL 16.1 on x86_64-pc-linux-musl, compiled by\0", ("postgresql", "16.1")),
        ("bin/postgres", b"\0before PostgreSQL 9.1.\0postgres (PostgreSQL) 9.6.24\n\0", ("postgresql", "9.6.24")),
        ("bin/[", b"\0BusyBox v1.36.1 (2023-11-07 18:53:09 UTC)\0", ("busybox", "1.36.1")),
        ("usr/local/apache2/bin/httpd", b"\0Apache/2.4.58 (Unix)\0", ("httpd", "2.4.58")),
        ("usr/local/bin/php", b"\0X-Powered-By: PHP/8.3.1\0", ("php", "8.3.1")),
        ("usr/local/lib/libruby.so.3.3", b"\0ruby 3.3.0 (2023-12-25 revision 5124f9ac75) [x86_64-linux]\0", ("ruby", "3.3.0")),
        ("usr/bin/ruby", b"\0ruby 2.7.7p221 (2022-11-24 revision 168ec2b1e5)\0", ("ruby", "2.7.7")),
        ("opt/app/libcrypto.so.1.1", b"\0OpenSSL 1.1.1w  11 Sep 2023\0", ("openssl", "1.1.1w")),
        ("lib/libcrypto-0a1b2c3d.so.3", b"\0OpenSSL 3.0.2 15 Mar 2022\0", ("openssl", "3.0.2")),
        ("opt/libcrypto.so.52", b"\0LibreSSL 3.8.2\0", None),
        ("usr/local/bin/bash", b"\0@(#)Bash version 5.2.21(1) release GNU\0", ("bash", "5.2.21")),
        ("usr/local/bin/memcached", b"\0memcached 1.6.22\n\0", ("memcached", "1.6.22")),
        ("usr/local/sbin/haproxy", b"\0version 2.9.1-f72603c, released 2023/12/15\0", ("haproxy", "2.9.1")),
        ("usr/local/bin/perl", b"\0/usr/local/lib/perl5/5.38.2/x86_64\0", ("perl", "5.38.2")),
        ("usr/sbin/mysqld", b"\0/build/mysql-8.0.36/sql/mysqld.cc\0", ("mysql", "8.0.36")),
        ("usr/sbin/mariadbd", b"\0for example 10.1.1-MariaDB-mysql\00011.2.2-MariaDB\0", ("mariadb", "11.2.2")),
        ("erts-14/bin/beam.smp", b"\0Erlang/OTP 26%s [erts-14.2] [jit:ns%s]\n\00026.2.1\0\0", ("erlang", "26.2.1")),
        ("lib/libstd-d1237ef7159db0a2.so", b"\0rustc version 1.74.1 (a28077b28 2023-12-04)\0", ("rust", "1.74.1")),
        ("opt/java/bin/java", b"\0openjdk\0java\x000.0\00017.0.9+9\0", ("openjdk", "17.0.9")),
        ("usr/lib/liblzma.so.5.6.1", b"\x005.6.1\0", ("xz", "5.6.1")),
        ("usr/local/bin/other", b"\0nginx version: nginx/1.25.3\0", None),
    ],
)  # fmt: skip
def test_a_program_is_known_by_its_name_and_the_version_that_it_carries(path, text, expected):
    seen = look(binaries, program(text), path)
    assert [(part.name, part.version) for part in (seen.parts if seen else ())] == ([expected] if expected else [])


@pytest.mark.parametrize("path", ["bin/node", "bin/redis-server", "sbin/haproxy", "usr/lib/libpython3.11.so"])
def test_a_program_that_does_not_say_its_version_is_missed_aloud(path):
    assert "does not say its version" in look(binaries, program(b"\0nothing here\0"), path).trouble


@pytest.mark.parametrize("text", [b"1.1.1a" * 50_000, b"\x001.1" * 80_000, b"9" * 300_000, b"Erlang/OTP " * 30_000])
@pytest.mark.parametrize("name", ["redis-server", "mysqld", "libpython3.11.so", "beam.smp"])
def test_a_hostile_program_costs_no_more_than_its_length(name, text):
    programs.look(name, text)


REAL = {
    "redis": "/usr/bin/redis-server", "node": shutil.which("node") or "", "bash": "/bin/bash", "perl": "/usr/bin/perl",
    "curl": "/usr/bin/curl",
}  # fmt: skip


@pytest.mark.parametrize(("name", "path"), REAL.items())
def test_real_programs(name, path):
    if not os.path.isfile(path):
        pytest.skip(f"{name} is not installed here")
    real = Path(path).resolve()
    (part,) = look(binaries, real.read_bytes(), str(real)).parts
    assert part.name == name


RELEASE = 'IMPLEMENTOR="Eclipse Adoptium"\nJAVA_RUNTIME_VERSION="21.0.1+12-LTS"\nJAVA_VERSION="21.0.1"\n'


def test_they_are_listed_with_their_place_and_layer_once_and_with_a_cpe(image, layer):
    nginx = program(b"\0nginx version: nginx/1.25.3\0")
    root = image(
        layer().file("etc/os-release", 'ID=debian\nVERSION_ID="12"\n'),
        layer().file("usr/sbin/nginx", nginx, 0o755).file("opt/java/openjdk/release", RELEASE)
        .file("opt/java/openjdk/bin/java", program(b"\0openjdk\0java\x000.0\00021.0.1+12\0"), 0o755)
        .file("etc/release", "8\n"),
    )  # fmt: skip
    listing = list_packages(root)
    assert [(package.name, package.version, package.layer) for package in listing.packages] == [
        ("nginx", "1.25.3", 1),
        ("openjdk", "21.0.1", 1),
    ]
    (nginx_component, _) = write_cyclonedx(listing, "2026-01-01T00:00:00Z")["components"][1:]
    assert nginx_component["purl"] == "pkg:generic/nginx@1.25.3"
    assert nginx_component["cpe"] == "cpe:2.3:a:f5:nginx:1.25.3:*:*:*:*:*:*:*"
    assert nginx_component["evidence"] == {"occurrences": [{"location": "usr/sbin/nginx"}]}


def test_what_a_package_of_the_distribution_brought_is_that_package_only(image, layer):
    status = "Package: libssl3\nStatus: install ok installed\nVersion: 3.0.11-1\nArchitecture: amd64\n"
    root = image(
        layer()
        .file("etc/os-release", 'ID=debian\nVERSION_ID="12"\n')
        .file("var/lib/dpkg/status", status)
        .file("var/lib/dpkg/info/libssl3:amd64.list", "/.\n/usr/lib/x86_64-linux-gnu/libcrypto.so.3\n")
        .file("usr/lib/x86_64-linux-gnu/libcrypto.so.3", program(b"\0OpenSSL 3.0.11 19 Sep 2023\0")),
    )
    assert [package.purl() for package in list_packages(root).packages] == ["pkg:deb/libssl3@3.0.11-1?arch=amd64"]


def bitnami(name: str, fixed: str) -> dict[str, object]:
    return {
        "id": f"BIT-{name}-2024-1", "modified": "2026-01-01T00:00:00Z", "aliases": ["CVE-2024-1"],
        "affected": [{"package": {"ecosystem": "Bitnami", "name": name},
                      "ranges": [{"type": "SEMVER", "events": [{"introduced": "0"}, {"fixed": fixed}]}]}],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("advisories", "vulnerable", "unknown"),
    [
        ([bitnami("apache", "2.4.59")], ["CVE-2024-1"], False),
        ([bitnami("apache", "2.4.58")], [], False),
        ([bitnami("nginx", "1.0.0")], [], True),
        ([{**bitnami("requests", "1"), "affected": []}], [], True),
    ],
)
def test_a_program_is_clean_only_where_somebody_publishes_advisories_about_it(
    tmp_path, image, layer, advisories, vulnerable, unknown
):
    root = image(layer().file("usr/local/apache2/bin/httpd", program(b"\0Apache/2.4.58 (Unix)\0"), 0o755))
    (tmp_path / "feed").mkdir()
    for number, record in enumerate(advisories):
        (tmp_path / "feed" / f"{number}.json").write_text(json.dumps(record))
    database = build_database((tmp_path / "feed",), tmp_path / "db", as_of="2026-01-01T00:00:00Z").path
    scan = scan_image(root, database, today=date(2026, 1, 2))
    assert [found.advisory for found in scan.vulnerabilities] == vulnerable
    assert scan.packages == {"programs": 1}
    said = [item for item in scan.report.coverage.skipped if "httpd 2.4.58" in item.why]
    assert bool(said) == unknown


def test_the_archives_of_a_java_runtime_need_no_names_of_their_own(image, layer):
    nameless = zipped({"META-INF/MANIFEST.MF": "Manifest-Version: 1.0\n\n"})
    top = layer().file("opt/java/openjdk/release", RELEASE).file("opt/java/openjdk/lib/jrt-fs.jar", nameless)
    listing = list_packages(image(top.file("opt/javac/x.jar", nameless)))
    assert [item.what for item in listing.skipped] == ["opt/javac/x.jar"]


def test_a_program_of_a_bill_of_materials_is_looked_up_by_its_name(tmp_path):
    bill = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "components": [{"type": "library", "name": "x", "purl": "pkg:generic/nginx@1.24.0"}],
    }
    (tmp_path / "bill.json").write_text(json.dumps(bill))
    (tmp_path / "feed.json").write_text(json.dumps(bitnami("nginx", "1.25.0")))
    database = build_database((tmp_path / "feed.json",), tmp_path / "db", as_of="2026-01-01T00:00:00Z").path
    scan = scan_image(tmp_path / "bill.json", database, today=date(2026, 1, 2))
    assert [found.advisory for found in scan.vulnerabilities] == ["CVE-2024-1"]


def zipped(files: dict[str, str]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def test_conda_packages_are_not_looked_up_as_those_of_the_distribution(tmp_path, image, layer):
    meta = {"name": "openssl", "version": "3.0.2", "build": "h166bdaf_0"}
    root = image(
        layer()
        .file("etc/os-release", 'ID=alpine\nVERSION_ID="3.19.0"\n')
        .file("opt/conda/conda-meta/openssl-3.0.2-h166bdaf_0.json", json.dumps(meta)),
    )
    feed = tmp_path / "feed.json"
    secfixes = {"pkg": {"name": "openssl", "secfixes": {"3.1.4-r3": ["CVE-2023-6129"]}}}
    feed.write_text(json.dumps({"distroversion": "v3.19", "packages": [secfixes]}))
    database = build_database((feed,), tmp_path / "db", as_of="2026-01-01T00:00:00Z").path
    scan = scan_image(root, database, today=date(2026, 1, 2))
    assert scan.vulnerabilities == ()
    assert "the database has no advisories for conda packages" in [item.why for item in scan.report.coverage.skipped]


@pytest.mark.parametrize(
    ("flags", "version"),
    [
        ('-s -w -X github.com/traefik/traefik/v3/pkg/version.Version=3.0.4', "v3.0.4"),
        ("-X 'main.version=v1.2.3-rc.1' -X main.commit=9.9.9", "v1.2.3-rc.1"),
        ("-X github.com/other/thing.Version=9.9.9", "(devel)"),
        ("-X main.Version=1.0.0 -X main.gitTag=v2.0.0", "(devel)"),
        ("-X main.Version=", "(devel)"),
    ],
)  # fmt: skip
def test_the_linker_may_have_been_told_the_version_of_a_go_program(flags, version):
    module = "github.com/traefik/traefik/v3"
    text = f"path\t{module}/cmd/traefik\nmod\t{module}\t(devel)\t\nbuild\t-ldflags={json.dumps(flags)}\n"
    parts = {
        name: found
        for name, found in ((part.name, part.version) for part in binaries._go_parts("go1.22.0", framed(text)))
    }
    assert parts == {"stdlib": "go1.22.0", module: version}


def test_the_toolchain_of_go_is_looked_up_as_such():
    parts = [
        (part.name, part.version)
        for part in binaries._go_parts("go1.22.0", framed("path\tcmd/go\nbuild\tCGO_ENABLED=1\n"))
    ]
    assert parts == [("stdlib", "go1.22.0"), ("toolchain", "go1.22.0")]


def framed(text: str) -> bytes:
    return b"\x30" * 16 + text.encode() + b"\x31" * 16
