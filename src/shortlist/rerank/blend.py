"""The model's score beside BM25, over one list: kept under a name of its own, since it depends on the neighbours."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from shortlist.records import Candidate
from shortlist.scales import z_scores


def blended(candidates: Sequence[Candidate], weight: float) -> tuple[list[Candidate], bool]:
    """Each candidate with "blend" = z("rerank") + weight x z("bm25"), z over these candidates.

    Returns:
        The candidates in the order given, and whether there was anything to blend: with weight 0, or where some
        candidate carries no BM25 score, they come back as they were.
    """
    if weight == 0 or not all("bm25" in candidate.scores for candidate in candidates):
        return list(candidates), False
    rerank = z_scores(np.array([candidate.scores["rerank"] for candidate in candidates]))
    bm25 = z_scores(np.array([candidate.scores["bm25"] for candidate in candidates]))
    return [
        candidate.scored(blend=float(r + weight * b)) for candidate, r, b in zip(candidates, rerank, bm25, strict=True)
    ], True
