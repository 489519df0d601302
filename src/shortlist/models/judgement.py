"""What a reranker that is asked about a list gives back: scores, and what the user should know of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from shortlist.records import Note, Window

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class Judgement:
    """The scores of a list of passages."""

    scores: NDArray[np.float32]  # shape (passages,), in the order given; higher is better; all finite
    notes: tuple[Note, ...] = ()  # what was read in windows, repaired or left out
    windows: tuple[Window, ...] = ()  # which part of each passage its score stands for, where that is known


@runtime_checkable
class Judge(Protocol):
    """A reranker that can say more than its scores."""

    @property
    def name(self) -> str:
        """How results name it."""
        ...

    @property
    def scale(self) -> str:
        """Of its scores: "logit", "probability", "order" (places in one list, of no meaning elsewhere) …"""
        ...

    @property
    def lanes(self) -> int:
        """How many passages it reads at once."""
        ...

    def judge(self, query: str, passages: Sequence[str]) -> Judgement:
        """Score every passage of a list for one query."""
        ...
