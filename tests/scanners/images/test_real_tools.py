"""Images made by the tools that people use: umoci writes them, skopeo copies them."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from scanners.images.observing import list_packages

pytestmark = pytest.mark.slow


def need(*names: str) -> None:
    missing = [name for name in names if shutil.which(name) is None]
    if missing:
        pytest.skip(f"not installed: {', '.join(missing)}")


def run(*command: object) -> None:
    subprocess.run([str(part) for part in command], check=True, capture_output=True)


@pytest.fixture
def layout(tmp_path, layer, samples):
    """Two layers put into a layout by umoci, the second with a whiteout."""
    need("umoci")
    status = samples.dpkg("bash", "5.2-1") + samples.dpkg("libc6", "2.36-9")
    base = layer().file("etc/os-release", samples.debian).file("var/lib/dpkg/status", status)
    gone = "opt/gone-1.0.dist-info"
    base.file(f"{gone}/METADATA", samples.python("gone", "1.0"))
    upper = layer().whiteout(gone).file("opt/kept-2.0.dist-info/METADATA", samples.python("kept", "2.0"))
    root = tmp_path / "umoci"
    run("umoci", "init", "--layout", root)
    run("umoci", "new", "--image", f"{root}:app")
    for number, content in enumerate((base, upper)):
        path = tmp_path / f"{number}.tar"
        path.write_bytes(content.bytes())
        run("umoci", "raw", "add-layer", "--image", f"{root}:app", path)
    return root


@pytest.mark.parametrize(
    ("target", "options"),
    [
        ("oci:{}:app", ()),
        ("oci:{}:app", ("--dest-compress-format", "zstd")),
        ("oci-archive:{}.tar:app", ()),
        ("docker-archive:{}.tar:app:1", ()),
    ],
)
def test_skopeo_s_copies_hold_the_same(layout, tmp_path, target, options):
    need("skopeo")
    out = tmp_path / "copy"
    run("skopeo", "copy", "-q", "--insecure-policy", *options, f"oci:{layout}:app", target.format(out))
    path = out if out.is_dir() else out.with_suffix(".tar")
    expected, found = list_packages(layout), list_packages(path)
    assert {(package.name, package.version, package.layer) for package in found.packages} == {
        ("bash", "5.2-1", 0),
        ("libc6", "2.36-9", 0),
        ("kept", "2.0", 1),
    }
    assert [(package.name, package.layer) for package in found.packages] == [
        (package.name, package.layer) for package in expected.packages
    ]
    assert found.image.config == expected.image.config or target.startswith("docker")
