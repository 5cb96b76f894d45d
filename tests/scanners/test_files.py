"""Paths that try to leave, and things that are not files."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from scanners.errors import LimitReached, TargetMissing, TargetRefused
from scanners.files import RegularFile, confine, open_regular, printable_name, walk_files
from scanners.findings import Skipped


@pytest.fixture
def tree(tmp_path: Path) -> tuple[Path, Path]:
    """A root with one good file, and a place outside with a secret."""
    root, outside = tmp_path / "root", tmp_path / "outside"
    (root / "models").mkdir(parents=True)
    outside.mkdir()
    (root / "models" / "good.bin").write_bytes(b"good")
    (outside / "secret").write_bytes(b"secret")
    return root, outside


def test_good_targets_are_resolved(tree) -> None:
    root, _ = tree
    real = Path(os.path.realpath(root)) / "models/good.bin"
    for target in (
        str(root / "models/good.bin"),
        "models/good.bin",
        f"file://{root}/models/good.bin",
        "models/../models/good.bin",
    ):
        assert confine(target, [root]) == real


@pytest.mark.parametrize(
    "target",
    ["../outside/secret", "{outside}/secret", "{outside}/absent", "models/../../outside/secret", "/etc/passwd",
     "/proc/self/environ", "file://{outside}/secret", "file://elsewhere/models/good.bin", "https://example.org/model",
     "s3://bucket/key", "", "a\0b", "file:///%00", "x" * 5000, "/dev/zero"],
)  # fmt: skip
def test_whatever_leads_outside_is_refused(tree, target: str) -> None:
    root, outside = tree
    with pytest.raises(TargetRefused):
        confine(target.format(outside=outside), [root])


def test_existing_and_absent_targets_outside_are_refused_in_the_same_words(tree) -> None:
    root, outside = tree
    said = set()
    for name in ("secret", "absent"):
        with pytest.raises(TargetRefused) as caught:
            confine(str(outside / name), [root])
        said.add(caught.value.message)
    assert len(said) == 1


def test_links_count_as_where_they_lead(tree) -> None:
    root, outside = tree
    (root / "out").symlink_to(outside / "secret")
    (root / "gone").symlink_to(outside / "absent")
    (root / "updir").symlink_to("..")
    (root / "inside").symlink_to("models/good.bin")
    (root / "loop").symlink_to("loop")
    for name in ("out", "gone", "updir/outside/secret"):
        with pytest.raises(TargetRefused):
            confine(name, [root])
    with pytest.raises((TargetRefused, TargetMissing)):
        confine("loop", [root])
    assert confine("inside", [root]).name == "good.bin"


def test_devices_fifos_sockets_and_hard_links_are_refused(tree) -> None:
    root, outside = tree
    os.mkfifo(root / "fifo")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(root / "s"))
        os.link(outside / "secret", root / "hard")
        for name, word in (("fifo", "FIFO"), ("s", "socket"), ("hard", "hard link")):
            with pytest.raises(TargetRefused, match=word):
                confine(name, [root])
    assert confine("hard", [root], allow_hard_links=True)


def test_absent_inside_the_roots_is_said_to_be_absent(tree) -> None:
    with pytest.raises(TargetMissing, match="nothing"):
        confine("models/absent.bin", [tree[0]])


def test_open_regular_follows_no_link_in_any_component(tree) -> None:
    root, outside = (Path(os.path.realpath(path)) for path in tree)
    (root / "link").symlink_to(outside)
    os.mkfifo(root / "fifo")
    for path in (root / "link" / "secret", root / "fifo", root / "models"):
        with pytest.raises(TargetRefused):
            open_regular(path)
    with pytest.raises(TargetMissing):
        open_regular(root / "absent")
    descriptor = open_regular(root / "models/good.bin")
    assert os.read(descriptor, 10) == b"good"
    os.close(descriptor)


def test_a_walk_yields_files_in_order_and_says_what_it_left_out(tree) -> None:
    root, outside = tree
    (root / "b").write_bytes(b"1")
    (root / "link").symlink_to(outside / "secret")
    os.mkfifo(root / "fifo")
    (root / os.fsdecode(b"bad\xff")).write_bytes(b"")
    walked = list(walk_files(root))
    assert [(entry.name, entry.size) for entry in walked if isinstance(entry, RegularFile)] == [
        ("b", 1),
        ("models/good.bin", 4),
    ]
    assert {entry.what for entry in walked if isinstance(entry, Skipped)} == {"link", "fifo", "bad\\udcff"}


def test_a_walk_is_bounded(tree) -> None:
    root, _ = tree
    with pytest.raises(LimitReached):
        list(walk_files(root, max_entries=1))
    with pytest.raises(LimitReached):
        list(walk_files(root, max_depth=0))


def test_names_are_printed_harmlessly() -> None:
    assert printable_name("模型 a.bin") == "模型 a.bin"
    assert printable_name("a\x1b[31m\u202eb\n") == "a\\x1b[31m\\u202eb\\n"
