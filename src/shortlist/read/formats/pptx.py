"""PowerPoint slides: a page a slide, its title a heading, its notes at the end."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from shortlist.read.layout import Layout
from shortlist.read.port import Format, ReadOptions, ReadResult, Source
from shortlist.read.zipped import MARK, holds, opened

if TYPE_CHECKING:
    from pptx.shapes.base import BaseShape
    from pptx.slide import Slide
    from pptx.text.text import TextFrame


def read(source: Source, options: ReadOptions) -> Iterator[ReadResult]:
    """One document; `Page.number` is the slide's."""
    from pptx import Presentation

    with opened(source, options), source.seekable() as stream:
        show = Presentation(stream)
    layout = Layout()
    for number, slide in enumerate(show.slides, 1):
        layout.page(number)
        _add_slide(layout, slide)
    facts = show.core_properties
    yield source.document(
        layout.text,
        format="pptx",
        title=facts.title or next((heading.title for heading in layout.headings), ""),
        metadata={"author": facts.author} if facts.author else {},
        pages=layout.pages,
        headings=layout.headings,
    )


def _add_slide(layout: Layout, slide: Slide) -> None:
    title = slide.shapes.title
    if title is not None:
        layout.heading(title.text_frame.text, 1)
    for shape in _flat(slide.shapes):
        if title is None or shape.shape_id != title.shape_id:
            _add_shape(layout, shape)
    notes = slide.notes_slide.notes_text_frame if slide.has_notes_slide else None
    if notes is not None and notes.text.strip():
        layout.add(f"Notes: {notes.text.strip()}")


def _flat(shapes: Iterable[BaseShape]) -> Iterator[BaseShape]:
    """The shapes, those of a group in its place; a stack, for groups nest."""
    from pptx.shapes.group import GroupShape

    stack = list(shapes)[::-1]
    while stack:
        shape = stack.pop()
        if isinstance(shape, GroupShape):
            stack.extend(list(shape.shapes)[::-1])
        else:
            yield shape


def _add_shape(layout: Layout, shape: BaseShape) -> None:
    from pptx.shapes.autoshape import Shape
    from pptx.shapes.graphfrm import GraphicFrame

    if isinstance(shape, Shape):
        layout.add("\n".join(_lines(shape.text_frame)))
    elif isinstance(shape, GraphicFrame) and shape.has_table:
        layout.rows([[cell.text for cell in row.cells] for row in shape.table.rows])
    elif isinstance(shape, GraphicFrame) and shape.has_chart and shape.chart.has_title:
        layout.add(shape.chart.chart_title.text_frame.text)


def _lines(frame: TextFrame) -> Iterator[str]:
    """A line a paragraph; where there are several they are points of a list, as slides have them."""
    paragraphs = [(part.level, part.text.replace("\v", " ").strip()) for part in frame.paragraphs]
    filled = [(level, text) for level, text in paragraphs if text]
    for level, text in filled:
        yield f"{'  ' * level}- {text}" if len(filled) > 1 else text


def sniff(head: bytes, source: Source) -> bool:
    """Whether the file is an archive with slides in it."""
    return head.startswith(MARK) and holds(source, "ppt/")


FORMAT = Format(name="pptx", suffixes=(".pptx",), read=read, sniff=sniff, binary=True)
