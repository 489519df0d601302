"""How a cache follows the change log: what the log says is new is read from the records, by every process for itself.

A reader never waits for a writer and needs nothing from it: segments on disk only save it the work of making them.
"""

from __future__ import annotations

from dataclasses import replace
from threading import Lock
from typing import TYPE_CHECKING, Generic, cast

import numpy as np

from shortlist.index.caches.segments import Kind, Part, S, View
from shortlist.index.records.chunks import rows_after

if TYPE_CHECKING:
    import sqlite3

BATCH = 16_384  # chunks that become one segment at most, before they are merged
RATIO = 4  # a part is merged with the next when it is less than so many times as large: few parts, little rewriting


class Follower(Generic[S]):
    """The newest view of one cache that this process has. Thread-safe."""

    def __init__(self, kind: Kind[S], start: View[S]) -> None:
        self.kind = kind
        self.view = start
        self._advancing = Lock()

    def at(self, connection: sqlite3.Connection, position: int) -> View[S]:
        """The cache at `position`, which is what `connection` sees, or later where another thread went on."""
        if self.view.position < position:
            with self._advancing:
                if self.view.position < position:
                    self.view = self._advanced(connection, self.view, position)
        return self.view

    def _advanced(self, connection: sqlite3.Connection, view: View[S], position: int) -> View[S]:
        view = deleted_since(connection, view)
        parts, through = list(view.parts), view.through
        while rows := rows_after(connection, through, BATCH):
            parts.append(Part(self.kind.build(connection, rows), None, position))
            through = rows[-1]
            parts = merged(self.kind, connection, parts, position)
        return View(position, through, tuple(parts))


def deleted_since(connection: sqlite3.Connection, view: View[S]) -> View[S]:
    """The view without the chunks that were deleted after each of its parts was made."""
    since = view.position or min((part.position for part in view.parts), default=0)
    gone = connection.execute(
        "SELECT first, last FROM changes WHERE sequence > ? AND op = 'delete' AND first <= ?", (since, view.through)
    ).fetchall()
    if not gone:
        return view
    spans = np.array(gone, np.int64)
    return replace(view, parts=tuple(part.without(spans) for part in view.parts))


def merged(
    kind: Kind[S], connection: sqlite3.Connection, parts: list[Part[S]], position: int, *, also_saved: bool = False
) -> list[Part[S]]:
    """The parts with small neighbours at the end made one; those on disk only where `also_saved`."""
    parts = [part for part in parts if part.count]
    while len(parts) > 1 and parts[-2].count < RATIO * parts[-1].count and (also_saved or parts[-2].file is None):
        last = parts[-2:]
        del parts[-2:]
        parts.append(cast("Part[S]", Part(kind.merge(connection, last), None, position)))
    return parts
