"""How the stage reads candidates with each kind of model: one small adapter a kind, each gives the score "rerank".

late interaction   stored token vectors of the index where it has them, else the passage is encoded now
cross-encoder      long passages in overlapping windows; the candidate says which one won
anything else      an object with `score(query, passages)`
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from shortlist.errors import ModelError
from shortlist.models import CrossEncoderModel, LateInteraction
from shortlist.records import Candidate, Features, Window
from shortlist.stage import CrossEncoder


class Reader(Protocol):
    """One kind of model, as the stage sees it."""

    @property
    def model_name(self) -> str:
        """Name and revision."""
        ...

    @property
    def scale(self) -> str:
        """Of the score "rerank"."""
        ...

    @property
    def blend(self) -> float:
        """The weight of BM25 that suits this kind."""
        ...

    def unknown_share(self, text: str) -> float:
        """Share of the text's tokens that the model does not know, in [0, 1]."""
        ...

    @property
    def unknown_limit(self) -> float:
        """Above this share the model should not judge."""
        ...

    def read(self, query: str, candidates: Sequence[Candidate], features: Features | None) -> list[Candidate]:
        """The candidates with their score "rerank", in the order given.

        Raises:
            ModelError: a score is not a finite number.
        """
        ...


def reader_of(model: CrossEncoder) -> Reader:
    """The adapter for this kind of model."""
    if isinstance(model, LateInteraction):
        return LateReader(model)
    if isinstance(model, CrossEncoderModel):
        return WindowReader(model)
    return PlainReader(model)


@dataclass(frozen=True, slots=True)
class LateReader:
    """Late interaction: cosine and MaxSim on fixed scales, each kept beside their sum."""

    model: LateInteraction

    @property
    def model_name(self) -> str:
        """Name and revision."""
        return f"{self.model.name}@{self.model.revision}"

    @property
    def scale(self) -> str:
        """The model's own."""
        return self.model.scale

    @property
    def blend(self) -> float:
        """Stored with the model, as its development splits chose it."""
        return self.model.blend

    @property
    def unknown_limit(self) -> float:
        """Stored with the model."""
        return self.model.unknown_limit

    def unknown_share(self, text: str) -> float:
        """Share of unknown tokens."""
        return self.model.tokenizer.unknown_share(text)

    def read(self, query: str, candidates: Sequence[Candidate], features: Features | None) -> list[Candidate]:
        """Scores from the index's stored vectors where the same encoder made them, else from the text."""
        if features is not None and features.encoder == self.model.revision:
            parts = self.model.parts_stored(query, features, [c.chunk.id for c in candidates])
        else:
            parts = self.model.parts(query, [c.chunk.full_text for c in candidates])
        return [
            checked(candidate.scored(cosine=float(cos), maxsim=float(late), rerank=float(score)))
            for candidate, cos, late, score in zip(candidates, parts.cosine, parts.maxsim, parts.score, strict=True)
        ]


@dataclass(frozen=True, slots=True)
class WindowReader:
    """A cross-encoder of ours: every passage read whole, in windows where it is longer than the model reads at once."""

    model: CrossEncoderModel
    blend: float = 0.0
    unknown_limit: float = 0.2

    @property
    def model_name(self) -> str:
        """Name and revision."""
        return f"{self.model.name}@{self.model.revision}"

    @property
    def scale(self) -> str:
        """Logits, as the model gives them: never squeezed."""
        return self.model.scale

    def unknown_share(self, text: str) -> float:
        """Share of unknown tokens."""
        return self.model.tokenizer.unknown_share(text)

    def read(self, query: str, candidates: Sequence[Candidate], features: Features | None) -> list[Candidate]:
        """Scores with the window each of them stands for."""
        readings = self.model.read(query, [c.chunk.full_text for c in candidates])
        read: list[Candidate] = []
        for candidate, reading in zip(candidates, readings, strict=True):
            window = Window(reading.tokens, reading.read, reading.windows, reading.start, reading.end)
            scored = replace(candidate.scored(rerank=float(reading.score)), window=window)
            read.append(checked(scored))
        return read


@dataclass(frozen=True, slots=True)
class PlainReader:
    """A user's own object: its scores are taken as they are."""

    model: CrossEncoder
    scale: str = "score"
    blend: float = 0.0
    unknown_limit: float = 1.0

    @property
    def model_name(self) -> str:
        """Its class."""
        return type(self.model).__name__

    def unknown_share(self, text: str) -> float:
        """Nothing is known of its tokens."""
        return 0.0

    def read(self, query: str, candidates: Sequence[Candidate], features: Features | None) -> list[Candidate]:
        """One score a candidate.

        Raises:
            ModelError: the object gave another number of scores, or one that is not finite.
        """
        scores = [float(score) for score in self.model.score(query, [c.chunk.full_text for c in candidates])]
        if len(scores) != len(candidates):
            raise ModelError(
                f"{self.model_name} gave {len(scores)} scores for {len(candidates)} passages. "
                "A reranker's score() gives one score a passage, in the order given.",
                scores=len(scores),
                passages=len(candidates),
            )
        return [checked(candidate.scored(rerank=score)) for candidate, score in zip(candidates, scores, strict=True)]


def checked(candidate: Candidate) -> Candidate:
    """The candidate, if its new score is a finite number."""
    if not math.isfinite(candidate.scores["rerank"]):
        raise ModelError(
            f"The model scored passage {candidate.chunk.id} as {candidate.scores['rerank']}, which is no number to "
            "rank by. Its weights may be damaged: fetch the model again.",
            chunk_id=candidate.chunk.id,
        )
    return candidate
