"""Which chunks a filter allows, found the cheaper way: as a list of all, or by asking for the best ones in turn.

Either way the result is the ranking of the allowed chunks, as if the index had no others; only BM25's statistics
stay those of the whole index.
"""

from __future__ import annotations

import json
import sqlite3
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from shortlist.index.filter.parse import parse_filter
from shortlist.index.filter.sql import Condition, condition

if TYPE_CHECKING:
    from numpy.typing import NDArray

Ranked: TypeAlias = "tuple[NDArray[np.int64], NDArray[np.float32]]"
Rank: TypeAlias = "Callable[[int, NDArray[np.int64] | None], Ranked]"

LISTED = 100_000  # documents: where a filter allows no more, all their chunks are listed first, once (about .1 s)
WALKED = 5_000  # candidates: where so many of the best hold too few allowed ones, the list is made after all
STEP = 4  # how many times more candidates are asked for each time
REMEMBERED = 16  # filters


@dataclass
class Allowed:
    """A filter in one state of the index: SQL that was checked, and the list of rows once it was needed."""

    condition: Condition
    rows: NDArray[np.int64] | None = None

    def listed(self, connection: sqlite3.Connection) -> NDArray[np.int64]:
        """All rows it allows, ascending."""
        if self.rows is None:
            found = connection.execute(
                f"SELECT c.row FROM documents d JOIN chunks c ON c.document = d.row WHERE {self.condition.few}",
                self.condition.few_values,
            )
            self.rows = np.sort(np.fromiter((row for (row,) in found), np.int64))
        return self.rows

    def documents(self, connection: sqlite3.Connection) -> set[int]:
        """The rows of all documents that have a chunk it allows, or that have no chunk."""
        found = connection.execute(
            f"SELECT d.row FROM documents d LEFT JOIN chunks c ON c.document = d.row WHERE {self.condition.few}",
            self.condition.few_values,
        )
        return {int(row) for (row,) in found}

    def among(self, connection: sqlite3.Connection, rows: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Which of `rows` it allows, shape (rows,)."""
        found = connection.execute(
            "SELECT c.row FROM chunks c JOIN documents d ON d.row = c.document "
            f"WHERE c.row IN (SELECT value FROM json_each(?)) AND {self.condition.each}",
            (json.dumps(rows.tolist()), *self.condition.each_values),
        )
        return np.isin(rows, np.fromiter((row for (row,) in found), np.int64))


class Filters:
    """The filters that were asked for lately, each for the state of the index it was asked in. Thread-safe."""

    def __init__(self) -> None:
        self._known: OrderedDict[tuple[str, int], Allowed] = OrderedDict()
        self._lock = Lock()

    def allowed(self, connection: sqlite3.Connection, position: int, where: str) -> Allowed:
        """The filter `where`, checked against the index at `position` of its change log.

        Raises:
            FilterError: it does not parse, or names a field that no document has.
        """
        key = (where, position)
        with self._lock:
            if key in self._known:
                self._known.move_to_end(key)
                return self._known[key]
        found = Allowed(condition(connection, parse_filter(where), LISTED))
        with self._lock:
            self._known[key] = found
            while len(self._known) > REMEMBERED:
                self._known.popitem(last=False)
        return found


def ranked_allowed(connection: sqlite3.Connection, allowed: Allowed, rank: Rank, limit: int) -> Ranked:
    """The `limit` best of the allowed chunks.

    Args:
        connection: of the state that `rank` ranks.
        allowed: the filter.
        rank: gives the best so many, of all chunks or of those at given rows.
        limit: how many at most.
    """
    if allowed.rows is None and allowed.condition.size > LISTED:
        size = STEP * limit
        while 0 < size <= WALKED:
            rows, scores = rank(size, None)
            kept = allowed.among(connection, rows)
            if np.count_nonzero(kept) >= limit or len(rows) < size:
                return rows[kept][:limit], scores[kept][:limit]
            size *= STEP
    return rank(limit, allowed.listed(connection))
