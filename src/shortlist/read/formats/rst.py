"""reStructuredText: as written; headings by docutils, which is kept from opening any other file."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import cast

from shortlist.read.port import Format, ReadOptions, ReadResult, Source
from shortlist.read.written import as_written, decoded
from shortlist.records import Heading

SETTINGS = {
    "_disable_config": True,
    "file_insertion_enabled": False,
    "raw_enabled": False,
    "report_level": 5,
    "halt_level": 5,
    "warning_stream": False,
    "doctitle_xform": False,
    "sectsubtitle_xform": False,
    "syntax_highlight": "none",
}


def read(source: Source, options: ReadOptions) -> Iterator[ReadResult]:
    """One document; its title is its first heading, where that is the only one of its level."""
    file = decoded(source, options)
    headings = rst_headings(file.text)
    tops = [heading.title for heading in headings if heading.level == 1]
    return as_written(source, file, format="rst", title=tops[0] if len(tops) == 1 else "", headings=headings)


def rst_headings(text: str) -> list[Heading]:
    """The section titles of a text. `Heading.start` is the offset of the title's own line, below an overline."""
    from docutils import core, nodes

    publish_doctree = cast("Callable[..., nodes.document]", core.publish_doctree)  # typed in part only
    lines = re.sub("[\v\f]", " ", text).splitlines(keepends=True)  # as docutils counts lines
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line))
    headings: list[Heading] = []
    for section in publish_doctree(text, settings_overrides=SETTINGS).findall(nodes.section):
        title = section.next_node(nodes.title)
        line = (section.line or 0) - 2  # docutils gives the underline, counted from 1
        if title is not None and 0 <= line < len(lines):
            headings.append(Heading(starts[line], _depth(section), title.astext()))
    return sorted(headings, key=lambda heading: heading.start)


def _depth(section: object) -> int:
    depth, above = 1, getattr(section, "parent", None)
    while above is not None:
        depth, above = depth + (type(above).__name__ == "section"), getattr(above, "parent", None)
    return depth


FORMAT = Format(name="rst", suffixes=(".rst", ".rest"), read=read)
