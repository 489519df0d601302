"""Adaptive depth: stop reading when it is unlikely that an unread candidate belongs into the first place.

A line through the scores of what was read, over the first stage's scores, says what is to be expected of an unread
candidate and how far it may be off: Student's distribution with the line's own error, wide while little was read. The
chance that one of the unread beats the best so far comes from that; it takes their errors for independent, though the
line's is common to all, and is on the whole too high. Nothing is fitted beforehand and all of it is free of scale, so
it serves any model. Why the first place and not the first ten: docs/decisions/009-adaptive-depth.md.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from shortlist.records import Candidate, Note, Ranking
from shortlist.scales import z_scores

STEP = 5  # candidates read between two looks at the chance; no line is laid through fewer

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
        return STEP if done else max(STEP, self.cutoff)

    def chance(self, read: Mapping[int, Candidate], unread: Sequence[int]) -> float:
        """The chance that an unread candidate belongs into the first places, in [0, 1].

        Args:
            read: by position in the list, ascending.
            unread: the other positions.
        """
        if len(read) < max(STEP, self.cutoff):
            return 1.0
        if not unread:
            return 0.0
        rerank = np.array([candidate.scores["rerank"] for candidate in read.values()])
        return entering(self.outlook(rerank, list(read), list(unread)), self.cutoff)

    def outlook(self, rerank: Array, read: list[int], unread: list[int]) -> Outlook:
        """The scores that make the order: of those that were read, and as they are to be expected of the others."""
        line = Line.through(self.first_stage[read], rerank)
        ahead = self.first_stage[unread]
        own, expected = rerank, line.at(ahead)
        if self.bm25 is not None:
            deviation = float(rerank.std())
            bm25 = deviation * self.weight * z_scores(self.bm25, np.isin(np.arange(len(self.bm25)), read))
            own, expected = own + bm25[read], expected + bm25[unread]
        return Outlook(own, expected, line.error_at(ahead))


@dataclass(frozen=True, slots=True)
class Outlook:
    """A list that was read in part."""

    read: Array  # scores of what was read, at least three
    expected: Array  # of the unread
    error: Array  # by how much each of these may be off, one standard error


def entering(outlook: Outlook, cutoff: int) -> float:
    """The chance that at least one unread candidate scores above the last of the first `cutoff`, each on its own."""
    last = float(np.partition(outlook.read, len(outlook.read) - cutoff)[len(outlook.read) - cutoff])
    gaps = (last - outlook.expected) / np.maximum(outlook.error, 1e-9)
    none = 1.0
    for gap in gaps.tolist():
        none *= 1 - above(gap, len(outlook.read) - 2)
    return 1 - none


def above(t: float, freedom: int) -> float:
    """The chance that a variable of Student's distribution is above t.

    By Wallace's normal approximation (Biometrika 46, 1959), within .001 from three degrees of freedom on.
    """
    normal = (8 * freedom + 1) / (8 * freedom + 3) * math.sqrt(freedom * math.log1p(t * t / freedom))
    return 0.5 * math.erfc(math.copysign(normal, t) / math.sqrt(2))


@dataclass(frozen=True, slots=True)
class Line:
    """A least-squares line, its slope not below 0, and how far a new point may lie from it."""

    centre: float
    slope: float
    height: float  # at the centre
    spread: float  # sum of squares of x about the centre
    points: int
    error: float  # standard deviation about the line

    @classmethod
    def through(cls, x: Array, y: Array) -> Line:
        """Through at least three points."""
        centre, height = float(x.mean()), float(y.mean())
        spread = float((x - centre) @ (x - centre))
        slope = max(float((x - centre) @ y) / spread, 0.0) if spread > 1e-12 else 0.0
        residuals = y - height - slope * (x - centre)
        error = math.sqrt(float(residuals @ residuals) / (len(y) - 2))
        return cls(centre, slope, height, spread, len(y), error)

    def at(self, x: Array) -> Array:
        """Its height at each x."""
        return self.height + self.slope * (x - self.centre)

    def error_at(self, x: Array) -> Array:
        """Standard error of a new point at each x: the points' own, and what the line itself may be off."""
        lever = (x - self.centre) ** 2 / self.spread if self.spread > 1e-12 else np.zeros_like(x)
        return self.error * np.sqrt(1 + 1 / self.points + lever)


def stopped_note(read: int, unread: int, chance: float, cutoff: int) -> Note:
    """What was left unread because it was enough."""
    where = "in the first place" if cutoff == 1 else f"among the first {cutoff}"
    return Note(
        "adaptive-depth",
        f"Reading stopped after {read} of {read + unread} candidates: the chance that another one belongs {where} "
        f"is estimated at {chance:.3f}. The others follow unread, in the order they had.",
        {"read": read, "unread": unread, "chance": chance, "cutoff": cutoff},
    )
