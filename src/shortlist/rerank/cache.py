"""Scores that were computed before, kept on disk: a hit is the same number to the last bit.

A key is a hash of the model's revision and precision, of what it runs on, and of the token ids of query and window:
whatever could change a bit changes the key, and every way of counting windows shares their scores. Each entry carries
a checksum of its own. The file is SQLite's, shared by any number of threads and processes; a cache that fails in any
way costs time and never an answer.
"""

from __future__ import annotations

import os
import platform
import sqlite3
import zlib
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import cache
from hashlib import blake2b
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from struct import Struct
from threading import Lock
from time import time
from typing import Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from shortlist.models.runtimes.device import gpus
from shortlist.models.runtimes.precision import processor_flags
from shortlist.places import cache_directory
from shortlist.records import Note

MAX_BYTES = 256 << 20  # some three million scores
FRESH_S = 3600  # a use is recorded again after so long: reading stays reading
AT_ONCE = 500  # keys of one statement
# What may befall a sound file: another writer for too long, no room, no permission.
TROUBLE = {
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_PERM,
    sqlite3.SQLITE_IOERR,
}
FILE = "scores.sqlite"
ENTRY = Struct("<fI")  # the score, and a checksum of it and its key
Work: TypeAlias = Callable[[sqlite3.Connection], None]

TABLE = """
    CREATE TABLE IF NOT EXISTS scores (key BLOB PRIMARY KEY, entry BLOB NOT NULL, used INTEGER NOT NULL) WITHOUT ROWID;
    CREATE INDEX IF NOT EXISTS scores_by_use ON scores (used);
"""


class ScoresIds(Protocol):
    """What is cached: a model that scores token ids, one score a window."""

    @property
    def revision(self) -> str:
        """Changes whenever its scores may."""
        ...

    def score_ids(self, query_ids: Sequence[int], passages_ids: Sequence[Sequence[int]]) -> NDArray[np.float32]:
        """Scores in the order given."""
        ...


