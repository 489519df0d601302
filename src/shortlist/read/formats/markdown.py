"""Markdown: as written; headings by a CommonMark parser's line map, front matter as metadata."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import TYPE_CHECKING

from shortlist.read.port import Format, ReadOptions, ReadResult, Source
from shortlist.read.values import parsed
from shortlist.read.written import as_written, decoded, line_starts
from shortlist.records import Heading, MetadataValue

if TYPE_CHECKING:
    from markdown_it import MarkdownIt

FRONT_MATTER = re.compile(r"---[ \t]*\r?\n(.*?\r?\n|)(?:---|\.\.\.)[ \t]*(?:\r?\n|\Z)", re.DOTALL)
FRONT_MATTER_CHARS = 1 << 16
PAIR = re.compile(r"([^\s:#\-][^:\r\n]*):[ \t]+([^\r\n]+)")
TITLE_CHARS = 1000  # of a heading that are parsed for its plain text


def read(source: Source, options: ReadOptions) -> Iterator[ReadResult]:
    """One document; its title is that of the front matter, or of the first heading of the first level."""
    file = decoded(source, options)
    fields, start = front_matter(file.text)
    headings = markdown_headings(file.text, start)
    title = str(fields.pop("title", "")) or next((h.title for h in headings if h.level == 1), "")
    return as_written(source, file, format="markdown", title=title, headings=headings, metadata=fields)


def front_matter(text: str) -> tuple[dict[str, MetadataValue], int]:
    """The plain `name: value` lines of a block between `---` lines at the top, and where the text goes on."""
    block = FRONT_MATTER.match(text[:FRONT_MATTER_CHARS])
    if block is None:
        return {}, 0
    pairs = (PAIR.fullmatch(line) for line in block[1].splitlines())
    return {pair[1].strip(): parsed(_unquoted(pair[2].strip())) for pair in pairs if pair}, block.end()


def markdown_headings(text: str, start: int = 0) -> list[Heading]:
    """The headings of a text from `start` on. `Heading.start` is the offset of the line it stands on."""
    from markdown_it import MarkdownIt

    blocks = MarkdownIt("commonmark").enable("table")
    blocks.core.ruler.enableOnly(["normalize", "block"])  # what stands inside the blocks is slow to parse, not needed
    inline = MarkdownIt("commonmark")
    starts = line_starts(text[start:])
    return [
        Heading(start + starts[opening.map[0]], int(opening.tag[1]), _plain(inline, content.content))
        for opening, content in pairwise(blocks.parse(text[start:]))
        if opening.type == "heading_open" and opening.map and content.content.strip()
    ]


def _plain(inline: MarkdownIt, markup: str) -> str:
    tokens = inline.parseInline(markup[:TITLE_CHARS])[0].children or []
    text = "".join(" " if token.type.endswith("break") else token.content for token in tokens if _shown(token.type))
    return " ".join(text.split())


def _shown(kind: str) -> bool:
    return kind in ("text", "code_inline", "softbreak", "hardbreak", "image", "text_special")


def _unquoted(value: str) -> str:
    return value[1:-1] if len(value) > 1 and value[0] == value[-1] and value[0] in "'\"" else value


FORMAT = Format(name="markdown", suffixes=(".md", ".markdown", ".mdown", ".mkd", ".mdx", ".qmd", ".rmd"), read=read)
