"""The nearest chunks by cosine: exactly, but for segments so large that they have lists.

BLAS is fast, but what it gives for one row depends in its last bits on the rows beside it. So it only finds who may
be among the best; their cosines are then summed row by row in float64, and are the same in any company.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from shortlist.index.caches.segments import Part, View, best
from shortlist.index.vectors.lists import MOST, Shelf
from shortlist.index.vectors.matrix import Matrix

if TYPE_CHECKING:
    from numpy.typing import NDArray

SPARSE = 16  # where fewer than one in so many chunks is allowed, only theirs are multiplied
BLOCK = 1024  # vectors summed at a time
ROUNDING = 1e-5  # more than BLAS can be off for unit vectors of a few thousand dimensions in float32


@dataclass(frozen=True)
class Nearest:
    """Cosines in one view of the vector cache."""

    view: View[Matrix]
    shelf: Shelf

    def rank(
        self, vector: NDArray[np.float32], limit: int, allowed: NDArray[np.int64] | None = None
    ) -> list[tuple[NDArray[np.int64], NDArray[np.float32]]]:
        """Rows and cosines of the `limit` nearest chunks of each part, nearest first; ties by chunk id within a part.

        Only chunks at the rows in `allowed` (ascending) are ranked, if it is given.
        """
        return [
            self._rank(part, vector, limit, part.alive if allowed is None else part.mask(allowed))
            for part in self.view.parts
        ]

    def of(self, vector: NDArray[np.float32], rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """Cosines of the chunks at `rows`, shape (rows,); 0 where the chunk does not exist."""
        cosines = np.zeros(len(rows), np.float32)
        for part in self.view.parts:
            asked, places = part.places(rows)
            cosines[asked] = cosines_of(part.segment.vectors, places, vector)
        return cosines

    def _rank(
        self, part: Part[Matrix], vector: NDArray[np.float32], limit: int, wanted: NDArray[np.bool_] | None
    ) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        held = part.segment
        lists = self.shelf.of(part) if 0 < limit <= MOST // 4 and _is_dense(wanted) else None
        places = _scanned(held.vectors, vector, limit, wanted) if lists is None else lists.near(vector, limit, wanted)
        if len(places) < limit and lists is not None:  # the lists that were looked into hold too few
            places = _scanned(held.vectors, vector, limit, wanted)
        cosines = cosines_of(held.vectors, places, vector)
        order = best(cosines, held.id_order[places], limit)
        return held.rows[places[order]], cosines[order]


def _is_dense(wanted: NDArray[np.bool_] | None) -> bool:
    return wanted is None or bool(np.count_nonzero(wanted) * SPARSE >= len(wanted))


def _scanned(
    vectors: NDArray[np.float32], vector: NDArray[np.float32], limit: int, wanted: NDArray[np.bool_] | None
) -> NDArray[np.intp]:
    """Places of all that may be among the `limit` nearest of those wanted."""
    places = np.arange(len(vectors)) if wanted is None else np.flatnonzero(wanted)
    rough = (vectors @ vector)[places] if _is_dense(wanted) else vectors[places] @ vector
    if len(places) > limit > 0:
        lowest = np.partition(rough, len(rough) - limit)[len(rough) - limit]
        places = places[rough >= lowest - 2 * ROUNDING]
    return places


def cosines_of(
    vectors: NDArray[np.float32], places: NDArray[np.intp], vector: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Dot products of the vectors at `places`, each summed by itself: shape (places,)."""
    exact = vector.astype(np.float64)
    cosines = np.empty(len(places), np.float32)
    for start in range(0, len(places), BLOCK):
        block = vectors[places[start : start + BLOCK]].astype(np.float64)
        cosines[start : start + BLOCK] = (block * exact).sum(axis=1)
    return cosines
