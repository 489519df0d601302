"""HTML documentation: the paragraphs of each page under their headings."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

from selectolax.lexbor import LexborHTMLParser, LexborNode
from training.encoder.sources.passages import Passage, Section, cut, one_line

MAIN = ("[role=main]", "main", "article", "#page-content", "body")
UNREAD = "script, style, nav, header, footer, pre, table, svg, sup, button, form, .headerlink, .anchor, .toc, .related"
HEADINGS = {"h1", "h2", "h3", "h4", "h5", "h6"}
BLOCKS = {"p", "li", "dd", "blockquote"}
LIST_PAGES = (
    "genindex",
    "py-modindex",
    "search",
    "contents",
    "glossary-index",
    "bookindex",
    "print",
    "toc",
    "requirements",
    "keyword_index",
    "hlr",
)
TELLING = 3  # words of a heading that needs no title beside it


def pages(*patterns: str) -> Callable[[Path], Iterator[Passage]]:
    """A cutter of the pages of a package; of those alone whose paths in it fit a pattern, where there is one."""

    def passages(package: Path) -> Iterator[Passage]:
        for pattern in patterns or ("**/*.html",):
            for file in sorted(package.glob(pattern)):
                if not file.name.startswith(LIST_PAGES) and file.is_file():
                    yield from page_passages(file.read_bytes().decode("utf-8", errors="replace"))

    return passages


def page_passages(markup: str) -> Iterator[Passage]:
    """The passages of one page."""
    for section in sections(markup):
        yield from cut(section)


def sections(markup: str) -> Iterator[Section]:
    """Headings with the text under them, in the page's order."""
    page = LexborHTMLParser(markup)
    for node in page.css(UNREAD):
        node.decompose()
    main = next(filter(None, map(page.css_first, MAIN)), None)
    title = heading = ""
    blocks: list[str] = []
    for node in main.css(", ".join([*HEADINGS, *BLOCKS])) if main else ():
        if node.tag in HEADINGS:
            yield Section(heading, tuple(blocks))
            blocks = []
            said = _heading(node)
            title = title or said
            heading = said if len(said.split()) >= TELLING or said == title else f"{title} {said}"
        elif text := _own_text(node):
            blocks.append(text)
    yield Section(heading, tuple(blocks))


def _heading(node: LexborNode) -> str:
    """Without its number and the mark that links to it."""
    numbered = re.sub(
        r"^(?:chapter\s+)?[\dA-Z]{0,2}(?:\.\d+)*\.?\s+(?=\S)|[¶§#]\s*$", "", one_line(node.text()), flags=re.I
    )
    return numbered.strip()


def _own_text(node: LexborNode) -> str:
    """The text of a block that holds no other block."""
    held = any(inner.mem_id != node.mem_id for inner in node.css(", ".join(BLOCKS)))
    return "" if held else one_line(node.text())
