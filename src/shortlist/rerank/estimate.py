"""What reading a list would cost, before it is read: counted exactly, timed on a few of its candidates."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from shortlist.records import Candidate
from shortlist.rerank.pace import Pace
from shortlist.rerank.readers.port import CountsPairs, Reading
from shortlist.rerank.readers.windows import LONG

ROUNDS = 3  # of as many candidates as are computed at once; the first is not counted: it warms the model up


@dataclass(frozen=True, slots=True)
class Estimate:
    """The cost of a second look."""

    model: str
    candidates: int
    pairs: int  # runs of the model: one a candidate, or one a window of a long passage
    tokens: int | None  # of all pairs, query and special tokens included; None where the model does not count
    seconds: float  # about, on this machine and with what else it does now
    measured: int  # candidates that were read to know


def estimate(model: str, reading: Reading, candidates: Sequence[Candidate]) -> Estimate:
    """What it would take to read all of these candidates.

    Args:
        model: its name.
        reading: of their query.
        candidates: in any order.
    """
    pairs = [n for c in candidates for n in reading.pairs(c)] if isinstance(reading, CountsPairs) else None
    sample = _sample(candidates, reading.lanes)
    pace = Pace()
    for some in sample:
        work = reading.work(some)
        start = time.perf_counter()
        reading.read(some)
        if some is not sample[0] or len(sample) == 1:
            pace.saw(work, reading.lanes, time.perf_counter() - start)
    return Estimate(
        model=model,
        candidates=len(candidates),
        pairs=len(candidates) if pairs is None else len(pairs),
        tokens=None if pairs is None else sum(pairs),
        seconds=pace.expected(reading.work(candidates), reading.lanes),
        measured=sum(map(len, sample)),
    )


def _sample(candidates: Sequence[Candidate], lanes: int) -> list[list[Candidate]]:
    """A few rounds of candidates of all lengths, the very long ones left out where there are others."""
    short = [c for c in candidates if len(c.chunk.text) <= LONG] or list(candidates[:1])
    short.sort(key=lambda candidate: len(candidate.chunk.text))
    count = min(ROUNDS * lanes, len(short))
    chosen = [short[(2 * i + 1) * len(short) // (2 * count)] for i in range(count)]
    return [part for i in range(ROUNDS) if (part := chosen[i::ROUNDS])]
