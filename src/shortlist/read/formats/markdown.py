"""Markdown: as written below its front matter, which is metadata; headings by a CommonMark parser's line map."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import TYPE_CHECKING

from shortlist.read.front_matter import front_matter
from shortlist.read.port import Format, ReadOptions, ReadResult, Source
from shortlist.read.written import as_written, decoded, line_starts
from shortlist.records import Heading

if TYPE_CHECKING:
    from markdown_it import MarkdownIt

TITLE_CHARS = 1000  # of a heading that are parsed for its plain text


def read(source: Source, options: ReadOptions) -> Iterator[ReadResult]:
    """One document; its title is that of the front matter, or of the first heading of the first level."""
    file = decoded(source, options)
    fields, start = front_matter(file.text)
    file = file._replace(text=file.text[start:])
    headings = markdown_headings(file.text)
    title = str(fields.pop("title", "")) or next((h.title for h in headings if h.level == 1), "")
    return as_written(source, file, format="markdown", title=title, headings=headings, metadata=fields)


def markdown_headings(text: str) -> list[Heading]:
    """The headings of a text. `Heading.start` is the offset of the line it stands on."""
    from markdown_it import MarkdownIt

    blocks = MarkdownIt("commonmark").enable("table")
    blocks.core.ruler.enableOnly(["normalize", "block"])  # what stands inside the blocks is slow to parse, not needed
    inline = MarkdownIt("commonmark")
    starts = line_starts(text)
    return [
        Heading(starts[opening.map[0]], int(opening.tag[1]), _plain(inline, content.content))
        for opening, content in pairwise(blocks.parse(text))
        if opening.type == "heading_open" and opening.map and content.content.strip()
    ]


def _plain(inline: MarkdownIt, markup: str) -> str:
    tokens = inline.parseInline(markup[:TITLE_CHARS])[0].children or []
    text = "".join(" " if token.type.endswith("break") else token.content for token in tokens if _shown(token.type))
    return " ".join(text.split())


def _shown(kind: str) -> bool:
    return kind in ("text", "code_inline", "softbreak", "hardbreak", "image", "text_special")


FORMAT = Format(name="markdown", suffixes=(".md", ".markdown", ".mdown", ".mkd", ".mdx", ".qmd", ".rmd"), read=read)
