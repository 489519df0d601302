"""The tables of `records.sqlite`, and how an index is told from other files."""

from __future__ import annotations

FILE = "records.sqlite"
APPLICATION_ID = 0x53484C54  # "SHLT", in SQLite's own header field for it
FORMAT = 1  # kept in user_version; a higher one was made by a newer version

# - A chunk's row is never used again and its content never changes: a cache that has seen a row need not look again.
# - `changes` says, document by document, which rows came and went. Its random mark tells two histories apart.
# - `features` holds what the encoder read, once for each distinct text: a copy or a moved file costs no encoding.
# - `texts` holds a document's text in parts of PART code points, so that a chunk of a long document is read without
#   the rest (100 chunks of a document of 10 MB: 2 ms instead of 32): key = document * PARTS + part. UTF-8 in blobs,
#   because texts may hold NUL and lone surrogates.
# - `fields` holds metadata for filters; kind is n (number), s (string), b (boolean) or d (date).
SCHEMA = """
CREATE TABLE settings (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE documents (
    row INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    title TEXT NOT NULL,
    source TEXT NOT NULL,
    format TEXT NOT NULL,
    metadata TEXT NOT NULL,
    language TEXT NOT NULL,
    content BLOB NOT NULL,
    length INTEGER NOT NULL,
    pages TEXT NOT NULL,
    headings TEXT NOT NULL
);
CREATE INDEX documents_by_source ON documents (source);
CREATE TABLE texts (key INTEGER PRIMARY KEY, text BLOB NOT NULL);
CREATE TABLE fields (
    name TEXT NOT NULL, kind TEXT NOT NULL, value NOT NULL, document INTEGER NOT NULL,
    PRIMARY KEY (name, kind, value, document)
) WITHOUT ROWID;
CREATE INDEX fields_by_document ON fields (document, name);
CREATE TABLE features (
    row INTEGER PRIMARY KEY AUTOINCREMENT,
    hash BLOB NOT NULL UNIQUE,
    tokens INTEGER NOT NULL,
    windows INTEGER NOT NULL,
    unknown REAL NOT NULL,
    vector BLOB NOT NULL,
    ids BLOB NOT NULL,
    packed BLOB NOT NULL
);
CREATE TABLE chunks (
    row INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    document INTEGER NOT NULL,
    start INTEGER NOT NULL,
    "end" INTEGER NOT NULL,
    page INTEGER,
    headings TEXT NOT NULL,
    feature INTEGER NOT NULL
);
CREATE INDEX chunks_by_document ON chunks (document);
CREATE INDEX chunks_by_feature ON chunks (feature);
CREATE TABLE changes (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    op TEXT NOT NULL CHECK (op IN ('add', 'delete', 'edit')),
    first INTEGER NOT NULL,
    last INTEGER NOT NULL,
    mark INTEGER NOT NULL DEFAULT (random())
);
"""
PART = 4096
PARTS = 1 << 24
