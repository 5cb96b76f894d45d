"""The tar walker: what it reads like Python's tarfile, and what it refuses."""

from __future__ import annotations

import contextlib
import io
import tarfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scanners.errors import LimitReached, UnreadableInput, YumenError
from scanners.images.streams import ByteStream
from scanners.images.tar import TarWalker


def walk(data: bytes, chunk: int = 700):
    stream = ByteStream(data[at : at + chunk] for at in range(0, len(data), chunk))
    walker = TarWalker(stream, "it")
    return [(entry, walker.content(entry) if entry.kind == "file" else b"") for entry in walker]


@pytest.mark.parametrize("form", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
@pytest.mark.parametrize("name", ["a", "d/" * 40 + "file", "é/ü", "x" * 100, ("y" * 90 + "/") + "z" * 60])
def test_names_and_contents_come_out_as_they_went_in(layer, form, name):
    data = layer(format=form).file(name, b"content").symlink("l", "t" * 90).bytes()
    entries = walk(data)
    assert [(entry.name, content) for entry, content in entries] == [(name, b"content"), ("l", b"")]
    assert entries[1][0].link == "t" * 90


def test_a_very_long_name_in_each_way_of_writing_it(layer):
    for form in (tarfile.GNU_FORMAT, tarfile.PAX_FORMAT):
        name = "d/" + "n" * 300
        assert walk(layer(format=form).file(name, b"1").hardlink("k", name).bytes())[1][0].link == name


def test_numbers_beyond_octal_are_read():
    info = tarfile.TarInfo("big")
    info.uid = 2**40
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.GNU_FORMAT) as archive:
        archive.addfile(info)
    assert walk(buffer.getvalue())[0][0].uid == 2**40


@pytest.mark.parametrize("size", [1, 511, 512, 10_000])
def test_an_archive_may_end_with_the_content_of_its_last_entry(layer, size):
    """As umoci ends the layers that it inserts, and Go's archive/tar reads them."""
    data = layer().file("a", b"1").file("b", b"2" * size).bytes()
    end = 2 * 512 + 512 + size
    assert [content for _, content in walk(data[:end])] == [b"1", b"2" * size]
    with pytest.raises(UnreadableInput):
        walk(data[: end - 1])


def patched(data: bytes, at: int, new: bytes) -> bytes:
    header = bytearray(data[:512])
    header[at : at + len(new)] = new
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    return bytes(header) + data[512:]


def pax(record: bytes) -> bytes:
    info = tarfile.TarInfo("x")
    info.type, info.size = b"x", len(record)
    return info.tobuf(tarfile.USTAR_FORMAT) + record.ljust(-(-len(record) // 512) * 512, b"\0")


@pytest.mark.parametrize(
    ("change", "error"),
    [
        (lambda data: data[:300], UnreadableInput),
        (lambda data: data[:700], UnreadableInput),
        (lambda data: b"\0" * 512 + data, UnreadableInput),
        (lambda data: b"junk" * 400, UnreadableInput),
        (lambda data: data[:100] + b"9" + data[101:], UnreadableInput),
        (lambda data: patched(data, 124, b"99999999999\0"), UnreadableInput),
        (lambda data: patched(data, 124, b"\xff" * 12), UnreadableInput),
        (lambda data: patched(data, 124, b"\x80" + b"\x7f" * 11), UnreadableInput),
        (lambda data: patched(data, 124, b"77777777777\0"), UnreadableInput),
        (lambda data: pax(b"999999 path=x\n") + data, UnreadableInput),
        (lambda data: pax(b"no length here") + data, UnreadableInput),
        (lambda data: pax(b"6 pathx\n") + data, UnreadableInput),
        (lambda data: pax(b"11 size=-1\n") + data, UnreadableInput),
        (lambda data: pax(b"5006 path=" + b"n" * 4995 + b"\n") + data, LimitReached),
        (lambda data: patched(patched(data, 124, b"77777777777\0"), 156, b"x"), LimitReached),
        (lambda data: patched(patched(data, 124, b"77777777777\0"), 156, b"L"), LimitReached),
    ],
)
def test_what_is_not_a_tar_archive_is_refused_by_name(layer, change, error):
    data = layer().file("a", b"x" * 400).bytes()
    with pytest.raises(error):
        walk(change(data))


def test_the_old_gnu_sparse_map_is_passed_over(layer):
    body = b"s" * 512
    sparse = patched(layer(format=tarfile.GNU_FORMAT).file("s", body).bytes()[: 512 + 512], 156, b"S")
    sparse = patched(sparse, 482, b"\x01")
    more = b"\0" * 512
    data = sparse[:512] + more + sparse[512:] + layer().file("after").bytes()
    entries = walk(data)
    assert [(entry.name, entry.sparse) for entry, _ in entries] == [("s", True), ("after", False)]


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=3000), st.integers(1, 600))
def test_no_bytes_do_anything_but_read_or_be_refused(data, chunk):
    with contextlib.suppress(YumenError):
        walk(data, chunk)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 2047), st.integers(0, 255)), max_size=8))
def test_no_flipped_bytes_do_either(flips):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as archive:
        info = tarfile.TarInfo("d/" * 80)
        info.size = 10
        archive.addfile(info, io.BytesIO(b"0123456789"))
    data = bytearray(buffer.getvalue())
    for at, value in flips:
        data[at] = value
    with contextlib.suppress(YumenError):
        walk(bytes(data))
