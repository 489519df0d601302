"""A deadline: which candidates to read next, so that the answer is there when the clock says so.

Each round takes at most half of the time that is left, so what a wrong estimate can cost shrinks with every round, and
the last round before the deadline is a single candidate (or one a core). Counting a candidate's tokens takes time too,
about a hundredth of reading it: it is done a few at a time, for as many as the round has room for.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from shortlist.records import Candidate, Note
from shortlist.rerank.pace import Pace
from shortlist.rerank.readers.port import Reading

COUNTED = 8  # candidates whose work is counted between two looks at the clock; no fewer than there are lanes
ROUND = 32  # candidates of a round, at least: enough to keep the lanes busy; no fewer than two a lane


@dataclass(frozen=True, slots=True)
class Deadline:
    """A moment of a clock, in its seconds."""

    at: float
    clock: Callable[[], float] = time.perf_counter

    def left(self) -> float:
        """Seconds; below 0 when it has passed."""
        return self.at - self.clock()

    def next(self, waiting: Sequence[Candidate], reading: Reading, pace: Pace) -> tuple[list[int], int]:
        """What to read next.

        Args:
            waiting: unread candidates, the most promising first.
            reading: of their query.
            pace: of this reading.

        Returns:
            Positions in `waiting`, ascending, and how many candidates were looked at from the first on: those that
            were looked at and not chosen take longer than there is time. No positions where time is up.
        """
        if self.left() <= 0:
            return [], len(waiting)
        lanes = min(reading.lanes, ROUND)  # a service may take a thousand at once, and how long that takes nobody knows
        if not pace.known:
            count = min(lanes, len(waiting))
            return list(range(count)), count
        work: list[float] = []
        fitting: list[int] = []
        chosen = 0
        while len(work) < len(waiting) and self.left() > pace.short():
            work += reading.work(waiting[len(work) : len(work) + max(COUNTED, lanes)])
            left = self.left()
            fitting = [i for i, one in enumerate(work) if pace.seconds([one], 1) <= left]
            able = [work[i] for i in fitting]
            chosen = _first_that_fit(able, lanes, pace, left / 2) or _first_that_fit(able, lanes, pace, left)
            if chosen < len(fitting) or len(work) >= max(ROUND, 2 * lanes):
                break
        if chosen:
            return fitting[:chosen], fitting[chosen - 1] + 1
        return [], len(work) or len(waiting)


def _first_that_fit(work: Sequence[float], lanes: int, pace: Pace, seconds: float) -> int:
    """How many of these, from the first on, can be read together in so many seconds."""
    count = 0
    while count < len(work) and pace.seconds(work[: count + 1], lanes) <= seconds:
        count += 1
    return count


def late_note(deadline_ms: float, read: int, unread: int) -> Note:
    """What a deadline left unread."""
    return Note(
        "rerank-partial",
        f"The deadline of {deadline_ms:g} ms left time for {read} of {read + unread} candidates; the others follow "
        "unread, in the order they had.",
        {"deadline_ms": deadline_ms, "read": read, "unread": unread},
    )
