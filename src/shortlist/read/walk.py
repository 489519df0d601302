"""Paths → the files to read: folders, globs, single files and standard input, in an order that is always the same."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from shortlist.read.ignore import Ignored, absolute, ignored_in
from shortlist.read.named import Named, named
from shortlist.read.port import ReadOptions, Skipped, SkipReason, Source, Tally, buffered
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


def shown(path: str | Path) -> str:
    """A path as text: bytes that are not text become escapes."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def unreadable(path: str, error: OSError) -> Skipped:
    """The record of a file or folder that the system refused."""
    return Skipped(path, "unreadable", f"{path} cannot be read: {error.strerror or error}.")


@dataclass(slots=True)
class _Walk:
    options: ReadOptions
    tally: Tally
    seen: set[str] = field(default_factory=set[str])  # real paths: overlapping folders and links give a file once

    def given(self, name: Named) -> Iterator[Source | Skipped]:
        """What one of the given paths leads to."""
        path = name.path
        if name.is_stdin:
            yield self._stream("stdin", "<stdin>", buffered(sys.stdin.buffer, self.tally, owned=False))
        elif name.glob_base is not None and self._ignored_below(name.glob_base, path):
            yield _left_out(path, "ignored")
        elif path.is_dir():
            yield from self._folder(path)
        else:
            yield from self._file(path, named=True)

    def _folder(self, folder: Path) -> Iterator[Source | Skipped]:
        """Depth first, by name; a stack instead of recursion, for folders may nest more deeply than functions."""
        ignored = ignored_in(folder) if self.options.ignore_files else Ignored(absolute(folder))
        stack = [(ignored, self._entries(folder))]
        while stack:
            ignored, entries = stack[-1]
            entry = next(entries, None)
            if entry is None:
                stack.pop()
            elif isinstance(entry, Skipped):
                yield entry
            elif reason := self._unwanted(entry, ignored):
                yield _left_out(entry, reason)
            elif entry.is_dir():
                inside = ignored.below(absolute(entry)) if self.options.ignore_files else ignored
                stack.append((inside, self._entries(entry)))
            else:
                yield from self._file(entry, named=False)

    def _entries(self, folder: Path) -> Iterator[Path | Skipped]:
        if self._met(folder):
            return
        try:
            entries = sorted(folder.iterdir())
        except OSError as error:
            yield unreadable(shown(folder), error)
        else:
            yield from (entry for entry in entries if entry.name not in NEVER)

    def _unwanted(self, path: Path, ignored: Ignored) -> SkipReason | None:
        if path.name.startswith(".") and not self.options.hidden:
            return "hidden"
        if path.is_symlink() and not self.options.follow_links:
            return "link"
        return "ignored" if ignored.names(absolute(path), path.is_dir()) else None

    def _ignored_below(self, base: Path, path: Path) -> bool:
        """Whether a file that a glob matched is ignored, or stands in a folder that is."""
        if not self.options.ignore_files:
            return False
        ignored, place = ignored_in(base), absolute(base)
        for part in absolute(path).relative_to(place).parts:
            place = place / part
            if ignored.names(place, place.is_dir()):
                return True
            ignored = ignored.below(place)
        return False

    def _file(self, path: Path, *, named: bool) -> Iterator[Source | Skipped]:
        if self._met(path):
            return
        try:
            facts = path.stat()
            if stat.S_ISREG(facts.st_mode):
                yield self._source(path, facts, named=named)
            elif named:  # a pipe, such as the shell makes of <(command)
                pipe = path.open("rb", buffering=0)
                yield self._stream(self._id(path), shown(path), buffered(pipe, self.tally))
            else:
                yield _left_out(path, "special")
        except OSError as error:
            yield unreadable(shown(path), error)

    def _source(self, path: Path, facts: os.stat_result, *, named: bool) -> Source:
        name = self._id(path)
        return Source(
            id=name,
            name=shown(path),
            content=path,
            size=facts.st_size,
            metadata={"path": name, **_modified(facts.st_mtime)},
            own_ids=named,
            limit=self.options.max_file_bytes,
            tally=self.tally,
        )

    def _stream(self, id: str, name: str, stream: BinaryIO) -> Source:
        return Source(id=id, name=name, content=stream, limit=self.options.max_file_bytes, tally=self.tally)

    def _id(self, path: Path) -> str:
        """The path below the root, or the whole path where the file stands elsewhere; the same from everywhere."""
        whole, root = absolute(path), absolute(self.options.root or Path())
        return shown((whole.relative_to(root) if whole.is_relative_to(root) else whole).as_posix())

    def _met(self, path: Path) -> bool:
        real = os.path.realpath(path)
        met = real in self.seen
        self.seen.add(real)
        return met


def _left_out(path: Path, reason: SkipReason) -> Skipped:
    return Skipped(shown(path), reason, f"{shown(path)} {WHY[reason]}.")


def _modified(timestamp: float) -> Metadata:
    try:
        return {"modified": datetime.fromtimestamp(timestamp, UTC).date()}
    except (ValueError, OverflowError, OSError):  # a clock that was never set
        return {}
