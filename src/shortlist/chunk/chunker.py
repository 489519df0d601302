"""Chunker: documents → chunks. It tells the story and calls the files beside it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from hashlib import blake2b
from itertools import pairwise

import numpy as np

from shortlist.chunk.arrange import Cuts, arrange, thinned
from shortlist.chunk.cuts import Cut, cuts
from shortlist.chunk.divide import divide
from shortlist.chunk.graphemes import whole_before
from shortlist.chunk.outline import Outline
from shortlist.chunk.port import SpanTokenizer
from shortlist.chunk.tokens import TokenMeasure
from shortlist.errors import UsageError
from shortlist.records import Chunk, Document

SMALLEST = 16  # tokens: below it single characters (﷽) no longer fit
LEAD = 1  # token that a tokenizer may put before a text that is cut out of another
NEAR = 16  # tokens that a cut may add at both ends. A chunk planned nearer to the limit than this is counted


@dataclass(frozen=True, slots=True)
class Chunker:
    """Cuts documents where their structure does: sections, paragraphs, list items, rows, sentences.

    Small neighbours under one heading share a chunk, a heading stays with what it heads, long sentences are cut at
    clauses, then words. docs/decisions/002-chunking.md has the measurements behind the defaults.
    """

    size: int = 256  # tokens of `Chunk.text`, at most
    overlap: int | None = None  # tokens, at most, to repeat of a paragraph that was cut; None: an eighth of `size`

    def __post_init__(self) -> None:
        if self.size < SMALLEST:
            raise UsageError(f"Chunks of {self.size} tokens are too small. Give a size of at least {SMALLEST}.")
        if not 0 <= self.repeated <= self.size // 2:
            raise UsageError(
                f"An overlap of {self.overlap} tokens does not go with chunks of {self.size}. "
                f"Give one from 0 to {self.size // 2}."
            )

    @property
    def repeated(self) -> int:
        """The overlap in force, in tokens."""
        return self.size // 8 if self.overlap is None else self.overlap

    def chunk(self, document: Document, tokenizer: SpanTokenizer) -> list[Chunk]:
        """The chunks of a document, in the order of the text; none for a document without visible characters.

        Laws: `document.text[c.start:c.end] == c.text`; every character that is not white space is in a chunk; starts
        and ends ascend; `tokenizer.count(c.text) <= size`, but for a single character that has more.

        Args:
            document: its headings give the paths, its pages the page numbers, its format says whether it is code.
            tokenizer: in whose tokens to measure; each text is tokenised once, and chunks near the limit once more.

        Returns:
            Chunks whose id is the document's, "#", and a hash of `full_text`: what is the same text under the same
            headings keeps its id when the document changes elsewhere. A text that comes again gets ".2", ".3" …
        """
        text = document.text
        if not text.strip():
            return []
        measure = TokenMeasure(text, tokenizer)
        outline = Outline.of(document)
        chunks: list[Chunk] = []
        seen: Counter[str] = Counter()
        for first, start, end in self._plan(document, measure):
            for piece in self._fitted(text, first, start, end, measure, tokenizer):
                chunk = _chunk(document, outline, *piece)
                digest = blake2b(chunk.full_text.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
                seen[digest] += 1
                again = f".{seen[digest]}" if seen[digest] > 1 else ""
                chunks.append(replace(chunk, id=f"{document.id}#{digest}{again}"))
        return chunks

    def _plan(self, document: Document, measure: TokenMeasure) -> Iterator[tuple[int, int, int]]:
        """Where each chunk begins, begins to be its own, and ends."""
        text, limit = document.text, self.size - LEAD
        found = [(0, Cut.SECTION), *cuts(document), (len(text), Cut.SECTION)]
        counts = measure.before(np.array([position for position, _ in found], dtype=np.int64)).tolist()
        fine = found[:1]
        for (start, _), (end, kind), tokens in zip(found, found[1:], np.diff(counts).tolist(), strict=False):
            if tokens > limit:
                fine += divide(text, start, end, measure, limit)
            fine.append((end, kind))
        positions = [position for position, _ in fine]
        counts = measure.before(np.array(positions, dtype=np.int64)).tolist()
        possible = thinned(Cuts(positions, [kind for _, kind in fine], counts), limit)
        for chosen in arrange(possible, limit, self.repeated):
            first, start, end = (possible.positions[i] for i in chosen)
            yield first, start, end

    def _fitted(
        self, text: str, first: int, start: int, end: int, measure: TokenMeasure, tokenizer: SpanTokenizer
    ) -> Iterator[tuple[int, int]]:
        """The span of a planned chunk without white space around it; in parts, where it turns out too large."""
        low, high = _stripped(text, first, end)
        measured = measure.between(low, high)
        planned_well = high - low <= 1 or measured + NEAR <= self.size
        excess = 0 if planned_well else tokenizer.count(text[low:high]) - self.size
        if low == high:
            return
        if excess <= 0:
            yield low, high
        elif first < start:
            yield from self._fitted(text, start, start, end, measure, tokenizer)
        else:
            smaller = max(measured - excess - LEAD, 1)
            parts = [position for position, _ in divide(text, low, high, measure, smaller)]
            parts = parts or [whole_before(text, (low + high) // 2, low)]
            for begin, stop in pairwise([low, *parts, high]):
                yield from self._fitted(text, begin, begin, stop, measure, tokenizer)


def _stripped(text: str, start: int, end: int) -> tuple[int, int]:
    piece = text[start:end]
    low = start + len(piece) - len(piece.lstrip())
    return low, low + len(piece.strip())


def _chunk(document: Document, outline: Outline, start: int, end: int) -> Chunk:
    first, last = outline.page(start), outline.page(end - 1)
    return Chunk(
        id="",
        doc_id=document.id,
        start=start,
        end=end,
        text=document.text[start:end],
        heading_path=outline.path(document.text, start, end),
        page=first,
        page_end=None if first is None or last == first else last,
        title=document.title,
        source=document.source,
        metadata=document.metadata,
    )
