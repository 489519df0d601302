"""Chunks and what the encoder read of them, by row."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol, cast

import numpy as np

from shortlist.errors import IndexProblem
from shortlist.index.records.documents import metadata_from, storable
from shortlist.index.records.schema import PART, PARTS
from shortlist.records import Chunk

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


def insert_chunks(
    connection: sqlite3.Connection, document: int, chunks: Sequence[Chunk], features: Sequence[int]
) -> None:
    """Write a document's chunks under new rows and log them."""
    first = last = 0
    for chunk, feature in zip(chunks, features, strict=True):
        last = cast(
            "int",
            connection.execute(
                'INSERT INTO chunks (id, document, start, "end", page, headings, feature) VALUES (?, ?, ?, ?, ?, ?, ?)',
                (
                    storable(chunk.id),
                    document,
                    chunk.start,
                    chunk.end,
                    chunk.page,
                    json.dumps(chunk.heading_path),
                    feature,
                ),
            ).lastrowid,
        )
        first = first or last
    if chunks:
        log(connection, "add", first, last)


def delete_chunks(connection: sqlite3.Connection, document: int) -> set[int]:
    """Remove a document's chunks and log it. Returns the features they used, for `drop_unused` at the end."""
    gone = connection.execute("DELETE FROM chunks WHERE document = ? RETURNING row, feature", (document,)).fetchall()
    rows = [row for row, _ in gone]
    if rows:
        log(connection, "delete", min(rows), max(rows))  # a document's rows were given in one go
    return {feature for _, feature in gone}


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


def log(connection: sqlite3.Connection, op: str, first: int, last: int) -> None:
    """Add to the log that rows `first` to `last` came or went."""
    connection.execute("INSERT INTO changes (op, first, last) VALUES (?, ?, ?)", (op, first, last))


def position(connection: sqlite3.Connection) -> int:
    """How far the log of changes goes; 0 in an empty index."""
    return int(connection.execute("SELECT coalesce(max(sequence), 0) FROM changes").fetchone()[0])


def read_chunks(connection: sqlite3.Connection, rows: Sequence[int]) -> list[Chunk]:
    """The chunks at `rows`, in that order.

    Raises:
        IndexProblem: a row is not there (any more).
    """
    found: dict[int, tuple[Any, ...]] = {
        record[0]: record[1:]
        for record in connection.execute(
            'SELECT c.row, c.id, c.document, c.start, c."end", c.page, c.headings, d.id, d.title, d.source, d.metadata '
            "FROM chunks c JOIN documents d ON d.row = c.document WHERE c.row IN (SELECT value FROM json_each(?))",
            (json.dumps(rows),),
        )
    }
    _require_all(rows, found)
    texts = _texts(connection, ((record[1], record[2], record[3]) for record in found.values()))
    chunks: list[Chunk] = []
    for row in rows:
        chunk_id, document, start, end, page, headings, doc_id, title, source, metadata = found[row]
        chunks.append(
            Chunk(
                id=chunk_id,
                doc_id=doc_id,
                start=start,
                end=end,
                text=texts[document, start, end],
                heading_path=tuple(json.loads(headings)),
                page=page,
                title=title,
                source=source,
                metadata=metadata_from(metadata),
            )
        )
    return chunks


def _texts(connection: sqlite3.Connection, spans: Iterable[tuple[int, int, int]]) -> dict[tuple[int, int, int], str]:
    """The text of each (document, start, end)."""
    spans = list(spans)
    keys = {document * PARTS + part for document, start, end in spans for part in _parts(start, end)}
    parts: dict[int, str] = {
        key: text.decode("utf-8", "surrogatepass")
        for key, text in connection.execute(
            "SELECT key, text FROM texts WHERE key IN (SELECT value FROM json_each(?))", (json.dumps(sorted(keys)),)
        )
    }
    texts: dict[tuple[int, int, int], str] = {}
    for document, start, end in spans:
        text = "".join(parts.get(document * PARTS + part, "") for part in _parts(start, end))
        before = start // PART * PART
        texts[document, start, end] = text[start - before : end - before]
    return texts


def _parts(start: int, end: int) -> range:
    return range(start // PART, max(end - 1, start) // PART + 1)


def read_ids(connection: sqlite3.Connection, rows: Sequence[int]) -> list[str]:
    """The ids of the chunks at `rows`, in that order.

    Raises:
        IndexProblem: a row is not there (any more).
    """
    found = dict(
        connection.execute(
            "SELECT row, id FROM chunks WHERE row IN (SELECT value FROM json_each(?))", (json.dumps(rows),)
        )
    )
    _require_all(rows, found)
    return [found[row] for row in rows]


def rows_after(connection: sqlite3.Connection, row: int, limit: int) -> list[int]:
    """The first `limit` rows of chunks above `row`, ascending."""
    return [
        found
        for (found,) in connection.execute("SELECT row FROM chunks WHERE row > ? ORDER BY row LIMIT ?", (row, limit))
    ]


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
    _require_all(ids, found)
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
    _require_all(keys, found)
    joined = b"".join(found[key] for key in keys)
    return np.frombuffer(joined, "<f2").astype(np.float32).reshape(len(keys), dimensions)


def _require_all(keys: Iterable[int | str], found: Mapping[Any, object]) -> None:
    missing = [key for key in keys if key not in found]
    if missing:
        raise IndexProblem(
            f"The index holds no chunk {missing[0]!r} ({len(missing)} of those asked for are missing): it was deleted "
            "meanwhile. Read within `with directory.snapshot():` to see one state throughout.",
            missing=missing,
        )


def iterate_ids(connection: sqlite3.Connection, first: int, last: int) -> Iterator[tuple[int, str]]:
    """Row and id of every chunk from `first` to `last`, by row."""
    yield from connection.execute("SELECT row, id FROM chunks WHERE row BETWEEN ? AND ? ORDER BY row", (first, last))
