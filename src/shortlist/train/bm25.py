"""BM25 within a list: the part of the judgment that needs no teacher."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from shortlist.text.terms import terms
from shortlist.train.lists import TrainingList

B, K1 = 0.75, 1.2


def rarity_of(lists: Sequence[TrainingList]) -> dict[str, float]:
    """The weight of each term by its rarity over all passages: ln(1 + (N - n + .5) / (n + .5))."""
    passages = [passage for each in lists for passage in each.passages]
    spread = Counter(term for passage in passages for term in set(terms(passage)))
    return {term: float(np.log(1 + (len(passages) - n + 0.5) / (n + 0.5))) for term, n in spread.items()}


def bm25(queries: Sequence[str], passages: Sequence[str], rarity: Mapping[str, float]) -> NDArray[np.float32]:
    """BM25 (Robertson and Zaragoza, 2009) with lengths relative to the list's mean, [queries, passages]."""
    counted = [Counter(terms(passage)) for passage in passages]
    mean = max(np.mean([found.total() for found in counted]), 1)
    scores = np.zeros((len(queries), len(passages)), np.float32)
    asked = [set(terms(query)) for query in queries]
    for j, times in enumerate(counted):
        norm = K1 * (1 - B + B * times.total() / mean)
        for i, wanted in enumerate(asked):
            # In a fixed order: the order of a set of strings differs between processes, and with it the last bits.
            for term in sorted(wanted & times.keys()):
                scores[i, j] += rarity.get(term, 0.0) * times[term] * (K1 + 1) / (times[term] + norm)
    return scores
