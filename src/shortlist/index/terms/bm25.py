"""BM25 over the segments of the term index: exact, and to the last bit the same whatever is asked for.

The variant is "Lucene (accurate)" of Kamphuis et al., ECIR 2020: its idf cannot be negative. Terms are taken from the
rarest on. As soon as those to come cannot lift a new chunk among the best, only the chunks found so far are looked up
in them (MaxScore: Turtle and Flood, 1995). A chunk's score is always summed in that same order, in float64.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from threading import local
from typing import TYPE_CHECKING

import numpy as np

from shortlist.index.caches.segments import Part, View, best
from shortlist.index.terms.postings import K1, Postings, saturation

if TYPE_CHECKING:
    from numpy.typing import NDArray

SLACK = 1 - 1e-6  # what is equal in float32 is a tie, and a bound is a sum that may be off by its last bits


@dataclass(frozen=True)
class Term:
    """A term of one query in a whole view."""

    text: bytes
    weight: float  # idf times how often the query has it
    number: tuple[int | None, ...]  # of the term in each part


@dataclass(frozen=True)
class Bm25:
    """BM25 in one view of the term index."""

    view: View[Postings]

    @cached_property
    def average(self) -> float:
        """Mean number of terms of a chunk."""
        total = sum(int(_alive(part, part.segment.lengths).sum(dtype=np.int64)) for part in self.view.parts)
        return total / self.view.count if total else 1.0

    def rank(
        self, query: Sequence[str], limit: int, allowed: NDArray[np.int64] | None = None
    ) -> list[tuple[NDArray[np.int64], NDArray[np.float32]]]:
        """Rows and scores of the `limit` best chunks of each part, best first; ties by chunk id within a part.

        Only chunks at the rows in `allowed` (ascending) are ranked, if it is given. Statistics are of all chunks.
        """
        terms = self.terms(query)
        found: list[tuple[NDArray[np.int64], NDArray[np.float32]]] = []
        floor = 0.0
        for i, part in sorted(enumerate(self.view.parts), key=lambda pair: -pair[1].count):
            wanted = part.alive if allowed is None else part.mask(allowed)
            places, sums = self._candidates(part, i, terms, limit, floor, wanted)
            scores = sums.astype(np.float32)
            order = best(scores, part.segment.id_order[places], limit)
            if len(order) == limit and limit:
                floor = max(floor, float(scores[order[-1]]) * SLACK)
            found.append((part.segment.rows[places[order]], scores[order]))
        return found

    def of(self, query: Sequence[str], rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """BM25 of the chunks at `rows`, shape (rows,); 0 where nothing matches or the chunk does not exist."""
        terms = self.terms(query)
        scores = np.zeros(len(rows), np.float64)
        for i, part in enumerate(self.view.parts):
            asked, places = part.places(rows)
            sums = np.zeros(len(places))
            for term in terms:
                number = term.number[i]
                if number is not None:
                    sums += self._looked_up(part, number, term.weight, places)
            scores[asked] = sums
        return scores.astype(np.float32)

    def terms(self, query: Sequence[str]) -> list[Term]:
        """The query's terms that some chunk holds, the rarest first."""
        found: list[tuple[int, Term]] = []
        for text, times in Counter(query).items():
            encoded = text.encode("utf-8", "surrogatepass")
            numbers = tuple(part.segment.find(encoded) for part in self.view.parts)
            chunks = sum(
                self._frequency(part, number)
                for part, number in zip(self.view.parts, numbers, strict=True)
                if number is not None
            )
            if chunks:
                idf = math.log(1 + (self.view.count - chunks + 0.5) / (chunks + 0.5))
                found.append((chunks, Term(encoded, times * idf * (K1 + 1), numbers)))
        return [term for _, term in sorted(found, key=lambda pair: (pair[0], pair[1].text))]

    def _frequency(self, part: Part[Postings], number: int) -> int:
        chunks, _ = part.segment.of(number)
        return len(chunks) if part.alive is None else int(np.count_nonzero(part.alive[chunks]))

    def _candidates(
        self,
        part: Part[Postings],
        i: int,
        terms: Sequence[Term],
        limit: int,
        floor: float,
        wanted: NDArray[np.bool_] | None,
    ) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
        """Chunks of a part, in no order, and their sums: all that can be among the `limit` best above `floor`."""
        held = [(number, term.weight) for term in terms if (number := term.number[i]) is not None]
        bounds = [weight * self._top(part, number) for number, weight in held]
        rest = np.append(np.cumsum(bounds[::-1])[::-1], 0.0)  # what the terms from each one on can still give
        places, sums = np.empty(0, np.intp), np.empty(0, np.float64)
        for j, (number, weight) in enumerate(held):
            if rest[j] >= floor * SLACK:
                places, sums = self._united(part, number, weight, places, sums, wanted)
            else:
                reachable = sums + rest[j] >= floor * SLACK
                places, sums = places[reachable], sums[reachable]
                sums += self._looked_up(part, number, weight, places)
            floor = max(floor, _floor(sums, limit))
        return places, sums

    def _top(self, part: Part[Postings], number: int) -> float:
        """The highest saturation of a term at today's average length."""
        return float(part.segment.tops[number]) * max(1.0, self.average / float(part.segment.average[0]))

    def _united(
        self,
        part: Part[Postings],
        number: int,
        weight: float,
        places: NDArray[np.intp],
        sums: NDArray[np.float64],
        wanted: NDArray[np.bool_] | None,
    ) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
        """The candidates and all wanted chunks that hold the term, with its gain added."""
        chunks, counts = part.segment.of(number)
        if wanted is not None:
            kept = wanted[chunks]
            chunks, counts = chunks[kept], counts[kept]
        gains = weight * saturation(counts, part.segment.lengths[chunks], self.average)
        if not len(places):
            return chunks.astype(np.intp), gains
        total = _scratch(len(part.segment.rows))
        try:
            total[places] = sums
            before = total[chunks]
            new = chunks[before == 0].astype(np.intp)
            total[chunks] = before + gains
            places = np.concatenate([places, new])
            return places, total[places]
        finally:
            total[places] = 0
            total[chunks] = 0

    def _looked_up(
        self, part: Part[Postings], number: int, weight: float, places: NDArray[np.intp]
    ) -> NDArray[np.float64]:
        """The term's gain for each of `places`, 0 where it does not stand."""
        chunks, counts = part.segment.of(number)
        gains = np.zeros(len(places))
        if not len(chunks):
            return gains
        at = np.minimum(np.searchsorted(chunks, places.astype(np.int32)), len(chunks) - 1)
        there = np.flatnonzero(chunks[at] == places)
        at = at[there]
        gains[there] = weight * saturation(counts[at], part.segment.lengths[chunks[at]], self.average)
        return gains


_threads = local()


def _scratch(size: int) -> NDArray[np.float64]:
    """This thread's array of zeros, at least so long; whoever uses it leaves zeros behind."""
    array = getattr(_threads, "zeros", None)
    if array is None or len(array) < size:
        _threads.zeros = array = np.zeros(size, np.float64)
    return array


def _floor(sums: NDArray[np.float64], limit: int) -> float:
    """What the `limit`-th best chunk has already; 0 where there are fewer."""
    return float(np.partition(sums, len(sums) - limit)[len(sums) - limit]) if 0 < limit <= len(sums) else 0.0


def _alive(part: Part[Postings], values: NDArray[np.int32]) -> NDArray[np.int32]:
    return values if part.alive is None else values[part.alive]
