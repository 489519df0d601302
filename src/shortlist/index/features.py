"""What an index keeps of its chunks for a second stage."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shortlist.index.records.features import packed_by_id, vectors_by_id
from shortlist.index.second_look import measured

if TYPE_CHECKING:
    import sqlite3

    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class StoredFeatures:
    """`shortlist.records.Features` of one index."""

    reading: Callable[[], AbstractContextManager[sqlite3.Connection]]
    encoder: str  # revision
    dimensions: int
    path: Path

    def measured(self, model: str) -> Mapping[str, Any] | None:
        """What an evaluation on this index found of a reranker; None where there was none."""
        return measured(self.path, model)

    def vectors(self, chunk_ids: Sequence[str]) -> NDArray[np.float32]:
        """Unit vectors, shape (chunks, dimensions), in the order asked for.

        They were rounded to float16: `vector.astype(float16)` of the encoder's is the same to the last bit.
        """
        with self.reading() as connection:
            return vectors_by_id(connection, chunk_ids, self.dimensions)

    def token_vectors(self, chunk_ids: Sequence[str]) -> list[bytes]:
        """Compressed token vectors of each chunk, in the order asked for."""
        with self.reading() as connection:
            return packed_by_id(connection, chunk_ids)
