"""A text measured in tokens once, so that any part of it is measured by two look-ups."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from shortlist.chunk.graphemes import whole_before
from shortlist.chunk.port import SpanTokenizer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

SEGMENT = 1 << 16  # characters given to the tokenizer at once: its memory grows with them, its speed falls


class TokenMeasure:
    """How many tokens each part of a text has, near enough to plan by.

    A part that is cut out and tokenised alone can have a few tokens more or less at its two ends. Whoever promises a
    size counts the few parts that come near it.
    """

    def __init__(self, text: str, tokenizer: SpanTokenizer) -> None:
        ends = [start + end for start, stop in _segments(text) for _, end in tokenizer.spans(text[start:stop])]
        # A tokenizer may give several tokens the same end (the bytes of an emoji) but goes forward.
        self._ends: NDArray[np.int64] = np.maximum.accumulate(np.array(ends, dtype=np.int64), dtype=np.int64)

    def before(self, positions: NDArray[np.int64]) -> NDArray[np.int64]:
        """The tokens that end at or before each position."""
        return np.searchsorted(self._ends, positions, side="right")

    def between(self, start: int, end: int) -> int:
        """The tokens that end after `start` and at or before `end`."""
        return self._before(end) - self._before(start)

    def reach(self, start: int, tokens: int) -> int:
        """The furthest token end such that at most `tokens` tokens lie between `start` and it; at least `start`.

        Past the last token it is the last token's end.
        """
        first = self._before(start)
        if first + tokens < len(self._ends):
            # Tokens that share the end of the first one that does not fit do not fit either.
            beyond = int(np.searchsorted(self._ends, self._ends.item(first + tokens), side="left"))
        else:
            beyond = len(self._ends)
        return self._ends.item(beyond - 1) if beyond > first else start

    def _before(self, position: int) -> int:
        return int(np.searchsorted(self._ends, position, side="right"))


def _segments(text: str) -> Iterator[tuple[int, int]]:
    """Parts of at most SEGMENT characters, cut at line ends, or else at spaces, or else anywhere."""
    start = 0
    while len(text) - start > SEGMENT:
        limit = start + SEGMENT
        least = start + SEGMENT // 2
        cut = text.rfind("\n", least, limit) + 1 or text.rfind(" ", least, limit) or 0
        end = cut if cut > least else whole_before(text, limit, least)
        yield start, end
        start = end
    if start < len(text):
        yield start, len(text)
