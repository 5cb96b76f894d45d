"""Presidio with no recogniser but Yumen's finds what the rules alone find."""

import random

from scanners.personal_data.engine import Extras, analysed
from scanners.personal_data.find import find
from scanners.personal_data.normalise import normalised
from tests.scanners.personal_data import labelled


def test_both_ways_find_the_same() -> None:
    sentences = [sentence.text for sentence in labelled.sentences(3, "test", 400)]
    random.Random(3).shuffle(sentences)
    text = "\n".join(sentences)
    plain = normalised(text)
    through = analysed(plain.text, threshold=0.5, extras=Extras())
    assert through.read == len(plain.text)
    assert {(one.type, plain.start(one.start), plain.end(one.end)) for one in through.candidates} == {
        (one.type, one.start, one.end) for one in find(text).entities
    }
