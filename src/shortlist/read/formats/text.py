"""Plain text: as it stands in the file, its encoding detected."""

from __future__ import annotations

from collections.abc import Iterator

from shortlist.read.port import Format, ReadOptions, ReadResult, Source
from shortlist.read.written import as_written, decoded


def read(source: Source, options: ReadOptions) -> Iterator[ReadResult]:
    """One document."""
    return as_written(source, decoded(source, options), format="text")


FORMAT = Format(name="text", suffixes=(".txt", ".text", ".log"), read=read)
