"""Documents as rows, and back."""

from __future__ import annotations

import json
import math
import sqlite3
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Any, cast

from shortlist.index.records.schema import PART, PARTS
from shortlist.records import Document, Heading, Metadata, MetadataValue, Page

LARGEST_INTEGER = 2**63 - 1  # of SQLite; beyond it a number is compared as a float

COLUMNS = "row, id, title, source, format, metadata, length, pages, headings"


def storable(text: str) -> str:
    r"""`text` without lone surrogates, which no database takes: `\udce9` spelled out, so that two names stay two."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def insert_document(connection: sqlite3.Connection, document: Document, content: bytes, language: str) -> int:
    """Write a document's row, text and fields (not its chunks). Returns the row."""
    row = connection.execute(
        "INSERT INTO documents (id, title, source, format, metadata, language, content, length, pages, headings) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            storable(document.id),
            storable(document.title),
            storable(document.source),
            document.format,
            metadata_json(document.metadata),
            language,
            content,
            len(document.text),
            json.dumps([[page.start, page.number] for page in document.pages]),
            json.dumps([[mark.start, mark.level, mark.title] for mark in document.headings]),
        ),
    ).lastrowid
    assert row is not None  # sqlite3 types it as optional; an INSERT always has one
    parts = (document.text[start : start + PART] for start in range(0, len(document.text), PART))
    connection.executemany(
        "INSERT INTO texts VALUES (?, ?)",
        ((row * PARTS + i, part.encode("utf-8", "surrogatepass")) for i, part in enumerate(parts)),
    )
    _insert_fields(connection, row, document.metadata)
    return row


def edit_document(connection: sqlite3.Connection, row: int, document: Document) -> None:
    """Write what is said about a document whose text and title stayed the same."""
    _delete_fields(connection, row)
    connection.execute(
        "UPDATE documents SET source = ?, format = ?, metadata = ? WHERE row = ?",
        (storable(document.source), document.format, metadata_json(document.metadata), row),
    )
    _insert_fields(connection, row, document.metadata)


def delete_document(connection: sqlite3.Connection, row: int) -> None:
    """Remove a document's row, text and fields (not its chunks)."""
    connection.execute("DELETE FROM documents WHERE row = ?", (row,))
    connection.execute("DELETE FROM texts WHERE key >= ? AND key < ?", (row * PARTS, (row + 1) * PARTS))
    _delete_fields(connection, row)


def read_documents(connection: sqlite3.Connection, where: str, values: Sequence[object]) -> Iterator[Document]:
    """The documents for which an SQL condition (ours, never a user's) holds, by row."""
    rows = connection.execute(f"SELECT {COLUMNS} FROM documents WHERE {where} ORDER BY row", values)
    for row, doc_id, title, source, form, metadata, length, pages, headings in rows:
        yield Document(
            id=doc_id,
            text=read_text(connection, row, 0, length),
            title=title,
            source=source,
            metadata=metadata_from(metadata),
            pages=tuple(Page(start, number) for start, number in json.loads(pages)),
            headings=tuple(Heading(start, level, text) for start, level, text in json.loads(headings)),
            format=form,
        )


def read_text(connection: sqlite3.Connection, row: int, start: int, end: int) -> str:
    """`document.text[start:end]`, reading only the parts that hold it."""
    first, last = start // PART, max(end - 1, start) // PART
    parts = connection.execute(
        "SELECT text FROM texts WHERE key BETWEEN ? AND ? ORDER BY key", (row * PARTS + first, row * PARTS + last)
    )
    text = "".join(cast("bytes", part).decode("utf-8", "surrogatepass") for (part,) in parts)
    return text[start - first * PART : end - first * PART]


def metadata_json(metadata: Metadata) -> str:
    """Metadata as JSON; a date, which JSON has no word for, as {"date": "2024-01-31"}."""
    plain = {
        name: {"date": value.isoformat()} if isinstance(value, date) else value for name, value in metadata.items()
    }
    return json.dumps(plain, sort_keys=True)


def metadata_from(text: str) -> dict[str, MetadataValue]:
    """What `metadata_json` wrote."""
    found = cast("dict[str, Any]", json.loads(text))
    return {
        name: _date(cast("dict[str, str]", value)["date"]) if isinstance(value, dict) else value
        for name, value in found.items()
    }


def _date(text: str) -> date:
    return datetime.fromisoformat(text) if "T" in text else date.fromisoformat(text)


def fields_of(metadata: Metadata) -> Iterator[tuple[str, str, str | int | float]]:
    """Name, kind and comparable value of each field. NaN compares with nothing and is left out."""
    for name, value in metadata.items():
        name = storable(name)
        if isinstance(value, bool):
            yield name, "b", int(value)
        elif isinstance(value, int):
            yield name, "n", value if abs(value) <= LARGEST_INTEGER else float(value)
        elif isinstance(value, float):
            if not math.isnan(value):
                yield name, "n", value
        elif isinstance(value, date):
            yield name, "d", value.isoformat()
        else:
            yield name, "s", storable(value)


def _insert_fields(connection: sqlite3.Connection, row: int, metadata: Metadata) -> None:
    connection.executemany("INSERT INTO fields VALUES (?, ?, ?, ?)", ((*field, row) for field in fields_of(metadata)))


def _delete_fields(connection: sqlite3.Connection, row: int) -> None:
    connection.execute("DELETE FROM fields WHERE document = ?", (row,))
