"""Which of the possible cuts to make, so that chunks are few, evenly full, and parted where the text parts.

The cheapest way through all cuts (dynamic programming, as TeX breaks a paragraph into lines: Knuth & Plass, 1981). A
chunk costs 1. What is added is written below in the same unit, so that each number says how much of a chunk more one
would rather have than do this.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from math import inf

from shortlist.chunk.cuts import Cut

# Above 1: a paragraph that fits is kept whole at the price of one more chunk. docs/decisions/002-chunking.md
COST_OF_CUT = {
    Cut.CHAPTER: 0.0,
    Cut.SECTION: 0.0,
    Cut.BLOCK: 0.0,
    Cut.ITEM: 0.2,
    Cut.SENTENCE: 1.5,
    Cut.LINE: 1.6,
    Cut.CLAUSE: 2.0,
    Cut.WORD: 2.5,
    Cut.CHARACTER: 3.0,
}
COST_OF_EMPTINESS = 0.5  # of a chunk without tokens, falling with the square of how full it is: chunks become even
COST_OF_JOINING = {Cut.CHAPTER: 8.0, Cut.SECTION: 4.0}  # two sections in one chunk, times how much the smaller fills
FINEST = 16  # cuts a chunk is planned by, at least: more of them would only take longer


@dataclass(frozen=True, slots=True)
class Cuts:
    """Possible cuts, both ends of the text among them, and how many tokens end before each."""

    positions: Sequence[int]
    kinds: Sequence[Cut]
    tokens: Sequence[int]


def arrange(cuts: Cuts, size: int, overlap: int) -> list[tuple[int, int, int]]:
    """The cheapest chunks.

    Args:
        cuts: with at most `size` tokens from one to the next.
        size: tokens that a chunk may have.
        overlap: tokens that it may repeat of the chunk before it, where a paragraph or item was cut.

    Returns:
        (first, start, end) of each chunk, as indices into `cuts`: from `first` to `start` it repeats the chunk before
        it, from `start` to `end` is its own.
    """
    tokens = cuts.tokens
    firsts = [_first(cuts, start, overlap) for start in range(len(tokens))]
    joining = list(accumulate(_costs_of_joining(cuts, size), initial=0.0))
    cheapest, starts = [0.0], [0]
    low = 0
    for end in range(1, len(tokens)):
        while tokens[end] - tokens[firsts[low]] > size and low < end - 1:
            low += 1
        best, best_start = inf, end - 1
        for start in range(low, end):
            filled = min(1.0, (tokens[end] - tokens[firsts[start]]) / size)
            cost = cheapest[start] + 1 + COST_OF_CUT[cuts.kinds[start]] + COST_OF_EMPTINESS * (1 - filled) ** 2
            cost += joining[end] - joining[start + 1]
            if cost < best:
                best, best_start = cost, start
        cheapest.append(best)
        starts.append(best_start)
    chosen: list[tuple[int, int, int]] = []
    end = len(tokens) - 1
    while end > 0:
        start = starts[end]
        fits = tokens[end] - tokens[firsts[start]] <= size
        chosen.append((firsts[start] if fits else start, start, end))
        end = start
    return chosen[::-1]


def thinned(cuts: Cuts, size: int) -> Cuts:
    """The same without the worse of two cuts that are nearer than a sixteenth of `size`, which stays the bound."""
    tokens, kinds = cuts.tokens, cuts.kinds
    least, last = size // FINEST, len(tokens) - 1
    kept = [0]
    for cut in range(1, last + 1):
        if tokens[cut] - tokens[kept[-1]] > size:
            kept.append(cut - 1)  # left out before, needed after all
        if cut < last and tokens[cut] - tokens[kept[-1]] < least:
            if kinds[cut] >= kinds[kept[-1]] or len(kept) < 2 or tokens[cut] - tokens[kept[-2]] > size:
                continue
            kept.pop()
        kept.append(cut)
    return Cuts([cuts.positions[i] for i in kept], [kinds[i] for i in kept], [tokens[i] for i in kept])


def _first(cuts: Cuts, start: int, overlap: int) -> int:
    """Where the chunk that has its own from `start` on begins to repeat.

    Only a paragraph or item that was cut is repeated from, whole sentences of it unless a sentence was cut too.
    """
    first = back = start
    if cuts.kinds[start] < Cut.SENTENCE:
        return first
    while cuts.kinds[back] >= Cut.SENTENCE and cuts.tokens[start] - cuts.tokens[back - 1] <= overlap:
        back -= 1
        if cuts.kinds[back] <= max(Cut.SENTENCE, cuts.kinds[start]):
            first = back
    return first


def _costs_of_joining(cuts: Cuts, size: int) -> list[float]:
    """For each cut, the cost of not making it: of two sections in one chunk."""
    sections = [i for i, kind in enumerate(cuts.kinds) if kind <= Cut.SECTION]
    costs = [0.0] * len(cuts.kinds)
    for before, here, after in zip(sections, sections[1:], sections[2:], strict=False):
        smaller = min(cuts.tokens[here] - cuts.tokens[before], cuts.tokens[after] - cuts.tokens[here])
        costs[here] = COST_OF_JOINING[cuts.kinds[here]] * min(1.0, smaller / size)
    return costs
