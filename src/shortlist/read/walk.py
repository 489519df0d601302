"""Paths → the files to read: folders, globs, single files and standard input, in an order that is always the same."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from shortlist.read.ignore import NOTHING_IGNORED, Ignored, absolute, ignored_in
from shortlist.read.named import Named, named
from shortlist.read.place import place_of, shown
from shortlist.read.port import ReadOptions, Skipped, SkipReason, Source
from shortlist.read.streams import Tally, counted_file, counted_stream
from shortlist.records import Metadata

NEVER = frozenset({".git", ".hg", ".svn"})  # the insides of version control, whatever the options say
WHY: dict[SkipReason, str] = {
    "hidden": "is hidden",
    "ignored": "is named in a .gitignore",
    "link": "is a symbolic link",
    "special": "is no regular file",
}


def find_files(
    paths: Sequence[str | Path], options: ReadOptions, tally: Tally | None = None
) -> Iterator[Source | Skipped]:
    """The files below the paths, each once, and what was left out. Names are checked now, folders read later.

    Raises:
        ReadError: a path that is not there, or a glob that matches nothing (reason "unreadable").
    """
    found = named(paths, options)
    walk = _Walk(options, tally or Tally())
    return (item for path in found for item in walk.given(path))


def unreadable(path: str, error: OSError) -> Skipped:
    """The record of a file or folder that the system refused."""
    return Skipped(path, "unreadable", f"{path} cannot be read: {error.strerror or error}.")


@dataclass(frozen=True, slots=True)
class _Folder:
    """A folder on the way, under its names: what is asked of every file is worked out once for all in it."""

    path: Path  # as it was given
    place: str  # absolute, links not followed
    real: str  # absolute, links followed
    id: str
    ignored: Ignored

    def file(self, name: str) -> tuple[Path, str]:
        """The path and id of what is in it."""
        return self.path / name, f"{self.id}/{shown(name)}" if self.id != "." else shown(name)


@dataclass(slots=True)
class _Walk:
    options: ReadOptions
    tally: Tally
    seen: set[str] = field(default_factory=set[str])  # real paths: overlapping folders and links give a file once

    def given(self, name: Named) -> Iterator[Source | Skipped]:
        """What one of the given paths leads to."""
        path = name.path
        if name.is_stdin:
            yield self._stream("stdin", "<stdin>", counted_stream(sys.stdin.buffer, self.tally))
        elif name.glob_base is not None and self._ignored_below(name.glob_base, path):
            yield _left_out(self._name(path, self._id(path)), "ignored")
        elif path.is_dir():
            yield from self._folder(path)
        elif not self._met(os.path.realpath(path)):
            yield from self._named_file(path)

    def _folder(self, path: Path) -> Iterator[Source | Skipped]:
        """Depth first, by name; a stack instead of recursion, for folders may nest more deeply than functions."""
        ignored = ignored_in(path) if self.options.ignore_files else NOTHING_IGNORED
        top = _Folder(path, str(absolute(path)), os.path.realpath(path), self._id(path), ignored)
        stack = [(top, self._entries(top))]
        while stack:
            folder, entries = stack[-1]
            entry = next(entries, None)
            if entry is None:
                stack.pop()
            elif isinstance(entry, Skipped):
                yield entry
            else:
                try:
                    inner = yield from self._entry(folder, entry)
                except OSError as error:
                    yield unreadable(self._name(*folder.file(entry.name)), error)
                else:
                    stack += [(inner, self._entries(inner))] if inner is not None else []

    def _entries(self, folder: _Folder) -> Iterator[os.DirEntry[str] | Skipped]:
        if self._met(folder.real):
            return
        try:
            with os.scandir(folder.path) as found:
                entries = sorted(found, key=lambda entry: entry.name)
        except OSError as error:
            yield unreadable(self._name(folder.path, folder.id), error)
        else:
            yield from (entry for entry in entries if entry.name not in NEVER)

    def _entry(self, folder: _Folder, entry: os.DirEntry[str]) -> Generator[Source | Skipped, None, _Folder | None]:
        """What a folder's entry leads to, or the folder that it is."""
        path, id = folder.file(entry.name)
        is_folder = entry.is_dir()
        if reason := self._unwanted(folder, entry, is_folder):
            yield _left_out(self._name(path, id), reason)
            return None
        real = os.path.realpath(path) if entry.is_symlink() else os.path.join(folder.real, entry.name)  # noqa: PTH118 fast
        if is_folder:
            place = Path(folder.place, entry.name)
            inside = folder.ignored.below(place) if self.options.ignore_files else folder.ignored
            return _Folder(path, str(place), real, id, inside)
        facts = entry.stat()
        if not stat.S_ISREG(facts.st_mode):
            yield _left_out(self._name(path, id), "special")
        elif not self._met(real):
            yield self._source(path, id, facts, own_ids=False)
        return None

    def _unwanted(self, folder: _Folder, entry: os.DirEntry[str], is_folder: bool) -> SkipReason | None:
        if entry.name.startswith(".") and not self.options.hidden:
            return "hidden"
        if entry.is_symlink() and not self.options.follow_links:
            return "link"
        return "ignored" if folder.ignored.names(f"{folder.place}{os.sep}{entry.name}", is_folder) else None

    def _ignored_below(self, base: Path, path: Path) -> bool:
        """Whether a file that a glob matched is ignored, or stands in a folder that is."""
        if not self.options.ignore_files:
            return False
        ignored, place = ignored_in(base), absolute(base)
        for part in absolute(path).relative_to(place).parts:
            place = place / part
            if ignored.names(str(place), place.is_dir()):
                return True
            ignored = ignored.below(place)
        return False

    def _named_file(self, path: Path) -> Iterator[Source | Skipped]:
        id = self._id(path)
        try:
            facts = path.stat()
            if stat.S_ISREG(facts.st_mode):
                yield self._source(path, id, facts, own_ids=True)
            else:  # a pipe, such as the shell makes of <(command)
                yield self._stream(id, shown(path), counted_file(path, self.tally))
        except OSError as error:
            yield unreadable(self._name(path, id), error)

    def _source(self, path: Path, id: str, facts: os.stat_result, *, own_ids: bool) -> Source:
        return Source(
            id=id,
            name=self._name(path, id),
            content=path,
            size=facts.st_size,
            metadata={"path": id, **_modified(facts.st_mtime)},
            own_ids=own_ids,
            limit=self.options.max_file_bytes,
            tally=self.tally,
        )

    def _stream(self, id: str, name: str, stream: BinaryIO) -> Source:
        facts = {"path": id}
        return Source(id, name, stream, metadata=facts, limit=self.options.max_file_bytes, tally=self.tally)

    def _id(self, path: Path) -> str:
        return place_of(path, self.options.root or Path())

    def _name(self, path: Path, id: str) -> str:
        """What a file is called: as it was named, or, where a root is set, the same from everywhere."""
        return shown(path) if self.options.root is None else id

    def _met(self, real: str) -> bool:
        met = real in self.seen
        self.seen.add(real)
        return met


def _left_out(name: str, reason: SkipReason) -> Skipped:
    return Skipped(name, reason, f"{name} {WHY[reason]}.")


def _modified(timestamp: float) -> Metadata:
    try:
        return {"modified": datetime.fromtimestamp(timestamp, UTC).date()}
    except (ValueError, OverflowError, OSError):  # a clock that was never set
        return {}
