"""What the encoder read, kept once for each distinct text."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

import numpy as np

from shortlist.index.records.chunks import require_all

if TYPE_CHECKING:
    from numpy.typing import NDArray

WIDEST_SHORT_ID = 0xFFFF  # token ids up to this are kept in two bytes


class Reading(Protocol):
    """What an encoder made of one text, as far as an index keeps it."""

    @property
    def ids(self) -> NDArray[np.int32]:
        """Tokens of the text."""
        ...

    @property
    def vector(self) -> NDArray[np.float32]:
        """Unit vector, shape (dimensions,)."""
        ...

    @property
    def packed(self) -> bytes:
        """Compressed token vectors."""
        ...

    @property
    def windows(self) -> int:
        """Overlapping parts in which it was read."""
        ...

    @property
    def unknown(self) -> float:
        """Share of the text that the encoder cannot spell."""
        ...


def insert_features(connection: sqlite3.Connection, readings: Mapping[bytes, Reading]) -> dict[bytes, int]:
    """Keep what the encoder read, by hash of the text. Returns the feature of each hash."""
    return {text_hash: _insert_feature(connection, text_hash, reading) for text_hash, reading in readings.items()}


def _insert_feature(connection: sqlite3.Connection, text_hash: bytes, reading: Reading) -> int:
    ids = np.asarray(reading.ids, np.int32)
    width = np.uint16 if not ids.size or int(ids.max()) <= WIDEST_SHORT_ID else np.int32
    row = connection.execute(
        "INSERT INTO features (hash, tokens, windows, unknown, vector, ids, packed) VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            text_hash,
            len(ids),
            reading.windows,
            float(reading.unknown),
            np.asarray(reading.vector, "<f2").tobytes(),
            ids.astype(width).tobytes(),
            reading.packed,
        ),
    ).lastrowid
    assert row is not None  # an INSERT always has one
    return row


def find_features(connection: sqlite3.Connection, hashes: Iterable[bytes]) -> dict[bytes, int]:
    """The feature of each of these texts that was read before."""
    found: dict[bytes, int] = {}
    for wanted in hashes:
        if row := connection.execute("SELECT row FROM features WHERE hash = ?", (wanted,)).fetchone():
            found[wanted] = row[0]
    return found


def drop_unused(connection: sqlite3.Connection, features: Iterable[int]) -> None:
    """Remove those of these features that no chunk uses."""
    connection.executemany(
        "DELETE FROM features WHERE row = ? AND NOT EXISTS (SELECT 1 FROM chunks WHERE feature = features.row)",
        ((feature,) for feature in features),
    )


def begin_staging(connection: sqlite3.Connection) -> None:
    """Note from where on there may be features that no chunk uses yet; kept where an earlier `add` was interrupted."""
    connection.execute("INSERT OR IGNORE INTO settings SELECT 'staged_from', coalesce(max(feature), 0) FROM chunks")


def end_staging(connection: sqlite3.Connection) -> None:
    """Remove features that no chunk came to use."""
    connection.execute(
        "DELETE FROM features WHERE row > (SELECT CAST(value AS INTEGER) FROM settings WHERE name = 'staged_from') "
        "AND NOT EXISTS (SELECT 1 FROM chunks WHERE feature = features.row)"
    )
    connection.execute("DELETE FROM settings WHERE name = 'staged_from'")


def vectors_of(connection: sqlite3.Connection, rows: Sequence[int], dimensions: int) -> NDArray[np.float32]:
    """Vectors of the chunks at `rows`, shape (rows, dimensions), in that order.

    Raises:
        IndexProblem: a row is not there (any more).
    """
    return _matrix(_features(connection, "vector", "c.row", rows), rows, dimensions)


def vectors_by_id(connection: sqlite3.Connection, ids: Sequence[str], dimensions: int) -> NDArray[np.float32]:
    """The same by chunk id."""
    return _matrix(_features(connection, "vector", "c.id", ids), ids, dimensions)


def packed_by_id(connection: sqlite3.Connection, ids: Sequence[str]) -> list[bytes]:
    """Compressed token vectors by chunk id, in the order asked for."""
    found = _features(connection, "packed", "c.id", ids)
    require_all(ids, found)
    return [found[chunk_id] for chunk_id in ids]


def _features(
    connection: sqlite3.Connection, column: str, key: str, keys: Sequence[int | str]
) -> dict[int | str, bytes]:
    return dict(
        connection.execute(
            f"SELECT {key}, f.{column} FROM chunks c JOIN features f ON f.row = c.feature "
            f"WHERE {key} IN (SELECT value FROM json_each(?))",
            (json.dumps(keys),),
        )
    )


def _matrix(found: Mapping[int | str, bytes], keys: Sequence[int | str], dimensions: int) -> NDArray[np.float32]:
    require_all(keys, found)
    joined = b"".join(found[key] for key in keys)
    return np.frombuffer(joined, "<f2").astype(np.float32).reshape(len(keys), dimensions)
