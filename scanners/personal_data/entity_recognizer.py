"""The operator's named-entity model as a Presidio recogniser beside the rules. Imported only where one is configured."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from presidio_analyzer import EntityRecognizer, RecognizerResult
from presidio_analyzer.nlp_engine import NlpArtifacts

from scanners.personal_data.entity_model import EntityModel, EntityModelUnusable

Found = tuple[str, int, int, float]
"""Label, start, end, confidence."""
_STRIDE = 64
"""Tokens that two stretches of a transformer's input share."""
_POSITIONS = 512
"""Tokens that a model reads at a time which does not say."""
_PACKAGES = {"spacy": "spacy", "transformers": "transformers torch", "gliner": "gliner"}
_NAME = "EntityModel"


class ModelRecognizer(EntityRecognizer):
    """Finds what a local spaCy, transformers or GLiNER model finds. Raises EntityModelUnusable when it is made."""

    def __init__(self, settings: EntityModel, language: str) -> None:
        self._settings = settings
        os.environ.update(HF_HUB_OFFLINE="1", TRANSFORMERS_OFFLINE="1", TOKENIZERS_PARALLELISM="false")
        make = {"spacy": _spacy, "transformers": _transformers, "gliner": _gliner}[settings.kind]
        try:
            known, self._find = make(settings)
        except ImportError as error:
            raise EntityModelUnusable(
                f"{settings.kind} is not installed beside Yumen",
                remedy=f"install it, in the build for this machine: pip install {_PACKAGES[settings.kind]}",
                detail=str(error),
            ) from error
        except EntityModelUnusable:
            raise
        except Exception as error:  # each library, and each of its formats, fails in its own way
            raise EntityModelUnusable(
                f"the {settings.kind} model in {settings.path.name!r} cannot be loaded",
                remedy="check that the folder holds a whole model of this kind, for this version of the library",
                detail=f"{type(error).__name__}: {error}"[:1000],
            ) from error
        types = sorted({settings.labels[label] for label in known if label in settings.labels})
        if not types:
            raise EntityModelUnusable(
                f"no label of the model in {settings.path.name!r} has an entity type",
                remedy=f"map its labels under `labels`; it has {', '.join(sorted(known)[:20]) or 'none'}",
            )
        super().__init__(supported_entities=types, name=_NAME, supported_language=language)

    def load(self) -> None:
        """Loaded when made."""

    def analyze(self, text: str, entities: list[str], nlp_artifacts: NlpArtifacts) -> list[RecognizerResult]:
        named = {RecognizerResult.RECOGNIZER_NAME_KEY: _NAME, RecognizerResult.RECOGNIZER_IDENTIFIER_KEY: self.id}
        return [
            RecognizerResult(self._settings.labels[label], start, end, score, recognition_metadata=named)
            for label, start, end, score in self._find(text)
            if label in self._settings.labels and end > start
        ]


Finder = Callable[[str], Iterable[Found]]


def _spacy(settings: EntityModel) -> tuple[set[str], Finder]:
    import spacy

    model = spacy.load(settings.path, exclude=["parser", "lemmatizer", "textcat"])
    known = {label for labels in model.pipe_labels.values() for label in labels}

    def find(text: str) -> Iterable[Found]:
        return [(entity.label_, entity.start_char, entity.end_char, settings.score) for entity in model(text).ents]

    return known, find


def _transformers(settings: EntityModel) -> tuple[set[str], Finder]:
    from transformers import AutoModelForTokenClassification, AutoTokenizer, pipeline

    where: dict[str, Any] = {"local_files_only": True, "trust_remote_code": False}
    tokens = AutoTokenizer.from_pretrained(settings.path, use_fast=True, **where)
    model = AutoModelForTokenClassification.from_pretrained(settings.path, use_safetensors=True, **where)
    positions = getattr(model.config, "max_position_embeddings", None) or _POSITIONS
    if tokens.model_max_length > positions:  # the folder does not say how much the model reads at a time
        tokens.model_max_length = positions - 2
    stride = min(_STRIDE, tokens.model_max_length // 4)
    run = pipeline("token-classification", model=model, tokenizer=tokens, aggregation_strategy="simple", stride=stride)
    known = {str(label).removeprefix("B-").removeprefix("I-") for label in model.config.id2label.values()} - {"O"}

    def find(text: str) -> Iterable[Found]:
        return [(one["entity_group"], one["start"], one["end"], float(one["score"])) for one in run(text)]

    return known, find


def _gliner(settings: EntityModel) -> tuple[set[str], Finder]:
    from gliner import GLiNER

    if not (settings.path / "model.safetensors").is_file() or any(settings.path.glob("*.bin")):
        raise EntityModelUnusable(
            f"the GLiNER model in {settings.path.name!r} is not safetensors alone",
            remedy="save it with save_pretrained(folder, safe_serialization=True): a .bin is a pickle, which can run code",
        )
    model = GLiNER.from_pretrained(str(settings.path), local_files_only=True)
    labels = [label for label in settings.labels if label == label.lower()] or list(settings.labels)

    def find(text: str) -> Iterable[Found]:
        return [
            (one["label"], one["start"], one["end"], float(one["score"]))
            for start, piece in _pieces(text)
            for one in _moved(model.predict_entities(piece, labels, threshold=0.4), start)
        ]

    return set(labels), find


_PIECE = 1_200
"""Characters that GLiNER reads at a time: it cuts off what is more than 384 words."""


def _pieces(text: str) -> Iterable[tuple[int, str]]:
    start = 0
    while start < len(text):
        end = min(start + _PIECE, len(text))
        if end < len(text) and (blank := text.rfind(" ", start + _PIECE // 2, end)) > 0:
            end = blank
        yield start, text[start:end]
        start = end


def _moved(found: Iterable[dict[str, Any]], by: int) -> Iterable[dict[str, Any]]:
    return ({**one, "start": one["start"] + by, "end": one["end"] + by} for one in found)


def model_of(file: Path, language: str) -> ModelRecognizer:
    """The recogniser that `entity_model.yaml` asks for, for texts in `language`. Raises EntityModelUnusable."""
    from scanners.personal_data.entity_model import read_settings

    return ModelRecognizer(read_settings(file), language)
