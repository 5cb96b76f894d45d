"""Redaction leaves nothing at the seams, keeps JSON's shape, and keeps a schema's promise."""

import json

import pytest
from jsonschema import Draft202012Validator

from scanners.personal_data import inline
from scanners.personal_data.entities import Entity
from scanners.personal_data.redact import redact_text, simple_change

KEY = b"k" * 32


def entity(kind: str, start: int, end: int) -> Entity:
    return Entity(kind, start, end, 1.0, "test")


SEAMS = [
    ("abcdefgh", [entity("A", 0, 3), entity("A", 3, 6)], "<A><A>gh"),
    ("ab cd ef", [entity("A", 0, 2), entity("A", 3, 5)], "<A> <A> ef"),
    ("abcdefgh", [entity("A", 0, 4), entity("B", 2, 7)], "<B>h"),
    ("abcdefgh", [entity("A", 0, 8), entity("B", 2, 4)], "<A>"),
    ("abcdefgh", [entity("B", 2, 4), entity("B", 2, 4)], "ab<B>efgh"),
    ("abc", [], "abc"),
]


@pytest.mark.parametrize(("text", "entities", "expected"), SEAMS)
def test_adjacent_and_overlapping_entities_leak_nothing(text: str, entities: list[Entity], expected: str) -> None:
    assert redact_text(text, entities, simple_change("replace")) == expected


def test_a_hash_is_keyed_and_sees_through_the_way_a_number_is_written() -> None:
    first = inline.redact_string("手机138 1234 5678", method="hash", key=KEY).value
    second = inline.redact_string("手机１３８１２３４５６７８", method="hash", key=KEY).value
    other = inline.redact_string("手机13812345678", method="hash", key=b"o" * 32).value
    assert first == second != other
    with pytest.raises(ValueError):
        simple_change("hash")


def test_unread_text_is_withheld() -> None:
    assert redact_text("abcdef", [], simple_change("mask"), unread=[(2, 6)]) == "ab<WITHHELD: NOT EXAMINED>"


def test_json_keeps_its_shape() -> None:
    value = {"idCardNo": "110101199003074514", "tel": 13812345678, "n": [1, 2.5, None, True], "a@b.com": {"x": "ok"}}
    got = inline.redact_json(value)
    assert got.value == {
        "idCardNo": "<CN_ID_CARD>",
        "tel": 0,
        "n": [1, 2.5, None, True],
        "<EMAIL_ADDRESS>": {"x": "ok"},
    }
    assert {e.path for e in got.entities} == {"/idCardNo", "/tel", "/a@b.com#key"}


def test_the_key_is_context_for_its_value_and_for_no_other() -> None:
    value = {"passport": "E12345678", "part": "E12345678"}
    assert [e.path for e in inline.detect_json(value).entities] == ["/passport"]


def test_two_redacted_keys_do_not_swallow_each_other() -> None:
    got = inline.redact_json({"a@b.com": 1, "c@d.com": 2, "<EMAIL_ADDRESS>": 3}).value
    assert sorted(got.values()) == [1, 2, 3]


SCHEMAS = [
    ({"type": "string", "maxLength": 11}, "13812345678"),
    ({"type": "string", "pattern": "^1[0-9]{10}$"}, "13812345678"),
    ({"type": "string", "pattern": "^[0-9]{11}$"}, "13812345678"),
    ({"type": "string", "format": "email"}, "a.person@example.com"),
    ({"type": "string", "format": "ipv4"}, "192.168.10.11"),
    ({"type": "integer", "minimum": 10_000_000_000}, 13812345678),
    ({"anyOf": [{"type": "string", "maxLength": 3}, {"type": "string", "pattern": "^[0-9]{11}$"}]}, "13812345678"),
]


@pytest.mark.parametrize(("schema", "leaf"), SCHEMAS)
def test_a_redacted_result_still_validates(schema: dict[str, object], leaf: object) -> None:
    whole = {"type": "object", "properties": {"phone": schema}, "required": ["phone"], "additionalProperties": False}
    got = inline.redact_json({"phone": leaf}, whole)
    assert len(got.entities) == 1
    assert str(leaf) not in json.dumps(got.value)
    assert Draft202012Validator(whole).is_valid(got.value)


def test_a_value_that_the_schema_itself_names_is_no_secret() -> None:
    schema = {"properties": {"line": {"enum": ["13812345678", "none"]}}}
    assert inline.redact_json({"line": "13812345678"}, schema).value == {"line": "13812345678"}


def test_what_cannot_be_redacted_within_the_schema_is_refused() -> None:
    schema = {"properties": {"phone": {"type": "string", "pattern": "^138[0-5]{2}(?=.*678$)[0-9]{6}$"}}}
    with pytest.raises(inline.CannotRedact):
        inline.redact_json({"phone": "13812345678"}, schema)
