"""What the stage asks of a kind of model: a `Reader` for each kind, a `Reading` for each query."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Protocol, runtime_checkable

from shortlist.errors import ModelError
from shortlist.records import Candidate, Features, Note, Window


class Reading(Protocol):
    """One query, being compared with candidates."""

    @property
    def lanes(self) -> int:
        """How many candidates are computed at once."""
        ...

    @property
    def pace(self) -> str:
        """Readings of one name take the same time for the same work."""
        ...

    def work(self, candidates: Sequence[Candidate]) -> list[float]:
        """How much work each of them is before it is done, in a unit of this kind of model (tokens, characters)."""
        ...

    def read(self, candidates: Sequence[Candidate]) -> list[Candidate]:
        """The candidates with their score "rerank", in the order given.

        Law: the score does not depend on how the candidates are dealt out over calls.

        Raises:
            ModelError: a score is not a finite number.
        """
        ...


@runtime_checkable
class Noting(Protocol):
    """A reading that has something to tell beside its scores."""

    @property
    def notes(self) -> Sequence[Note]:
        """What the user should know of what was read so far."""
        ...


@runtime_checkable
class CountsPairs(Protocol):
    """A reading that knows what it will run before it runs."""

    def pairs(self, candidate: Candidate) -> list[int]:
        """Tokens of each run of the model that a candidate takes."""
        ...


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

    @property
    def directory(self) -> Path | None:
        """Where the model lies on disk, and its calibration with it; None where it has no place of its own."""
        ...

    def unknown_share(self, text: str) -> float:
        """Share of the text's tokens that the model does not know, in [0, 1]."""
        ...

    @property
    def unknown_limit(self) -> float:
        """Above this share the model should not judge."""
        ...

    def begin(self, query: str, features: Features | None) -> Reading:
        """Make the query ready.

        Args:
            query: the question; never cut.
            features: what an index keeps of the candidates, if they come from one.

        Raises:
            QueryTooLong: it leaves no room for a passage.
        """
        ...


def judged(candidate: Candidate, window: Window | None = None, *, rerank: float, **parts: float) -> Candidate:
    """The candidate with its new score and the window that this one stands for: an earlier model's has no place there.

    Raises:
        ModelError: the score is not a finite number.
    """
    if not math.isfinite(rerank):
        raise ModelError(
            f"The model scored passage {candidate.chunk.id} as {rerank}, which is no number to rank by. Its weights "
            "may be damaged: fetch the model again.",
            chunk_id=candidate.chunk.id,
        )
    return replace(candidate.scored(**parts, rerank=rerank), window=window)


def directory_of(source: str) -> Path | None:
    """The directory of a model that was loaded from this path; None where it is no path."""
    path = Path(source)
    return path if path.is_dir() else path.parent if path.is_file() else None
