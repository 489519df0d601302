"""Adaptive depth: stop reading when it is unlikely that an unread candidate belongs into the first places.

Two things speak for going on. The scores of what was read, regressed on the first stage's, say how far above its due an
unread candidate would have to be to enter. And a list into which many newcomers came lately is not finished. A logistic
model of both gives the chance; its constants were fitted on unlabelled queries of development splits, whose lists had
been read to the end (benchmarks/adaptive_depth.py). All that goes in is free of scale, so it serves any model.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from shortlist.records import Candidate, Note, Ranking
from shortlist.scales import z_scores

STEP = 5  # candidates read between two looks at the chance
LEAST = 10  # read before the first look: a regression of fewer says little
CONSTANTS = (2.28, 0.96, -0.68, 0.37, -0.43)

Array: TypeAlias = "NDArray[np.float64]"


@dataclass(frozen=True, slots=True)
class Enough:
    """When a list was read far enough."""

    risk: float  # stop when the chance that an unread candidate belongs into the first places is below this
    cutoff: int  # how many places are the first
    weight: float  # of BM25 beside the model
    first_stage: Array  # score of each candidate, shape (candidates,)
    bm25: Array | None  # where the order is made with it

    @classmethod
    def of(cls, ranking: Ranking, candidates: Sequence[Candidate], risk: float, cutoff: int, weight: float) -> Enough:
        """For the candidates of this ranking, in first-stage order."""
        scores = [candidate.scores.get(ranking.scored_by, math.nan) for candidate in candidates]
        if not all(map(math.isfinite, scores)):  # candidates from anywhere may have an order only
            scores = [-math.log(place) for place in range(1, len(candidates) + 1)]
        bm25 = [candidate.scores.get("bm25", math.nan) for candidate in candidates]
        blends = weight != 0 and all(map(math.isfinite, bm25))
        return cls(risk, cutoff, weight, np.array(scores), np.array(bm25) if blends else None)

    def step(self, done: int) -> int:
        """How many candidates to read before looking again."""
        return STEP if done else max(LEAST, self.cutoff)

    def chance(self, read: Mapping[int, Candidate], unread: Sequence[int]) -> float:
        """The chance that an unread candidate belongs into the first places, in [0, 1].

        Args:
            read: by position in the list, ascending.
            unread: the other positions.
        """
        if len(read) < max(LEAST, self.cutoff):
            return 1.0
        if not unread:
            return 0.0
        rerank = np.array([candidate.scores["rerank"] for candidate in read.values()])
        signs = features(self.gaps(rerank, list(read), list(unread)), self.cutoff)
        return 1 / (1 + math.exp(-float(np.dot(CONSTANTS, signs))))

    def gaps(self, rerank: Array, read: list[int], unread: list[int]) -> Gaps:
        """The scores that make the order: of those that were read, and as they are to be expected of the others."""
        slope, intercept, error = _regression(self.first_stage[read], rerank)
        own, expected = rerank, intercept + slope * self.first_stage[unread]
        if self.bm25 is not None:
            deviation = float(rerank.std())
            bm25 = deviation * self.weight * z_scores(self.bm25, np.isin(np.arange(len(self.bm25)), read))
            own, expected = own + bm25[read], expected + bm25[unread]
        return Gaps(own, expected, error)


@dataclass(frozen=True, slots=True)
class Gaps:
    """Scores of a list that was read in part."""

    read: Array  # in the order of reading
    expected: Array  # of the unread
    error: float  # standard deviation of what was expected


def features(gaps: Gaps, cutoff: int) -> list[float]:
    """What the chance depends on: 1, then logarithms of how many unread ones are expected to enter, of how many were
    read since the last one entered, of how many were read, and of how many are unread.
    """
    threshold = float(np.partition(gaps.read, len(gaps.read) - cutoff)[len(gaps.read) - cutoff])
    above = (threshold - gaps.expected) / max(gaps.error, 1e-9)
    entering = sum(0.5 * math.erfc(x / math.sqrt(2)) for x in above.tolist())
    return [
        1.0,
        math.log(entering + 1e-4),
        math.log(1 + _since_the_last_entry(gaps.read.tolist(), cutoff)),
        math.log(len(gaps.read) / cutoff),
        math.log(len(gaps.expected)),
    ]


def _since_the_last_entry(scores: Sequence[float], cutoff: int) -> int:
    """How many were read since one entered the first `cutoff` of those before it."""
    best, last = list(scores[:cutoff]), cutoff
    heapq.heapify(best)
    for place, score in enumerate(scores[cutoff:], cutoff + 1):
        if score > best[0]:
            heapq.heapreplace(best, score)
            last = place
    return len(scores) - last


def _regression(x: Array, y: Array) -> tuple[float, float, float]:
    """Slope (not below 0), intercept and standard error of a least-squares line."""
    centred = x - x.mean()
    spread = float(centred @ centred)
    slope = max(float(centred @ y) / spread, 0.0) if spread > 1e-12 else 0.0
    intercept = float(y.mean() - slope * x.mean())
    residuals = y - intercept - slope * x
    return slope, intercept, math.sqrt(float(residuals @ residuals) / max(len(y) - 2, 1))


def stopped_note(read: int, unread: int, chance: float, cutoff: int) -> Note:
    """What was left unread because it was enough."""
    return Note(
        "adaptive-depth",
        f"Reading stopped after {read} of {read + unread} candidates: the chance that another one belongs among the "
        f"first {cutoff} is estimated at {chance:.3f}. The others follow unread, in the order they had.",
        {"read": read, "unread": unread, "chance": chance, "cutoff": cutoff},
    )
