"""Laws of the second look, with small models at the port: it loses nothing, and survives its model."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from shortlist.errors import ModelError, QueryTooLong, UsageError
from shortlist.records import Candidate, Chunk, Ranking
from shortlist.rerank import Rerank
from shortlist.stage import CrossEncoder


@dataclass(frozen=True)
class Length:
    """Longer is better."""

    def score(self, query: str, passages: Sequence[str]) -> NDArray[np.float32]:
        return np.array([len(passage) for passage in passages], np.float32)


@dataclass(frozen=True)
class Gives:
    """Gives these scores, whatever it reads."""

    scores: tuple[float, ...]

    def score(self, query: str, passages: Sequence[str]) -> NDArray[np.float32]:
        return np.array(self.scores, np.float32)


class FailsHalfWay:
    """Scores five passages, and no more."""

    def __init__(self) -> None:
        self.calls = 0

    def score(self, query: str, passages: Sequence[str]) -> NDArray[np.float32]:
        self.calls += 1
        if self.calls > 1:
            raise RuntimeError("out of memory")
        return np.arange(len(passages), dtype=np.float32)


@dataclass(frozen=True)
class Fails:
    error: Exception = field(default_factory=lambda: RuntimeError("out of memory"))

    def score(self, query: str, passages: Sequence[str]) -> NDArray[np.float32]:
        raise self.error


@st.composite
def rankings(draw: st.DrawFn) -> Ranking:
    passages = draw(st.lists(st.text(max_size=12), max_size=12))
    bm25 = draw(st.booleans())
    return Ranking(
        "q",
        tuple(
            Candidate(Chunk(f"c{i}", f"d{i}", 0, len(text), text), i, scores={"bm25": float(-i)} if bm25 else {})
            for i, text in enumerate(passages, 1)
        ),
    )


@given(rankings(), st.none() | st.integers(0, 15), st.none() | st.sampled_from([0.0, 0.3, 1.0]))
def test_it_loses_and_invents_nothing_and_orders_what_it_read(
    ranking: Ranking, depth: int | None, blend: float | None
) -> None:
    after = Rerank(Length(), depth, blend)(ranking)
    read = len(after[:depth])
    assert Counter(c.chunk.id for c in after) == Counter(c.chunk.id for c in ranking)
    assert [c.rank for c in after] == list(range(1, len(after) + 1))
    assert [c.chunk.id for c in after[read:]] == [c.chunk.id for c in ranking[read:]]
    assert all(a.scores[after.scored_by] >= b.scores[after.scored_by] for a, b in pairwise(after[:read]))
    assert [c.scores["rerank"] for c in after[:read]] == [len(c.chunk.text) for c in after[:read]]  # whatever the blend
    assert after.status == "full"


@given(rankings(), st.randoms())
def test_a_pairs_own_score_does_not_depend_on_its_neighbours_or_their_order(ranking: Ranking, random: Random) -> None:
    alone = {c.chunk.id: Rerank(Length())(Ranking("q", (c,)))[0].scores["rerank"] for c in ranking}
    shuffled = list(ranking)
    random.shuffle(shuffled)
    together = Rerank(Length())(Ranking("q", tuple(shuffled)))
    assert {c.chunk.id: c.scores["rerank"] for c in together} == alone


@given(rankings())
def test_every_score_it_came_with_and_its_rank_before_are_kept(ranking: Ranking) -> None:
    before = {c.chunk.id: c for c in ranking}
    for candidate in Rerank(Length(), blend=0.5)(ranking):
        old = before[candidate.chunk.id]
        assert candidate.rank_before == old.rank
        assert dict(old.scores).items() <= dict(candidate.scores).items()


def test_equal_scores_are_ordered_by_chunk_id() -> None:
    ids = ["b", "c", "a"]
    ranking = Ranking("q", tuple(Candidate(Chunk(i, i, 0, 1, "x"), n) for n, i in enumerate(ids, 1)))
    assert [c.chunk.id for c in Rerank(Length())(ranking)] == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("model", "why"),
    [
        (Fails(), "RuntimeError: out of memory"),
        (Gives((1.0,)), "1 scores for 2 passages"),
        (Gives((1.0, 2.0, 3.0)), "3 scores for 2 passages"),
        *((Gives((1.0, float(score))), f"as {score}, which is no number") for score in ("nan", "inf", "-inf")),
    ],
)
def test_a_failing_model_leaves_the_longlist_in_its_order_and_says_why(model: CrossEncoder, why: str) -> None:
    after = Rerank(model)("q", ["first", "second"])
    assert [c.chunk.text for c in after] == ["first", "second"]
    assert after.status == "failed"
    assert [note.code for note in after.notes] == ["rerank-failed"]
    assert why in after.notes[0].message
    with pytest.raises((RuntimeError, ModelError)):
        Rerank(model, on_error="raise")("q", ["first", "second"])


@given(rankings())
def test_a_model_that_fails_half_way_leaves_everything_as_it_came(ranking: Ranking) -> None:
    after = Rerank(FailsHalfWay(), risk=0.0)(ranking)  # in rounds of five
    if len(ranking) > 5:
        assert [(c.chunk, dict(c.scores)) for c in after] == [(c.chunk, dict(c.scores)) for c in ranking]
    assert after.status == ("failed" if len(ranking) > 5 else "full")


def test_a_query_that_leaves_no_room_is_always_an_error() -> None:
    with pytest.raises(QueryTooLong):
        Rerank(Fails(QueryTooLong("too long")))("q", ["a"])


def test_a_missing_model_is_named_in_the_note() -> None:
    after = Rerank("/no/such/model")("q", ["a", "b"])
    assert after.status == "failed"
    assert "/no/such/model" in after.notes[0].message


def test_no_candidates_are_no_error() -> None:
    after = Rerank(Fails())("q", [])
    assert (len(after), after.status) == (0, "full")


def test_a_negative_depth_is_refused() -> None:
    with pytest.raises(UsageError, match="depth"):
        Rerank(depth=-1)


def test_stages_are_values() -> None:
    assert Rerank(Length(), 5) == Rerank(Length(), 5) != Rerank(Length(), 6)
