"""What was noticed of a pickle, for the ledger: bounded, told once, and least of all the harmless oddities."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

from scanners.model_scan.pickle_values import Value
from scanners.model_scan.vocabulary import words

MAX_NOTES = 2000
MAX_NESTED = 200
TENTATIVE_RULES = words("pickle_notes.tentative_rules")
"""Rules that mean something even when what was run may not be a pickle at all."""


@dataclass(slots=True)
class Note:
    """One observation about a pickle, for the ledger."""

    rule: str
    offset: int
    evidence: str
    unexamined: str = ""
    """For the allow-list: the name that keeps the verdict from being 'pass'."""
    about: str = ""
    """The callable that the note is about."""


@dataclass(slots=True)
class Nested:
    """Bytes inside the pickle that it hands to another loader."""

    offset: int
    content: Value
    loader: str


@dataclass(slots=True)
class Notebook:
    """Takes the notes of one pickle."""

    notes: list[Note] = field(default_factory=list)
    nested: list[Nested] = field(default_factory=list)
    _seen: set[tuple[str, str]] = field(default_factory=set)
    _per_kind: dict[bool, int] = field(default_factory=lambda: defaultdict(int))

    def _note(self, rule: str, offset: int, evidence: str, unexamined: str = "", about: str = "") -> None:
        if (rule, evidence) in self._seen:
            return
        # Many harmless oddities must not crowd out the one thing that matters.
        self._per_kind[rule in TENTATIVE_RULES] += 1
        if self._per_kind[rule in TENTATIVE_RULES] > MAX_NOTES:
            return
        self._seen.add((rule, evidence))
        self.notes.append(Note(rule, offset, evidence, unexamined, about))

    def _keep_nested(self, offset: int, content: Value, loader: str) -> None:
        if len(self.nested) < MAX_NESTED:
            self.nested.append(Nested(offset, content, loader))
        else:
            self._note(
                "model.pickle.unknown_callable",
                offset,
                f"more than {MAX_NESTED} nested pickles",
                unexamined="nested pickles",
            )
