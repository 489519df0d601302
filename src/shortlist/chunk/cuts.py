"""Where a document may be cut, and how well: headings, paragraphs, list items, rows, sentences, lines.

One pass over the lines. Each line says whether a cut before it is good; sentences inside a paragraph say the rest.
No cut stands where it would leave a heading at the end of a chunk, a table's head without a row, or a fence open.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from itertools import pairwise

from shortlist.chunk.languages import CODE
from shortlist.chunk.outline import UNDERLINE
from shortlist.records import Document
from shortlist.text import sentence_spans


class Cut(IntEnum):
    """What a cut parts, the best first."""

    CHAPTER = 0  # a section and the next one of a higher level
    SECTION = 1
    BLOCK = 2  # paragraphs, code after a blank line, a list and what stands before it
    ITEM = 3  # list items, table rows
    SENTENCE = 4
    LINE = 5
    CLAUSE = 6
    WORD = 7
    CHARACTER = 8


LINE = re.compile(r"[^\r\n]+")
FENCE = re.compile(r"[^\S\n]{0,3}(?:>[^\S\n]?)*(`{3,}|~{3,})")
NUMERAL = r"[\d一二三四五六七八九十百零〇]"
ITEM = re.compile(
    rf"\s*(?:[-*+•·▪◦‣]\s|\d{{1,3}}[.)、．](?!\d)|[(（](?:{NUMERAL}{{1,3}}|[a-z])[)）]|{NUMERAL}{{1,3}}、"
    rf"|第{NUMERAL}{{1,6}}[编部篇章节条款])"
)
ROW = re.compile(r"\s*\||[^|\n]*\t[^\t\n]*\t")
RULE = re.compile(r"[\s|:+=-]+")  # below the head of a table
CHINESE_END = re.compile(r"[。！？；…][”’」』）)\"']*\s*\Z")
WRAPPED = 160  # characters: no longer line was wrapped at a margin, so it is a paragraph by itself
RULER = re.compile(UNDERLINE)


@dataclass(frozen=True, slots=True)
class Line:
    """A line that is not blank."""

    start: int
    end: int
    text: str
    after_blank: bool
    heading: Cut | None  # what a cut before it parts, if it is a heading


def cuts(document: Document) -> list[tuple[int, Cut]]:
    """The places where a document may be cut and what each parts, in ascending order, none at its two ends."""
    found = _code_cuts(document) if document.format in CODE else _prose_cuts(document)
    best: dict[int, Cut] = {}
    for position, cut in found:
        if 0 < position < len(document.text):
            best[position] = min(cut, best.get(position, cut))
    return sorted(best.items())


def _lines(document: Document) -> Iterator[Line]:
    text = document.text
    headings = _headings(document)
    starts = [start for start, _ in headings]
    after_blank, last = False, 0
    for match in LINE.finditer(text):
        start, end = match.span()
        gap = text[last:start] if start - last <= 4 else "\n\n"
        after_blank = after_blank or gap.replace("\r\n", "\n").replace("\r", "\n").count("\n") > 1
        last = end
        if not match.group().isspace():
            at = bisect_left(starts, start)
            heading = headings[at][1] if at < len(starts) and starts[at] < end else None
            yield Line(start, end, match.group(), after_blank, heading)
        after_blank = match.group().isspace()


def _headings(document: Document) -> list[tuple[int, Cut]]:
    levels = [heading.level for heading in document.headings]
    rises = [False, *(level < before for before, level in pairwise(levels))]
    return [
        (heading.start, Cut.CHAPTER if rise else Cut.SECTION)
        for heading, rise in zip(document.headings, rises, strict=False)
    ]


def _prose_cuts(document: Document) -> Iterator[tuple[int, Cut]]:
    reader = _Prose(document.text)
    for line in _lines(document):
        yield from reader.cuts_before(line)
    yield from reader.sentences(len(document.text))


class _Prose:
    """What the lines read so far mean for the next one."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.fence = ""  # the mark that will close the fence we are in
        self.keep = False  # whether the next line belongs to this one
        self.closed = True  # whether a table, a fence, or a paragraph of one line has just ended, or nothing has begun
        self.in_table = False
        self.in_list = False
        self.paragraph: int | None = None  # where the running paragraph began

    def cuts_before(self, line: Line) -> Iterator[tuple[int, Cut]]:
        """The cuts from the last line to the start of this one."""
        kept, self.keep = self.keep, False
        if self.fence:
            yield from self._fenced(line, kept)
            return
        fence, row = FENCE.match(line.text), ROW.match(line.text)
        item = None if row else ITEM.match(line.text)
        begins = line.heading is not None or line.after_blank or fence or item or row or self.closed or kept
        if begins:
            yield from self.sentences(line.start)
            if not kept:
                yield line.start, self._parted(line, is_item=bool(item), is_row=bool(row))
        elif not kept:
            yield line.start, Cut.LINE
        self._remember(line, fence, is_item=bool(item), is_row=bool(row), begins=bool(begins), kept=kept)

    def sentences(self, end: int) -> Iterator[tuple[int, Cut]]:
        """The cuts between the sentences of the paragraph that ends here."""
        if self.paragraph is not None:
            start = self.paragraph
            for sentence, _ in sentence_spans(self.text[start:end])[1:]:
                yield start + sentence, Cut.SENTENCE
        self.paragraph = None

    def _parted(self, line: Line, *, is_item: bool, is_row: bool) -> Cut:
        if line.heading is not None:
            return line.heading
        if (is_row and self.in_table) or (is_item and self.in_list):
            return Cut.ITEM
        if self.in_list and line.text[0].isspace():
            return Cut.ITEM  # a further paragraph of the same item
        return Cut.BLOCK

    def _fenced(self, line: Line, kept: bool) -> Iterator[tuple[int, Cut]]:
        closing = FENCE.match(line.text)
        if closing and closing[1].startswith(self.fence):
            self.fence, self.closed = "", True
        elif not kept:
            yield line.start, Cut.SENTENCE if line.after_blank else Cut.LINE

    def _remember(
        self, line: Line, fence: re.Match[str] | None, *, is_item: bool, is_row: bool, begins: bool, kept: bool
    ) -> None:
        head = is_row and not self.in_table
        self.keep = (
            line.heading is not None or bool(fence) or head or (is_row and RULE.fullmatch(line.text) is not None)
        )
        self.keep = self.keep or (kept and RULER.fullmatch(line.text) is not None)
        self.fence = fence[1] if fence else ""
        self.in_list = is_item or (self.in_list and line.text[0].isspace())
        self.in_table = is_row
        self.closed = (
            is_row or len(line.text) > WRAPPED or CHINESE_END.search(line.text, len(line.text) - 8) is not None
        )
        if begins and not (fence or is_row or line.heading is not None):
            self.paragraph = line.start


def _code_cuts(document: Document) -> Iterator[tuple[int, Cut]]:
    kept = False
    for line in _lines(document):
        outermost = not line.text[0].isspace() and line.text[0] not in ")]}"
        if line.heading is not None:
            yield line.start, line.heading
        elif not kept:
            blank = Cut.BLOCK if outermost else Cut.ITEM
            yield line.start, blank if line.after_blank else Cut.LINE
        kept = line.heading is not None
