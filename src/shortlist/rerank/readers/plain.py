"""A user's own object with `score(query, passages)`: its scores are taken as they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from shortlist.errors import ModelError
from shortlist.records import Candidate, Features
from shortlist.rerank.readers.port import Reading, judged
from shortlist.stage import CrossEncoder


@dataclass(frozen=True, slots=True)
class PlainReader:
    """Any object with the method."""

    model: CrossEncoder
    scale: str = "score"
    blend: float = 0.0
    unknown_limit: float = 1.0
    directory: Path | None = None

    @property
    def model_name(self) -> str:
        """Its class."""
        return type(self.model).__name__

    def unknown_share(self, text: str) -> float:
        """Nothing is known of its tokens."""
        return 0.0

    def begin(self, query: str, features: Features | None) -> Reading:
        """The query is given to the object with every call."""
        return PlainReading(self.model, query)


@dataclass(frozen=True, slots=True)
class PlainReading:
    """One query before the object."""

    model: CrossEncoder
    query: str
    lanes: int = 1  # whether it computes several at once is its own affair

    @property
    def pace(self) -> str:
        """Of this class."""
        kind = type(self.model)
        return f"{kind.__module__}.{kind.__qualname__}"

    def work(self, candidates: Sequence[Candidate]) -> list[float]:
        """Characters, and some for what every passage costs."""
        return [len(candidate.chunk.text) + 50.0 for candidate in candidates]

    def read(self, candidates: Sequence[Candidate]) -> list[Candidate]:
        """One score a candidate.

        Raises:
            ModelError: the object gave another number of scores, or one that is not finite.
        """
        scores = [float(score) for score in self.model.score(self.query, [c.chunk.full_text for c in candidates])]
        if len(scores) != len(candidates):
            raise ModelError(
                f"{type(self.model).__name__} gave {len(scores)} scores for {len(candidates)} passages. "
                "A reranker's score() gives one score a passage, in the order given.",
                scores=len(scores),
                passages=len(candidates),
            )
        return [judged(candidate, rerank=score) for candidate, score in zip(candidates, scores, strict=True)]
