"""HTML → text with its marks: what a page shows, block by block, headings kept as such."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from shortlist.read.decode import decode, known_encoding
from shortlist.read.layout import Layout

if TYPE_CHECKING:
    from selectolax.lexbor import LexborHTMLParser, LexborNode

DECLARATION_BYTES = 2048  # where a page has to declare its encoding
DECLARED = re.compile(
    rb"""<meta[^>]{0,500}charset\s*=\s*["']?\s*([\w.:-]+)|<\?xml[^>]{0,200}encoding\s*=\s*["']([\w.:-]+)""",
    re.IGNORECASE,
)
CLOSED_AT_ONCE = re.compile(
    r"<(?!(?:area|base|br|col|embed|hr|img|input|link|meta|source|track|wbr)\b)([\w:-]+)(\s[^<>]*)?/>", re.IGNORECASE
)
UNSEEN_TAGS = (  # rt and rp are readings beside Chinese characters
    "script style noscript template head nav iframe object svg math canvas audio video map select button datalist "
    "input textarea dialog title rt rp"
)
INLINE_TAGS = (
    "a abbr acronym b bdi bdo big cite code data del dfn em font i img ins kbd label mark q rb ruby s samp small "
    "span strike strong sub sup time tt u var wbr"
)
UNSEEN = frozenset(UNSEEN_TAGS.split())
INLINE = frozenset(INLINE_TAGS.split())
HEADINGS = {f"h{level}": level for level in range(1, 7)}
SPACE = re.compile(r"[ \t\r\n\f\xa0]+")
CJK = r"[\u2e80-\u9fff\uf900-\ufaff\uff00-\uff60\U00020000-\U0003ffff]"
BREAK_IN_CJK = re.compile(rf"(?<={CJK})[ \t]*\r?\n[ \t\r\n]*(?={CJK})")  # a line break is no space in Chinese
DEPTH = 100  # of elements in each other, beyond which only their text counts
LINE_BREAK = "\x1e"  # a <br> among collected text: white space collapses around it


def markup_text(data: bytes, encoding: str = "") -> str:
    """A page's source as text: by its byte order mark, by what it came with or declares, or as detected."""
    declared = DECLARED.search(data[:DECLARATION_BYTES])
    if not encoding and declared:
        encoding = (declared[1] or declared[2]).decode("ascii", "replace")
        # A page whose declaration can be read byte by byte is not in UTF-16, whatever it says.
        encoding = "" if known_encoding(encoding).startswith("utf-16") else encoding
    return decode(data, encoding).text


def parse(source: str) -> LexborHTMLParser:
    """The tree of a page. Elements that XHTML closes at once, such as <title/>, are closed as HTML wants it."""
    from selectolax.lexbor import LexborHTMLParser

    if source[:DECLARATION_BYTES].lstrip().startswith("<?xml"):
        source = CLOSED_AT_ONCE.sub(r"<\1\2></\1>", source)
    return LexborHTMLParser(source)


def add_page(layout: Layout, page: LexborHTMLParser) -> None:
    """Add what a page shows to a layout."""
    if page.body is not None:
        writer = _Writer(layout)
        writer.inside(page.body)
        writer.flush()


class _Writer:
    """Goes through a tree, collects what stands on one line, and adds it where a block begins or ends."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.line: list[str] = []
        self.depth = 0
        self.lists = 0  # that are open
        self.marker = ""  # of the item that has just begun
        self.after = "\n\n"

    def flush(self) -> None:
        """End the block."""
        lines = _clean("".join(self.line)).split("\n")
        self.line = []
        if not any(lines):
            return
        indent = "  " * (self.lists - 1)
        first = indent + (self.marker or "  ") if self.lists else ""
        rest = "\n" + " " * len(first)
        self.layout.add(first + rest.join(lines), after=self.after if self.lists else "\n\n")
        self.marker = ""
        self.after = "\n"  # between items; a list begins with a blank line

    def inside(self, node: LexborNode) -> None:
        """Add what stands in a node."""
        for child in _children(node):
            self.add(child)

    def add(self, node: LexborNode) -> None:
        """Add one node. One that is nested without end, as unclosed tags will make it, becomes one line."""
        self.depth += 1
        if self.depth < DEPTH:
            self._add(node, node.tag or "")
        else:
            self.line.extend(_texts(node))
        self.depth -= 1

    def _add(self, node: LexborNode, tag: str) -> None:
        if tag == "-text":
            self.line.append(node.text_content or "")
        elif tag == "br":
            self.line.append(LINE_BREAK)
        elif tag in UNSEEN or _is_hidden(node):
            return
        elif tag in INLINE:
            self.inside(node)
        else:
            self.flush()
            self._block(node, tag)
            self.flush()

    def _block(self, node: LexborNode, tag: str) -> None:
        if tag in HEADINGS:
            self.layout.heading(_clean("".join(_texts(node))), HEADINGS[tag])
        elif tag == "pre":
            self._code(node)
        elif tag in ("ul", "ol", "menu"):
            self._list(node, numbered=tag == "ol")
        elif tag == "table" and _is_data(node):
            for caption in node.css("caption"):
                self.layout.add(_clean("".join(_texts(caption))))
            self.layout.rows([[_clean("".join(_texts(cell))) for cell in _cells(row)] for row in node.css("tr")])
        else:
            self.inside(node)

    def _code(self, node: LexborNode) -> None:
        code = node.text().replace("\r\n", "\n").strip("\n")
        fence = "```" + "`" * code.count("```")
        self.layout.add(f"{fence}\n{code}\n{fence}" if code.strip() else "")

    def _list(self, node: LexborNode, *, numbered: bool) -> None:
        if not self.lists:
            self.after = "\n\n"
        self.lists += 1
        number = 0
        for child in _children(node):
            if child.tag == "li":
                self.flush()
                number += 1
                self.marker = f"{number}. " if numbered else "- "
            self.add(child)
        self.flush()
        self.marker = ""
        self.lists -= 1


def _children(node: LexborNode) -> Iterator[LexborNode]:
    child = node.first_child
    while child is not None:
        yield child
        child = child.next


def _texts(node: LexborNode) -> Iterator[str]:
    """The text below a node, in one line; a stack, for a tree may be nested more deeply than functions."""
    stack = [node]
    while stack:
        node = stack.pop()
        tag = node.tag or ""
        if tag == "-text":
            yield node.text_content or ""
        elif tag not in UNSEEN and not _is_hidden(node):
            if tag not in INLINE:
                yield " "
            stack.extend(reversed(list(_children(node))))


def _clean(text: str) -> str:
    text = SPACE.sub(" ", BREAK_IN_CJK.sub("", text)).replace("\xad", "").replace("\u200b", "")
    return "\n".join(line.strip() for line in text.split(LINE_BREAK)).strip()


def _is_hidden(node: LexborNode) -> bool:
    attributes = node.attributes
    style = (attributes.get("style") or "").replace(" ", "").lower()
    return bool(attributes) and ("hidden" in attributes or "display:none" in style)


def _is_data(table: LexborNode) -> bool:
    """Whether a table holds data, and does not merely arrange a page."""
    # A selector such as "td table" would count what stands around this table too.
    arranges = any(cell.css_first("table, h1, h2, h3, pre") is not None for cell in table.css("td"))
    return not arranges and table.attributes.get("role") != "presentation" and len(table.css("td, th")) > 1


def _cells(row: LexborNode) -> Iterator[LexborNode]:
    return (cell for cell in _children(row) if cell.tag in ("td", "th"))
