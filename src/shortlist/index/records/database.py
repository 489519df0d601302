"""The SQLite file behind an index: opened and checked, one connection a thread at a time, errors in our own words."""

from __future__ import annotations

import sqlite3
from collections import deque
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from shortlist.errors import DiskFull, IndexBusy, IndexDamaged, IndexProblem, IndexTooNew, NotAnIndex, ReadOnlyIndex
from shortlist.index.records.schema import APPLICATION_ID, FILE, FORMAT, SCHEMA

BUSY_MS = 10_000  # SQLite's own locks are held for moments only; the writer's lock is ours (lock.py)
EMPTY = (0, 0, 0)  # application_id, user_version and tables of a file that nothing was written to
VISIBLE_ENTRIES = 4  # of a foreign directory, in the message that refuses it


class Database:
    """`records.sqlite` of one index. Thread-safe: connections come from a pool.

    WAL with synchronous=FULL: a transaction that was committed survives kill -9 and the loss of power.
    """

    def __init__(self, directory: Path, *, create: bool, read_only: bool) -> None:
        """Open the file, making directory and file where `create` allows it.

        Raises:
            NotAnIndex, IndexTooNew, IndexDamaged, ReadOnlyIndex: what the path holds instead.
        """
        self.directory = directory
        self.path = directory / FILE
        self.read_only = read_only
        self._idle: deque[sqlite3.Connection] = deque()
        self._immutable = False
        self._closed = False
        with self._translated():
            self._require_place(create and not read_only)
            if not self.path.exists():
                self._make()
            self._check(create and not read_only)

    @contextmanager
    def reading(self) -> Generator[sqlite3.Connection]:
        """A connection in a read transaction: one state of the records, whatever is written meanwhile."""
        with self._connection() as connection:
            connection.execute("BEGIN")
            try:
                yield connection
            finally:
                connection.execute("ROLLBACK")

    @contextmanager
    def writing(self) -> Generator[sqlite3.Connection]:
        """A connection in a write transaction, committed at the end, rolled back on any error."""
        if self.read_only:
            raise ReadOnlyIndex(f"The index {self.directory} was opened to be read only.", **self._named)
        with self._connection() as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise

    def close(self) -> None:
        """Close every connection. The last one of all processes folds the WAL into the file."""
        self._closed = True
        self._close_idle()

    def _close_idle(self) -> None:
        while self._idle:
            self._idle.pop().close()

    @contextmanager
    def _connection(self) -> Generator[sqlite3.Connection]:
        if self._closed:
            raise IndexProblem(f"The index {self.directory} is closed.", **self._named)
        with self._translated():
            try:
                connection = self._idle.pop()
            except IndexError:
                connection = self._connect()
            try:
                yield connection
            finally:
                if self._closed:
                    connection.close()
                else:
                    self._idle.append(connection)

    @property
    def _named(self) -> dict[str, str]:
        return {"path": str(self.directory)}

    def _connect(self) -> sqlite3.Connection:
        mode = "ro" if self.read_only else "rw"
        uri = f"file:{quote(str(self.path))}?mode={mode}{'&immutable=1' if self._immutable else ''}"
        connection = sqlite3.connect(
            uri, uri=True, isolation_level=None, check_same_thread=False, timeout=BUSY_MS / 1000
        )
        if not self.read_only:
            connection.execute("PRAGMA synchronous = FULL")
        return connection

    def _require_place(self, create: bool) -> None:
        """Refuse a path where no index is and none may be made."""
        at, named = self.directory, self._named
        if at.exists() and not at.is_dir():
            raise NotAnIndex(f"{at} is a file. An index is a directory: give another path.", **named)
        entries = sorted(entry.name for entry in at.iterdir()) if at.exists() else []
        if self.path.exists():
            return
        strangers = [name for name in entries if not name.startswith(".")]
        if strangers:
            shown = ", ".join(strangers[:VISIBLE_ENTRIES]) + (", …" if len(strangers) > VISIBLE_ENTRIES else "")
            raise NotAnIndex(f"{at} is not an index: it holds {shown}, but no {FILE}. Give another path.", **named)
        if not create:
            raise NotAnIndex(f"There is no index at {at}. Make one: shortlist index YOUR_FILES --index {at}", **named)

    def _make(self) -> None:
        self.directory.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(self.path, isolation_level=None, timeout=BUSY_MS / 1000)
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("BEGIN IMMEDIATE")
            if not connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:  # else another was faster
                for statement in SCHEMA.split(";"):
                    connection.execute(statement)
                connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
                connection.execute(f"PRAGMA user_version = {FORMAT}")
            connection.execute("COMMIT")
        finally:
            connection.close()

    def _check(self, create: bool) -> None:
        try:
            marks = self._marks()
        except ReadOnlyIndex:
            left = self.path.with_name(f"{FILE}-wal")
            if not self.read_only or (left.exists() and left.stat().st_size):
                raise
            self._immutable = True  # WAL needs a file beside the database: read-only media cannot have one
            self._close_idle()
            marks = self._marks()
        if marks == EMPTY and create:  # a process was killed while it made the index: nothing was lost
            self._make()
            marks = self._marks()
        application, version, tables = marks
        if application != APPLICATION_ID:
            holds = "another program's tables" if tables else "nothing yet"
            raise NotAnIndex(f"{self.path} is not an index: it holds {holds}. Give another path.", **self._named)
        if version > FORMAT:
            raise IndexTooNew(
                f"The index {self.directory} has format {version}; this version of Shortlist reads up to {FORMAT}. "
                "Install a newer one: pip install --upgrade shortlist",
                **self._named,
                format=version,
            )

    def _marks(self) -> tuple[int, int, int]:
        """SQLite's application_id and user_version, and how many tables there are."""
        with self._connection() as connection:
            application, version = (
                int(connection.execute(f"PRAGMA {name}").fetchone()[0]) for name in ("application_id", "user_version")
            )
            return application, version, int(connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0])

    @contextmanager
    def _translated(self) -> Generator[None]:
        """SQLite's and the system's errors as ours, in one place."""
        try:
            yield
        except sqlite3.DatabaseError as error:
            raise self._problem(error) from error
        except PermissionError as error:
            if isinstance(error, IndexProblem):
                raise
            raise ReadOnlyIndex(f"No permission for {self.directory}: {error}.", **self._named) from error
        except NotADirectoryError as error:
            raise NotAnIndex(f"{self.directory} lies below a file. Give another path.") from error

    def _problem(self, error: sqlite3.DatabaseError) -> Exception:
        code = error.sqlite_errorcode & 0xFF if hasattr(error, "sqlite_errorcode") else None
        at, named = self.directory, self._named
        if code == sqlite3.SQLITE_FULL:
            return DiskFull(
                f"No room is left on the disk of {at}. What was acknowledged is kept: free some space "
                "and add the rest again.",
                **named,
            )
        if code in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM, sqlite3.SQLITE_AUTH):
            return ReadOnlyIndex(
                f"The index {at} cannot be opened for writing here ({error}). Open it with "
                "read_only=True, or change its permissions.",
                **named,
            )
        if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            return IndexBusy(f"Another program holds {self.path} for longer than {BUSY_MS // 1000} s.", **named)
        if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_IOERR):
            return IndexDamaged(
                f"{self.path} is damaged ({error}). Restore it from a copy, or build the index again in another "
                f"directory: shortlist index YOUR_FILES --index NEW_PATH",
                **named,
            )
        return error
