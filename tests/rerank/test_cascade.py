"""Laws of one reranker after another: the last one's score is "rerank", every earlier one stays under its own name."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from shortlist.records import Candidate, Chunk, Ranking
from shortlist.rerank import Rerank
from shortlist.stage import Pipeline


class Fast:
    def score(self, query: str, passages: Sequence[str]) -> NDArray[np.float32]:
        return np.array([len(passage) for passage in passages], np.float32)


class Strong:
    def score(self, query: str, passages: Sequence[str]) -> NDArray[np.float32]:
        return np.array([passage.count("a") for passage in passages], np.float32)


class Broken:
    def score(self, query: str, passages: Sequence[str]) -> NDArray[np.float32]:
        raise RuntimeError("broken")


def longlist(texts: Sequence[str]) -> Ranking:
    return Ranking(
        "q",
        tuple(
            Candidate(Chunk(f"c{i}", "d", 0, len(t), t), i, scores={"bm25": -float(i)}) for i, t in enumerate(texts, 1)
        ),
        scored_by="bm25",
    )


TEXTS = st.lists(st.text("ab", max_size=8), max_size=12)


@given(TEXTS, st.integers(0, 12), st.integers(0, 12))
def test_each_keeps_its_own_scores(texts: list[str], depth: int, deeper: int) -> None:
    def find(query: str, *, where: str | None = None) -> Ranking:
        return longlist(texts)

    first, second = Rerank(Fast(), deeper), Rerank(Strong(), depth)
    after = (Pipeline[Ranking](find) >> first >> second)("q")
    middle = first(longlist(texts))
    assert [c.chunk.id for c in after[depth:]] == [c.chunk.id for c in middle[depth:]]
    read_first = {c.chunk.id for c in middle if "rerank" in c.scores}
    read_second = {c.chunk.id for c in middle[:depth]}
    for candidate in after:
        text, scores = candidate.chunk.text, candidate.scores
        assert scores.get("Fast") == (len(text) if candidate.chunk.id in read_first else None)
        assert scores.get("rerank") == (text.count("a") if candidate.chunk.id in read_second else None)
        assert "bm25" in scores


def test_blends_stay_too() -> None:
    after = Rerank(Strong(), blend=0.5)(Rerank(Fast(), blend=0.5)(longlist(["a", "bb", "aab"])))
    assert all(set(c.scores) == {"bm25", "Fast", "Fast blend", "rerank", "blend"} for c in after)
    assert after.scored_by == "blend"


def test_the_same_model_twice_is_numbered() -> None:
    after = Rerank(Fast())(Rerank(Fast())(Rerank(Fast())(longlist(["a", "bb"]))))
    assert all(set(c.scores) == {"bm25", "rerank", "Fast", "Fast-2"} for c in after)


def test_scores_of_an_unnamed_reranker_are_the_earlier_ones() -> None:
    after = Rerank(Fast())("q", [{"text": "a", "scores": {"rerank": 7.0}}])
    assert dict(after[0].scores) == {"earlier": 7.0, "rerank": 1.0}


def test_where_the_second_fails_the_first_ones_order_stands() -> None:
    middle = Rerank(Fast())(longlist(["a", "bb", "aab"]))
    after = Rerank(Broken())(middle)
    assert [(c.chunk.id, dict(c.scores)) for c in after] == [(c.chunk.id, dict(c.scores)) for c in middle]
    assert (after.status, after.scored_by, after.model) == ("failed", "rerank", "Fast")
    with pytest.raises(RuntimeError):
        Rerank(Broken(), on_error="raise")(middle)
