"""What is to be done about a document: compared with what the index holds, and cut where it is new."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, Protocol, TypeAlias

from shortlist.errors import UsageError
from shortlist.index.fingerprint import content_hash, text_hash
from shortlist.index.records.documents import metadata_json, storable
from shortlist.index.records.features import Reading
from shortlist.records import Chunk, Document

if TYPE_CHECKING:
    import sqlite3

Chunker: TypeAlias = Callable[[Document], list[Chunk]]
Fate: TypeAlias = Literal["added", "updated", "unchanged"]


class PassageEncoder(Protocol):
    """What an index needs of an encoder."""

    @property
    def name(self) -> str:
        """What to call it."""
        ...

    @property
    def revision(self) -> str:
        """Changes whenever its vectors do."""
        ...

    @property
    def dimensions(self) -> int:
        """Length of a vector."""
        ...

    def read(self, texts: Sequence[str], kind: Literal["query", "passage"]) -> Sequence[Reading]:
        """What an index keeps of each text, in the order given. Called in one thread at a time, not always the same."""
        ...


@dataclass(slots=True)
class Plan:
    """What is to be done about one document."""

    document: Document
    fate: Fate
    row: int | None  # of the version in the index
    content: bytes
    chunks: list[Chunk] | None = None  # None: they stay
    hashes: list[bytes] = field(default_factory=list[bytes])


def plan_of(connection: sqlite3.Connection, document: Document, chunk: Chunker) -> Plan:
    """Compare a document with the version the index holds, and cut it where it is new or another one.

    Raises:
        UsageError: a chunk is not a stretch of the document.
    """
    content = content_hash(document, chunk)
    held = connection.execute(
        "SELECT row, content, source, metadata FROM documents WHERE id = ?", (storable(document.id),)
    ).fetchone()
    if held is not None and held[1] == content:
        same = held[2:] == (storable(document.source), metadata_json(document.metadata))
        return Plan(document, "unchanged" if same else "updated", held[0], content)
    chunks = chunk(document)
    for piece in chunks:
        if document.text[piece.start : piece.end] != piece.text:
            raise UsageError(
                f"Chunk {piece.id} is not document.text[{piece.start}:{piece.end}] of {document.id}. "
                "A chunker must give exact spans.",
                chunk_id=piece.id,
            )
    hashes = [text_hash(piece.full_text) for piece in chunks]
    if held is None:
        return Plan(document, "added", None, content, chunks, hashes)
    return Plan(document, "updated", held[0], content, chunks, hashes)
