"""HTML as text: what is shown, and what is not: attributes, comments, scripts. Nothing is loaded and nothing runs."""

from __future__ import annotations

import html
import re
from html.parser import HTMLParser

from scanners.documents.spliced import Picked

_INLINE = frozenset(
    """
    a abbr b bdi bdo big cite code del dfn em font i ins kbd label mark q s samp small span strike strong sub sup tt u var wbr
    """.split()  # noqa: SIM905 - a list of words
)
"""Elements inside a word or a line (HTML Living Standard, phrasing content); any other begins a new line."""
_VALUE = re.compile(r"""=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>=<`]+))""")


class _Picker(HTMLParser):
    def __init__(self, source: str) -> None:
        super().__init__(convert_charrefs=False)
        self.picked = Picked()
        self._lines = [0, *(match.end() for match in re.finditer("\n", source))]
        self._source = source
        self._attributes: list[tuple[int, int]] = []

    def read(self) -> Picked:
        whole = self._source.rfind(">") + 1  # behind it no tag is whole: the parser would try each one to the end
        self.feed(self._source[:whole])
        self.close()
        self.picked.add(whole, len(self._source), self._source[whole:])
        for start, end in self._attributes:
            self.picked.part(start)
            self.picked.add(start, end, self._source[start:end])
        return self.picked

    def _position(self) -> int:
        line, column = self.getpos()
        return self._lines[line - 1] + column

    def handle_data(self, data: str) -> None:
        at = self._position()
        self.picked.add(at, at + len(data), data)

    def handle_charref(self, name: str) -> None:
        self._reference(f"&#{name}")

    def handle_entityref(self, name: str) -> None:
        self._reference(f"&{name}")

    def _reference(self, written: str) -> None:
        at = self._position()
        end = at + len(written)
        end += self._source[end : end + 1] == ";"
        self.picked.add(at, end, html.unescape(self._source[at:end]))

    def handle_comment(self, data: str) -> None:
        at = self._position()
        start = self._source.find(data, at) if data else at
        self.picked.part(at)
        if start >= 0:
            self.picked.add(start, start + len(data), data)
        self.picked.part(at)

    def handle_decl(self, decl: str) -> None:
        self.handle_comment(decl)

    def handle_pi(self, data: str) -> None:
        self.handle_comment(data)

    def unknown_decl(self, data: str) -> None:
        self.handle_comment(data)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        at = self._position()
        if tag not in _INLINE:
            self.picked.part(at)
        written = self.get_starttag_text() or ""
        for match in _VALUE.finditer(written):
            group = match.lastindex or 0
            if match[group].strip():
                self._attributes.append((at + match.start(group), at + match.end(group)))

    def handle_endtag(self, tag: str) -> None:
        if tag not in _INLINE:
            self.picked.part(self._position())


def pick(source: str) -> Picked:
    """All text of an HTML source with its places: the text nodes first, then the values of attributes, a line each."""
    return _Picker(source).read()
