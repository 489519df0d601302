"""Which chunks a reranker reads whole, and which in windows, beside a question of usual length."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from shortlist.models import CrossEncoderModel, LateInteraction
from shortlist.models.runtimes.session import run_each
from shortlist.records import Chunk
from shortlist.stage import CrossEncoder

QUESTION = 24  # tokens of a usual question


@dataclass(frozen=True, slots=True)
class Fit:
    """How chunks and a reranker's window go together."""

    model: str
    room: int  # tokens of a chunk, title and headings included, that are read at once
    question: int  # tokens of the question that stands beside it; 0 where the model reads the two apart
    looked_at: int  # chunks
    longer: int  # of those; they are read in windows


def fit(model: CrossEncoder, chunks: Sequence[Chunk]) -> Fit | None:
    """How many of these chunks do not fit; None for a model whose window is not known here."""
    if isinstance(model, CrossEncoderModel):
        room, question = model.max_tokens - model.tokenizer.pair_specials - QUESTION, QUESTION
    elif isinstance(model, LateInteraction):
        prefix = model.tokenizer.count(model.encoder.facts.prefixes.get("passage", ""))
        room, question = model.encoder.max_tokens - model.tokenizer.single_specials - prefix, 0
    else:
        return None
    longer = sum(run_each(lambda chunk: model.tokenizer.count(chunk.full_text) > room, chunks))
    return Fit(f"{model.name}@{model.revision}", room, question, len(chunks), longer)
