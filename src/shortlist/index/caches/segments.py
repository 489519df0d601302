"""A cache as a row of segments: what one reader sees of it at one position of the change log.

A segment covers the chunks of a span of rows and never changes. New chunks make new segments; deleted ones are
masked until their segment is merged with its neighbour.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

import numpy as np

if TYPE_CHECKING:
    import sqlite3

    from numpy.typing import NDArray


class Segment(Protocol):
    """What every segment can say of itself."""

    @property
    def rows(self) -> NDArray[np.int64]:
        """Its chunks' rows, ascending, shape (chunks,)."""
        ...

    @property
    def id_order(self) -> NDArray[np.int32]:
        """Place of each chunk when they are sorted by id: breaks ties. Shape (chunks,)."""
        ...


S = TypeVar("S", bound=Segment)


@dataclass(frozen=True)
class Part(Generic[S]):
    """A segment and which of its chunks still exist."""

    segment: S
    alive: NDArray[np.bool_] | None  # None: all of them
    position: int  # of the log when the segment was made: older deletions are not in it
    file: str | None = None  # where it lies on disk, if it does

    @cached_property
    def count(self) -> int:
        """Chunks that exist."""
        return len(self.segment.rows) if self.alive is None else int(np.count_nonzero(self.alive))

    def without(self, gone: NDArray[np.int64]) -> Part[S]:
        """The part after spans of rows, shape (spans, 2), first and last included, were deleted."""
        begins = np.searchsorted(self.segment.rows, gone[:, 0])
        ends = np.searchsorted(self.segment.rows, gone[:, 1], side="right")
        touched = np.flatnonzero(begins < ends)
        if not len(touched):
            return self
        alive = np.ones(len(self.segment.rows), np.bool_) if self.alive is None else self.alive.copy()
        for begin, end in zip(begins[touched], ends[touched], strict=True):
            alive[begin:end] = False
        return replace(self, alive=alive)

    def places(self, rows: NDArray[np.int64]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Which of `rows` are chunks of this part that exist, and where: two arrays of the same length."""
        held = self.segment.rows
        if not len(held):
            return np.empty(0, np.intp), np.empty(0, np.intp)
        places = np.minimum(np.searchsorted(held, rows), len(held) - 1)
        there = held[places] == rows
        if self.alive is not None:
            there &= self.alive[places]
        asked = np.flatnonzero(there)
        return asked, places[asked]

    def mask(self, rows: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Which chunks of the segment exist and are at `rows`."""
        chosen = np.zeros(len(self.segment.rows), np.bool_)
        chosen[self.places(rows)[1]] = True
        return chosen


@dataclass(frozen=True)
class View(Generic[S]):
    """A cache at one position of the change log. Never changes, so any number of threads may read it."""

    position: int = 0
    through: int = 0  # every chunk up to this row is in a part, or is gone
    parts: tuple[Part[S], ...] = ()

    @cached_property
    def count(self) -> int:
        """Chunks that exist."""
        return sum(part.count for part in self.parts)


class Kind(Protocol[S]):
    """How one cache makes its segments."""

    def build(self, connection: sqlite3.Connection, rows: Sequence[int]) -> S:
        """A segment of the chunks at `rows`, ascending, from the records."""
        ...

    def merge(self, connection: sqlite3.Connection, parts: Sequence[Part[S]]) -> S:
        """One segment of all chunks of `parts`, which follow each other, that exist."""
        ...


def order_of_ids(ids: Sequence[str]) -> NDArray[np.int32]:
    """The place of each id when they are sorted, shape (ids,)."""
    order = np.empty(len(ids), np.int32)
    order[sorted(range(len(ids)), key=ids.__getitem__)] = np.arange(len(ids), dtype=np.int32)
    return order


def best(scores: NDArray[np.float32], id_order: NDArray[np.int32], limit: int) -> NDArray[np.intp]:
    """Positions of the `limit` highest scores, best first; equal scores by id."""
    if limit <= 0:
        return np.empty(0, np.intp)
    if len(scores) <= limit:
        chosen = np.arange(len(scores))
    else:
        lowest = np.partition(scores, len(scores) - limit)[len(scores) - limit]
        above, tied = np.flatnonzero(scores > lowest), np.flatnonzero(scores == lowest)
        room = limit - len(above)
        if len(tied) > room:
            tied = tied[np.argpartition(id_order[tied], room - 1)[:room]]
        chosen = np.concatenate([above, tied])
    return chosen[np.lexsort((id_order[chosen], -scores[chosen]))]
