"""Which format a file has: by its bytes where they are telling, then by its suffix, then text or nothing."""

from __future__ import annotations

from functools import cache

from shortlist.read.decode import is_text
from shortlist.read.formats import FORMATS
from shortlist.read.formats import text as plain
from shortlist.read.port import Format, Source
from shortlist.read.zipped import COMPOUND

# Formats that hold text and have no reader here, by the bytes that tell them.
UNREAD = {
    COMPOUND: "in a format of Office before 2007 or of Outlook",
    b"{\\rtf1": "in the Rich Text Format",
    b"mimetypeapplication/vnd.oasis.opendocument": "in an OpenDocument format",
}
MARK_AT = (0, 30)  # at the beginning, or as the first member of an archive


def format_of(source: Source) -> Format:
    """The format that reads this source.

    Raises:
        ReadError: nothing does: reason "empty", "binary" or "unsupported".
        OSError: the file cannot be opened.
    """
    head = source.head()
    if not head:
        raise source.error("empty", "is empty")
    named = by_suffix().get(source.suffix)
    if named is not None and named.binary and named.sniff is not None and named.sniff(head, source):
        return named
    told = next((f for f in FORMATS if f.binary and f.sniff is not None and f.sniff(head, source)), None)
    if told is not None:
        return told
    if named is not None and named.binary:
        return _misnamed(head, source) or named  # most likely damaged: its reader will say how
    if unread := next((kind for mark, kind in UNREAD.items() if head.find(mark) in MARK_AT), ""):
        raise source.error("unsupported", f"is {unread}. Save it as PDF, DOCX, XLSX, PPTX or text to have it read")
    if not is_text(head):
        raise source.error("binary", "is not text, and its format is none that can be read")
    return named or _misnamed(head, source) or plain.FORMAT


def _misnamed(head: bytes, source: Source) -> Format | None:
    return next((f for f in FORMATS if not f.binary and f.sniff is not None and f.sniff(head, source)), None)


@cache
def by_suffix() -> dict[str, Format]:
    """The table by suffix."""
    return {suffix: format for format in FORMATS for suffix in format.suffixes}
