"""Java's serialised objects: never passed, and failed for the classes of known chains."""

import io
import zipfile

import pytest

from scanners.model_scan.java_objects import class_names
from scanners.model_scan.scan import scan_bytes


def stream(*names: str) -> bytes:
    described = b"".join(b"r\0" + bytes([len(name)]) + name.encode() + b"\0" * 11 for name in names)
    return b"\xac\xed\0\5s" + described


@pytest.mark.parametrize(
    ("names", "wanted"),
    [
        (("weka.classifiers.trees.J48", "java.util.HashMap"), "unknown"),
        (("java.util.PriorityQueue", "org.apache.commons.collections4.comparators.TransformingComparator"), "fail"),
        (("[Lorg.apache.commons.collections.Transformer;", "org.apache.commons.collections.functors.X"), "fail"),
        (("org.apache.commons.collections.map.LazyMapOfMine",), "unknown"),
        ((), "unknown"),
    ],
)
def test_the_classes_of_a_stream(verdict, names, wanted):
    assert verdict(scan_bytes("weka.model", stream(*names))) == wanted


def test_a_stream_in_an_archive(verdict):
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        archive.writestr("preprocessor.bin", stream("com.sun.rowset.JdbcRowSetImpl"))
    assert verdict(scan_bytes("net.zip", written.getvalue())) == "fail"


def test_names_are_read_in_every_form():
    assert class_names(memoryview(stream("[La.B;", "a.B$C", "not a name"))) == {"a.B", "a.B$C"}
