"""Fingerprints: what must be the same for the work on a document, or on one text, to be kept."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from hashlib import blake2b
from types import BuiltinFunctionType, FunctionType, MethodType

from shortlist.records import Chunk, Document

BYTES = 16
ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")


def content_hash(document: Document, chunk: Callable[[Document], list[Chunk]]) -> bytes:
    """Of all that decides a document's chunks: text, title, marks, and what cuts it. Metadata is not among it."""
    return _hash(
        document.text,
        document.title,
        repr([(page.start, page.number) for page in document.pages]),
        repr([(mark.start, mark.level, mark.title) for mark in document.headings]),
        document.format,
        stable_name(chunk),
    )


def text_hash(text: str) -> bytes:
    """Of what the encoder reads."""
    return _hash(text)


def stable_name(function: object) -> str:
    """The same for the same function or settings in every process: no address in memory."""
    if isinstance(function, MethodType):
        return f"{stable_name(function.__self__)}.{function.__name__}"
    if isinstance(function, FunctionType | BuiltinFunctionType | type):
        return f"{function.__module__}.{function.__qualname__}"
    if isinstance(function, partial):
        return f"{stable_name(function.func)}{function.args}{sorted(function.keywords.items())}"
    return ADDRESS.sub("", repr(function))


def _hash(*parts: str) -> bytes:
    digest = blake2b(digest_size=BYTES)
    for part in parts:
        data = part.encode("utf-8", "surrogatepass")
        digest.update(len(data).to_bytes(8, "little"))
        digest.update(data)
    return digest.digest()
