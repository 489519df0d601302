"""Late interaction as the stage reads it: cosine and MaxSim on fixed scales, each kept beside their sum."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from shortlist.models import LateInteraction
from shortlist.models.encoder import DEFAULT
from shortlist.models.runtimes.session import cores
from shortlist.records import Candidate, Features
from shortlist.rerank.readers.port import Reading, directory_of, judged


@dataclass(frozen=True, slots=True)
class LateReader:
    """A late-interaction model."""

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
    def directory(self) -> Path | None:
        """The encoder's."""
        return DEFAULT if self.model.encoder.source == "default" else directory_of(self.model.encoder.source)

    @property
    def unknown_limit(self) -> float:
        """Stored with the model."""
        return self.model.unknown_limit

    def unknown_share(self, text: str) -> float:
        """Share of unknown tokens."""
        return self.model.tokenizer.unknown_share(text)

    def begin(self, query: str, features: Features | None) -> Reading:
        """Stored token vectors where the index has them of the same encoder, else passages are encoded now."""
        stored = features if features is not None and features.encoder == self.model.revision else None
        return LateReading(self.model, query, stored)


@dataclass(frozen=True, slots=True)
class LateReading:
    """One query before a late-interaction model."""

    model: LateInteraction
    query: str
    stored: Features | None

    @property
    def lanes(self) -> int:
        """Stored vectors are compared in one go; passages are encoded on every core."""
        return 1 if self.stored is not None else cores()

    @property
    def pace(self) -> str:
        """Encoding takes a thousand times as long as comparing."""
        return f"{self.model.revision} {'encoding' if self.stored is None else 'stored'}"

    def work(self, candidates: Sequence[Candidate]) -> list[float]:
        """Characters, and some for what every passage costs."""
        return [len(candidate.chunk.text) + 50.0 for candidate in candidates]

    def pairs(self, candidate: Candidate) -> list[int]:
        """The passage's tokens: the query is encoded once for all."""
        return [self.model.tokenizer.count(candidate.chunk.full_text)]

    def read(self, candidates: Sequence[Candidate]) -> list[Candidate]:
        """Scores from the index's stored vectors where it has them, else from the text."""
        if self.stored is not None:
            parts = self.model.parts_stored(self.query, self.stored, [c.chunk.id for c in candidates])
        else:
            parts = self.model.parts(self.query, [c.chunk.full_text for c in candidates])
        return [
            judged(candidate, cosine=float(cos), maxsim=float(late), rerank=float(score))
            for candidate, cos, late, score in zip(candidates, parts.cosine, parts.maxsim, parts.score, strict=True)
        ]
