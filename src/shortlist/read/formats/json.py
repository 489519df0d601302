"""JSON: a list of objects is read as rows; anything else as written."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import cast

from shortlist.read.fields import flat, roles, row_document
from shortlist.read.port import Format, ReadOptions, ReadResult, Source
from shortlist.read.written import as_written, decoded


def read(source: Source, options: ReadOptions) -> Iterator[ReadResult]:
    """A document an object of the list, numbered from 1; or one document, also where the JSON does not parse."""
    file = decoded(source, options)
    try:
        content: object = json.loads(file.text)
    except (ValueError, RecursionError):  # with comments, cut, or nested too deeply: it is text all the same
        content = None
    if not _is_table(content):
        yield from as_written(source, file, format="json", title=source.stem + source.suffix)
        return
    for number, record in enumerate(cast("list[dict[str, object]]", content), 1):
        fields = flat(record)
        yield row_document(source, fields, roles(fields, options), row=number, format="json")


def _is_table(content: object) -> bool:
    items = cast("list[object]", content) if isinstance(content, list) else []
    return bool(items) and all(isinstance(item, dict) for item in items)


FORMAT = Format(name="json", suffixes=(".json", ".geojson", ".json5", ".jsonc"), read=read)
