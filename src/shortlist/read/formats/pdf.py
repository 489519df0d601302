"""PDF: the text of each page, pages marked, headings from the outline."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from threading import Lock
from typing import Any, cast

from shortlist.read.layout import Layout
from shortlist.read.paragraphs import paragraphs
from shortlist.read.port import Format, ReadOptions, ReadResult, Source
from shortlist.records import Heading, Page

MARK = b"%PDF-"
MARK_WITHIN = 1024  # bytes in which readers look for the mark
PASSWORD_NEEDED = 4  # FPDF_ERR_PASSWORD
PDFIUM = Lock()  # PDFium may be used by one thread at a time, whatever the document
PAGES_NAMED = 20
# Titles that a program put in, not a person.
NO_TITLE = re.compile(
    r"Microsoft \w+ - .*|untitled.*|.*\.(?:docx?|pptx?|xlsx?|indd|qxd|dvi|tex|rtf|md|html?)", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Bookmark:
    """An entry of the outline."""

    level: int
    title: str
    page: int  # from 1


def read(source: Source, _: ReadOptions) -> Iterator[ReadResult]:
    """One document; pages without text, which are scans as a rule, are reported by their numbers."""
    content = source.read()
    with PDFIUM:
        texts, outline, facts = _extracted(source, content)
    layout = Layout()
    for number, text in enumerate(texts, 1):
        layout.page(number)
        layout.add(paragraphs(text))
    if not layout.text:
        raise source.error(
            "no-text", f"has no text on its {len(texts)} pages: it is a scan, and has to be recognised first"
        )
    title = facts.get("Title", "").strip()
    author = facts.get("Author", "").strip()
    yield source.document(
        layout.text,
        format="pdf",
        title="" if NO_TITLE.fullmatch(title) else title,
        metadata={"author": author} if author else {},
        pages=layout.pages,
        headings=_headings(layout.text, layout.pages, outline),
    )
    if empty := [str(number) for number, text in enumerate(texts, 1) if not text.strip()]:
        shown = ", ".join(empty[:PAGES_NAMED]) + (" …" if len(empty) > PAGES_NAMED else "")
        yield source.skipped("no-text-pages", f"has no text on {len(empty)} of {len(texts)} pages: {shown}")


def _extracted(source: Source, content: bytes) -> tuple[list[str], list[Bookmark], Mapping[str, str]]:
    import pypdfium2  # pyright: ignore[reportMissingTypeStubs] it ships no types

    try:
        pdf: Any = pypdfium2.PdfDocument(content)
    except pypdfium2.PdfiumError as error:
        if cast("int | None", error.err_code) == PASSWORD_NEEDED:
            raise source.error("encrypted", "is protected by a password") from error
        raise source.error("damaged", f"is not a PDF that can be opened ({error})") from error
    with pdf:
        return [_page(pdf, n) for n in range(len(pdf))], list(_outline(pdf)), pdf.get_metadata_dict()


def _page(pdf: Any, n: int) -> str:
    page = pdf.get_page(n)
    text = page.get_textpage()
    try:
        return cast(str, text.get_text_range(errors="replace"))
    finally:
        text.close()
        page.close()


def _outline(pdf: Any) -> Iterator[Bookmark]:
    for entry in pdf.get_toc():
        target = entry.get_dest()
        page = None if target is None else target.get_index()
        title = " ".join(entry.get_title().split())
        if page is not None and title:
            yield Bookmark(entry.level + 1, title, page + 1)


def _headings(text: str, pages: Sequence[Page], outline: Sequence[Bookmark]) -> list[Heading]:
    """The outline's entries where their words stand on their page, or at its top where they are not found there.

    Two entries for one page are looked for one after the other, as they follow each other.
    """
    starts = {page.number: page.start for page in pages}
    ends = {page.number: after.start for page, after in pairwise(pages)}
    headings: list[Heading] = []
    at, page = 0, 0
    for entry in outline:
        if entry.page not in starts:
            continue
        at, page = at if entry.page == page else starts[entry.page], entry.page
        words = re.compile(r"\s*".join(map(re.escape, entry.title.replace(" ", ""))))
        found = words.search(text, at, ends.get(entry.page, len(text)))
        at = found.start() if found else at
        headings.append(Heading(at, entry.level, entry.title))
    return sorted(headings, key=lambda heading: heading.start)


def sniff(head: bytes, source: Source) -> bool:
    """Whether the mark of a PDF stands at the beginning; near it will do where the name says so too."""
    return head.lstrip().startswith(MARK) or (source.suffix == ".pdf" and MARK in head[:MARK_WITHIN])


FORMAT = Format(name="pdf", suffixes=(".pdf",), read=read, sniff=sniff, binary=True)
