"""A file line by line, decoded, in bounded memory, whatever its size."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import BinaryIO

from shortlist.read.decode import SAMPLE_BYTES, decode, detect, known_encoding
from shortlist.read.port import ReadOptions, Skipped, Source
from shortlist.read.streams import ahead

WIDE = ("utf-16", "utf-32")


class Lines(Iterator[str]):
    """The lines of a source, each with its end; what was wrong with them is told by `faults`.

    The encoding is detected at the first line beyond ASCII. A line of more bytes than the source's limit is left
    out. Files in UTF-16 or UTF-32 are decoded whole, within the same limit.
    """

    def __init__(self, source: Source, options: ReadOptions) -> None:
        self.number = 0  # of the line last given, from 1
        self.encoding = known_encoding(options.encoding)
        self._source = source
        self._replaced = 0
        self._faults: list[Skipped] = []
        wide = (self.encoding or detect(source.head())).startswith(WIDE)
        self._stream = _narrowed(source, options) if wide else source.open()
        self.encoding = "utf-8" if wide else self.encoding

    def __next__(self) -> str:
        while line := self._stream.readline(self._source.limit + 1):
            self.number += 1
            if len(line) <= self._source.limit or line.endswith(b"\n"):
                return self._decoded(line)
            self._leave_out()
        raise StopIteration

    def faults(self) -> Iterator[Skipped]:
        """What had to be left out or replaced, once all lines have been given."""
        yield from self._faults
        if self._replaced:
            what = f"{self._replaced} places are not {self.encoding} and read as U+FFFD"
            yield self._source.skipped("undecodable", what)

    def close(self) -> None:
        """Close the file."""
        self._stream.close()

    def _decoded(self, line: bytes) -> str:
        if self.number == 1 and line.startswith(b"\xef\xbb\xbf"):
            line, self.encoding = line[3:], "utf-8"
        if line.isascii():
            return line.decode("ascii")
        if not self.encoding:
            self.encoding = detect(line + ahead(self._stream, SAMPLE_BYTES))
        text = line.decode(self.encoding, "replace")
        self._replaced += text.count("\ufffd")
        return text

    def _leave_out(self) -> None:
        self._faults.append(
            self._source.skipped("bad-row", f"the line is longer than {self._source.limit:,} bytes", self.number)
        )
        while (more := self._stream.readline(self._source.limit)) and not more.endswith(b"\n"):
            pass


def _narrowed(source: Source, options: ReadOptions) -> BinaryIO:
    text = decode(source.read(), options.encoding).text
    return io.BytesIO(text.encode("utf-8", "replace"))
