"""Two scores become one: a weighted sum of z-scores, or reciprocal ranks.

Each fusion sees a *pool*: the candidates that the first `pool` places of either retriever hold, every candidate with
both scores. The pool has a fixed size, so a fused score does not depend on the depth somebody asked for.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Protocol

import numpy as np

from shortlist.scales import z_scores

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Fusion(Protocol):
    """Fuses the two scores of every candidate into one."""

    scale: ClassVar[str]

    def fuse(self, dense: Scores, bm25: Scores) -> NDArray[np.float64]:
        """One score a candidate, shape (candidates,); higher is better."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Scores:
    """One retriever's scores of all candidates, shape (candidates,), and which of them stand in its own list."""

    values: NDArray[np.float64]
    ranks: NDArray[np.int64]  # place in that retriever's list, from 1; 0 where the list does not hold it
    pooled: NDArray[np.bool_]  # which candidates the statistics are taken over


@dataclass(frozen=True, slots=True)
class ZSum:
    """dense x z(dense) + bm25 x z(BM25), z over the pool: each score less the pool's mean, in standard deviations.

    The weights were chosen on development splits: docs/decisions/006-fusion.md.
    """

    dense: float = 1.0
    bm25: float = 0.4
    scale: ClassVar[str] = "z-sum"

    def fuse(self, dense: Scores, bm25: Scores) -> NDArray[np.float64]:
        """The weighted sum; a retriever whose scores are all equal says nothing and adds 0."""
        return self.dense * z_scores(dense.values, dense.pooled) + self.bm25 * z_scores(bm25.values, bm25.pooled)


@dataclass(frozen=True, slots=True)
class Rrf:
    """Reciprocal rank fusion: the sum of weight / (constant + rank) over the lists that hold the candidate.

    Cormack, Clarke and Büttcher, SIGIR 2009, with their constant of 60.
    """

    constant: float = 60.0
    dense: float = 1.0
    bm25: float = 1.0
    scale: ClassVar[str] = "rrf"

    def fuse(self, dense: Scores, bm25: Scores) -> NDArray[np.float64]:
        """The sum of reciprocal ranks; the order in which lists are given does not matter."""
        return self.dense * self._share(dense.ranks) + self.bm25 * self._share(bm25.ranks)

    def _share(self, ranks: NDArray[np.int64]) -> NDArray[np.float64]:
        return np.where(ranks > 0, 1.0 / (self.constant + ranks), 0.0)
