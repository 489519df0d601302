"""JSON Lines: a document a line, fields recognised by name."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import cast

from shortlist.read.fields import UnknownField, flat, roles, row_document
from shortlist.read.lines import Lines
from shortlist.read.port import Format, ReadOptions, ReadResult, Source


def read(source: Source, options: ReadOptions) -> Iterator[ReadResult]:
    """One document a line; a line that is no JSON object is reported by its number and left out."""
    lines = Lines(source, options)
    try:
        for line in lines:
            if line.strip():
                yield _row(source, options, line, lines.number)
        yield from lines.faults()
    finally:
        lines.close()


def _row(source: Source, options: ReadOptions, line: str, number: int) -> ReadResult:
    try:
        record: object = json.loads(line)
    except (ValueError, RecursionError) as error:
        return source.skipped("bad-row", f"not valid JSON ({error})", number)
    if not isinstance(record, dict):
        return source.skipped("bad-row", f"a JSON object was expected, not {type(record).__name__}", number)
    fields = flat(cast("dict[str, object]", record))
    try:
        parts = roles(fields, options)
    except UnknownField as error:
        return source.skipped("bad-row", f"the row {error}", number)
    return row_document(source, fields, parts, row=number, format="jsonl")


def sniff(head: bytes, _: Source) -> bool:
    """Whether the first line is a JSON object."""
    first = head.partition(b"\n")[0].strip()
    if not (first.startswith(b"{") and first.endswith(b"}")):
        return False
    try:
        return isinstance(json.loads(first), dict)
    except (ValueError, RecursionError):
        return False


FORMAT = Format(name="jsonl", suffixes=(".jsonl", ".ndjson", ".jsonlines"), read=read, sniff=sniff, rows=True)
