"""A deadline: which candidates to read next, so that the answer is there when the clock says so.

Each round takes at most half of the time that is left, so what a wrong estimate can cost shrinks with every round, and
the last round before the deadline is a single candidate (or one a core).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from shortlist.records import Candidate, Note
from shortlist.rerank.pace import Pace
from shortlist.rerank.readers.port import Reading

LOOKAHEAD = 32  # candidates whose work is counted before a round: counting tokens takes time too


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
        ahead = waiting[:LOOKAHEAD]
        work = reading.work(ahead)
        if not pace.known:
            count = min(reading.lanes, len(ahead))
            return list(range(count)), count
        left = self.left()
        fitting = [i for i, one in enumerate(work) if pace.seconds([one], 1) <= left]
        for budget in (left / 2, left):
            chosen = _first_that_fit([work[i] for i in fitting], reading.lanes, pace, budget)
            if chosen:
                return fitting[:chosen], fitting[chosen - 1] + 1
        return [], len(ahead)


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
