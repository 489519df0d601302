"""The constants of late interaction: a projection of token vectors, and the scales of cosine and MaxSim."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from shortlist.models.encoder import Encoder
from shortlist.models.packing import maxsim, query_tokens

KEPT = 64  # directions: docs/decisions/003-late-interaction.md
CANDIDATES = 50


def principal(token_vectors: Sequence[NDArray[np.float32]], kept: int = KEPT) -> NDArray[np.float32]:
    """The `kept` directions that hold most of the unit token vectors, shape (dimensions, kept)."""
    rows = np.concatenate(token_vectors)
    units = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    _, directions = np.linalg.eigh(units.T.astype(np.float64) @ units)
    return np.ascontiguousarray(directions[:, ::-1][:, :kept], np.float32)


def fit_scales(encoder: Encoder, lists: Iterable[tuple[Sequence[str], Sequence[str]]]) -> dict[str, list[float]]:
    """ "cosine" and "maxsim": mean and deviation within a list of candidates, averaged over the lists.

    Args:
        encoder: with its projection.
        lists: queries and passages; the candidates of a query are the nearest passages beside it.
    """
    cosines: list[NDArray[np.float64]] = []
    lates: list[NDArray[np.float64]] = []
    for queries, passages in lists:
        readings = encoder.read(passages, "passage")
        units = np.array([reading.vector for reading in readings])
        for query in queries:
            vector, tokens = encoder.query_parts(query)
            cosine = units @ vector
            nearest = np.argsort(-cosine)[:CANDIDATES]
            cosines.append(cosine[nearest].astype(np.float64))
            packed = [readings[int(i)].packed for i in nearest]
            lates.append(maxsim(query_tokens(tokens, encoder.projection), packed))
    return {"cosine": scale(cosines), "maxsim": scale(lates)}


def scale(lists: Sequence[NDArray[np.float64]]) -> list[float]:
    """Mean, and deviation within a list, averaged over the lists."""
    return [
        round(float(np.mean([scores.mean() for scores in lists])), 4),
        round(max(float(np.mean([scores.std() for scores in lists])), 1e-4), 4),
    ]
