"""BM25 within a list."""

from __future__ import annotations

import numpy as np

from shortlist.train.bm25 import bm25, rarity_of
from shortlist.train.lists import TrainingList

PASSAGES = ("the signing key is rotated", "the key", "coffee beans", "签名密钥每九十天轮换一次")


def test_a_rare_word_counts_more_and_an_unknown_one_nothing() -> None:
    rarity = rarity_of([TrainingList((), (), PASSAGES, "en")])
    scores = bm25(("signing key", "coffee", "轮换", "elephant"), PASSAGES, rarity)
    assert scores.argmax(axis=1)[:3].tolist() == [0, 2, 3]
    assert not scores[3].any()
    assert scores[0, 0] > scores[0, 1] > scores[0, 2] == 0


def test_each_query_is_scored_alone() -> None:
    rarity = rarity_of([TrainingList((), (), PASSAGES, "en")])
    both = bm25(("signing key", "coffee"), PASSAGES, rarity)
    assert np.array_equal(both[1:], bm25(("coffee",), PASSAGES, rarity))
