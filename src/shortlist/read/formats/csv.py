"""CSV and TSV: a document a row, fields recognised by the names in the first line."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice

from shortlist.read.fields import Roles, UnknownField, roles, row_document
from shortlist.read.lines import Lines
from shortlist.read.port import Format, ReadOptions, ReadResult, Skipped, Source
from shortlist.read.values import Parser, column_parser, parsed
from shortlist.records import MetadataValue

DELIMITERS = ",;\t|"
FIELD_CHARS = 16 << 20  # a longer field is a quotation mark that was never closed
SAMPLE_ROWS = 1000  # the type of a column is that of its first rows
NAME_CHARS = 80  # a longer first cell is no name of a column


@dataclass(frozen=True, slots=True)
class Columns:
    """What the first rows say about all of them."""

    names: Sequence[str]
    parts: Roles
    parsers: Sequence[Parser]

    def fields(self, cells: Sequence[str]) -> dict[str, MetadataValue]:
        """The filled cells of a row by name; cells beyond the last name get a number for one."""
        typed = zip(self.names, self.parsers, cells, strict=False)
        fields = {name: cell if (value := parse(cell)) is None else value for name, parse, cell in typed if cell}
        extra = enumerate(cells[len(self.names) :], len(self.names) + 1)
        return fields | {f"column {number}": cell for number, cell in extra if cell}


def read(source: Source, options: ReadOptions) -> Iterator[ReadResult]:
    """One document a row, numbered from 1 below the names; a row that does not parse is reported and left out.

    Raises:
        ReadError: a field that the options name is not in the first line (reason "damaged").
    """
    lines = Lines(source, options)
    try:
        rows = _tab_rows(lines) if source.suffix in (".tsv", ".tab") else _quoted_rows(lines, source)
        sample = list(islice(rows, SAMPLE_ROWS))
        cells = [row for row in sample if not isinstance(row, Skipped)]
        if cells:
            columns, has_header = _columns(source, options, cells)
            if has_header:
                sample.remove(cells[0])
            for number, row in enumerate(chain(sample, rows), 1):
                yield (
                    row
                    if isinstance(row, Skipped)
                    else row_document(source, columns.fields(row), columns.parts, row=number, format="csv")
                )
        else:
            yield from (row for row in sample if isinstance(row, Skipped))
        yield from lines.faults()
    finally:
        lines.close()


def _columns(source: Source, options: ReadOptions, rows: Sequence[Sequence[str]]) -> tuple[Columns, bool]:
    """The columns, and whether the first row holds their names."""
    first = [cell.strip() for cell in rows[0]]
    has_header = _are_names(first)
    names = _distinct(first if has_header else [""] * len(first))
    try:
        parts = roles(names, options)
    except UnknownField as error:
        raise source.error("damaged", str(error)) from error
    if not has_header and len(names) == 2 and first[0].isdecimal():
        parts = Roles(text=(names[1],), id=names[0])  # number and text: the collections of MS MARCO and others
    body = rows[1:] if has_header else rows
    as_text = {*parts.text, parts.title, parts.id}
    return Columns(
        names, parts, [str if name in as_text else column_parser(_column(body, n)) for n, name in enumerate(names)]
    ), has_header


def _column(rows: Sequence[Sequence[str]], n: int) -> list[str]:
    return [row[n] for row in rows if n < len(row)]


def _are_names(cells: Sequence[str]) -> bool:
    """Whether a first row can be the names of columns: distinct short words, no numbers or dates among them."""
    filled = [cell for cell in cells if cell]
    words = all(isinstance(parsed(cell), str) and len(cell) <= NAME_CHARS for cell in filled)
    return bool(filled) and words and len(set(filled)) == len(filled)


def _distinct(names: Sequence[str]) -> list[str]:
    return [name or f"column {number}" for number, name in enumerate(names, 1)]


def _tab_rows(lines: Lines) -> Iterator[list[str]]:
    """TSV, line by line. A cell is unquoted where it is quoted as a whole; a stray mark swallows no further line."""
    for line in lines:
        if line.strip():
            yield [_unquoted(cell) for cell in line.rstrip("\r\n").split("\t")]


def _unquoted(cell: str) -> str:
    inner = cell[1:-1].replace('""', "")
    return cell[1:-1].replace('""', '"') if len(cell) > 1 and cell[0] == cell[-1] == '"' and '"' not in inner else cell


def _quoted_rows(lines: Lines, source: Source) -> Iterator[list[str] | Skipped]:
    """CSV with quoted cells, which may hold line breaks; its delimiter is the commonest one of the first line."""
    first = next(lines, None)
    if first is None:
        return
    # The limit is one of the whole process. It is only ever raised, so that nobody else's reading is cut by it.
    csv.field_size_limit(max(csv.field_size_limit(), FIELD_CHARS))
    rows = csv.reader(chain([first], lines), delimiter=_delimiter(first))
    begins = 1
    while True:
        try:
            row = next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            yield source.skipped("bad-row", f"not valid CSV ({error})", begins)
        else:
            if any(cell.strip() for cell in row):
                yield row
        begins = lines.number + 1


def _delimiter(line: str) -> str:
    outside = "".join(line.split('"')[::2])
    return max(DELIMITERS, key=outside.count)


FORMAT = Format(name="csv", suffixes=(".csv", ".tsv", ".tab"), read=read, rows=True)
