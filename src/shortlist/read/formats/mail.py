"""Mail: a message, or a mailbox of them; the subject is the title, attachments are files in their turn."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, TypeAlias, cast

from shortlist.read.decode import decode
from shortlist.read.layout import Layout
from shortlist.read.markup import add_page, markup_text, parse
from shortlist.read.port import Format, ReadOptions, ReadResult, Source
from shortlist.records import MetadataValue

if TYPE_CHECKING:
    from email.message import Message

SEPARATOR = re.compile(rb"From \S+ .*\d:\d\d.*\b\d{4}\b")  # the line before each message of a mailbox: from whom, when
QUOTED = re.compile(rb">+From ")  # a line of a message that could be taken for one
FIRST_HEADER = re.compile(
    rb"(?:return-path|received|delivered-to|from|date|message-id|mime-version|subject|x-[\w-]{1,40}):[ \t]*\S",
    re.IGNORECASE,
)
HEADERS = re.compile(rb"^(?:from|date|message-id|subject):[ \t]*\S", re.IGNORECASE | re.MULTILINE)
HEADERS_NEEDED = 2  # of those, so that notes that begin with "Date:" are none
ENCODED = re.compile(r"(=\?[^?\s]+\?[bBqQ]\?[^?\s]*\?=)")

Mail: TypeAlias = "Message[str, str]"


def read(source: Source, _: ReadOptions) -> Iterator[ReadResult]:
    """One document a message, and a source for each of its attachments. A message's own id is its Message-ID."""
    from email import message_from_bytes

    if not SEPARATOR.match(source.head()):
        yield from _message(source, message_from_bytes(source.read()), "")
        return
    for number, (line, content) in enumerate(_split(source), 1):
        if len(content) > source.limit:
            yield source.skipped("bad-row", f"the message is larger than {source.limit:,} bytes", line)
            continue
        message = message_from_bytes(content)
        own = "".join(_header(message, "message-id").split()).strip("<>")
        try:
            yield from _message(source, message, source.part_id(number, own))
        except Exception as error:  # the library raises what it will on headers that follow no standard
            yield source.skipped("bad-row", f"the message cannot be read ({type(error).__name__}: {error})", line)


def _split(source: Source) -> Iterator[tuple[int, bytes]]:
    """The messages of a mailbox, each with the number of its first line; of one beyond the limit a little more."""
    begins, content, after_blank = 1, bytearray(), True
    with source.open() as stream:
        number = 0
        while line := stream.readline(source.limit):
            number += 1
            if after_blank and SEPARATOR.match(line):
                if number > 1:
                    yield begins, bytes(content)
                begins, content = number + 1, bytearray()
            elif len(content) <= source.limit:
                content += line[1:] if QUOTED.match(line) else line
            after_blank = not line.strip()
    yield begins, bytes(content)


def _message(source: Source, message: Mail, part_id: str) -> Iterator[ReadResult]:
    layout = Layout()
    files: list[tuple[str, bytes]] = []
    for part in _parts(message):
        kind, name, content = part.get_content_type(), _file_name(part), _content(part)
        if name or kind not in ("text/plain", "text/html"):
            files.append((name or "attachment", content))
        elif kind == "text/html":
            add_page(layout, parse(markup_text(content, part.get_content_charset(""))))
        else:
            layout.add(decode(content, part.get_content_charset("")).text.replace("\r\n", "\n"))
    subject = " ".join(_header(message, "subject").split())
    yield source.document(
        layout.text or subject,
        format="mail",
        title=subject,
        headings=layout.headings,
        metadata=dict(_facts(message)),
        part_id=part_id,
    )
    for number, (name, content) in enumerate(files, 1):
        yield source.inside(f"{part_id or source.id}#{number}-{name}", name, content)


def _parts(message: Mail) -> Iterator[Mail]:
    """The parts of a message that are not made of parts; of alternatives the plain text, or else the last."""
    inner = _inner(message)
    if not inner or message.get_content_type() == "message/rfc822":
        yield message
    elif message.get_content_type() == "multipart/alternative":
        plain = (part for part in inner if part.get_content_type() == "text/plain" and _content(part).strip())
        yield from _parts(next(plain, inner[-1]))
    else:
        for part in inner:
            yield from _parts(part)


def _inner(message: Mail) -> list[Mail]:
    return cast("list[Mail]", message.get_payload()) if message.is_multipart() else []


def _content(part: Mail) -> bytes:
    """The bytes of a part; of a message inside the message, all of it."""
    if inner := _inner(part):
        return inner[0].as_bytes()
    content: object = part.get_payload(decode=True)
    return content if isinstance(content, bytes) else b""


def _file_name(part: Mail) -> str:
    """The name of an attached file, without folders; empty for what is to be read with the message."""
    if part.get_content_type() == "message/rfc822":
        return "message.eml"
    name = PurePosixPath(_words(part.get_filename("") or "").replace("\\", "/")).name
    return name or ("attachment" if part.get_content_disposition() == "attachment" else "")


def _facts(message: Mail) -> Iterator[tuple[str, MetadataValue]]:
    from email.utils import parsedate_to_datetime

    if sender := " ".join(_header(message, "from").split()):
        yield "sender", sender
    try:
        yield "date", parsedate_to_datetime(_header(message, "date")).date()
    except (ValueError, TypeError, IndexError, OverflowError):
        return


def _header(message: Mail, name: str) -> str:
    """A header as text; empty where there is none. Bytes that no standard allows are told by what they look like."""
    return next((_words(value) for key, value in message.raw_items() if key.lower() == name), "")


def _words(value: str) -> str:
    from email.errors import MessageError
    from email.header import decode_header

    raw = value.encode("utf-8", "surrogateescape")
    if not value.isascii():
        return decode(raw).text
    try:
        words = decode_header(value)
    except MessageError:  # half of a word in Base64: the others, one by one
        parts = ENCODED.split(value)
        return "".join(map(_words, parts)) if len(parts) > 1 and value not in parts else value
    return "".join(decode(word, charset or "").text if isinstance(word, bytes) else word for word, charset in words)


def sniff(head: bytes, _: Source) -> bool:
    """Whether the file begins with the headers of a message."""
    headers = head.partition(b"\n")[2] if SEPARATOR.match(head) else head
    return FIRST_HEADER.match(headers) is not None and len(HEADERS.findall(headers)) >= HEADERS_NEEDED


FORMAT = Format(name="mail", suffixes=(".eml", ".mbox", ".mbx"), read=read, sniff=sniff, rows=True)
