"""An index: one directory, opened by any number of processes, written by one at a time."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Generator, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from threading import RLock

from shortlist.errors import IndexBusy, ReadOnlyIndex, UsageError
from shortlist.index.add import Adder
from shortlist.index.lock import writer_lock
from shortlist.index.plan import Chunker, PassageEncoder
from shortlist.index.reader import Reader, State
from shortlist.index.records.chunks import delete_chunks, position
from shortlist.index.records.database import Database
from shortlist.index.records.documents import delete_document, storable
from shortlist.index.records.features import drop_unused
from shortlist.index.report import AddReport, OnProgress
from shortlist.index.settings import settle_encoder
from shortlist.index.sources import is_below
from shortlist.index.status import Status, read_status
from shortlist.records import Document

SAVE_EVERY = 8192  # chunks; so many are never left to readers to work through by themselves
DELETED_AT_ONCE = 1000  # documents a transaction


class Directory(Reader):
    """An index on disk."""

    def __init__(
        self, path: Path, database: Database, held: dict[str, str], encoder: PassageEncoder | None, wait_s: float
    ) -> None:
        super().__init__(path, database, held)
        self.encoder = encoder
        self._wait_s = wait_s
        self._writing = RLock()
        self._depth = 0

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
            wait_s: how long a write waits for another writer, in seconds.

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
            return cls(path, database, settle_encoder(path, database, encoder), encoder, wait_s)
        except BaseException:
            database.close()
            raise

    @property
    def root(self) -> Path:
        """The folder that holds the index: sources are paths below it, so that both can be moved together."""
        return Path(os.path.abspath(self.path)).parent  # noqa: PTH100 (resolve() would follow links)

    def add(self, documents: Iterable[Document], chunk: Chunker, on_progress: OnProgress | None = None) -> AddReport:
        """Add or update documents.

        Args:
            documents: each is compared with what the index holds under its id; unchanged ones cost no encoding.
            chunk: cuts a document; its name or settings are remembered, and another one cuts anew.
            on_progress: called after each commit with chunks and documents done. What it has counted is on disk.

        Raises:
            IndexBusy: another process is writing and did not finish in time.
            UsageError: the index was opened without encoder; two chunks have one id; a chunk is not an exact span.
            DiskFull: no room is left; what was counted so far is kept.
        """
        if self.encoder is None:
            raise UsageError("The index was opened without an encoder. To add documents, open it with one.")
        saved = 0

        def progress(chunks: int, done: int) -> None:
            nonlocal saved
            if chunks - saved >= SAVE_EVERY:
                saved = chunks
                self._save()
            if on_progress is not None:
                on_progress(chunks, done)

        with self._write():
            report = Adder(self._database, self.encoder, chunk, progress).run(documents)
            self._save(lists=True)
            return replace(report, notes=(*report.notes, *self.notes))

    def delete(self, doc_ids: Iterable[str]) -> int:
        """Delete documents by id. Returns how many there were; ids the index does not hold are passed over."""
        with self._write():
            with self._database.reading() as connection:
                query = "SELECT row FROM documents WHERE id = ?"
                found = [connection.execute(query, (storable(doc_id),)).fetchone() for doc_id in doc_ids]
            return self._delete({int(row[0]) for row in found if row is not None})

    def delete_where(self, where: str) -> int:
        """Delete the documents of all chunks for which an SQL expression over metadata holds. Returns how many.

        Raises:
            FilterError: it does not parse, or names a field that no document has.
        """
        with self._write():
            with self._database.reading() as connection:
                rows = self._filters.allowed(connection, position(connection), where).documents(connection)
            return self._delete(rows)

    def sync(
        self,
        documents: Iterable[Document],
        chunk: Chunker,
        roots: Collection[str],
        *,
        keep: Collection[str] = (),
        on_progress: OnProgress | None = None,
    ) -> AddReport:
        """Add or update documents, then delete those that came from the same roots and were not given.

        Args:
            documents: all that the roots hold now.
            chunk: cuts a document.
            roots: paths (from `root`), globs or addresses. A document belongs to one if its source is that, or lies
                below it.
            keep: roots of documents that stay though they were not given: what could not be read this time.
            on_progress: as for `add`.
        """
        given: set[str] = set()

        def noted() -> Iterator[Document]:
            for document in documents:
                given.add(storable(document.id))
                yield document

        with self._write():
            report = self.add(noted(), chunk, on_progress)
            base = str(self.root)
            with self._database.reading() as connection:
                gone = {
                    int(row)
                    for row, doc_id, source in connection.execute("SELECT row, id, source FROM documents")
                    if doc_id not in given and is_below(source, roots, base) and not is_below(source, keep, base)
                }
            return replace(report, deleted=self._delete(gone))

    def rebuild(self) -> None:
        """Make terms and vectors anew from the records."""
        with self._write():
            self._terms.restart()
            self._vectors.restart()
            self._save(lists=True)

    def status(self) -> Status:
        """What the index holds, how large it is, and whether its caches are complete."""
        with self._records() as connection:
            return read_status(connection, self.path, self._terms.disk, self._vectors.disk, self.notes)

    def __eq__(self, other: object) -> bool:
        """Whether both are the same index; how each was opened does not matter."""
        return isinstance(other, Directory) and self._place == other._place

    def __hash__(self) -> int:
        return hash(self._place)

    def __reduce__(self) -> tuple[Callable[[str, PassageEncoder | None], Directory], tuple[str, PassageEncoder | None]]:
        """Pickled as its place: opened there again, to be read only."""
        return _reopened, (self._place, self.encoder)

    def __repr__(self) -> str:
        return f"Directory({str(self.path)!r})"

    @property
    def _place(self) -> str:
        return os.path.realpath(self.path)

    def __enter__(self) -> Directory:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextmanager
    def _state(self) -> Generator[State]:
        with super()._state() as state:
            yield state
        if self._terms.unsaved() >= SAVE_EVERY and not self._database.read_only:
            self._save_if_free()

    def _save_if_free(self) -> None:
        """Save what a writer was killed before it could: so that the next process need not make it again."""
        with suppress(IndexBusy, OSError), writer_lock(self.path, 0):
            self._save(lists=True)

    @contextmanager
    def _write(self) -> Generator[None]:
        """Be the one writer, among threads and processes."""
        if self._database.read_only:
            raise ReadOnlyIndex(f"The index {self.path} was opened to be read only.", path=str(self.path))
        if not self._writing.acquire(timeout=max(self._wait_s, 0)):
            raise IndexBusy(f"Another thread writes to {self.path}; waited {self._wait_s:g} s.", pid=os.getpid())
        try:
            if self._depth:
                yield
                return
            with writer_lock(self.path, self._wait_s):
                self._depth += 1
                try:
                    yield
                finally:
                    self._depth -= 1
        finally:
            self._writing.release()

    def _delete(self, rows: Iterable[int]) -> int:
        ordered = sorted(rows)
        for start in range(0, len(ordered), DELETED_AT_ONCE):
            with self._database.writing() as connection:
                loose: set[int] = set()
                for row in ordered[start : start + DELETED_AT_ONCE]:
                    loose |= delete_chunks(connection, row)
                    delete_document(connection, row)
                drop_unused(connection, loose)
        if ordered:
            self._save(lists=True)
        return len(ordered)

    def _save(self, *, lists: bool = False) -> None:
        """Bring both caches up to date and to disk. A cache can be made again, so failing to write it is no loss.

        Lists take longest and are lost with every merge of their segment: they are made when all is done.
        """
        with self._database.reading() as connection, suppress(OSError):
            now = position(connection)
            self._terms.save(connection, now)
            self._vectors.save(connection, now)
            if lists:
                self._shelf.update(self._vectors.parts)


def _reopened(path: str, encoder: PassageEncoder | None) -> Directory:
    return Directory.open(path, encoder, create=False, read_only=True)
