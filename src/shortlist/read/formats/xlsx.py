"""Excel workbooks: a heading a sheet, a line a row, each value with the name of its column."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, time

from shortlist.read.layout import Layout
from shortlist.read.port import Format, ReadOptions, ReadResult, Source
from shortlist.read.zipped import MARK, holds, opened

NO_AUTHOR = "openpyxl"  # what the library that writes most generated workbooks signs them with


def read(source: Source, options: ReadOptions) -> Iterator[ReadResult]:
    """One document. Formulas stand as the values that were last computed."""
    import openpyxl

    layout = Layout()
    with opened(source, options), source.seekable() as stream, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of styles and extensions that are not read anyway
        book = openpyxl.load_workbook(stream, read_only=True, data_only=True, keep_links=False)
        for sheet in book.worksheets:
            sheet.reset_dimensions()  # what a file says of its size is often wrong
            lines = list(_lines(sheet.iter_rows(values_only=True)))
            if lines:
                layout.heading(sheet.title, 1)
                layout.add("\n".join(lines))
        title, author = book.properties.title or "", book.properties.creator or ""
        book.close()
    metadata = {"author": author} if author and author != NO_AUTHOR else {}
    yield source.document(layout.text, format="xlsx", title=title, headings=layout.headings, metadata=metadata)


def _lines(rows: Iterable[Sequence[object]]) -> Iterator[str]:
    """A line for each row with a value in it: `Name: value; Name: value` below a row of names."""
    names: Sequence[str] = ()
    for row in rows:
        cells = [_shown(value) for value in row]
        filled = [(n, cell) for n, cell in enumerate(cells) if cell]
        if not filled:
            continue
        if not names and _are_names(row):
            names = cells
            yield " | ".join(cell for _, cell in filled)
        elif names:
            yield "; ".join(f"{names[n]}: {cell}" if n < len(names) and names[n] else cell for n, cell in filled)
        else:
            yield " | ".join(cell for _, cell in filled)


def _are_names(row: Sequence[object]) -> bool:
    """Whether a row can hold the names of columns: two words at least, all different, nothing but words."""
    values = [value for value in row if value is not None and value != ""]
    return len(values) > 1 and all(isinstance(value, str) for value in values) and len(set(values)) == len(values)


def _shown(value: object) -> str:
    match value:
        case None:
            return ""
        case float() if value.is_integer() and abs(value) < 1e15:
            return str(int(value))
        case datetime() if value.time() == time():
            return value.date().isoformat()
        case datetime():
            return value.isoformat(" ", "seconds")
        case _:
            return " ".join(str(value).split())


def sniff(head: bytes, source: Source) -> bool:
    """Whether the file is an archive with a workbook in it."""
    return head.startswith(MARK) and holds(source, "xl/")


FORMAT = Format(name="xlsx", suffixes=(".xlsx", ".xlsm"), read=read, sniff=sniff, binary=True)
