"""Programs that no package brought, and that do not say what they were built from: nothing is known of them, and that is said."""

from __future__ import annotations

import shutil
import struct
import subprocess

import pytest

from scanners.images.catalogue import STRANGERS, binaries
from scanners.images.observing import list_packages
from tests.scanners.images.conftest import DEBIAN, dpkg_entry, metadata
from tests.scanners.images.test_probes import elf, look, rpm_header, sqlite_database

PROGRAM = elf({".text": b"code"})
LIBRARY = PROGRAM[:16] + struct.pack("<H", 3) + PROGRAM[18:]
SHOP = '{"libraries": {"A/1": {"type": "package"}}, "targets": {"n": {"A/1": {"runtime": {"a.dll": {}}}}}}'
WHY = "a program that no package brought, and that does not say what it was built from"


def strangers(root) -> list[str]:
    return [item.what for item in list_packages(root).skipped if item.why == WHY]


@pytest.fixture
def system(layer):
    """A Debian with one program of its own."""
    return (
        layer()
        .file("etc/os-release", DEBIAN)
        .file("var/lib/dpkg/status", dpkg_entry("coreutils", "9.1-1"))
        .file("var/lib/dpkg/info/coreutils.list", "/.\n/bin/ls\n/usr/lib/coreutils/helper\n")
        .symlink("bin", "usr/bin")
        .file("usr/bin/ls", PROGRAM, 0o755)
        .file("usr/lib/coreutils/helper", PROGRAM, 0o755)
    )


def test_a_program_of_a_package_is_known_and_another_is_not(image, layer, system):
    root = image(system, layer().file("usr/local/bin/server", PROGRAM, 0o755).file("opt/x/tool", PROGRAM))
    assert strangers(root) == ["opt/x/tool", "usr/local/bin/server"]


def test_a_library_is_no_program(image, layer, system):
    assert strangers(image(system, layer().file("opt/lib/libfoo.so.1", LIBRARY))) == []
    assert look(binaries.PROBE, LIBRARY) is None


def test_a_deleted_program_is_none(image, layer, system):
    assert strangers(image(system, layer().file("opt/tool", PROGRAM), layer().whiteout("opt/tool"))) == []


@pytest.mark.parametrize(
    ("evidence", "content", "own", "foreign"),
    [
        ("app/node_modules/esbuild/package.json", '{"name": "esbuild", "version": "0.19.0"}',
         "app/node_modules/esbuild/bin/esbuild", "app/bin/esbuild"),
        ("app/package.json", '{"name": "app", "version": "1.0.0"}', "", "app/server"),
        ("usr/lib/python3/dist-packages/x-1.dist-info/METADATA", metadata("x", "1"),
         "usr/lib/python3/dist-packages/x/bin/tool", "usr/lib/python3/tool"),
        ("usr/local/lib/ruby/gems/3.2.0/specifications/sass-1.0.gemspec", 's.name = "sass"\ns.version = "1.0"\n',
         "usr/local/lib/ruby/gems/3.2.0/gems/sass-1.0/exe/sass", "usr/local/lib/ruby/gems/3.2.0/gems/other-1.0/exe/sass"),
        ("opt/java/release", 'JAVA_VERSION="21.0.1"\n', "opt/java/lib/jspawnhelper", "opt/lib/jspawnhelper"),
        ("app/Shop.deps.json", SHOP, "app/Shop", "app/Other"),
    ],
)  # fmt: skip
def test_what_lies_in_a_packages_own_folder_is_its_own(image, layer, system, evidence, content, own, foreign):
    top = layer().file(evidence, content).file(foreign, PROGRAM, 0o755)
    if own:
        top.file(own, PROGRAM, 0o755)
    assert strangers(image(system, top)) == [foreign]


@pytest.mark.parametrize(
    ("listed", "links", "files"),
    [
        ("/usr/sbin/ls", {"usr/sbin": "bin"}, ["usr/bin/ls"]),
        ("/sbin/ls", {"sbin": "usr/sbin", "usr/sbin": "bin"}, ["usr/bin/ls"]),
        ("/lib64/ld.so", {"lib64": "usr/lib64"}, ["usr/lib64/ld.so"]),
        ("/usr/bin/perl", {}, ["usr/bin/perl", "usr/bin/perl5.36.0"]),
        ("/usr/bin/tool", {}, ["usr/bin/tool.distrib"]),
    ],
)
def test_a_packages_program_is_known_by_every_name_that_it_has(image, layer, listed, links, files):
    """Merged folders, hard links, and what dpkg-divert put out of the way."""
    top = layer().file("etc/os-release", DEBIAN).file("var/lib/dpkg/status", dpkg_entry("x", "1"))
    top.file("var/lib/dpkg/info/x.list", f"/.\n{listed}\n")
    top.file("var/lib/dpkg/diversions", "/usr/bin/tool\n/usr/bin/tool.distrib\ny\n/a\n/b\n:\n/b\n/a\n:\n/cut")
    for path, target in links.items():
        top.symlink(path, target)
    top.file(files[0], PROGRAM, 0o755)
    for path in files[1:]:
        top.hardlink(path, files[0])
    assert strangers(image(top.file("usr/bin/other", PROGRAM))) == ["usr/bin/other"]


