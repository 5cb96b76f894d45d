"""Presidio as the engine: one fused recogniser holds all of Yumen's rules; a team's own recognisers run beside it.

Importing this module imports Presidio and spaCy: seconds and 110 MB. Only the worker does it.
"""

from __future__ import annotations

import logging
import os
import time
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

os.environ.setdefault("TLDEXTRACT_PUBLIC_SUFFIX_LIST_URLS", "")  # its e-mail recogniser would try the network

import yaml
from presidio_analyzer import (
    AnalyzerEngine,
    EntityRecognizer,
    LocalRecognizer,
    RecognizerRegistry,
    RecognizerResult,
    analyzer_engine,
    pattern_recognizer,
)
from presidio_analyzer.context_aware_enhancers import ContextAwareEnhancer
from presidio_analyzer.nlp_engine import NlpArtifacts, NlpEngine
from spacy.tokens import Doc
from spacy.vocab import Vocab

from scanners.errors import YumenError
from scanners.personal_data.context import AFTER, BEFORE
from scanners.personal_data.entities import Entity, settled
from scanners.personal_data.gate import gate
from scanners.personal_data.matcher import Found, matched
from scanners.personal_data.rules import all_rules
from scanners.personal_data.rules.rule import word_pattern

# Of a team's pattern on one window; Presidio's own is 60. By environment it would hang on who imports Presidio first.
analyzer_engine.REGEX_TIMEOUT_SECONDS = pattern_recognizer.REGEX_TIMEOUT_SECONDS = 1

LANGUAGE = "en"
"""Presidio asks for one; the rules read Chinese, English and German at once, so it chooses nothing."""
WINDOW = 4096
"""Characters a call of the engine reads: its de-duplication is quadratic in the entities of one call."""
LEAD = 128

TAIL = 2048
FUSED = "YumenFused"
RULE = "yumen_rule"
_EMPTY = Vocab()


class NoModel(NlpEngine):
    """No tokens, no lemmas, no model: our context enhancer reads the raw text."""

    def load(self) -> None:
        """Nothing to load."""

    def is_loaded(self) -> bool:
        return True

    def process_text(self, text: str, language: str) -> NlpArtifacts:
        return NlpArtifacts([], Doc(_EMPTY), [], [], self, language)

    def process_batch(
        self, texts: Iterable[str], language: str, batch_size: int = 1, n_process: int = 1, **_: object
    ) -> Iterator[tuple[str, NlpArtifacts]]:
        for text in texts:
            yield text, self.process_text(text, language)

    def is_stopword(self, word: str, language: str) -> bool:
        return False

    def is_punct(self, word: str, language: str) -> bool:
        return False

    def get_supported_entities(self) -> list[str]:
        return []

    def get_supported_languages(self) -> list[str]:
        return [LANGUAGE]


class FusedRecognizer(LocalRecognizer):
    """Every rule of Yumen in one Presidio recogniser, behind the Hyperscan gate."""

    def __init__(self) -> None:
        super().__init__(
            supported_entities=sorted({rule.type for rule in all_rules()}),
            name=FUSED,
            supported_language=LANGUAGE,
        )

    window: tuple[list[Entity], int] | None = None
    """What was found in the part of a document that the engine reads next, and where that part begins."""

    def load(self) -> None:
        """The gate compiles itself on first use."""

    def analyze(self, text: str, entities: list[str], nlp_artifacts: NlpArtifacts) -> list[RecognizerResult]:
        """All matches in `text`; inside `analysed`, those of the document's window, which were found in one go."""
        if self.window is None:
            return [self._result(entity, 0) for entity in matched(text, all_rules(), threshold=0.0).candidates]
        found, begin = self.window
        return [self._result(entity, begin) for entity in found]

    def _result(self, entity: Entity, begin: int) -> RecognizerResult:
        named = {
            RecognizerResult.RECOGNIZER_NAME_KEY: FUSED,
            RecognizerResult.RECOGNIZER_IDENTIFIER_KEY: self.id,
            RULE: entity.rule,
        }
        return RecognizerResult(
            entity.type, entity.start - begin, entity.end - begin, entity.score, recognition_metadata=named
        )


class RawTextEnhancer(ContextAwareEnhancer):
    """Presidio's context boost for a team's own recognisers, on raw text and in bounded windows.

    Presidio's own walks every token for every result (quadratic) and needs lemmas, which there are none of.
    """

    def __init__(self) -> None:
        super().__init__(
            context_similarity_factor=0.35,
            min_score_with_context_similarity=0.4,
            context_prefix_count=5,
            context_suffix_count=0,
        )

    def enhance_using_context(
        self,
        text: str,
        raw_results: list[RecognizerResult],
        nlp_artifacts: NlpArtifacts,
        recognizers: list[EntityRecognizer],
        context: list[str] | None = None,
    ) -> list[RecognizerResult]:
        speaking = {
            recognizer.id: word_pattern(tuple(word.lower() for word in recognizer.context))
            for recognizer in recognizers
            if recognizer.context
        }
        if not speaking:
            return raw_results
        lowered = text.lower()
        for result in raw_results:
            words = speaking.get((result.recognition_metadata or {}).get(RecognizerResult.RECOGNIZER_IDENTIFIER_KEY))
            if words is not None and words.search(lowered, max(0, result.start - BEFORE), result.end + AFTER):
                boosted = max(result.score + self.context_similarity_factor, self.min_score_with_context_similarity)
                result.score = min(1.0, boosted)
        return raw_results


