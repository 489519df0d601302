"""A stretch that is too long for a chunk and has no better cuts: divided at lines, clauses, words, or characters."""

from __future__ import annotations

import re
from collections.abc import Iterator

from shortlist.chunk.cuts import Cut
from shortlist.chunk.graphemes import whole_before
from shortlist.chunk.tokens import TokenMeasure

# What may stand before a cut, the best first. Each ends with the white space that belongs to it.
ENDS = (
    (Cut.SENTENCE, re.compile(r"(?:[。！？；]|[.!?…][\"'”’)]?(?=\s))[”’」』）\"']*\s*|\n\s*")),
    (Cut.CLAUSE, re.compile(r"(?:[，、：,;:)）】」”](?=\s)|[，、：）】」”]|\s[-–—](?=\s)|——)\s*")),
    (Cut.WORD, re.compile(r"\s+")),
)


def divide(text: str, start: int, end: int, measure: TokenMeasure, limit: int) -> Iterator[tuple[int, Cut]]:
    """The cuts that leave at most `limit` tokens (as measured, at least one character) between one and the next.

    Each is the best and furthest one in the second half of what fits.
    """
    while measure.between(start, end) > limit:
        reach = max(measure.reach(start, limit), start + 1)
        half = max(measure.reach(start, limit // 2), start + 1)
        position, cut = _best(text, half, reach)
        yield position, cut
        start = position


def _best(text: str, least: int, most: int) -> tuple[int, Cut]:
    for cut, pattern in ENDS:
        ends = [match.end() for match in pattern.finditer(text, least, most)]
        if ends:
            return ends[-1], cut
    return whole_before(text, most, least - 1), Cut.CHARACTER
