"""A segment of the vector cache: unit vectors in one matrix."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from shortlist.index.caches.segments import Part, order_of_ids
from shortlist.index.records.chunks import read_ids
from shortlist.index.records.features import vectors_of

if TYPE_CHECKING:
    import sqlite3

    from numpy.typing import NDArray


@dataclass(frozen=True)
class Matrix:
    """Vectors of a span of chunks."""

    rows: NDArray[np.int64]  # (chunks,)
    id_order: NDArray[np.int32]  # (chunks,)
    vectors: NDArray[np.float32]  # (chunks, dimensions)


@dataclass(frozen=True)
class MatrixKind:
    """How the vector cache makes its segments."""

    dimensions: int

    def build(self, connection: sqlite3.Connection, rows: Sequence[int]) -> Matrix:
        """Vectors of the chunks at `rows`."""
        order = order_of_ids(read_ids(connection, rows))
        return Matrix(np.array(rows, np.int64), order, vectors_of(connection, rows, self.dimensions))

    def merge(self, connection: sqlite3.Connection, parts: Sequence[Part[Matrix]]) -> Matrix:
        """One segment of all chunks of `parts` that exist."""
        kept = [slice(None) if part.alive is None else part.alive for part in parts]
        rows = np.concatenate([part.segment.rows[alive] for part, alive in zip(parts, kept, strict=True)])
        vectors = np.concatenate([part.segment.vectors[alive] for part, alive in zip(parts, kept, strict=True)])
        return Matrix(rows, order_of_ids(read_ids(connection, rows.tolist())), vectors)
