"""What is asked for, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from shortlist.train.export.parity import Parity


@dataclass(frozen=True, slots=True)
class Recipe:
    """What to train from what."""

    texts: tuple[str, ...]  # files, folders, globs
    out: Path  # the model directory to write
    teachers: tuple[tuple[str, float], ...] = ()  # directory, weight
    scores: str | None = None  # JSON Lines of query, passage, score
    base: str = "default"
    steps: int | None = None
    minutes: float | None = None
    rate: float = 5e-5
    licence: str = ""  # of the new model
    seed: int = 0

    @property
    def place(self) -> Path:
        """The directory beside `out` with all that a killed training goes on from."""
        return self.out.parent / f"{self.out.name}.training"


@dataclass(frozen=True, slots=True)
class Trained:
    """What came of it."""

    path: Path
    steps: int
    best_step: int  # the one whose weights were kept
    before: Mapping[str, Sequence[float]]  # language → divergence of cosine and of MaxSim on the lists held out
    after: Mapping[str, Sequence[float]]
    heard: Mapping[str, Sequence[str]]  # teacher → languages in which it was heard
    left_out: Mapping[str, int]  # passages, by why
    parity: Parity
