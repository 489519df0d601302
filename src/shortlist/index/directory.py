"""An index: one directory, opened by any number of processes, written by one at a time."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import RLock, local
from typing import TYPE_CHECKING

import numpy as np

from shortlist.errors import EncoderMismatch, IndexBusy, UsageError
from shortlist.index.add import Adder, Chunker, PassageEncoder
from shortlist.index.caches.follow import Follower
from shortlist.index.caches.segments import View
from shortlist.index.features import StoredFeatures
from shortlist.index.lock import writer_lock
from shortlist.index.records.chunks import (
    delete_chunks,
    drop_unused,
    position,
    read_chunks,
    read_ids,
)
from shortlist.index.records.database import Database
from shortlist.index.records.documents import delete_document, read_documents, storable
from shortlist.index.report import AddReport, OnProgress
from shortlist.index.terms.bm25 import Bm25
from shortlist.index.terms.postings import Postings, PostingsKind
from shortlist.index.vectors.matrix import Matrix, MatrixKind
from shortlist.index.vectors.nearest import Nearest
from shortlist.records import Chunk, Document, Features
from shortlist.text import terms

if TYPE_CHECKING:
    import sqlite3

    from numpy.typing import NDArray

Ranked = tuple["NDArray[np.int64]", "NDArray[np.float32]"]


@dataclass(frozen=True)
class State:
    """What one read sees: the records and both caches at one position of the change log."""

    connection: sqlite3.Connection
    position: int


class Directory:
    """An index on disk. Every reading method sees what other processes have committed; threads may share it."""

    def __init__(
        self, path: Path, database: Database, encoder: PassageEncoder | None, dimensions: int, wait_s: float
    ) -> None:
        self.path = path
        self.encoder = encoder
        self._database = database
        self._wait_s = wait_s
        self._dimensions = dimensions
        self._terms = Follower(PostingsKind(terms), View[Postings]())
        self._vectors = Follower(MatrixKind(dimensions), View[Matrix]())
        self._writing = RLock()
        self._pinned = local()

    @classmethod
    def open(
        cls,
        path: str | Path,
        encoder: PassageEncoder | None = None,
        *,
        create: bool = True,
        read_only: bool = False,
        wait_s: float = 10.0,
    ) -> Directory:
        """Open the index at `path`, or make one there.

        Args:
            path: a directory; made if it is missing or empty, and `create`.
            encoder: what makes the vectors; None to read without adding.
            create: whether a missing index is made.
            read_only: never write, not even caches; works on read-only media.
            wait_s: how long a write waits for another writer.

        Raises:
            NotAnIndex: the path holds something else, or nothing and not `create`.
            IndexTooNew: a newer version made it.
            EncoderMismatch: another encoder made its vectors.
            IndexDamaged: its records cannot be read.
            ReadOnlyIndex: there is no permission to write.
        """
        path = Path(path)
        database = Database(path, create=create, read_only=read_only)
        try:
            with database.reading() as connection:
                held = settings(connection)
            if "encoder" not in held and encoder is not None and not read_only:
                held = _remember(database, encoder)
            if encoder is not None and "encoder" in held:
                _require_same(path, held, encoder)
            dimensions = int(held.get("dimensions", encoder.dimensions if encoder else 0))
            return cls(path, database, encoder, dimensions, wait_s)
        except BaseException:
            database.close()
            raise

    def add(self, documents: Iterable[Document], chunk: Chunker, on_progress: OnProgress | None = None) -> AddReport:
        """Add or update documents.

        Args:
            documents: each is compared with what the index holds under its id; unchanged ones cost no encoding.
            chunk: cuts a document; its name or settings are remembered, and another one cuts anew.
            on_progress: called after each commit with chunks and documents done. What it has counted is on disk.

        Raises:
            IndexBusy: another process is writing and did not finish in time.
            UsageError: the index was opened without encoder; two chunks have one id; a chunk is not an exact span.
        """
        if self.encoder is None:
            raise UsageError("The index was opened without an encoder. To add documents, open it with one.")
        with self._write():
            return Adder(self._database, self.encoder, chunk, on_progress).run(documents)

    def delete(self, doc_ids: Iterable[str]) -> int:
        """Delete documents by id. Returns how many there were; ids the index does not hold are passed over."""
        with self._write(), self._database.writing() as connection:
            rows = [
                row
                for doc_id in doc_ids
                for (row,) in connection.execute("SELECT row FROM documents WHERE id = ?", (storable(doc_id),))
            ]
            _delete_rows(connection, rows)
            return len(rows)

    def bm25(self, query_terms: Sequence[str], limit: int, where: str | None = None) -> Ranked:
        """The chunks with the highest BM25.

        Args:
            query_terms: from `shortlist.text.query_terms`; a term given twice counts twice.
            limit: how many at most. The first 10 of limit 20 are limit 10.
            where: an SQL expression over metadata. Statistics stay those of the whole index.

        Returns:
            Rows, int64, and scores, float32, both of shape (found,), best first; ties by chunk id. Chunks without
            any of the terms are left out.
        """
        with self._state() as state:
            ranked = Bm25(self._terms.at(state.connection, state.position)).rank(query_terms, limit)
            return _joined(state.connection, ranked, limit)

    def bm25_of(self, query_terms: Sequence[str], rows: Sequence[int] | NDArray[np.int64]) -> NDArray[np.float32]:
        """BM25 of the chunks at `rows`, shape (rows,); 0 without a match. The same numbers as `bm25` gives."""
        with self._state() as state:
            return Bm25(self._terms.at(state.connection, state.position)).of(query_terms, np.asarray(rows, np.int64))

    def nearest(self, vector: NDArray[np.float32], limit: int, where: str | None = None) -> Ranked:
        """The chunks with the highest cosine to a unit vector of shape (dimensions,).

        Returns:
            Rows, int64, and cosines, float32, both of shape (found,), nearest first; ties by chunk id.
        """
        with self._state() as state:
            ranked = Nearest(self._vectors.at(state.connection, state.position)).rank(self._vector(vector), limit)
            return _joined(state.connection, ranked, limit)

    def cosine_of(self, vector: NDArray[np.float32], rows: Sequence[int] | NDArray[np.int64]) -> NDArray[np.float32]:
        """Cosines of the chunks at `rows` to a unit vector, shape (rows,). The same numbers as `nearest` gives."""
        with self._state() as state:
            nearest = Nearest(self._vectors.at(state.connection, state.position))
            return nearest.of(self._vector(vector), np.asarray(rows, np.int64))

    def chunks(self, rows: Sequence[int] | NDArray[np.int64]) -> list[Chunk]:
        """The chunks at `rows`, in that order, with title, source and metadata of their documents.

        Raises:
            IndexProblem: one was deleted meanwhile; `snapshot` prevents that.
        """
        with self._state() as state:
            return read_chunks(state.connection, _integers(rows))

    def chunk_ids(self, rows: Sequence[int] | NDArray[np.int64]) -> list[str]:
        """The ids of the chunks at `rows`, in that order."""
        with self._state() as state:
            return read_ids(state.connection, _integers(rows))

    @property
    def features(self) -> Features:
        """What the index keeps of its chunks for a second stage."""
        with self._state() as state:
            revision = settings(state.connection).get("revision", "")
        return StoredFeatures(self._state_connection, revision, self._dimensions)

    def document(self, doc_id: str) -> Document | None:
        """The document of this id, or None."""
        with self._state() as state:
            return next(read_documents(state.connection, "id = ?", (storable(doc_id),)), None)

    def documents(self) -> Iterator[Document]:
        """Every document, in the order in which they were added."""
        with self._state() as state:
            yield from read_documents(state.connection, "1", ())

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """Within it this thread sees one state of the index, whatever is written meanwhile."""
        with self._state() as state:
            outer, self._pinned.state = getattr(self._pinned, "state", None), state
            try:
                yield
            finally:
                self._pinned.state = outer

    def close(self) -> None:
        """Close the files. The directory can be opened again."""
        self._database.close()

    def __enter__(self) -> Directory:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextmanager
    def _state(self) -> Iterator[State]:
        pinned: State | None = getattr(self._pinned, "state", None)
        if pinned is not None:
            yield pinned
            return
        with self._database.reading() as connection:
            yield State(connection, position(connection))

    @contextmanager
    def _state_connection(self) -> Iterator[sqlite3.Connection]:
        with self._state() as state:
            yield state.connection

    @contextmanager
    def _write(self) -> Iterator[None]:
        """Be the one writer, among threads and processes."""
        if not self._writing.acquire(timeout=max(self._wait_s, 0)):
            raise IndexBusy(f"Another thread writes to {self.path}; waited {self._wait_s:g} s.", path=str(self.path))
        try:
            with writer_lock(self.path, self._wait_s):
                yield
        finally:
            self._writing.release()

    def _vector(self, vector: NDArray[np.float32]) -> NDArray[np.float32]:
        if np.shape(vector) != (self._dimensions,):
            raise UsageError(f"The index holds vectors of {self._dimensions} dimensions, not of {np.shape(vector)}.")
        return np.ascontiguousarray(vector, np.float32)


def settings(connection: sqlite3.Connection) -> dict[str, str]:
    """What the index remembers about itself."""
    return dict(connection.execute("SELECT name, value FROM settings"))


def _remember(database: Database, encoder: PassageEncoder) -> dict[str, str]:
    told = {
        "encoder": encoder.name,
        "revision": encoder.revision,
        "dimensions": str(encoder.dimensions),
        "identity": uuid.uuid4().hex,
    }
    with database.writing() as connection:
        connection.executemany("INSERT OR IGNORE INTO settings VALUES (?, ?)", told.items())
        return settings(connection)


def _require_same(path: Path, held: dict[str, str], encoder: PassageEncoder) -> None:
    if (held["encoder"], held["revision"]) != (encoder.name, encoder.revision):
        raise EncoderMismatch(
            f"The index {path} was made with {held['encoder']} {held['revision']} ({held['dimensions']} dimensions), "
            f"but the encoder {encoder.name} {encoder.revision} ({encoder.dimensions}) was asked for. "
            f"Open it with {held['encoder']}, or index the files again into another directory.",
            held=held["encoder"],
            asked=encoder.name,
        )


def _delete_rows(connection: sqlite3.Connection, rows: Iterable[int]) -> None:
    loose: set[int] = set()
    for row in rows:
        loose |= delete_chunks(connection, row)
        delete_document(connection, row)
    drop_unused(connection, loose)


def _joined(connection: sqlite3.Connection, parts: Sequence[Ranked], limit: int) -> Ranked:
    """The `limit` best of several rankings; ties by chunk id."""
    if len(parts) == 1:
        return parts[0]
    if not parts:
        return np.empty(0, np.int64), np.empty(0, np.float32)
    rows, scores = np.concatenate([part[0] for part in parts]), np.concatenate([part[1] for part in parts])
    order = np.argsort(-scores, kind="stable")
    rows, scores = rows[order], scores[order]
    if len(rows) > limit > 0:
        kept = scores >= scores[limit - 1]
        rows, scores = rows[kept], scores[kept]
    _, group, sizes = np.unique(scores, return_inverse=True, return_counts=True)
    tied = rows[sizes[group] > 1].tolist()
    id_of = dict(zip(tied, read_ids(connection, tied), strict=True)) if tied else {}
    order = sorted(range(len(rows)), key=lambda i: (-scores[i], id_of.get(int(rows[i]), "")))[:limit]
    return rows[order], scores[order]


def _integers(rows: Sequence[int] | NDArray[np.int64]) -> list[int]:
    return [int(row) for row in rows]
