"""Reading candidates in rounds, the most promising first, until all are read or there is a reason to stop."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from shortlist.records import Candidate, Note
from shortlist.rerank.deadline import Deadline
from shortlist.rerank.pace import Pace, pace_of
from shortlist.rerank.readers.port import Noting, Reading
from shortlist.rerank.readers.windows import LONG


@dataclass(frozen=True, slots=True)
class Looked:
    """What came of the candidates that were to be read."""

    read: list[Candidate]  # in the order given
    unread: list[Candidate]  # in the order given
    late: bool = False  # whether the deadline left some unread
    notes: tuple[Note, ...] = ()  # of the model


def look(reading: Reading, candidates: Sequence[Candidate], deadline: Deadline | None = None) -> Looked:
    """Read candidates, the first ones first.

    Args:
        reading: of their query.
        candidates: in first-stage order.
        deadline: no round is begun that would end after it.
    """
    pace = pace_of(reading.pace)
    read: dict[int, Candidate] = {}
    done = 0  # candidates that were read or passed over
    while done < len(candidates):
        ahead = candidates[done:]
        chosen, seen = list(range(len(ahead))), len(ahead)
        if deadline is not None:
            chosen, seen = deadline.next(ahead, reading, pace)
        for i, candidate in zip(chosen, _read(reading, [ahead[i] for i in chosen], pace), strict=True):
            read[done + i] = candidate
        done += seen
    return Looked(
        read=[read[i] for i in sorted(read)],
        unread=[candidate for i, candidate in enumerate(candidates) if i not in read],
        late=len(read) < len(candidates),
        notes=tuple(reading.notes) if isinstance(reading, Noting) else (),
    )


def _read(reading: Reading, candidates: Sequence[Candidate], pace: Pace) -> list[Candidate]:
    """Read them, and learn how long that takes."""
    if not candidates:
        return []
    work = reading.work(candidates)
    start = time.perf_counter()
    read = reading.read(candidates)
    if all(len(candidate.chunk.text) <= LONG for candidate in candidates):  # the work of longer ones is a guess
        pace.saw(work, reading.lanes, time.perf_counter() - start)
    return read
