"""Laws of the threshold: what comes back is likely enough, what does not is named, and nothing at all may be."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from shortlist.errors import UsageError
from shortlist.records import Candidate, Chunk, Ranking
from shortlist.rerank import Calibration, Rerank


class Digits:
    """Scores a passage by the number in it."""

    def score(self, query: str, passages: Sequence[str]) -> NDArray[np.float32]:
        return np.array([float(passage) for passage in passages], np.float32)


CALIBRATION = Calibration("Digits", "score", "best", "platt", 20, 10, 0.1, 0.2, 0.25, slope=1.0)


def ranking_of(scores: Sequence[int], relevance: float | None = None) -> Ranking:
    chunks = [Chunk(f"c{i}", "d", 0, 1, str(score)) for i, score in enumerate(scores, 1)]
    return Ranking("q", tuple(Candidate(chunk, i, relevance=relevance) for i, chunk in enumerate(chunks, 1)))


@given(
    st.lists(st.integers(-9, 9), max_size=12),
    st.floats(0, 1) | st.just(0.5),
    st.none() | st.integers(0, 14),
    st.sampled_from([None, 1.0]),
)
def test_what_is_left_out_is_named_and_what_comes_back_is_likely_enough(
    scores: list[int], threshold: float, depth: int | None, earlier: float | None
) -> None:
    """Whatever an earlier reranker thought likely."""
    ranking = ranking_of(scores, earlier)
    after = Rerank(Digits(), depth, threshold=threshold, calibration=CALIBRATION)(ranking)
    dropped = [d["chunk_id"] for note in after.notes if note.code == "below-threshold" for d in note.data["dropped"]]
    assert Counter([*(c.chunk.id for c in after), *dropped]) == Counter(c.chunk.id for c in ranking)
    assert all("rerank" in c.scores and (c.relevance or 0) >= threshold for c in after)
    assert [c.rank for c in after] == list(range(1, len(after) + 1))
    without = Rerank(Digits(), depth, calibration=CALIBRATION)(ranking)
    likely = [c.chunk.id for c in without[:depth] if (c.relevance or 0) >= threshold]
    assert [c.chunk.id for c in after] == likely
    assert (after.status, bool(after)) == ("full", bool(likely))
    empty = [note.code for note in after.notes if note.code == "nothing-relevant"]
    assert empty == (["nothing-relevant"] if ranking and not likely else [])


def test_an_empty_result_says_that_nothing_answers() -> None:
    after = Rerank(Digits(), threshold=0.9, calibration=CALIBRATION)("q", ["-3", "-1"])
    assert len(after) == 0
    assert "Nothing here answers this" in after.notes[-1].message
    assert after.notes[-1].data["best"] == pytest.approx(1 / (1 + np.e))


def test_a_model_that_fails_leaves_the_longlist_whole_and_says_so() -> None:
    after = Rerank(Digits(), threshold=0.9, calibration=CALIBRATION)("q", ["-3", "not a number"])
    assert len(after) == 2
    assert [note.code for note in after.notes] == ["rerank-failed", "threshold-not-applied"]


@pytest.mark.parametrize("threshold", [-0.1, 1.1, float("nan")])
def test_a_threshold_is_a_probability(threshold: float) -> None:
    with pytest.raises(UsageError, match="threshold"):
        Rerank(threshold=threshold)
