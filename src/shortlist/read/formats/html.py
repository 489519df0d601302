"""HTML pages: what is seen of them, headings, lists, tables and code kept; navigation and scripts left out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from shortlist.read.front_matter import front_matter
from shortlist.read.layout import Layout
from shortlist.read.markup import add_page, markup_text, parse
from shortlist.read.port import Format, ReadOptions, ReadResult, Source
from shortlist.read.values import parsed
from shortlist.records import MetadataValue

if TYPE_CHECKING:
    from selectolax.lexbor import LexborHTMLParser

MARKS = (b"<!doctype html", b"<html")
# Where pages say who wrote them and when; the first that is there counts.
NAMED = {
    "author": ("meta[name=author]", "meta[property='article:author']"),
    "date": ("meta[property='article:published_time']", "meta[name=date]", "meta[name='dc.date']"),
}


def read(source: Source, _: ReadOptions) -> Iterator[ReadResult]:
    """One document; its title is that of the page, or its first heading."""
    text = markup_text(source.read())
    fields, start = front_matter(text)  # of a page that a site is made from
    page = parse(text[start:])
    layout = Layout()
    add_page(layout, page)
    if not layout.text:
        raise source.error("no-text", "shows no text; it may be one that a script fills")
    title = str(fields.pop("title", "")) or page_title(page) or next((heading.title for heading in layout.headings), "")
    yield source.document(
        layout.text, format="html", title=title, headings=layout.headings, metadata={**dict(_metadata(page)), **fields}
    )


def page_title(page: LexborHTMLParser) -> str:
    """What stands in <title>, on one line."""
    title = page.css_first("title")
    return " ".join(title.text().split()) if title is not None else ""


def _metadata(page: LexborHTMLParser) -> Iterator[tuple[str, MetadataValue]]:
    root = page.css_first("html")
    if root is not None and (lang := (root.attributes.get("lang") or root.attributes.get("xml:lang") or "").strip()):
        yield "lang", lang
    for name, places in NAMED.items():
        found = (page.css_first(place) for place in places)
        values = ((node.attributes.get("content") or "").strip() for node in found if node is not None)
        if value := next(filter(None, values), ""):
            yield name, parsed(value[:10]) if name == "date" else value


def sniff(head: bytes, _: Source) -> bool:
    """Whether the file begins as a page does."""
    return head.lstrip(b"\xef\xbb\xbf \t\r\n").lower().startswith(MARKS)


FORMAT = Format(name="html", suffixes=(".html", ".htm", ".xhtml", ".shtml"), read=read, sniff=sniff)
