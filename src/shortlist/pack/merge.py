"""Stretches of one document that overlap or touch become one stretch: nothing is shown twice."""

from __future__ import annotations

from dataclasses import dataclass

from shortlist.records import Candidate, Chunk


@dataclass(frozen=True, slots=True)
class Stretch:
    """Some text of one document, and the candidates it was made of, best first.

    Law: `text` is the document's text from `start` to `end`.
    """

    text: str
    start: int
    end: int
    candidates: tuple[Candidate, ...]

    @property
    def doc_id(self) -> str:
        """The document it stands in."""
        return self.candidates[0].chunk.doc_id

    @property
    def best(self) -> Candidate:
        """The candidate that came first: its scores stand for the stretch."""
        return min(self.candidates, key=lambda candidate: candidate.rank)

    @property
    def first(self) -> Chunk:
        """The chunk where the stretch begins: its heading and page stand for the stretch."""
        return min((candidate.chunk for candidate in self.candidates), key=lambda chunk: chunk.start)

    @property
    def page_end(self) -> int | None:
        """The page on which the stretch ends, if that is not the one on which it begins."""
        last = max((candidate.chunk for candidate in self.candidates), key=lambda chunk: chunk.end)
        page = last.page if last.page_end is None else last.page_end
        return None if page == self.first.page else page


def stretch_of(candidate: Candidate) -> Stretch:
    """One candidate, not merged with anything yet."""
    chunk = candidate.chunk
    return Stretch(chunk.text, chunk.start, chunk.end, (candidate,))


def placed(stretches: tuple[Stretch, ...], candidate: Candidate) -> tuple[Stretch, ...]:
    """The stretches with one candidate more: merged with those of its document that it overlaps or touches.

    A merged stretch takes the place of the foremost of its parts, so a better passage never moves back.
    """
    merged = stretch_of(candidate)
    joined: list[int] = []
    grew = True
    while grew:  # a stretch that bridges two others reaches the second only after it took the first
        grew = False
        for i, stretch in enumerate(stretches):
            if i not in joined and (union := _union(stretch, merged)) is not None:
                merged, grew = union, True
                joined.append(i)
    if not joined:
        return (*stretches, merged)
    foremost = min(joined)
    return tuple(
        merged if i == foremost else stretch for i, stretch in enumerate(stretches) if i == foremost or i not in joined
    )


def _union(a: Stretch, b: Stretch) -> Stretch | None:
    """Both as one stretch, or None where they are apart, of two documents, or do not agree where they overlap.

    They can disagree where a caller's own passages carry no true offsets: those are never merged.
    """
    if a.doc_id != b.doc_id:
        return None
    first, second = (a, b) if (a.start, -a.end) <= (b.start, -b.end) else (b, a)
    if second.start > first.end:
        return None
    shared = min(first.end, second.end) - second.start
    offset = second.start - first.start
    if first.text[offset : offset + shared] != second.text[:shared]:
        return None
    return Stretch(
        text=first.text + second.text[shared:],
        start=first.start,
        end=max(first.end, second.end),
        candidates=(*a.candidates, *b.candidates),
    )
