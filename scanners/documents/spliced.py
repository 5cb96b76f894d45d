"""A text that was picked out of its source, and the way back: changes of the text become changes of the source."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

Edit = tuple[int, int, str]
"""From, to, and what stands there instead: offsets in the text."""


@dataclass
class Picked:
    """The text in runs: each is a stretch of the source as it stands, or characters that stand for a stretch of it."""

    _texts: list[str] = field(default_factory=list)
    _at: list[int] = field(default_factory=list)
    _origin: list[tuple[int, int]] = field(default_factory=list)
    length: int = 0

    def add(self, start: int, end: int, text: str) -> None:
        """`text` stands for source[start:end]; where both are of one length, character for character."""
        if text:
            self._texts.append(text)
            self._at.append(self.length)
            self._origin.append((start, end))
            self.length += len(text)

    def part(self, position: int) -> None:
        """A line end in the text where the source has markup."""
        if self._texts and not self._texts[-1].endswith("\n"):
            self.add(position, position, "\n")

    @property
    def text(self) -> str:
        return "".join(self._texts)

    def origin(self, position: int) -> int:
        """Where in the source the character at `position` of the text begins."""
        if not self._at:
            return 0
        run = bisect_right(self._at, position) - 1
        start, end = self._origin[run]
        return start + position - self._at[run] if end - start == len(self._texts[run]) else start

    def applied(self, source: str, edits: Iterable[Edit], escape: Callable[[str], str] = str) -> str:
        """The source with the edits of its text, which do not overlap. Markup inside an edited stretch stays."""
        cuts: list[tuple[int, int, str]] = []
        for start, end, replacement in edits:
            spans = [span for span in self._spans(start, end) if span[1] > span[0]]
            shown = escape(replacement)
            for first, last in spans:
                cuts.append((first, last, shown))
                shown = ""
        out: list[str] = []
        done = 0
        for first, last, shown in sorted(cuts):  # the text need not be in the order of its source
            out += (source[done:first], shown)
            done = last
        return "".join(out) + source[done:]

    def _spans(self, start: int, end: int) -> Iterable[tuple[int, int]]:
        """The stretches of the source behind text[start:end], in order."""
        run = max(bisect_right(self._at, start) - 1, 0)
        while run < len(self._at) and self._at[run] < end:
            at, (first, last), size = self._at[run], self._origin[run], len(self._texts[run])
            if last - first == size:
                yield first + max(start - at, 0), first + min(end - at, size)
            else:
                yield first, last
            run += 1
