"""BM25 and vectors together: the longlist."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from shortlist.records import Ranking
from shortlist.retrieve.bm25 import Bm25
from shortlist.retrieve.fusion import Fusion, Scores, ZSum
from shortlist.retrieve.lists import query_vector, ranking_of
from shortlist.stage import Retriever
from shortlist.text import query_terms

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from shortlist.index import Directory
    from shortlist.models import Encoder


@dataclass(frozen=True)
class Hybrid(Retriever):
    """The `depth` best chunks by the fusion of BM25 and cosine.

    The candidates are the first `pool` chunks of both lists, and each gets both of its scores, also the one whose
    list it missed. Where more are asked for than the pool holds, the pool is doubled and the newcomers follow behind
    the first pool, on the same scale. So neither a score nor the order depends on the depth asked for: the first 10
    of depth 20 are depth 10.
    """

    directory: Directory
    encoder: Encoder
    depth: int = 100
    fusion: Fusion = field(default_factory=ZSum)
    pool: int = 100

    def find(self, query: str, where: str | None) -> Ranking:
        """Chunks by fused score, best first."""
        vector, notes = query_vector(self.encoder, query)
        if vector is None:
            return Bm25(self.directory, self.depth).find(query, where).noted(*notes)
        with self.directory.snapshot():  # both lists, their scores and their texts are of one state of the index
            rows, dense, bm25, fused = self._fused(query_terms(query), vector, where)
            return ranking_of(
                self.directory,
                query,
                rows,
                {"bm25": bm25, "dense": dense, "fused": fused},
                scored_by="fused",
                scale=self.fusion.scale,
                model=f"{self.encoder.name}@{self.encoder.revision}",
                notes=notes,
            )

    def _fused(
        self, terms: list[str], vector: NDArray[np.float32], where: str | None
    ) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        """Rows of the first `depth` candidates with cosine, BM25 and fused score, in order."""
        size, first_pool = self.pool, np.empty(0, np.int64)
        order: list[int] = []
        seen: dict[int, tuple[float, float, float]] = {}
        while True:
            near, _ = self.directory.nearest(vector, size, where)
            matching, _ = self.directory.bm25(terms, size, where)
            rows = np.union1d(near, matching)
            if size == self.pool:
                first_pool = rows
            dense = self._scores(rows, near, self.directory.cosine_of(vector, rows), first_pool)
            bm25 = self._scores(rows, matching, self.directory.bm25_of(terms, rows), first_pool)
            fused = self.fusion.fuse(dense, bm25)
            for i in self._best_first(rows, fused):
                if (row := int(rows[i])) not in seen:
                    seen[row] = (float(dense.values[i]), float(bm25.values[i]), float(fused[i]))
                    order.append(row)
            if len(order) >= self.depth or (len(near) < size and len(matching) < size):
                break
            size *= 2
        kept = order[: self.depth]
        columns = np.array([seen[row] for row in kept], np.float64).reshape(-1, 3)
        return np.array(kept, np.int64), columns[:, 0], columns[:, 1], columns[:, 2]

    @staticmethod
    def _scores(
        rows: NDArray[np.int64],
        ranked: NDArray[np.int64],
        values: NDArray[np.float32],
        pool: NDArray[np.int64],
    ) -> Scores:
        """One retriever's view of `rows` (ascending): its score of each, and the place in its own list `ranked`."""
        ranks = np.zeros(len(rows), np.int64)
        ranks[np.searchsorted(rows, ranked)] = np.arange(1, len(ranked) + 1)
        return Scores(values.astype(np.float64), ranks, np.isin(rows, pool))

    def _best_first(self, rows: NDArray[np.int64], fused: NDArray[np.float64]) -> list[int]:
        """Positions by descending score; equal scores by chunk id, so that the order never depends on row numbers."""
        ids = self.directory.chunk_ids(rows)
        return sorted(range(len(rows)), key=lambda i: (-fused[i], ids[i]))
