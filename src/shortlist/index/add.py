"""Documents into the records: batch by batch, each document whole or not at all.

documents ──compare with what is there──▶ plans ──encode what is new──▶ one transaction ──▶ on_progress
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal, Protocol, TypeAlias

from shortlist.errors import UsageError
from shortlist.index.fingerprint import content_hash, text_hash
from shortlist.index.language import language_of
from shortlist.index.records.chunks import delete_chunks, insert_chunks, log
from shortlist.index.records.database import Database
from shortlist.index.records.documents import (
    delete_document,
    edit_document,
    insert_document,
    metadata_json,
    storable,
)
from shortlist.index.records.features import (
    Reading,
    begin_staging,
    drop_unused,
    end_staging,
    find_features,
    insert_features,
)
from shortlist.index.report import AddReport, OnProgress
from shortlist.records import Chunk, Document, Note

if TYPE_CHECKING:
    import sqlite3

Chunker: TypeAlias = Callable[[Document], list[Chunk]]
Fate: TypeAlias = Literal["added", "updated", "unchanged"]

BATCH_TEXTS = 64  # texts that go to the encoder at once
BATCH_DOCUMENTS = 256  # plans that wait at most, so that unchanged and tiny documents are acknowledged too
BATCH_S = 2.0  # a batch is not kept open for longer


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
        """What an index keeps of each text, in the order given."""
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


class Adder:
    """One run of `add`: it holds what was done so far."""

    def __init__(
        self, database: Database, encoder: PassageEncoder, chunk: Chunker, on_progress: OnProgress | None
    ) -> None:
        self.report = AddReport()
        self._database = database
        self._encoder = encoder
        self._chunk = chunk
        self._on_progress = on_progress
        self._strange = self._long = 0  # texts the encoder could hardly spell, or read in windows

    def run(self, documents: Iterable[Document]) -> AddReport:
        """Bring the documents into the records; those that are there already are compared by content.

        Raises:
            UsageError: two documents claim the same chunk id, or a chunk is not a stretch of its document.
        """
        with self._database.writing() as connection:
            begin_staging(connection)
        for batch in self._batches(documents):
            features, last = self._encode(batch)
            with self._database.writing() as connection:
                features |= insert_features(connection, last)
                loose: set[int] = set()
                chunks = sum(_apply(connection, plan, features, loose) for plan in batch)
                drop_unused(connection, loose)
            self._count(batch, chunks)
        with self._database.writing() as connection:
            end_staging(connection)
        return replace(self.report, notes=tuple(self._notes()))

    def _batches(self, documents: Iterable[Document]) -> Iterator[list[Plan]]:
        """Plans in the order of the documents, as many as make a batch. No document comes twice in one."""
        batch: dict[str, Plan] = {}
        texts, since = 0, time.monotonic()
        for document in documents:
            if document.id in batch:
                yield list(batch.values())
                batch, texts, since = {}, 0, time.monotonic()
            plan = self._plan(document)
            batch[document.id] = plan
            texts += len(plan.hashes)
            if texts >= BATCH_TEXTS or len(batch) >= BATCH_DOCUMENTS or time.monotonic() - since > BATCH_S:
                yield list(batch.values())
                batch, texts, since = {}, 0, time.monotonic()
        if batch:
            yield list(batch.values())

    def _plan(self, document: Document) -> Plan:
        content = content_hash(document, self._chunk)
        with self._database.reading() as connection:
            held = connection.execute(
                "SELECT row, content, source, metadata FROM documents WHERE id = ?", (storable(document.id),)
            ).fetchone()
        if held is not None and held[1] == content:
            same = held[2:] == (storable(document.source), metadata_json(document.metadata))
            return Plan(document, "unchanged" if same else "updated", held[0], content)
        chunks = self._chunk(document)
        for piece in chunks:
            if document.text[piece.start : piece.end] != piece.text:
                raise UsageError(
                    f"Chunk {piece.id} is not document.text[{piece.start}:{piece.end}] of {document.id}. "
                    "A chunker must give exact spans.",
                    chunk_id=piece.id,
                )
        hashes = [text_hash(piece.full_text) for piece in chunks]
        fate: Fate = "added" if held is None else "updated"
        return Plan(document, fate, None if held is None else held[0], content, chunks, hashes)

    def _encode(self, batch: Sequence[Plan]) -> tuple[dict[bytes, int], Mapping[bytes, Reading]]:
        """The features of the batch's texts, and what was read last and is not among the records yet.

        The encoder reads what no chunk had before. All but its last reading is kept at once: a long document that is
        interrupted does not start again from nothing.
        """
        text_of = {
            wanted: piece.full_text
            for plan in batch
            for wanted, piece in zip(plan.hashes, plan.chunks or (), strict=True)
        }
        with self._database.reading() as connection:
            features = find_features(connection, text_of)
        missing = [wanted for wanted in text_of if wanted not in features]
        last: Mapping[bytes, Reading] = {}
        for start in range(0, len(missing), BATCH_TEXTS):
            if last:
                with self._database.writing() as connection:
                    features |= insert_features(connection, last)
                self._progress(start)
            hashes = missing[start : start + BATCH_TEXTS]
            readings = self._encoder.read([text_of[wanted] for wanted in hashes], "passage")
            last = dict(zip(hashes, readings, strict=True))
            self._look_at(readings)
        self.report = replace(self.report, encoded=self.report.encoded + len(missing))
        return features, last

    def _look_at(self, readings: Sequence[Reading]) -> None:
        limit = getattr(self._encoder, "unknown_limit", 1.0)
        self._strange += sum(reading.unknown > limit for reading in readings)
        self._long += sum(reading.windows > 1 for reading in readings)

    def _count(self, batch: Sequence[Plan], chunks: int) -> None:
        fates = Counter(plan.fate for plan in batch)
        self.report = replace(
            self.report,
            added=self.report.added + fates["added"],
            updated=self.report.updated + fates["updated"],
            unchanged=self.report.unchanged + fates["unchanged"],
            chunks=self.report.chunks + chunks,
        )
        self._progress(0)

    def _progress(self, staged: int) -> None:
        if self._on_progress is not None:
            self._on_progress(self.report.chunks + staged, self.report.documents)

    def _notes(self) -> Iterator[Note]:
        name = self._encoder.name
        if self._strange:
            yield Note(
                "chunks-unreadable",
                f"{self._strange} chunks are in a script that {name} cannot read: they are found by their words alone.",
                {"chunks": self._strange, "model": name},
            )
        if self._long:
            yield Note(
                "chunks-in-windows",
                f"{self._long} chunks are longer than {name} reads at once: they were read whole, in windows.",
                {"chunks": self._long, "model": name},
            )


def _apply(connection: sqlite3.Connection, plan: Plan, features: dict[bytes, int], loose: set[int]) -> int:
    """Write one document. Returns the number of chunks written; `loose` takes the features that came free."""
    if plan.chunks is None:
        if plan.fate == "updated" and plan.row is not None:
            edit_document(connection, plan.row, plan.document)
            log(connection, "edit", plan.row, plan.row)
        return 0
    if plan.row is not None:
        loose |= delete_chunks(connection, plan.row)
        delete_document(connection, plan.row)
    row = insert_document(connection, plan.document, plan.content, language_of(plan.document.text))
    try:
        insert_chunks(connection, row, plan.chunks, [features[wanted] for wanted in plan.hashes])
    except connection.IntegrityError as error:
        raise UsageError(
            f"A chunk of document {plan.document.id} has an id that another chunk of the index has. "
            "Begin chunk ids with the id of their document.",
            doc_id=plan.document.id,
        ) from error
    return len(plan.chunks)
