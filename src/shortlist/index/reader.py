"""The reading half of an index: what is there now, whoever wrote it."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from threading import local
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from shortlist.errors import UsageError
from shortlist.index.caches.disk import Disk
from shortlist.index.caches.follow import Follower
from shortlist.index.caches.segments import View
from shortlist.index.features import StoredFeatures
from shortlist.index.filter.allowed import Filters, ranked_allowed
from shortlist.index.records.chunks import position, read_chunks, read_ids
from shortlist.index.records.database import Database
from shortlist.index.records.documents import read_documents, storable
from shortlist.index.terms.bm25 import Bm25
from shortlist.index.terms.postings import Postings, PostingsKind
from shortlist.index.vectors.lists import LARGE, Shelf, has_faiss
from shortlist.index.vectors.matrix import Matrix, MatrixKind
from shortlist.index.vectors.nearest import Nearest
from shortlist.records import Chunk, Document, Features, Note
from shortlist.text import terms

if TYPE_CHECKING:
    from numpy.typing import NDArray

Ranked: TypeAlias = "tuple[NDArray[np.int64], NDArray[np.float32]]"
Rows: TypeAlias = "Sequence[int] | NDArray[np.int64]"

SAMPLE = "The signing_key v2.1 rotates 12,000 times: getURL, don't, C++. 签名密钥怎么轮换?"  # how terms are cut


@dataclass(frozen=True)
class State:
    """What one read sees: the records and both caches at one position of the change log."""

    connection: sqlite3.Connection
    position: int
    bm25: Bm25
    nearest: Nearest


class Reader:
    """Reads an index. Every method sees what other processes have committed; threads may share it."""

    def __init__(self, path: Path, database: Database, held: dict[str, str]) -> None:
        self.path = path
        self._database = database
        self._revision = held.get("revision", "")
        self._dimensions = int(held.get("dimensions", 0))
        self._terms: Follower[Postings] = Follower(
            PostingsKind(terms), Disk(path / "terms", f"terms 1 {_terms_version()}", Postings)
        )
        self._vectors: Follower[Matrix] = Follower(
            MatrixKind(self._dimensions), Disk(path / "vectors", f"vectors 1 {self._revision}", Matrix)
        )
        self._shelf = Shelf(path / "vectors")
        self._bm25 = Bm25(View[Postings]())
        self._filters = Filters()
        self._pinned = local()

    def bm25(self, query_terms: Sequence[str], limit: int, where: str | None = None) -> Ranked:
        """The chunks with the highest BM25.

        Args:
            query_terms: from `shortlist.text.query_terms`; a term given twice counts twice.
            limit: how many at most. The first 10 of limit 20 are limit 10.
            where: an SQL expression over metadata. Statistics stay those of the whole index.

        Returns:
            Rows, int64, and scores, float32, both of shape (found,), best first; ties by chunk id. Chunks without
            any of the terms are left out.

        Raises:
            FilterError: `where` does not parse, or names a field that no document has.
        """
        with self._state() as state:
            return self._ranked(state, limit, where, lambda size, rows: state.bm25.rank(query_terms, size, rows))

    def bm25_of(self, query_terms: Sequence[str], rows: Rows) -> NDArray[np.float32]:
        """BM25 of the chunks at `rows`, shape (rows,); 0 without a match. The same numbers as `bm25` gives."""
        with self._state() as state:
            return state.bm25.of(query_terms, np.asarray(rows, np.int64))

    def nearest(self, vector: NDArray[np.float32], limit: int, where: str | None = None) -> Ranked:
        """The chunks with the highest cosine to a unit vector of shape (dimensions,).

        Returns:
            Rows, int64, and cosines, float32, both of shape (found,), nearest first; ties by chunk id.

        Raises:
            FilterError: `where` does not parse, or names a field that no document has.
        """
        unit = self._vector(vector)
        with self._state() as state:
            return self._ranked(state, limit, where, lambda size, rows: state.nearest.rank(unit, size, rows))

    def cosine_of(self, vector: NDArray[np.float32], rows: Rows) -> NDArray[np.float32]:
        """Cosines of the chunks at `rows` to a unit vector, shape (rows,). The same numbers as `nearest` gives."""
        unit = self._vector(vector)
        with self._state() as state:
            return state.nearest.of(unit, np.asarray(rows, np.int64))

    def chunks(self, rows: Rows) -> list[Chunk]:
        """The chunks at `rows`, in that order, with title, source and metadata of their documents.

        Raises:
            IndexProblem: one was deleted meanwhile; `snapshot` prevents that.
        """
        with self._state() as state:
            return read_chunks(state.connection, _integers(rows))

    def chunk_ids(self, rows: Rows) -> list[str]:
        """The ids of the chunks at `rows`, in that order.

        Raises:
            IndexProblem: one was deleted meanwhile; `snapshot` prevents that.
        """
        with self._state() as state:
            return read_ids(state.connection, _integers(rows))

    def sample(self, size: int) -> list[Chunk]:
        """At most `size` chunks, evenly spread over the index."""
        with self._records() as connection:
            rows = [row for (row,) in connection.execute("SELECT row FROM chunks ORDER BY row")]
            count = min(size, len(rows))
            return read_chunks(connection, [rows[i * len(rows) // count] for i in range(count)])

    @property
    def features(self) -> Features:
        """What the index keeps of its chunks for a second stage."""
        return StoredFeatures(self._records, self._revision, self._dimensions, self.path)

    def document(self, doc_id: str) -> Document | None:
        """The document of this id, or None."""
        with self._records() as connection:
            return next(read_documents(connection, "id = ?", (storable(doc_id),)), None)

    def documents(self) -> Iterator[Document]:
        """Every document, in the order in which they were added or last changed."""
        with self._records() as connection:
            yield from read_documents(connection, "1", ())

    @property
    def notes(self) -> tuple[Note, ...]:
        """What the user should know about the caches, as far as this process has met them."""
        found = [
            Note("cache-damaged", f"A cache of {self.path} was damaged and made again ({damage}).", {"why": damage})
            for damage in (self._terms.damage, self._vectors.damage)
            if damage
        ]
        largest = max((len(part.segment.rows) for part in self._vectors.parts), default=0)
        if largest >= LARGE and not has_faiss():
            found.append(
                Note(
                    "large-index-without-lists",
                    f"{self.path} holds {largest} chunks and every query looks at all their vectors. It would be "
                    "faster with faiss: pip install 'shortlist[large]', then shortlist index --rebuild",
                    {"chunks": largest},
                )
            )
        return tuple(found)

    @contextmanager
    def snapshot(self) -> Generator[None]:
        """Within it this thread sees one state of the index, whatever is written meanwhile."""
        with self._state() as state:
            outer = getattr(self._pinned, "state", None)
            self._pinned.state = state
            try:
                yield
            finally:
                self._pinned.state = outer

    def close(self) -> None:
        """Close the files. The directory can be opened again."""
        self._database.close()

    @contextmanager
    def _records(self) -> Generator[sqlite3.Connection]:
        """The records as this thread sees them, without the caches."""
        pinned: State | None = getattr(self._pinned, "state", None)
        if pinned is not None:
            yield pinned.connection
        else:
            with self._database.reading() as connection:
                yield connection

    @contextmanager
    def _state(self) -> Generator[State]:
        pinned: State | None = getattr(self._pinned, "state", None)
        if pinned is not None:
            yield pinned
            return
        while True:
            with self._database.reading() as connection:
                state = self._state_of(connection)
                if state is not None:
                    yield state
                    return

    def _state_of(self, connection: sqlite3.Connection) -> State | None:
        """Records and caches at one position; None if another thread took the caches beyond what we see."""
        now = position(connection)
        postings, matrices = self._terms.at(connection, now), self._vectors.at(connection, now)
        if postings.position != now or matrices.position != now:
            return None
        if self._bm25.view is not postings:
            self._bm25 = Bm25(postings)
        return State(connection, now, self._bm25, Nearest(matrices, self._shelf))

    def _ranked(
        self,
        state: State,
        limit: int,
        where: str | None,
        rank: Callable[[int, NDArray[np.int64] | None], Sequence[Ranked]],
    ) -> Ranked:
        """The best of all segments together, among those that `where` allows."""

        def joined(size: int, rows: NDArray[np.int64] | None) -> Ranked:
            return _joined(state.connection, rank(size, rows), size)

        if where is None:
            return joined(limit, None)
        allowed = self._filters.allowed(state.connection, state.position, where)
        return ranked_allowed(state.connection, allowed, joined, limit)

    def _vector(self, vector: NDArray[np.float32]) -> NDArray[np.float32]:
        if np.shape(vector) != (self._dimensions,):
            raise UsageError(f"The index holds vectors of {self._dimensions} dimensions, not of {np.shape(vector)}.")
        return np.ascontiguousarray(vector, np.float32)  # float64, which numpy's own functions like to give, is slower


def _joined(connection: sqlite3.Connection, parts: Sequence[Ranked], limit: int) -> Ranked:
    """The `limit` best of several rankings; ties by chunk id."""
    if len(parts) == 1:
        return parts[0]
    if not parts:
        return np.empty(0, np.int64), np.empty(0, np.float32)
    rows, scores = np.concatenate([part[0] for part in parts]), np.concatenate([part[1] for part in parts])
    if len(rows) > limit > 0:
        lowest = np.partition(scores, len(scores) - limit)[len(scores) - limit]
        rows, scores = rows[scores >= lowest], scores[scores >= lowest]
    _, group, sizes = np.unique(scores, return_inverse=True, return_counts=True)
    tied = rows[sizes[group] > 1].tolist()
    id_of = dict(zip(tied, read_ids(connection, tied), strict=True)) if tied else {}
    order = sorted(range(len(rows)), key=lambda i: (-scores[i], id_of.get(int(rows[i]), "")))[:limit]
    return rows[order], scores[order]


def _integers(rows: Rows) -> list[int]:
    return [int(row) for row in rows]


def _terms_version() -> str:
    """Changes when text is cut into other terms than before, so that the term index is made again."""
    return blake2b(" ".join(terms(SAMPLE)).encode(), digest_size=6).hexdigest()
