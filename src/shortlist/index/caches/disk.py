"""A cache's folder: its segments as files, and one small file that says which of them count.

Everything is written beside what is there and takes effect by one rename. What cannot be trusted is made again from
the records: a file that was cut or changed, a cache that another version made, or one of another index.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, cast
from uuid import uuid4

from shortlist.index.caches.arrays import Damaged, Stamp, intact, read_arrays, write_arrays
from shortlist.index.caches.manifest import read_manifest, write_manifest
from shortlist.index.caches.segments import Part, S, View

if TYPE_CHECKING:
    from numpy.typing import NDArray

MANIFEST = "current.json"
SMALLEST = 64  # chunks; fewer are read from the records faster than they are worth a file


@dataclass(frozen=True)
class Disk(Generic[S]):
    """Where one cache keeps its segments."""

    folder: Path
    version: str  # of what the segments hold; another one is made again
    segment: Callable[..., S]  # the dataclass of arrays that a segment is

    def load(self, connection: sqlite3.Connection) -> tuple[View[S], str]:
        """What is on disk, and why that is nothing if it is damaged.

        The view is at position 0: deletions since its parts were made are not in it yet.
        """
        try:
            manifest = self._manifest()
            if manifest is None or not _belongs(connection, manifest):
                return View[S](), ""
            parts = tuple(
                Part(self._read(entry["file"], entry["stamp"]), None, entry["position"], entry["file"])
                for entry in manifest["parts"]
            )
            return View(0, manifest["through"], parts), ""
        except (Damaged, KeyError, TypeError, ValueError) as error:
            return View[S](), f"{self.folder.name}: {error}"

    def position(self) -> int:
        """How far the change log went when the cache was saved; 0 if there is none."""
        try:
            return int((self._manifest() or {"position": 0})["position"])
        except (Damaged, KeyError, TypeError, ValueError):
            return 0

    def save(self, connection: sqlite3.Connection, view: View[S]) -> View[S]:
        """Write what is not on disk yet. Only for the one writer. Returns the view with its segments on disk."""
        self.folder.mkdir(exist_ok=True)
        known = {entry["file"]: entry for entry in self._entries()}
        entries: list[Mapping[str, Any]] = []
        parts: list[Part[S]] = []
        for part in view.parts:
            if part.file not in known:
                if part.count < SMALLEST:
                    break
                part, known = self._write(part, known)
            entries.append(known[cast("str", part.file)])
            parts.append(part)
        unsaved = view.parts[len(parts) :]
        through = int(unsaved[0].segment.rows[0]) - 1 if unsaved else view.through
        mark = connection.execute("SELECT mark FROM changes WHERE sequence = ?", (view.position,)).fetchone()
        body = {
            "version": self.version,
            "position": view.position,
            "mark": mark[0] if mark else 0,
            "through": through,
            "parts": entries,
        }
        write_manifest(self.folder / MANIFEST, body)
        self._sweep({entry["file"] for entry in entries})
        return replace(view, parts=(*parts, *unsaved))

    def clear(self) -> None:
        """Forget what is on disk."""
        (self.folder / MANIFEST).unlink(missing_ok=True)
        self._sweep(set())

    def intact(self) -> bool:
        """Whether every file holds what was written; reads all of them."""
        try:
            return all(intact(self.folder / entry["file"], Stamp(**entry["stamp"])) for entry in self._entries())
        except (Damaged, KeyError, TypeError, ValueError):
            return False

    def bytes(self) -> int:
        """Size of the folder."""
        return sum(file.stat().st_size for file in self.folder.iterdir()) if self.folder.is_dir() else 0

    def _entries(self) -> list[dict[str, Any]]:
        try:
            return (self._manifest() or {"parts": []})["parts"]
        except Damaged:
            return []

    def _manifest(self) -> dict[str, Any] | None:
        manifest = read_manifest(self.folder / MANIFEST)
        return manifest if manifest is not None and manifest["version"] == self.version else None

    def _read(self, file: str, stamp: Mapping[str, int]) -> S:
        return self.segment(**read_arrays(self.folder / file, Stamp(**stamp)))

    def _write(self, part: Part[S], known: dict[str, Any]) -> tuple[Part[S], dict[str, Any]]:
        file = f"{uuid4().hex}.segment"
        stamp = write_arrays(self.folder / file, cast("dict[str, NDArray[Any]]", vars(part.segment)))
        entry = {"file": file, "position": part.position, "stamp": asdict(stamp)}
        return replace(part, segment=self._read(file, asdict(stamp)), file=file), {**known, file: entry}

    def _sweep(self, kept: set[str]) -> None:
        """Remove segments that do not count any more. Other processes keep what they have mapped."""
        for path in self.folder.glob("*.segment"):
            if path.name not in kept:
                with suppress(OSError):  # Windows does not remove a file that is mapped: the next save tries again
                    path.unlink()


def _belongs(connection: sqlite3.Connection, manifest: Mapping[str, Any]) -> bool:
    """Whether the cache was made of these records: not of a copy that went on differently."""
    mark = connection.execute("SELECT mark FROM changes WHERE sequence = ?", (manifest["position"],)).fetchone()
    return (mark[0] if mark else 0) == manifest["mark"]
