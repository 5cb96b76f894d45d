"""A column of names is known by its cells together, where each alone could be a word."""

from __future__ import annotations

from pathlib import Path

import pytest

from scanners.datasets.name_columns import names_in, shape_of, shapes_of
from scanners.datasets.profile import Column
from scanners.datasets.scan import scan

CHINESE = ["文静", "高洁", "李秀英", "欧阳雪", "安康", "阿依古丽·买买提", "方文", "白云飞", "常乐", "金明"]
GERMAN = [
    "Hauke Petersen",
    "Dr. Heike Ullmann",
    "Annegret von Ahn",
    "Klaus-Dieter Weiß",
    "Herr Enno Rickmers",
    "Sabine Łącka",
]
CITIES = ["Charlotte", "Berlin", "Lyon", "Oslo", "Madrid", "Porto", "Turin", "Graz", "Basel", "Ghent"]
WORDS = ["苹果", "黄瓜", "白菜", "香蕉", "土豆", "西红柿", "石榴", "金桔", "牛肉", "鸡蛋"]


def column(tmp_path: Path, header: str, cells: list[str]) -> Column:
    path = tmp_path / "t.csv"
    path.write_text("\n".join([f"n,{header}", *(f"{number},{cell}" for number, cell in enumerate(cells))]), "utf-8")
    return scan([path]).columns[1]


@pytest.mark.parametrize(
    ("header", "cells"),
    [
        ("x", CHINESE),
        ("x", GERMAN),
        ("x", ["Rosalind", "Hauke", "Emily", "Josh", "Sarah"]),
        ("Nachname", ["Rickmers", "Ullmann", "Weiß-Kern", "O'Hara", "Łącki"]),
    ],
)
def test_a_column_of_names_is_one(tmp_path: Path, header: str, cells: list[str]) -> None:
    found = column(tmp_path, header, cells)
    assert (found.kind, found.type) == ("identifier", "PERSON")
    assert found.types["PERSON"] >= 0.8 * len(cells)


@pytest.mark.parametrize(
    "cells",
    [
        CITIES,
        WORDS,
        ["Web Developer", "Account Manager", "Data Engineer", "Head of Sales"],
        ["Schmidt GmbH", "Weber AG", "Koch & Co. KG", "Otto Stiftung"],
        ["Rickmers", "Ullmann", "Weiß"],
        ["red", "green", "blue"],
        ["OK", "FAILED", "PENDING"],
    ],
)
def test_a_column_of_words_is_none(tmp_path: Path, cells: list[str]) -> None:
    assert column(tmp_path, "x", cells).type != "PERSON"


def test_shapes() -> None:
    assert shape_of(" Müller, Hans ") == ("full", "known_full")
    assert shape_of("Dr. med. Anna Weiß") == ("full", "known_full")
    assert shape_of("x" * 10_000) == shape_of("") == shape_of("42") == shape_of("的确如此") == ()
    assert names_in("x", shapes_of([]), 0) == 0
