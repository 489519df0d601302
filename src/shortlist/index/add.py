"""Documents into the records: batch by batch, each document whole or not at all.

documents ──compare with what is there──▶ plans ──encode what is new──▶ one transaction ──▶ on_progress

The encoder works in a thread of its own. While it reads one batch, the batch before it is written and the one after
it is planned: it need never wait.
"""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from shortlist.errors import UsageError
from shortlist.index.language import language_of
from shortlist.index.plan import Chunker, PassageEncoder, Plan, plan_of
from shortlist.index.records.chunks import delete_chunks, insert_chunks, log
from shortlist.index.records.database import Database
from shortlist.index.records.documents import delete_document, edit_document, insert_document
from shortlist.index.records.features import (
    Reading,
    begin_staging,
    drop_unused,
    end_staging,
    find_features,
    insert_features,
)
from shortlist.index.report import AddReport, OnProgress
from shortlist.records import Document, Note

if TYPE_CHECKING:
    import sqlite3

BATCH_TEXTS = 64  # texts that go to the encoder at once
BATCH_DOCUMENTS = 256  # plans that wait at most, so that unchanged and tiny documents are acknowledged too
BATCH_S = 2.0  # a batch is not kept open for longer
AHEAD = 1  # batches that the encoder is given before the one before them is written


@dataclass(slots=True)
class Batch:
    """Documents that are written together."""

    plans: dict[str, Plan] = field(default_factory=dict[str, Plan])  # by document id
    since: float = field(default_factory=time.monotonic)
    text_of: dict[bytes, str] = field(default_factory=dict[bytes, str])  # what their chunks say, by hash
    readings: deque[tuple[list[bytes], Future[Sequence[Reading]]]] = field(
        default_factory=deque[tuple[list[bytes], Future[Sequence[Reading]]]]
    )

    def take(self, plan: Plan) -> None:
        """One document more."""
        self.plans[plan.document.id] = plan
        self.text_of |= {wanted: piece.full_text for wanted, piece in zip(plan.hashes, plan.chunks or (), strict=True)}

    @property
    def full(self) -> bool:
        """Whether it should wait no longer."""
        many = len(self.text_of) >= BATCH_TEXTS or len(self.plans) >= BATCH_DOCUMENTS
        return many or (bool(self.plans) and time.monotonic() - self.since > BATCH_S)


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
        self._reader = ThreadPoolExecutor(1, "shortlist-add")
        self._open = Batch()
        self._underway: deque[Batch] = deque()  # given to the encoder, not written yet
        self._strange = self._long = 0  # texts the encoder could hardly spell, or read in windows

    def run(self, documents: Iterable[Document]) -> AddReport:
        """Bring the documents into the records; those that are there already are compared by content.

        Raises:
            UsageError: two documents claim the same chunk id, or a chunk is not a stretch of its document.
        """
        with self._database.writing() as connection:
            begin_staging(connection)
        try:
            for document in documents:
                self._take(document)
            self._write_all()
        finally:
            self._reader.shutdown(cancel_futures=True)
        with self._database.writing() as connection:
            end_staging(connection)
        return replace(self.report, notes=tuple(self._notes()))

    def _take(self, document: Document) -> None:
        if any(document.id in batch.plans for batch in (self._open, *self._underway)):
            self._write_all()  # it comes again: it must meet its earlier version
        with self._database.reading() as connection:
            plan = plan_of(connection, document, self._chunk)
        self._open.take(plan)
        if self._open.full:
            self._close_batch()
            while len(self._underway) > AHEAD:
                self._write(self._underway.popleft())

    def _close_batch(self) -> None:
        """Give the open batch to the encoder, which reads what no chunk had before, and open another one."""
        if not self._open.plans:
            return
        batch, self._open = self._open, Batch()
        with self._database.reading() as connection:
            known = find_features(connection, batch.text_of).keys()
        coming = {wanted for earlier in self._underway for hashes, _ in earlier.readings for wanted in hashes}
        self._read(batch, [wanted for wanted in batch.text_of if wanted not in known and wanted not in coming])
        self._underway.append(batch)

    def _read(self, batch: Batch, hashes: Sequence[bytes]) -> None:
        for start in range(0, len(hashes), BATCH_TEXTS):
            group = [*hashes[start : start + BATCH_TEXTS]]
            texts = [batch.text_of[wanted] for wanted in group]
            batch.readings.append((group, self._reader.submit(self._encoder.read, texts, "passage")))

    def _write_all(self) -> None:
        self._close_batch()
        while self._underway:
            self._write(self._underway.popleft())

    def _write(self, batch: Batch) -> None:
        """Write a batch as soon as the encoder has read it; all batches before it are written.

        All but its last reading is kept at once: a long document that is interrupted does not start again from nothing.
        """
        with self._database.reading() as connection:
            features = find_features(connection, batch.text_of)
        coming = {wanted for hashes, _ in batch.readings for wanted in hashes}
        # Written since the batch was closed: a text that was known can have gone, one that was not can have come.
        self._read(batch, [wanted for wanted in batch.text_of if wanted not in features and wanted not in coming])
        last: Mapping[bytes, Reading] = {}
        staged = 0
        while batch.readings:
            if last:
                with self._database.writing() as connection:
                    features |= insert_features(connection, last)
                staged += len(last)
                self._progress(staged)
            hashes, reading = batch.readings.popleft()
            pairs = zip(hashes, reading.result(), strict=True)
            last = {wanted: read for wanted, read in pairs if wanted not in features}
            self._look_at(last.values())
        with self._database.writing() as connection:
            features |= insert_features(connection, last)
            loose: set[int] = set()
            chunks = sum(_apply(connection, plan, features, loose) for plan in batch.plans.values())
            drop_unused(connection, loose)
        self._count(batch.plans.values(), chunks, encoded=staged + len(last))

    def _look_at(self, readings: Collection[Reading]) -> None:
        limit = getattr(self._encoder, "unknown_limit", 1.0)
        self._strange += sum(reading.unknown > limit for reading in readings)
        self._long += sum(reading.windows > 1 for reading in readings)

    def _count(self, plans: Iterable[Plan], chunks: int, encoded: int) -> None:
        fates = Counter(plan.fate for plan in plans)
        self.report = replace(
            self.report,
            added=self.report.added + fates["added"],
            updated=self.report.updated + fates["updated"],
            unchanged=self.report.unchanged + fates["unchanged"],
            chunks=self.report.chunks + chunks,
            encoded=self.report.encoded + encoded,
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
