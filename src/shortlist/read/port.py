"""What a format is given and what it gives back: Source ──Format.read──▶ Document | Skipped | Source."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import BinaryIO, Literal, TypeAlias

from shortlist.errors import ReadError, UsageError
from shortlist.read.decode import known_encoding
from shortlist.read.streams import Tally, ahead, counted_file
from shortlist.records import NOTHING, Document, Heading, Metadata, MetadataValue, Page

HEAD_BYTES = 8192

SkipReason: TypeAlias = Literal[
    "hidden",  # its name begins with a dot
    "ignored",  # a .gitignore names it
    "link",  # a symbolic link inside a folder
    "binary",  # no format here reads it
    "empty",  # nothing but white space
    "special",  # a device, socket or pipe inside a folder
    "unreadable",  # the system refused: permission, vanished, disk
    "too-large",
    "unsupported",  # a known format that nothing here reads
    "encrypted",
    "damaged",
    "no-text",  # a scan
    "no-text-pages",  # some pages of a document that was read
    "bad-row",  # one row or message of a file that was read
    "undecodable",  # some bytes of a file that was read
]
EXPECTED: frozenset[SkipReason] = frozenset({"hidden", "ignored", "link", "binary", "empty", "special"})


@dataclass(frozen=True, slots=True)
class Skipped:
    """A file, or part of one, that was not read, and why."""

    path: str
    reason: SkipReason
    message: str  # one sentence for people
    line: int | None = None  # where the part begins, from 1

    @property
    def failed(self) -> bool:
        """Whether somebody would have expected this to be read."""
        return self.reason not in EXPECTED


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """How files are found and read."""

    text_field: str = ""  # of CSV, TSV and JSONL; recognised by name where empty
    id_field: str = ""
    title_field: str = ""
    encoding: str = ""  # of text files; detected where empty
    root: Path | None = None  # ids and names are paths below it; where None, ids below the working directory
    max_file_bytes: int = 64 << 20  # formats that are read row by row are not bound by it
    max_unpacked_bytes: int = 512 << 20  # of office files and EPUB
    hidden: bool = False  # whether to read names that begin with a dot
    ignore_files: bool = True  # whether to respect .gitignore
    follow_links: bool = False  # whether to follow symbolic links inside folders

    def __post_init__(self) -> None:
        if self.encoding and not known_encoding(self.encoding):
            raise UsageError(f"There is no encoding {self.encoding!r}. Say utf-8, gb18030, big5 …, or leave it out.")


@dataclass(frozen=True, slots=True)
class Source:
    """One file to be read: its names, and where its bytes come from. Nothing is read before it is asked for."""

    id: str  # of its document
    name: str  # as a person would look it up
    content: Path | bytes | BinaryIO = field(repr=False)
    size: int = 0  # bytes; 0 where unknown
    metadata: Metadata = field(default_factory=lambda: NOTHING)  # file facts
    own_ids: bool = True  # whether a row's own id stands alone, or after the id of its file
    limit: int = 64 << 20  # bytes that `read` gives at most
    tally: Tally = field(default_factory=Tally, compare=False, repr=False)

    @property
    def suffix(self) -> str:
        """In lower case, with its dot; empty where there is none."""
        return Path(self.name).suffix.lower()

    @property
    def stem(self) -> str:
        """The file's name without folder and suffix: a title for want of a better one."""
        return Path(self.name).stem

    @property
    def is_stream(self) -> bool:
        """Whether it is a pipe, which has no name of its own and is read once."""
        return not isinstance(self.content, bytes | Path)

    def head(self) -> bytes:
        """The first bytes, at most HEAD_BYTES; they are still there for `open`."""
        if isinstance(self.content, bytes):
            return self.content[:HEAD_BYTES]
        if isinstance(self.content, Path):
            with self.content.open("rb") as stream:
                return stream.read(HEAD_BYTES)
        return ahead(self.content, HEAD_BYTES)

    def open(self) -> BinaryIO:
        """The bytes as a stream; the caller closes it. A pipe can be opened once."""
        if isinstance(self.content, Path):
            return counted_file(self.content, self.tally)
        return io.BytesIO(self.content) if isinstance(self.content, bytes) else self.content

    def read(self) -> bytes:
        """All bytes.

        Raises:
            ReadError: there are more than `limit` (reason "too-large").
        """
        if isinstance(self.content, bytes) and len(self.content) <= self.limit:
            return self.content
        with self.open() as stream:
            content = stream.read(self.limit + 1)
        if len(content) > self.limit:
            raise self.error("too-large", f"is larger than {self.limit:,} bytes. Raise max_file_bytes to read it")
        return content

    def loaded(self) -> Source:
        """The same source with its bytes in memory, to be read more than once."""
        return replace(self, content=self.read())

    def seekable(self) -> BinaryIO:
        """The bytes as a stream that can be read in any order, as archives are."""
        return self.open() if isinstance(self.content, Path) else io.BytesIO(self.read())

    def document(
        self,
        text: str,
        *,
        format: str,
        title: str = "",
        metadata: Mapping[str, MetadataValue] = NOTHING,
        pages: Sequence[Page] = (),
        headings: Sequence[Heading] = (),
        part_id: str = "",
    ) -> Document:
        """A document of this source. Lone surrogates, which no encoder takes, become U+FFFD, one for one.

        Args:
            text: what offsets count in.
            format: its format's name.
            title: where empty the stem of the file's name, but for a row, of which that would say nothing.
            metadata: added to the file facts, and before them where a name meets.
            pages: ascending by start.
            headings: ascending by start.
            part_id: the document's id where the source holds many.
        """
        return Document(
            id=whole(part_id) or self.id,
            text=whole(text),
            title=whole(title) or ("" if part_id or self.is_stream else self.stem),
            source=self.name,
            metadata={**self.metadata, **metadata},
            pages=tuple(pages),
            headings=tuple(headings),
            format=format,
        )

    def inside(self, id: str, name: str, content: bytes) -> Source:
        """A file that stands inside this one, such as the attachment of a mail."""
        inner = f"{self.name}#{name}"
        return replace(self, id=id, name=inner, content=content, size=len(content), own_ids=False)

    def part_id(self, part: int, own: str = "") -> str:
        """The id of a row or message.

        Args:
            part: its number in the file.
            own: the id it brings. It stands alone where the file was named by itself, after the file's id where the
                file was found in a folder, where another file may well count its rows in the same way. An id met
                a second time gets the number too: two rows stay two documents.
        """
        if not own:
            return f"{self.id}#{part}"
        names = [own] if self.own_ids else []
        names += [f"{self.id}#{own}", f"{self.id}#{own}#{part}"]
        return next((name for name in names if self.tally.first(name)), names[-1])

    def error(self, reason: SkipReason, what: str) -> ReadError:
        """The error that says what is wrong with this source: `NAME what.`"""
        return ReadError(f"{self.name} {what}.", path=self.name, reason=reason)

    def skipped(self, reason: SkipReason, what: str, line: int | None = None) -> Skipped:
        """The record that part of this source was not read: `NAME, line N: what.`"""
        place = self.name if line is None else f"{self.name}, line {line}:"
        return Skipped(self.name, reason, f"{place} {what}.", line)


ReadResult: TypeAlias = "Document | Skipped | Source"


@dataclass(frozen=True, slots=True)
class Format:
    """One format: its name, its suffixes and its reader.

    `read` gives documents, what it had to skip, and sources of their own (attachments), which are read through
    the table in their turn. It may raise whatever its library raises on a damaged file: the caller makes one
    `ReadError` of it. `sniff` looks at the first bytes, and at the source where those are not enough.
    """

    name: str
    suffixes: tuple[str, ...]
    read: Callable[[Source, ReadOptions], Iterator[ReadResult]]
    sniff: Callable[[bytes, Source], bool] | None = None
    binary: bool = False  # recognised by its bytes whatever the suffix says
    rows: bool = False  # read row by row: of any size


def whole(text: str) -> str:
    """The text with U+FFFD for each lone surrogate."""
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return "".join("\ufffd" if "\ud800" <= char <= "\udfff" else char for char in text)
    return text
