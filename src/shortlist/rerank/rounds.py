"""Reading candidates in rounds, the most promising first, until all are read or there is a reason to stop."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from shortlist.records import Candidate, Note
from shortlist.rerank.deadline import Deadline
from shortlist.rerank.depth import Enough
from shortlist.rerank.pace import Pace, pace_of
from shortlist.rerank.readers.port import CountsPairs, Noting, Reading
from shortlist.rerank.readers.windows import LONG

BEGINNING = 1000  # characters: little more than a window of a model that reads least


@dataclass(frozen=True, slots=True)
class Looked:
    """What came of the candidates that were to be read."""

    read: list[Candidate]  # in the order given
    unread: list[Candidate]  # in the order given
    late: bool = False  # whether the deadline left some unread
    chance: float | None = None  # where it was enough: that an unread one belongs into the first places
    notes: tuple[Note, ...] = ()  # of the model


def look(
    reading: Reading, candidates: Sequence[Candidate], deadline: Deadline | None = None, enough: Enough | None = None
) -> Looked:
    """Read candidates, the first ones first.

    Args:
        reading: of their query.
        candidates: in first-stage order.
        deadline: no round is begun that would end after it.
        enough: no round is begun when it is unlikely that an unread candidate belongs into the first places.
    """
    pace = pace_of(reading.pace)
    read: dict[int, Candidate] = {}
    chance: float | None = None
    if deadline is not None and not pace.known:
        _probe(reading, candidates, pace, deadline)
    done = 0  # candidates that were read or passed over
    while done < len(candidates):
        step = len(candidates)
        if enough is not None:
            chance = enough.chance(read, [i for i in range(len(candidates)) if i not in read])
            if chance < enough.risk:
                break
            step = enough.step(done)
        ahead = candidates[done : done + step]
        chosen, seen = list(range(len(ahead))), len(ahead)
        if deadline is not None:
            chosen, seen = deadline.next(ahead, reading, pace)
        clock = time.perf_counter if deadline is None else deadline.clock
        for i, candidate in zip(chosen, _read(reading, [ahead[i] for i in chosen], pace, clock), strict=True):
            read[done + i] = candidate
        done += seen
    if deadline is not None and not read and deadline.left() > 0:
        pace.doubt()
    return Looked(
        read=list(read.values()),
        unread=[candidate for i, candidate in enumerate(candidates) if i not in read],
        late=len(read) < done,
        chance=chance if done < len(candidates) else None,
        notes=tuple(reading.notes) if isinstance(reading, Noting) else (),
    )


def _probe(reading: Reading, candidates: Sequence[Candidate], pace: Pace, deadline: Deadline) -> None:
    """Learn from the beginning of a passage how long reading takes, where whole ones may take many times too long."""
    first = candidates[: reading.lanes]
    if deadline.left() > 0 and isinstance(reading, CountsPairs) and any(len(c.chunk.text) > BEGINNING for c in first):
        chunk = replace(first[0].chunk, text=first[0].chunk.text[:BEGINNING])
        _read(reading, [replace(first[0], chunk=chunk)], pace, deadline.clock)


def _read(reading: Reading, candidates: Sequence[Candidate], pace: Pace, clock: Callable[[], float]) -> list[Candidate]:
    """Read them, and learn how long that takes."""
    if not candidates:
        return []
    work = reading.work(candidates)
    start = clock()
    read = reading.read(candidates)
    if all(len(candidate.chunk.text) <= LONG for candidate in candidates):  # the work of longer ones is a guess
        pace.saw(work, reading.lanes, clock() - start)
    return read
