"""Files → documents: the walk, the table of formats, and an account of what came of each file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from shortlist.errors import ReadError
from shortlist.read.choose import format_of
from shortlist.read.decode import is_text
from shortlist.read.port import ReadOptions, Skipped, SkipReason, Source
from shortlist.read.streams import Tally
from shortlist.read.walk import find_files, unreadable
from shortlist.records import Document

FAILURES_KEPT = 1000
NESTING = 3  # files in files: the attachments of a mail attached to a mail
DEFAULT = ReadOptions()


@dataclass(frozen=True, slots=True)
class ReadSummary:
    """What a reading has come to so far."""

    files: int  # that gave a document
    documents: int
    bytes: int  # read so far: against the sizes of `list_files`, how far the reading is
    skipped: Mapping[str, int]  # how many of each reason
    failed: Sequence[Skipped]  # those that somebody would miss: the first FAILURES_KEPT of them


class Reading(Iterator[Document | Skipped]):
    """Documents and what was skipped, read one by one as they are asked for; `summary` at any time."""

    def __init__(self, sources: Iterator[Source | Skipped], options: ReadOptions, tally: Tally) -> None:
        self._items = self._read(sources, options)
        self._tally = tally
        self._done = 0  # bytes of the files dealt with
        self._begun = 0  # what the tally said when the file being read was begun
        self._size = 0  # of that file; 0 where unknown
        self._files = 0
        self._documents = 0
        self._skipped: Counter[str] = Counter()
        self._failed: list[Skipped] = []

    def __next__(self) -> Document | Skipped:
        item = next(self._items)
        if isinstance(item, Document):
            self._documents += 1
        else:
            self._skipped[item.reason] += 1
            if item.failed and len(self._failed) < FAILURES_KEPT:
                self._failed.append(item)
        return item

    @property
    def summary(self) -> ReadSummary:
        """What has come of it so far."""
        counts = dict(sorted(self._skipped.items()))
        read = self._tally.read - self._begun
        # An archive is read here and there, and more than once; a file is not longer for that.
        now = self._done + (min(read, self._size) if self._size else read)
        return ReadSummary(self._files, self._documents, now, counts, tuple(self._failed))

    def _read(self, sources: Iterator[Source | Skipped], options: ReadOptions) -> Iterator[Document | Skipped]:
        for source in sources:
            if isinstance(source, Skipped):
                yield source
                continue
            documents, self._begun, self._size = 0, self._tally.read, source.size
            for item in read_source(source, options):
                documents += isinstance(item, Document)
                self._files += isinstance(item, Document) and documents == 1
                yield item
            self._done += source.size or self._tally.read - self._begun  # the whole file, where it was skipped too
            self._begun, self._size = self._tally.read, 0


def read_paths(paths: Sequence[str | Path], options: ReadOptions = DEFAULT) -> Reading:
    """Read files, folders and globs, and standard input ("-"), one document after the other.

    Files come in the order of the paths given, those of a folder by name; memory holds one file, or one row where
    the format is one of rows. A file that cannot be read becomes a `Skipped` and the rest goes on.

    Args:
        paths: files; folders, with all that is in them; globs such as "docs/**/*.md"; "-".
        options: how to find and read them.

    Returns:
        An iterator of `Document` and `Skipped`. A document's id is its path below `options.root`, "/" between the
        parts, and "#" with a row's number or own id behind it where a file holds many; see `Source.part_id`.

    Raises:
        ReadError: a path that is not there or a glob that matches nothing, at once.
    """
    tally = Tally()
    given = [paths] if isinstance(paths, str | Path) else paths
    return Reading(find_files(given, options, tally), options, tally)


def list_files(paths: Sequence[str | Path], options: ReadOptions = DEFAULT) -> list[Source]:
    """The files that `read_paths` would open, with their sizes; none is opened.

    Raises:
        ReadError: as `read_paths`.
    """
    given = [paths] if isinstance(paths, str | Path) else paths
    return [source for source in find_files(given, options) if isinstance(source, Source)]


def read_bytes(name: str, data: bytes, options: ReadOptions = DEFAULT) -> list[Document]:
    """Read one file from memory.

    Args:
        name: its name: the suffix tells the format where the bytes do not. It becomes the document's id.
        data: its content.
        options: how to read it.

    Raises:
        ReadError: nothing could be read; `data["reason"]` says why. Parts that could not be read are left out.
    """
    source = Source(id=name, name=name, content=data, size=len(data), limit=options.max_file_bytes)
    items = list(read_source(source, options))
    documents = [item for item in items if isinstance(item, Document)]
    if not documents:
        skipped = next((item for item in items if isinstance(item, Skipped)), source.skipped("empty", "holds no text"))
        raise ReadError(skipped.message, path=name, reason=skipped.reason)
    return documents


def read_source(source: Source, options: ReadOptions = DEFAULT, depth: int = 0) -> Iterator[Document | Skipped]:
    """The documents of one file, and of the files inside it. Whatever is wrong with it is a `Skipped`."""
    try:
        if source.is_stream and not is_text(source.head()):
            source = source.loaded()  # archives are not read from the beginning to the end
        for item in format_of(source).read(source, options):
            if isinstance(item, Source):
                yield from read_source(item, options, depth + 1) if depth < NESTING else ()
            elif isinstance(item, Document) and not item.text.strip():
                yield source.skipped("empty", "holds no text")
            else:
                yield item
    except ReadError as error:
        yield Skipped(source.name, cast("SkipReason", error.data.get("reason", "damaged")), error.message)
    except OSError as error:
        yield unreadable(source.name, error)
    except (
        Exception
    ) as error:  # libraries raise what they will on damaged files; a programming error is shown by its name
        yield source.skipped("damaged", f"could not be read: {type(error).__name__}: {error}")