class ScoreCache:
    """Scores by key, the least recently used dropped first. Thread-safe."""

    def __init__(self, path: Path, max_bytes: int = MAX_BYTES) -> None:
        self.path = path
        self.max_bytes = max_bytes
        self._lock = Lock()
        self._connection: sqlite3.Connection | None = None
        self._process = 0  # that opened the connection: SQLite's must not pass a fork
        self._notes: list[Note] = []

    def find(self, keys: Sequence[bytes]) -> dict[bytes, float]:
        """The scores that are here."""
        found: dict[bytes, float] = {}

        def read(connection: sqlite3.Connection) -> None:
            now, stale = int(time()), list[bytes]()
            for start in range(0, len(keys), AT_ONCE):
                some = keys[start : start + AT_ONCE]
                marks = ",".join("?" * len(some))
                rows = connection.execute(f"SELECT key, entry, used FROM scores WHERE key IN ({marks})", some)
                for key, entry, used in rows:
                    score = _opened(key, entry)
                    if score is not None:
                        found[key] = score
                        stale += [key] * (used < now - FRESH_S)
            if stale:
                with connection:
                    connection.executemany("UPDATE scores SET used = ? WHERE key = ?", ((now, key) for key in stale))

        self._try(read)
        return found

    def keep(self, scores: Mapping[bytes, float]) -> None:
        """Store scores, and make room where there is too little."""

        def write(connection: sqlite3.Connection) -> None:
            now = int(time())
            rows = ((key, _closed(key, score), now) for key, score in scores.items())
            with connection:
                connection.executemany("INSERT OR REPLACE INTO scores VALUES (?, ?, ?)", rows)
            self._make_room(connection)

        if scores:
            self._try(write)

    def notes(self) -> list[Note]:
        """What went wrong since this was last asked."""
        with self._lock:
            notes, self._notes = self._notes, []
        return notes

    def _make_room(self, connection: sqlite3.Connection) -> None:
        while self._bytes(connection) > self.max_bytes:
            [count] = connection.execute("SELECT count(*) FROM scores").fetchone()
            oldest = "SELECT key FROM scores ORDER BY used LIMIT ?"
            with connection:
                connection.execute(f"DELETE FROM scores WHERE key IN ({oldest})", (count // 8 + 1,))
            if count <= 1:
                return

    def _bytes(self, connection: sqlite3.Connection) -> int:
        pages, free, size = (
            connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "freelist_count", "page_size")
        )
        return (pages - free) * size

    def _try(self, work: Work) -> None:
        """Do the work; a file that is damaged is made anew, and any other trouble leaves the cache out."""
        with self._lock:
            try:
                work(self._open())
            except sqlite3.Error as problem:
                self._close()
                code = problem.sqlite_errorcode
                if code & 0xFF in TROUBLE and code != sqlite3.SQLITE_IOERR_SHORT_READ:
                    self._noted("score-cache-unused", f"The score cache {self.path} was not used: {problem}.")
                else:
                    self._noted("score-cache-damaged", f"The score cache {self.path} was damaged: made anew. {problem}")
                    self._remove()
            except OSError as problem:
                self._noted("score-cache-unused", f"The score cache {self.path} was not used: {problem}.")

    def _open(self) -> sqlite3.Connection:
        if self._connection is None or self._process != os.getpid():
            self.path.parent.mkdir(parents=True, exist_ok=True)
            connection = sqlite3.connect(self.path, timeout=2, check_same_thread=False)
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = NORMAL")  # a lost entry is computed again
            connection.executescript(TABLE)
            self._connection, self._process = connection, os.getpid()
        return self._connection

    def _close(self) -> None:
        """Whatever was wrong may be right when the file is opened again."""
        if self._connection is not None:
            with suppress(sqlite3.Error):
                self._connection.close()
            self._connection = None

    def _remove(self) -> None:
        for end in ("", "-wal", "-shm"):
            with suppress(OSError):
                self.path.with_name(self.path.name + end).unlink(missing_ok=True)

    def _noted(self, code: str, message: str) -> None:
        self._notes.append(Note(code, message, {"path": str(self.path)}))


class CachedModel:
    """A model whose scores are looked up before they are computed."""

    def __init__(self, model: ScoresIds, scores: ScoreCache) -> None:
        self._model = model
        self._scores = scores

    @property
    def revision(self) -> str:
        """The model's."""
        return self._model.revision

    def score_ids(self, query_ids: Sequence[int], passages_ids: Sequence[Sequence[int]]) -> NDArray[np.float32]:
        """As the model's own: the same numbers, those that were computed before read from disk."""
        keys = self._keys(query_ids, passages_ids)
        known = self._scores.find(list(dict.fromkeys(keys)))
        missing = {key: ids for key, ids in zip(keys, passages_ids, strict=True) if key not in known}
        if missing:
            computed = self._model.score_ids(query_ids, list(missing.values())).tolist()
            new = dict(zip(missing, computed, strict=True))
            self._scores.keep(new)
            known |= new
        return np.array([known[key] for key in keys], np.float32)

    def known(self, query_ids: Sequence[int], passages_ids: Sequence[Sequence[int]]) -> list[bool]:
        """Which of them need not be computed."""
        keys = self._keys(query_ids, passages_ids)
        found = self._scores.find(list(dict.fromkeys(keys)))
        return [key in found for key in keys]

    def _keys(self, query_ids: Sequence[int], passages_ids: Sequence[Sequence[int]]) -> list[bytes]:
        query = _query_hash(self._model.revision, query_ids)
        return [_key(query, ids) for ids in passages_ids]

    def notes(self) -> list[Note]:
        """What went wrong with the cache since this was last asked."""
        return self._scores.notes()


def score_cache(chosen: bool | str | Path) -> ScoreCache | None:
    """The cache in this directory; True stands for the user's own, False for none. One object a file and process."""
    if chosen is False:
        return None
    return _cache_of((cache_directory() if chosen is True else Path(chosen).absolute()) / FILE)


@cache
def _cache_of(path: Path) -> ScoreCache:
    return ScoreCache(path)


def _query_hash(revision: str, query_ids: Sequence[int]) -> bytes:
    digest = blake2b(f"{_machine()} {revision} ".encode(), digest_size=16)
    digest.update(np.array(query_ids, np.int64).tobytes())
    return digest.digest()


def _key(query: bytes, ids: Sequence[int]) -> bytes:
    return blake2b(query + np.array(ids, np.int64).tobytes(), digest_size=16).digest()


@cache
def _machine() -> str:
    """What last bits depend on beside the model: runtimes, processor and GPUs, as a caches' directory may be shared."""
    versions: list[str] = []
    for package in ("onnxruntime", "onnxruntime-gpu", "openvino"):
        with suppress(PackageNotFoundError):
            versions.append(f"{package} {version(package)}")
    return " ".join([*versions, platform.machine(), *sorted(processor_flags()), *gpus()])


def _closed(key: bytes, score: float) -> bytes:
    return ENTRY.pack(score, zlib.crc32(key + np.float32(score).tobytes()))


def _opened(key: bytes, entry: object) -> float | None:
    """The score of an entry; None where its bits are not those that were stored."""
    if not isinstance(entry, bytes) or len(entry) != ENTRY.size:
        return None
    score, checksum = ENTRY.unpack(entry)
    return score if checksum == zlib.crc32(key + np.float32(score).tobytes()) else None
