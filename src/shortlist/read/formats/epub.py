"""EPUB books: the chapters in reading order, each read as the page of HTML that it is."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from urllib.parse import unquote
from xml.etree import ElementTree
from zipfile import ZipFile

from shortlist.read.layout import Layout
from shortlist.read.markup import add_page, markup_text, parse
from shortlist.read.port import Format, ReadOptions, ReadResult, Source
from shortlist.read.zipped import MARK, holds, opened
from shortlist.records import MetadataValue

CONTAINER = "META-INF/container.xml"
RIGHTS = ("META-INF/rights.xml", "META-INF/license.lcpl")  # of Adobe and Readium: the chapters are encrypted
PAGE_TYPES = ("application/xhtml+xml", "text/html")
FACTS = {"creator": "author", "language": "lang"}  # names of the Dublin Core → ours


def read(source: Source, options: ReadOptions) -> Iterator[ReadResult]:
    """One document; the table of contents, which repeats the headings, is left out."""
    with opened(source, options) as archive:
        members = set(archive.namelist())
        if members.intersection(RIGHTS):
            raise source.error("encrypted", "is protected against being read")
        path = _package_path(archive)
        package = _xml(archive, path)
        layout = Layout()
        lost: list[ReadResult] = []
        for name in _spine(package, posixpath.dirname(path)):
            if name in members:
                add_page(layout, parse(markup_text(archive.read(name))))
            else:
                lost.append(source.skipped("damaged", f"the chapter {name} is missing"))
        facts = dict(_facts(package))
        title = str(facts.pop("title", ""))
        yield source.document(layout.text, format="epub", title=title, headings=layout.headings, metadata=facts)
        yield from lost


def _package_path(archive: ZipFile) -> str:
    root = next((node for node in _xml(archive, CONTAINER).iter() if _name(node) == "rootfile"), None)
    if root is None:
        raise ValueError("no package is named in its container")
    return root.get("full-path", "")


def _xml(archive: ZipFile, name: str) -> ElementTree.Element:
    content = archive.read(name)
    if b"<!ENTITY" in content:  # no book needs them, and they can unfold without end
        raise ValueError(f"{name} declares entities")
    return ElementTree.fromstring(content)


def _spine(package: ElementTree.Element, folder: str) -> Iterator[str]:
    items = {node.get("id", ""): node for node in package.iter() if _name(node) == "item"}
    for reference in package.iter():
        item = items.get(reference.get("idref", "")) if _name(reference) == "itemref" else None
        if item is None or item.get("media-type") not in PAGE_TYPES or "nav" in item.get("properties", "").split():
            continue
        yield posixpath.normpath(posixpath.join(folder, unquote(item.get("href", ""))))


def _facts(package: ElementTree.Element) -> Iterator[tuple[str, MetadataValue]]:
    met: set[str] = set()
    for node in package.iter():
        name, value = _name(node), " ".join((node.text or "").split())
        if name in ("title", *FACTS) and value and name not in met:
            met.add(name)
            yield FACTS.get(name, name), value


def _name(node: ElementTree.Element) -> str:
    return node.tag.rpartition("}")[2]


def sniff(head: bytes, source: Source) -> bool:
    """Whether the file is an archive with a book's container in it."""
    return head.startswith(MARK) and holds(source, CONTAINER)


FORMAT = Format(name="epub", suffixes=(".epub",), read=read, sniff=sniff, binary=True)
