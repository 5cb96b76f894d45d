"""A place in a store is written in one exact way, or refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanners.errors import TargetRefused
from scanners.sources.locations import is_location, is_safe_name, parse_location

DIGEST = "sha256:" + "a" * 64


@pytest.mark.parametrize(
    "text",
    [
        "s3://models/chat",
        "s3://models/chat/weights.bin?versionId=abc",
        "gs://models/a b/c?generation=17",
        "oss://models/chat",
        "s3://models/",
        "oci://127.0.0.1:5000/team/chat:1",
        f"oci://registry.example/team/chat@{DIGEST}",
    ],
)
def test_what_is_read_is_written_the_same(text):
    assert str(parse_location(text)) == text


@pytest.mark.parametrize(
    "text",
    [
        "", "s3://", "s3://m", "s3://UPPER/x", "s3://models/../other", "s3://models/a//b", "s3://models/./a",
        "s3://user:secret@host/x", "s3://host:9000/x", "s3://models/x?endpoint=http://evil.example", "s3://models/x#y",
        "s3://models/a\\b", "s3://models/a\nb", "s3://models/\u202eabc", "gs://models/x?versionId=1", "http://models/x",
        "S3://models/x", "s3://mod els/x", "oci://justname", "oci://host.example", "oci://host.example/UPPER:1",
        "oci://u:p@host.example/x:1", "oci://host.example/a/../b:1", f"s3://models/{'x' * 3000}", "oci://team/chat:1",
    ],
)  # fmt: skip
def test_what_is_refused(text):
    with pytest.raises(TargetRefused):
        parse_location(text)


@given(st.text(max_size=80))
def test_any_text_is_a_place_or_refused(text):
    for target in (text, f"s3://models/{text}", f"oci://r.example/{text}"):
        try:
            location = parse_location(target)
        except TargetRefused:
            continue
        assert is_location(target)
        assert parse_location(str(location)) == location


@given(st.text(max_size=60))
def test_a_safe_name_stays_inside(name):
    if is_safe_name(name):
        assert not name.startswith("/")
        assert ".." not in name.split("/")
        assert name.isprintable()
