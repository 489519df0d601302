"""Formats whose text is kept exactly as it is written: the decoded file, line endings and all."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from shortlist.read.decode import Decoded, decode
from shortlist.read.port import ReadOptions, ReadResult, Source
from shortlist.records import NOTHING, Heading, MetadataValue

LINE_END = re.compile(r"\r\n?|\n")


def decoded(source: Source, options: ReadOptions) -> Decoded:
    """The whole file as text."""
    return decode(source.read(), options.encoding)


def as_written(
    source: Source,
    file: Decoded,
    *,
    format: str,
    title: str = "",
    headings: Sequence[Heading] = (),
    metadata: Mapping[str, MetadataValue] = NOTHING,
) -> Iterator[ReadResult]:
    """The document of a file, and a record of what in it could not be decoded."""
    facts = {} if file.encoding.startswith("utf-8") else {"encoding": file.encoding}
    yield source.document(file.text, format=format, title=title, headings=headings, metadata={**facts, **metadata})
    if file.replaced:
        what = f"{file.replaced} places are not {file.encoding} and read as U+FFFD"
        yield source.skipped("undecodable", what)


def line_starts(text: str) -> list[int]:
    """Where each line begins; lines end as in Markdown and source code, at CR LF, CR or LF."""
    return [0, *(end.end() for end in LINE_END.finditer(text))]
