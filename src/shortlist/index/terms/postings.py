"""A segment of the term index: for each term the chunks that hold it, and how often.

One pass of numpy builds it and another merges two of them, with deleted chunks left out: the result is the same as
if those had never been there, which BM25 needs and an engine that counts deleted documents cannot give.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from shortlist.index.caches.segments import Part, order_of_ids
from shortlist.index.records.chunks import read_chunks, read_ids

if TYPE_CHECKING:
    import sqlite3

    from numpy.typing import NDArray

MOST = 255  # a term that stands in a chunk more often counts as so often: BM25 hardly tells them apart
K1, B = 1.2, 0.75


@dataclass(frozen=True)
class Postings:
    """Terms of a span of chunks. Chunks are counted from 0 within the segment."""

    rows: NDArray[np.int64]  # (chunks,)
    id_order: NDArray[np.int32]  # (chunks,)
    lengths: NDArray[np.int32]  # terms of each chunk, (chunks,)
    letters: NDArray[np.uint8]  # the distinct terms in UTF-8, sorted, one after the other
    ends: NDArray[np.int64]  # of each term in `letters`, (terms + 1,), from 0
    offsets: NDArray[np.int64]  # of each term's postings, (terms + 1,)
    chunks: NDArray[np.int32]  # ascending within a term, (postings,)
    counts: NDArray[np.uint8]  # (postings,)
    tops: NDArray[np.float32]  # the highest saturation of each term, at `average`, (terms,)
    average: NDArray[np.float64]  # terms of a chunk here, (1,)

    def __len__(self) -> int:
        return len(self.ends) - 1

    def find(self, term: bytes) -> int | None:
        """The number of a term."""
        place = bisect_left(range(len(self)), term, key=self.term)
        return place if place < len(self) and self.term(place) == term else None

    def term(self, number: int) -> bytes:
        """The term of this number, in UTF-8."""
        return self.letters[self.ends[number] : self.ends[number + 1]].tobytes()

    def of(self, number: int) -> tuple[NDArray[np.int32], NDArray[np.uint8]]:
        """The chunks that hold a term, ascending, and how often."""
        span = slice(self.offsets[number], self.offsets[number + 1])
        return self.chunks[span], self.counts[span]


def saturation(counts: NDArray[np.uint8], lengths: NDArray[np.int32], average: float) -> NDArray[np.float64]:
    """BM25's part that grows with the count of a term and falls with the chunk's length: in [0, 1)."""
    often = counts.astype(np.float64)
    longer = lengths.astype(np.float64) * (K1 * B / average)
    return often / (often + (longer + K1 * (1 - B)))


@dataclass(frozen=True)
class PostingsKind:
    """How the term index makes its segments."""

    terms: Callable[[str], list[str]]

    def build(self, connection: sqlite3.Connection, rows: Sequence[int]) -> Postings:
        """Terms of the chunks at `rows`, from their title, heading path and text."""
        chunks = read_chunks(connection, rows)
        found = [self.terms(chunk.full_text) for chunk in chunks]
        lengths = np.array([len(terms) for terms in found], np.int32)
        flat = [term for terms in found for term in terms]
        distinct = sorted(set(flat))
        number_of = {term: i for i, term in enumerate(distinct)}
        numbers = np.fromiter(map(number_of.__getitem__, flat), np.int64, len(flat))
        keys = numbers * len(rows) + np.repeat(np.arange(len(rows)), lengths)
        keys, counts = np.unique(keys, return_counts=True)
        return _postings(
            rows=np.array(rows, np.int64),
            id_order=order_of_ids([chunk.id for chunk in chunks]),
            lengths=lengths,
            terms=[term.encode("utf-8", "surrogatepass") for term in distinct],
            numbers=keys // len(rows),
            chunks=(keys % len(rows)).astype(np.int32),
            counts=np.minimum(counts, MOST).astype(np.uint8),
        )

    def merge(self, connection: sqlite3.Connection, parts: Sequence[Part[Postings]]) -> Postings:
        """One segment of all chunks of `parts` that exist."""
        vocabularies = [[part.segment.term(i) for i in range(len(part.segment))] for part in parts]
        terms = sorted({term for vocabulary in vocabularies for term in vocabulary})
        number_of = {term: i for i, term in enumerate(terms)}
        rows: list[NDArray[np.int64]] = []
        lengths: list[NDArray[np.int32]] = []
        numbers: list[NDArray[np.int32]] = []
        chunks: list[NDArray[np.int32]] = []
        counts: list[NDArray[np.uint8]] = []
        before = 0
        for part, vocabulary in zip(parts, vocabularies, strict=True):
            held = part.segment
            new_number = np.fromiter(map(number_of.__getitem__, vocabulary), np.int32, len(vocabulary))
            of_posting = np.repeat(new_number, np.diff(held.offsets))
            if part.alive is None:
                kept, place = slice(None), np.arange(len(held.rows), dtype=np.int32)
            else:
                kept, place = part.alive[held.chunks], (np.cumsum(part.alive) - 1).astype(np.int32)
            alive = slice(None) if part.alive is None else part.alive
            rows.append(held.rows[alive])
            lengths.append(held.lengths[alive])
            numbers.append(of_posting[kept])
            chunks.append(place[held.chunks[kept]] + np.int32(before))
            counts.append(held.counts[kept])
            before += part.count
        all_numbers = np.concatenate(numbers)
        # Each part is sorted already, and a stable sort of sorted runs is a merge: a term's chunks stay ascending.
        order = np.argsort(all_numbers, kind="stable")
        all_rows = np.concatenate(rows)
        return _postings(
            rows=all_rows,
            id_order=order_of_ids(read_ids(connection, all_rows.tolist())),
            lengths=np.concatenate(lengths),
            terms=terms,
            numbers=all_numbers[order],
            chunks=np.concatenate(chunks)[order],
            counts=np.concatenate(counts)[order],
        )


def _postings(
    *,
    rows: NDArray[np.int64],
    id_order: NDArray[np.int32],
    lengths: NDArray[np.int32],
    terms: list[bytes],
    numbers: NDArray[np.integer],
    chunks: NDArray[np.int32],
    counts: NDArray[np.uint8],
) -> Postings:
    """A segment from its postings, sorted by number of the term, then chunk. Terms without any are left out."""
    used, offsets = np.unique(numbers, return_index=True)
    terms = [terms[i] for i in used.tolist()]
    average = float(lengths.mean()) if lengths.any() else 1.0
    held = saturation(counts, lengths[chunks], average)
    tops = np.maximum.reduceat(held, offsets) if len(offsets) else np.empty(0)
    return Postings(
        rows=rows,
        id_order=id_order,
        lengths=lengths,
        letters=np.frombuffer(b"".join(terms), np.uint8),
        ends=np.cumsum([0, *map(len, terms)], dtype=np.int64),
        offsets=np.append(offsets, len(chunks)).astype(np.int64),
        chunks=chunks,
        counts=counts,
        tops=np.nextafter(tops.astype(np.float32), np.float32(1)),
        average=np.array([average]),
    )
