"""Services and language models as the stage reads them: scores of a list, with notes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from shortlist.errors import ModelError, UsageError
from shortlist.models.judgement import Judge
from shortlist.records import Candidate, Features, Note
from shortlist.rerank.readers.port import Reading, judged


@dataclass(frozen=True, slots=True)
class JudgeReader:
    """Anything with `judge(query, passages)`."""

    model: Judge
    blend: float = 0.0
    unknown_limit: float = 1.0
    directory: Path | None = None

    @property
    def model_name(self) -> str:
        """Its own; a service says nothing of revisions."""
        return self.model.name

    @property
    def scale(self) -> str:
        """The model's own."""
        return self.model.scale

    def unknown_share(self, text: str) -> float:
        """Nothing is known of its tokens."""
        return 0.0

    def begin(self, query: str, features: Features | None) -> Reading:
        """The query is given to the model with every call."""
        return JudgeReading(self.model, query)


@dataclass(slots=True)
class JudgeReading:
    """One query before the model."""

    model: Judge
    query: str
    notes: list[Note] = field(default_factory=list[Note])
    rounds: int = 0

    @property
    def lanes(self) -> int:
        """The model's own."""
        return self.model.lanes

    @property
    def pace(self) -> str:
        """Of this model at this address."""
        return self.model.name

    def work(self, candidates: Sequence[Candidate]) -> list[float]:
        """Characters, and some for what every passage costs."""
        return [len(candidate.chunk.text) + 50.0 for candidate in candidates]

    def read(self, candidates: Sequence[Candidate]) -> list[Candidate]:
        """One score a candidate, with the window it stands for where the model says so.

        Raises:
            UsageError: a model that gives places in a list was given the list in parts.
            ModelError: the model gave another number of scores, or one that is not finite.
        """
        self.rounds += 1
        if self.model.scale == "order" and self.rounds > 1:
            raise UsageError(
                f"{self.model.name} puts a list in order as a whole; it cannot read it in parts, as a deadline or an "
                "adaptive depth asks. Give it a fixed depth and no deadline."
            )
        judgement = self.model.judge(self.query, [candidate.chunk.full_text for candidate in candidates])
        scores, windows = judgement.scores.tolist(), judgement.windows or (None,) * len(candidates)
        if len(scores) != len(candidates):
            raise ModelError(
                f"{self.model.name} gave {len(scores)} scores for {len(candidates)} passages.",
                scores=len(scores),
                passages=len(candidates),
            )
        self.notes += [note for note in judgement.notes if note not in self.notes]
        return [
            judged(candidate, window, rerank=float(score))
            for candidate, score, window in zip(candidates, scores, windows, strict=True)
        ]
