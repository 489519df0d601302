"""What an index says about itself."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shortlist.index.caches.disk import Disk
from shortlist.index.records.chunks import position
from shortlist.index.records.schema import FILE, FORMAT
from shortlist.index.settings import settings
from shortlist.records import Note


@dataclass(frozen=True, slots=True)
class Status:
    """An index in figures."""

    path: str
    documents: int
    chunks: int
    texts: int  # distinct ones, each encoded once
    characters: int
    largest_chunk_tokens: int  # in tokens of the encoder
    bytes: Mapping[str, int]  # by part: records, terms, vectors
    encoder: str  # empty in an index that nothing was added to
    encoder_revision: str
    dimensions: int
    format_version: int
    languages: Mapping[str, int]  # documents by language, most first
    formats: Mapping[str, int]  # documents by format, most first
    sources: int  # distinct ones
    fields: tuple[str, ...]  # of metadata
    approximate: bool  # whether nearest chunks are looked for in lists: nearly all are found; scores are exact
    caches_fresh: bool  # whether terms and vectors on disk hold every change; readers complete them by themselves
    notes: tuple[Note, ...] = ()


def read_status(
    connection: sqlite3.Connection, path: Path, terms: Disk[Any], vectors: Disk[Any], notes: tuple[Note, ...]
) -> Status:
    """The figures of an index as `connection` sees it."""
    held = settings(connection)
    now = position(connection)

    def number(query: str) -> int:
        return int(connection.execute(query).fetchone()[0] or 0)

    def counts(column: str) -> dict[str, int]:
        query = f"SELECT {column}, count(*) FROM documents GROUP BY 1 ORDER BY 2 DESC, 1"
        return dict(connection.execute(query))

    return Status(
        path=str(path),
        documents=number("SELECT count(*) FROM documents"),
        chunks=number("SELECT count(*) FROM chunks"),
        texts=number("SELECT count(*) FROM features"),
        characters=number("SELECT sum(length) FROM documents"),
        largest_chunk_tokens=number("SELECT max(tokens) FROM features"),
        bytes={
            "records": sum(file.stat().st_size for file in path.glob(f"{FILE}*")),
            "terms": terms.bytes(),
            "vectors": vectors.bytes(),
        },
        encoder=held.get("encoder", ""),
        encoder_revision=held.get("revision", ""),
        dimensions=int(held.get("dimensions", 0)),
        format_version=FORMAT,
        languages=counts("language"),
        formats=counts("format"),
        sources=number("SELECT count(DISTINCT source) FROM documents"),
        fields=tuple(name for (name,) in connection.execute("SELECT DISTINCT name FROM fields ORDER BY name")),
        caches_fresh=terms.position() == vectors.position() == now,
        approximate=any((path / "vectors").glob("*.lists")),
        notes=notes,
    )