class TimeoutWatch(logging.Handler):
    """Presidio logs that a pattern ran out of time, and goes on without it. This notices, so that we do not."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.seen = False

    def emit(self, record: logging.LogRecord) -> None:
        self.seen = self.seen or "timed out" in record.getMessage()


@dataclass(frozen=True, slots=True)
class Engine:
    """Presidio's engine and our recogniser in it."""

    analyzer: AnalyzerEngine
    fused: FusedRecognizer
    watch: TimeoutWatch


class RecognizersUnusable(YumenError):
    """The team's file of Presidio recognisers cannot be loaded."""

    code = "recognizers_unusable"


@dataclass(frozen=True, slots=True)
class Extras:
    """What is the operator's own beside the rules: files in the data directory, each None where there is none."""

    recognizers: Path | None = None
    """A Presidio recogniser file (YAML, pattern and deny-list recognisers), loaded as it is."""
    entity_model: Path | None = None
    """`entity_model.yaml`: a named-entity model of the operator's."""


@lru_cache(maxsize=4)
def engine(extras: Extras, modified: tuple[int, ...] = ()) -> Engine:
    """The engine of this process: our fused recogniser, no network, and the operator's own.

    `modified` are the time stamps of the files, so that a changed file makes another engine.
    Raises RecognizersUnusable, EntityModelUnusable.
    """
    gate(all_rules())
    fused = FusedRecognizer()
    registry = RecognizerRegistry(recognizers=[fused], supported_languages=[LANGUAGE])
    recognizers = extras.recognizers
    if extras.entity_model is not None:
        from scanners.personal_data.entity_recognizer import model_of

        registry.add_recognizer(model_of(extras.entity_model, LANGUAGE))
    if recognizers is not None:
        try:
            registry.add_recognizers_from_yaml(recognizers)
            for recognizer in registry.recognizers:
                recognizer.supported_language = LANGUAGE  # whatever the file says, all of them read every text
        except (OSError, ValueError, TypeError, KeyError, AttributeError, yaml.YAMLError) as error:
            raise RecognizersUnusable(
                f"the Presidio recognisers in {recognizers.name} cannot be loaded",
                remedy="check the file against Presidio's example_recognizers.yaml",
                detail=str(error),
            ) from error
    analyzer = AnalyzerEngine(
        registry=registry,
        nlp_engine=NoModel(),
        supported_languages=[LANGUAGE],
        context_aware_enhancer=RawTextEnhancer(),
    )
    watch = TimeoutWatch()
    logging.getLogger("presidio-analyzer").addHandler(watch)
    return Engine(analyzer, fused, watch)


def engine_with(extras: Extras) -> Engine:
    """The engine with the operator's files as they are on disk now."""
    files = (extras.recognizers, extras.entity_model)
    return engine(extras, tuple(file.stat().st_mtime_ns for file in files if file is not None))


def analysed(text: str, *, threshold: float, deadline: float | None = None, extras: Extras) -> Found:
    """All entities of a normalised text through Presidio, window by window, until `deadline`.

    Our rules read the text once, as a whole; each window then brings their matches before the engine beside those of
    a team's own recognisers, which see the window with some text around it. A window in which one of those ran out of
    time counts as unread. Not for several threads at once.
    """
    ours = matched(text, all_rules(), threshold=threshold, deadline=deadline)
    placed = settled(ours.candidates)
    starts = [entity.start for entity in placed]
    using = engine_with(extras)
    presidio, fused, watch = using.analyzer, using.fused, using.watch
    unread: list[tuple[int, int]] = []
    candidates: list[Entity] = []
    try:
        for start in range(0, ours.read, WINDOW):
            if deadline is not None and time.thread_time() > deadline:
                return Found(settled(candidates), start, tuple(unread))
            begin = max(0, start - LEAD)
            fused.window = (placed[bisect_left(starts, start) : bisect_left(starts, start + WINDOW)], begin)
            watch.seen = False
            results = presidio.analyze(text[begin : start + WINDOW + TAIL], LANGUAGE, score_threshold=threshold)
            candidates += [_entity(one, begin) for one in results if start <= one.start + begin < start + WINDOW]
            if watch.seen:
                unread.append((start, min(start + WINDOW, len(text))))
    finally:
        fused.window = None
    return Found(settled(candidates), ours.read, tuple(unread))


def _entity(result: RecognizerResult, begin: int) -> Entity:
    metadata = result.recognition_metadata or {}
    rule = metadata.get(RULE) or f"presidio.{metadata.get(RecognizerResult.RECOGNIZER_NAME_KEY, 'recognizer')}"
    return Entity(result.entity_type, result.start + begin, result.end + begin, result.score, rule)
