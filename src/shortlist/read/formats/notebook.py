"""Jupyter notebooks: the cells in their order, prose as Markdown, code between fences; outputs left out."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import cast

from shortlist.read.decode import decode
from shortlist.read.formats.markdown import markdown_headings
from shortlist.read.layout import Layout
from shortlist.read.port import Format, ReadOptions, ReadResult, Source

JsonObject = Mapping[str, object]


def read(source: Source, _: ReadOptions) -> Iterator[ReadResult]:
    """One document; its title is its first heading of the first level."""
    book = cast(JsonObject, json.loads(decode(source.read()).text))
    language = _string(_object(_object(book, "metadata"), "kernelspec"), "language")
    layout = Layout()
    for cell in cast("list[JsonObject]", book.get("cells", [])):
        lines = cell.get("source", "")
        text = "".join(cast("list[str]", lines)) if isinstance(lines, list) else str(lines)
        if cell.get("cell_type") == "code" and text.strip():
            fence = "```" + "`" * text.count("```")
            layout.add(f"{fence}{language}\n{text.strip()}\n{fence}")
        else:
            layout.add(text)
    headings = markdown_headings(layout.text)
    title = next((heading.title for heading in headings if heading.level == 1), "")
    yield source.document(layout.text, format="notebook", title=title, headings=headings)


def _object(owner: JsonObject, name: str) -> JsonObject:
    value = owner.get(name)
    return cast(JsonObject, value) if isinstance(value, dict) else {}


def _string(owner: JsonObject, name: str) -> str:
    value = owner.get(name)
    return value if isinstance(value, str) else ""


FORMAT = Format(name="notebook", suffixes=(".ipynb",), read=read)
