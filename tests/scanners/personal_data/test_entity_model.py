"""A named-entity model by configuration: what it adds, and that a model that cannot be used stops everything at once."""

import json
from pathlib import Path
from typing import Any

import pytest

from scanners.errors import YumenError
from scanners.personal_data.detect import check_entity_model, detect
from scanners.personal_data.entity_model import FILE, EntityModelUnusable, coverage, read_settings

TEXT = "Then Xquilla Brzonk went to Vintermoor. Tel. 13812345678"


@pytest.fixture
def spacy_model(tmp_path: Path) -> Path:
    """A spaCy pipeline on disk that knows one person and one place."""
    import spacy

    model = spacy.blank("en")
    ruler = model.add_pipe("entity_ruler")
    ruler.add_patterns(
        [
            {"label": "PERSON", "pattern": "Xquilla Brzonk"},
            {"label": "GPE", "pattern": "Vintermoor"},
            {"label": "WORK", "pattern": "went"},
        ]
    )
    model.to_disk(tmp_path / "model")
    return configured(tmp_path, kind="spacy", path="model")


def configured(folder: Path, **settings: object) -> Path:
    file = folder / FILE
    file.write_text(json.dumps(settings))
    return file


def test_without_a_model_such_a_name_is_not_found() -> None:
    assert {entity.type for entity in detect(TEXT).entities} == {"PHONE_NUMBER"}


def test_a_spacy_model_adds_what_it_finds_and_only_what_has_a_type(spacy_model: Path) -> None:
    found = detect(TEXT, entity_model=spacy_model)
    assert {entity.type: TEXT[entity.start : entity.end] for entity in found.entities} == {
        "PERSON": "Xquilla Brzonk",
        "LOCATION": "Vintermoor",
        "PHONE_NUMBER": "13812345678",
    }
    assert {entity.rule for entity in found.entities if entity.type == "LOCATION"} == {"presidio.EntityModel"}


def test_a_model_reads_past_the_first_window(spacy_model: Path) -> None:
    text = "word " * 3000 + TEXT
    found = detect(text, entity_model=spacy_model)
    assert [text[e.start : e.end] for e in found.entities if e.type == "PERSON"] == ["Xquilla Brzonk"]


def test_the_health_line_says_what_is_covered_without_it(spacy_model: Path) -> None:
    assert "ORGANIZATION" in coverage(None)
    types = check_entity_model(spacy_model)
    assert set(types) == {"PERSON", "LOCATION"}
    line = coverage(read_settings(spacy_model), types)
    assert "'model'" in line
    assert line.endswith("without it: ADDRESS, ORGANIZATION, NRP")


BROKEN: dict[str, dict[str, object]] = {
    "no such folder": {"kind": "spacy", "path": "nowhere"},
    "an empty folder": {"kind": "spacy", "path": "empty"},
    "a library that does not exist": {"kind": "magic", "path": "empty"},
    "an unknown key": {"kind": "spacy", "path": "empty", "download": True},
    "a transformer that is none, or its library is missing": {"kind": "transformers", "path": "empty"},
    "a GLiNER model that is none, or its library is missing": {"kind": "gliner", "path": "empty"},
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_model_that_cannot_be_used_is_an_error_and_never_a_text_without_names(name: str, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    file = configured(tmp_path, **BROKEN[name])
    with pytest.raises(EntityModelUnusable):
        check_entity_model(file)
    with pytest.raises(YumenError):
        detect(TEXT, entity_model=file)


def test_a_model_without_a_label_that_means_anything_is_refused(spacy_model: Path) -> None:
    file = configured(spacy_model.parent, kind="spacy", path="model", labels={"OTHER": "PERSON"})
    with pytest.raises(EntityModelUnusable) as refusal:
        check_entity_model(file)
    assert "GPE" in refusal.value.remedy


LETTERS = "abcdefghijklmnopqrstuvwxyz"
WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *LETTERS, *(f"##{letter}" for letter in LETTERS)]
TINY = {
    "vocab_size": len(WORDS),
    "hidden_size": 16,
    "num_hidden_layers": 1,
    "num_attention_heads": 2,
    "intermediate_size": 16,
    "max_position_embeddings": 64,
}


def with_tokens(folder: Path, transformers: Any) -> Path:
    """A folder with a tokenizer of single letters."""
    folder.mkdir()
    (folder / "vocab.txt").write_text("\n".join(WORDS))
    transformers.BertTokenizerFast(vocab_file=str(folder / "vocab.txt"), model_max_length=64).save_pretrained(folder)
    return folder


def test_a_transformers_model_is_loaded_from_its_folder(tmp_path: Path) -> None:
    """A tiny random one: what it says means nothing; that it is read, in windows, without a network, does."""
    transformers = pytest.importorskip("transformers")
    folder = with_tokens(tmp_path / "model", transformers)
    labels = {0: "B-PER", 1: "I-PER"}
    config = transformers.BertConfig(**TINY, id2label=labels, label2id={name: n for n, name in labels.items()})
    transformers.BertForTokenClassification(config).save_pretrained(folder)
    file = configured(tmp_path, kind="transformers", path="model")
    assert check_entity_model(file) == ("PERSON",)
    found = detect("xquilla brzonk went far away " * 40, entity_model=file, threshold=0.0)
    assert "presidio.EntityModel" in {entity.rule for entity in found.entities}


def test_a_gliner_model_is_loaded_from_its_folder_and_never_from_a_pickle(tmp_path: Path) -> None:
    gliner = pytest.importorskip("gliner")
    transformers = pytest.importorskip("transformers")
    encoder = with_tokens(tmp_path / "encoder", transformers)
    transformers.BertModel(transformers.BertConfig(**TINY)).save_pretrained(encoder)
    config = gliner.GLiNERConfig(
        model_name=str(encoder), hidden_size=16, max_len=32, max_width=4, name="tiny", span_mode="markerV0",
        dropout=0.1, fine_tune=True, subtoken_pooling="first",
    )  # fmt: skip
    model = gliner.GLiNER.from_config(config)
    model.save_pretrained(str(tmp_path / "model"), safe_serialization=True)
    model.save_pretrained(str(tmp_path / "pickled"))
    found = detect("xquilla went to a far town", entity_model=configured(tmp_path, kind="gliner", path="model"))
    assert "presidio.EntityModel" in {entity.rule for entity in found.entities}
    with pytest.raises(EntityModelUnusable, match="safetensors"):
        check_entity_model(configured(tmp_path, kind="gliner", path="pickled"))
