"""How a cache follows the change log: what the log says is new is read from the records, by every process for itself.

A reader never waits for a writer and needs nothing from it: segments on disk only save it the work of making them.
"""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from threading import Lock
from typing import Generic

import numpy as np

from shortlist.index.caches.disk import Disk
from shortlist.index.caches.segments import Kind, Part, S, View
from shortlist.index.records.chunks import rows_after

BATCH = 16_384  # chunks that become one segment at most, before they are merged
RATIO = 4  # a part is merged with the next when it is less than so many times as large: few parts, little rewriting
DEAD = 0.2  # share of deleted chunks from which on a segment is written anew
BEHIND = 4096  # chunks; a reader that lags by more looks first whether a writer has saved them


class Follower(Generic[S]):
    """The newest view of one cache that this process has. Thread-safe."""

    def __init__(self, kind: Kind[S], disk: Disk[S]) -> None:
        self.kind = kind
        self.disk = disk
        self.damage = ""  # what was wrong with the files, if they had to be made again
        self._view: View[S] | None = None
        self._advancing = Lock()

    def at(self, connection: sqlite3.Connection, position: int) -> View[S]:
        """The cache at `position`, which is what `connection` sees, or later where another thread went on."""
        view = self._view
        if view is None or view.position < position:
            with self._advancing:
                view = self._view
                if view is None or view.position < position:
                    view = self._view = self._advanced(connection, view, position)
        return view

    @property
    def parts(self) -> tuple[Part[S], ...]:
        """The parts of the newest view; none before the first."""
        return self._view.parts if self._view is not None else ()

    def unsaved(self) -> int:
        """How many chunks of the view are in no file."""
        return sum(part.count for part in self.parts if part.file is None)

    def save(self, connection: sqlite3.Connection, position: int) -> None:
        """Bring the cache to `position` and to disk. Only for the one writer."""
        with self._advancing:
            if self.disk.position() == position:
                self._view = self._advanced(connection, None, position)
                if not self.damage:
                    return
            view = self._advanced(connection, self._view, position)
            parts = merged(self.kind, connection, self._compacted(connection, view), position, also_saved=True)
            self._view = self.disk.save(connection, replace(view, parts=tuple(parts)))

    def restart(self) -> None:
        """Forget everything, on disk too. Only for the one writer."""
        with self._advancing:
            self.disk.clear()
            self._view = View[S]()

    def _advanced(self, connection: sqlite3.Connection, view: View[S] | None, position: int) -> View[S]:
        if view is None or (self._is_behind(connection, view) and self.disk.position() > view.position):
            view, self.damage = self.disk.load(connection)
        view = deleted_since(connection, view)
        parts, through = [part for part in view.parts if part.count], view.through
        while rows := rows_after(connection, through, BATCH):
            parts.append(Part(self.kind.build(connection, rows), None, position))
            through = rows[-1]
            parts = merged(self.kind, connection, parts, position)
        return View(position, through, tuple(parts))

    def _is_behind(self, connection: sqlite3.Connection, view: View[S]) -> bool:
        return len(rows_after(connection, view.through, BEHIND)) == BEHIND

    def _compacted(self, connection: sqlite3.Connection, view: View[S]) -> list[Part[S]]:
        """The parts, those of which many chunks were deleted written anew."""
        return [
            Part(self.kind.merge(connection, [part]), None, view.position)
            if part.count < (1 - DEAD) * len(part.segment.rows)
            else part
            for part in view.parts
            if part.count
        ]


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
    parts = list(parts)
    while len(parts) > 1 and parts[-2].count < RATIO * parts[-1].count and (also_saved or parts[-2].file is None):
        last = parts[-2:]
        del parts[-2:]
        parts.append(Part(kind.merge(connection, last), None, position))
    return parts
