"""Chunks as rows, and the log of those that came and went."""

from __future__ import annotations

import json
import sqlite3
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from operator import itemgetter
from typing import Any, cast

from shortlist.errors import IndexProblem
from shortlist.index.records.documents import metadata_from, storable
from shortlist.index.records.schema import PART, PARTS
from shortlist.records import Chunk


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
    require_all(rows, found)
    texts = _texts(connection, ((record[1], record[2], record[3]) for record in found.values()))
    pages = _pages(connection, {record[1] for record in found.values() if record[4] is not None})
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
                page_end=None if page is None else _page_end(pages[document], end, page),
            )
        )
    return chunks


def _pages(connection: sqlite3.Connection, documents: Iterable[int]) -> dict[int, list[tuple[int, int]]]:
    """The page marks of each of these documents: (start, number), ascending."""
    found = connection.execute(
        "SELECT row, pages FROM documents WHERE row IN (SELECT value FROM json_each(?))", (json.dumps([*documents]),)
    )
    return {row: json.loads(pages) for row, pages in found}


def _page_end(pages: Sequence[tuple[int, int]], end: int, first: int) -> int | None:
    """The page on which a chunk ends, if that is not its first one; the marks say it, so no column need."""
    mark = bisect_left(pages, end, key=itemgetter(0)) - 1
    last = pages[mark][1] if mark >= 0 else first
    return None if last == first else last


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
    require_all(rows, found)
    return [found[row] for row in rows]


def rows_after(connection: sqlite3.Connection, row: int, limit: int) -> list[int]:
    """The first `limit` rows of chunks above `row`, ascending."""
    return [
        found
        for (found,) in connection.execute("SELECT row FROM chunks WHERE row > ? ORDER BY row LIMIT ?", (row, limit))
    ]


def require_all(keys: Iterable[int | str], found: Mapping[Any, object]) -> None:
    """Refuse to go on with chunks that are not there.

    Raises:
        IndexProblem: naming the first of them.
    """
    missing = [key for key in keys if key not in found]
    if missing:
        raise IndexProblem(
            f"The index holds no chunk {missing[0]!r} ({len(missing)} of those asked for are missing): it was deleted "
            "meanwhile. Read within `with directory.snapshot():` to see one state throughout.",
            missing=missing,
        )
