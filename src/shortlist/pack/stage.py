"""Pack: what fits the prompt, best first, counted exactly, with its sources."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar, Literal

from shortlist.errors import UsageError
from shortlist.models import load_tokenizer
from shortlist.pack.budget import Packing, pack
from shortlist.pack.label import joined, rendered
from shortlist.pack.merge import Stretch
from shortlist.pack.meter import Meter
from shortlist.records import Context, Note, Passage, Ranking
from shortlist.stage import Stage, Tokenizer


@dataclass(frozen=True)
class Pack(Stage[Context]):
    """Take candidates, best first, as long as they fit `budget` tokens; the end of a pipeline.

    Law: `context.tokens <= budget`, counted over the whole text, labels included, with `tokenizer`. A candidate that
    does not fit is named in `dropped`, with why, and the next one is tried. Neighbours of one document that overlap
    or touch become one passage; the same text is packed once.

    Args:
        budget: tokens, at least 1.
        tokenizer: "default" (the packaged encoder's), the path of a `tokenizer.json` or its directory, or any object
            with `count(text) -> int`. Give the answering model's own, and the count is exact for it.
        order: "best" puts the best passage first; "document" keeps each document's passages together in reading
            order, documents by their best passage.
        limit: pack no more than this many passages.
    """

    budget: int = 4000
    tokenizer: str | Path | Tokenizer = "default"
    order: Literal["best", "document"] = "best"
    limit: int | None = None
    name: ClassVar[str] = "pack"
    last: ClassVar[bool] = True

    def __post_init__(self) -> None:
        if self.budget < 1:
            raise UsageError(f"A budget is a number of tokens of at least 1, not {self.budget}.")

    def apply(self, ranking: Ranking) -> Context:
        """The packed context; empty, with a note, where nothing fits.

        Raises:
            ModelNotFound: there is no tokenizer of that name.
        """
        tokenizer = load_tokenizer(self.tokenizer) if isinstance(self.tokenizer, str | Path) else self.tokenizer
        meter = Meter(tokenizer)
        packing = pack(ranking.candidates, self.budget, meter, limit=self.limit)
        if self.order == "document":
            packing = replace(packing, stretches=reading_order(packing.stretches))
        packing = packing.fitted(self.budget, meter)
        text = joined(packing.stretches)
        return Context(
            query=ranking.query,
            text=text,
            passages=tuple(
                passage_of(stretch, meter.count(rendered(number, stretch)))
                for number, stretch in enumerate(packing.stretches, 1)
            ),
            tokens=meter.count(text),
            budget=self.budget,
            dropped=packing.dropped,
            notes=(*ranking.notes, *self._notes_on(packing, ranking)),
            timings_ms=ranking.timings_ms,
        )

    def _notes_on(self, packing: Packing, ranking: Ranking) -> list[Note]:
        """What the user should know of the packing itself."""
        if not ranking or packing.stretches:
            return []
        message = f"No passage fits a budget of {self.budget} tokens. Raise it, or index with smaller chunks."
        return [Note("nothing-fits", message, {"budget": self.budget, "candidates": len(ranking)})]


def reading_order(stretches: Sequence[Stretch]) -> tuple[Stretch, ...]:
    """Documents by their best passage, and in each the passages as they stand in it."""
    places: dict[str, int] = {}
    for stretch in stretches:
        places.setdefault(stretch.doc_id, len(places))
    return tuple(sorted(stretches, key=lambda stretch: (places[stretch.doc_id], stretch.start)))


def passage_of(stretch: Stretch, tokens: int) -> Passage:
    """A stretch as it is shown to the caller."""
    first, best = stretch.first, stretch.best
    return Passage(
        source=first.source,
        doc_id=first.doc_id,
        text=stretch.text,
        start=stretch.start,
        end=stretch.end,
        tokens=tokens,
        title=first.title,
        heading_path=first.heading_path,
        page=first.page,
        chunk_ids=tuple(candidate.chunk.id for candidate in stretch.candidates),
        scores=best.scores,
        relevance=best.relevance,
        page_end=stretch.page_end,
    )
