"""A small real encoder for the tests of the index: words hashed into a vector. No model, the same everywhere."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from shortlist.records import Chunk, Document

SENTENCE = re.compile(r"[^.。]+[.。]?", re.DOTALL)


@dataclass(frozen=True)
class Reading:
    ids: NDArray[np.int32]
    vector: NDArray[np.float32]
    packed: bytes
    windows: int = 1
    unknown: float = 0.0


@dataclass
class HashingEncoder:
    dimensions: int = 24
    name: str = "hashing"
    revision: str = "1"
    seen: list[str] = field(default_factory=list[str])  # every text that was read

    def read(self, texts: Sequence[str], kind: Literal["query", "passage"]) -> list[Reading]:
        if kind == "passage":
            self.seen += texts
        return [self._reading(text) for text in texts]

    def vector(self, text: str) -> NDArray[np.float32]:
        return self._reading(text).vector

    def _reading(self, text: str) -> Reading:
        words = re.findall(r"[a-z0-9]+|[^\sa-z0-9]", text.lower())
        vector = np.full(self.dimensions, 1e-3)
        for word in words:
            digest = blake2b(word.encode("utf-8", "surrogatepass"), digest_size=8).digest()
            vector[digest[0] % self.dimensions] += 1 if digest[1] % 2 else -1
        unit = (vector / np.linalg.norm(vector)).astype(np.float32)
        return Reading(np.arange(len(words), dtype=np.int32), unit, unit.astype(np.float16).tobytes())


def sentences(document: Document) -> list[Chunk]:
    """A chunk a sentence."""
    return [
        Chunk(
            id=f"{document.id}#{i}",
            doc_id=document.id,
            start=match.start(),
            end=match.end(),
            text=match.group(),
            heading_path=tuple(mark.title for mark in document.headings if mark.start <= match.start()),
            page=(page := page_at(document, match.start())),
            page_end=None if page is None or (last := page_at(document, match.end() - 1)) == page else last,
            title=document.title,
            source=document.source,
            metadata=document.metadata,
        )
        for i, match in enumerate(SENTENCE.finditer(document.text))
    ]


def page_at(document: Document, offset: int) -> int | None:
    """The page on which the character at `offset` stands."""
    return next((page.number for page in reversed(document.pages) if page.start <= offset), None)