def test_a_file_in_the_place_of_a_diverted_one_is_not_the_packages(image, layer):
    top = layer().file("etc/os-release", DEBIAN).file("var/lib/dpkg/status", dpkg_entry("x", "1"))
    top.file("var/lib/dpkg/info/x.list", "/.\n/a\n").file("var/lib/dpkg/diversions", "/a\n/b\n:\n/b\n/a\n:\n")
    assert strangers(image(top.file("b", PROGRAM).file("a", PROGRAM))) == ["a"]


def test_what_a_well_known_program_brings_along_is_its_own(image, layer, system):
    top = (
        layer()
        .file("usr/local/lib/libpython3.12.so.1.0", elf({".rodata": bytes(5000) + b"\0/Python-3.12.1\0\0003.12.1\0"}))
        .file("usr/local/bin/python3.12", PROGRAM, 0o755)
        .file("usr/local/bin/python3.12-helper", PROGRAM, 0o755)
        .file("usr/local/apache2/bin/httpd", elf({".rodata": bytes(5000) + b"\0Apache/2.4.58 (Unix)\0"}), 0o755)
        .file("usr/local/apache2/bin/htpasswd", PROGRAM, 0o755)
        .file("usr/local/bin/htpasswd", PROGRAM, 0o755)
        .file("opt/apache-tools/httpd", elf({".rodata": bytes(5000) + b"\0Apache/2.4.58 (Unix)\0"}), 0o755)
        .file("opt/apache-tools/server", PROGRAM, 0o755)
        .file("usr/local/bin/ruby", PROGRAM, 0o755)
    )
    found = strangers(image(system, top))
    assert found == [
        "opt/apache-tools/server",
        "usr/local/bin/htpasswd",
        "usr/local/bin/python3.12-helper",
        "usr/local/bin/ruby",
    ]


def test_what_a_wheel_put_beside_python_is_its_own(image, layer, system):
    site = "usr/local/lib/python3.12/site-packages"
    top = (
        layer()
        .file(f"{site}/ruff-0.4.dist-info/METADATA", metadata("ruff", "0.4"))
        .file(f"{site}/ruff-0.4.dist-info/RECORD", "../../../bin/ruff,sha256=abc,100\nruff/__init__.py,,\n")
        .file("usr/local/bin/ruff", PROGRAM, 0o755)
        .file("usr/local/bin/rust-server", PROGRAM, 0o755)
    )
    assert strangers(image(system, top)) == ["usr/local/bin/rust-server"]


def test_a_program_outside_of_bin_is_known_by_the_mode_that_rpm_keeps(image, layer):
    blobs = [rpm_header("systemd", "255", "1", files=["/usr/lib/systemd/systemd", "/usr/share/x/notes"])]
    root = image(
        layer()
        .file("etc/os-release", 'ID=fedora\nVERSION_ID="40"\n')
        .file("usr/lib/sysimage/rpm/rpmdb.sqlite", sqlite_database(blobs))
        .file("usr/lib/systemd/systemd", PROGRAM, 0o755)
        .file("usr/share/x/notes", PROGRAM)
        .file("usr/lib/systemd/other", PROGRAM, 0o755)
    )
    assert strangers(root) == ["usr/lib/systemd/other", "usr/share/x/notes"]


def test_many_are_counted(image, layer, system):
    top = layer()
    for number in range(STRANGERS + 7):
        top.file(f"opt/bin/tool{number:03}", PROGRAM)
    assert strangers(image(system, top))[-1] == "7 more programs"


@pytest.mark.parametrize(
    ("compiler", "source", "options"),
    [
        ("rustc", "fn main() { println!(\"hello\"); }", ["-o"]),
        ("cc", "int main(void) { return 0; }", ["-x", "c", "-static-pie", "-o"]),
        ("cc", "int main(void) { return 0; }", ["-x", "c", "-no-pie", "-s", "-o"]),
        ("cc", "int f(void) { return 0; }", ["-x", "c", "-shared", "-fPIC", "-o"]),
    ],
)  # fmt: skip
def test_what_compilers_write(tmp_path, compiler, source, options):
    if shutil.which(compiler) is None:
        pytest.skip(f"{compiler} is not installed here")
    (tmp_path / "main.rs").write_text(source)
    out = tmp_path / "out"
    language, rest = (options[:2], options[2:]) if compiler == "cc" else ([], options)
    made = subprocess.run([compiler, *language, str(tmp_path / "main.rs"), *rest, str(out)], capture_output=True)
    if made.returncode:
        pytest.skip("the compiler cannot link here")
    seen = look(binaries.PROBE, out.read_bytes())
    assert (seen is not None and seen.opaque) == ("-shared" not in options)
