"""Laws of adaptive depth: a valid order, no more read than without it, and a chance that is one."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from shortlist.errors import UsageError
from shortlist.records import Candidate, Chunk, Ranking
from shortlist.rerank import Rerank
from shortlist.rerank.blend import blended
from shortlist.rerank.depth import STEP, Enough, Line, Outlook, above, entering


class Digits:
    """Scores a passage by the number in it."""

    def score(self, query: str, passages: Sequence[str]) -> NDArray[np.float32]:
        return np.array([float(passage) for passage in passages], np.float32)


def ranking_of(scores: Sequence[float], *, scored: bool = True) -> Ranking:
    """Candidates whose rerank score is given, in an order whose own score falls evenly."""
    return Ranking(
        "q",
        tuple(
            Candidate(Chunk(f"c{i:03}", "d", 0, 1, str(s)), i, scores={"bm25": 10 - i / 10} if scored else {})
            for i, s in enumerate(scores, 1)
        ),
        scored_by="bm25",
    )


SCORES = st.lists(st.floats(-9, 9, width=32), max_size=60)


@settings(max_examples=60)
@given(SCORES, st.floats(0, 1), st.integers(1, 20), st.booleans(), st.sampled_from([0.0, 0.3]))
def test_whatever_the_risk_the_order_is_valid(
    scores: list[float], risk: float, cutoff: int, scored: bool, blend: float
) -> None:
    ranking = ranking_of(scores, scored=scored)
    after = Rerank(Digits(), blend=blend, risk=risk, cutoff=cutoff)(ranking)
    assert Counter(c.chunk.id for c in after) == Counter(c.chunk.id for c in ranking)
    read = [c for c in after if "rerank" in c.scores]
    assert list(after)[: len(read)] == read
    assert sorted(c.rank_before or 0 for c in read) == list(range(1, len(read) + 1))
    assert all(a.scores[after.scored_by] >= b.scores[after.scored_by] for a, b in pairwise(read))
    assert [c.rank_before for c in after[len(read) :]] == list(range(len(read) + 1, len(scores) + 1))
    assert len(read) >= min(len(scores), max(STEP, cutoff)) or risk == 1
    noted = [note.data for note in after.notes if note.code == "adaptive-depth"]
    assert bool(noted) == (len(read) < len(scores))
    if noted:
        assert (noted[0]["read"], noted[0]["unread"]) == (len(read), len(scores) - len(read))
        assert noted[0]["chance"] < risk
    assert after.status == "full"


def test_a_first_stage_that_is_right_is_believed_early() -> None:
    right = [5 - i / 4 for i in range(100)]
    after = Rerank(Digits(), risk=0.1)(ranking_of(right))
    assert sum("rerank" in c.scores for c in after) == STEP


def test_newcomers_keep_it_reading() -> None:
    wrong = [i / 4 for i in range(100)]
    after = Rerank(Digits(), risk=0.1)(ranking_of(wrong))
    assert sum("rerank" in c.scores for c in after) == 100


def test_no_risk_reads_everything() -> None:
    after = Rerank(Digits(), risk=0.0)(ranking_of([5 - i / 4 for i in range(50)]))
    assert sum("rerank" in c.scores for c in after) == 50
    assert not after.notes


def test_one_that_stands_out_is_enough() -> None:
    scores = [math.sin(17 * i) - i / 50 for i in range(100)]
    found = Rerank(Digits(), risk=0.3)(ranking_of([*scores[:7], 9, *scores[8:]]))
    without = Rerank(Digits(), risk=0.3)(ranking_of(scores))
    assert found[0].rank_before == 8
    assert sum("rerank" in c.scores for c in found) < sum("rerank" in c.scores for c in without)


@given(SCORES.filter(lambda scores: len(scores) > 12), st.integers(10, 12), st.floats(0.1, 100), st.floats(-50, 50))
def test_the_chance_does_not_depend_on_the_scale_of_the_scores(
    scores: list[float], read: int, factor: float, shift: float
) -> None:
    def chance(values: Sequence[float]) -> float:
        ranking = ranking_of(values)
        enough = Enough.of(ranking, ranking.candidates, 0.1, 1, 0.0)
        seen = {i: ranking[i].scored(rerank=values[i]) for i in range(read)}
        return enough.chance(seen, list(range(read, len(values))))

    if np.ptp(scores[:read]) < 1e-3:
        return
    there, back = chance(scores), chance([factor * score + shift for score in scores])
    assert 0 <= there <= 1
    assert abs(there - back) < 1e-2


@given(SCORES.filter(lambda scores: len(scores) > 12), st.floats(0.1, 2))
def test_the_order_that_the_chance_is_about_is_the_blended_one(scores: list[float], weight: float) -> None:
    ranking = ranking_of(scores)
    enough = Enough.of(ranking, ranking.candidates, 0.1, 1, weight)
    read = [ranking[i].scored(rerank=scores[i]) for i in range(10)]
    outlook = enough.outlook(np.array(scores[:10]), list(range(10)), list(range(10, len(scores))))
    deviation = np.std(scores[:10])
    if deviation < 1e-3:
        return
    blend = np.array([candidate.scores["blend"] for candidate in blended(read, weight)[0]])
    assert outlook.read == pytest.approx(deviation * blend + np.mean(scores[:10]))


@given(
    st.lists(st.floats(-9, 9), min_size=10, max_size=30),
    st.floats(0, 5),
    st.lists(st.floats(0.1, 3), min_size=7, max_size=7),
    st.integers(1, 9),
)
def test_the_chance_grows_with_what_is_to_be_expected_and_with_the_places(
    read: list[float], rise: float, error: list[float], cutoff: int
) -> None:
    outlook = Outlook(np.array(read), np.linspace(-3, 0, 7), np.array(error))
    risen = Outlook(outlook.read, outlook.expected + rise, outlook.error)
    assert 0 <= entering(outlook, cutoff) <= entering(risen, cutoff) <= 1
    assert entering(outlook, cutoff) <= entering(outlook, cutoff + 1)


def test_the_chance_is_on_the_whole_too_high_and_tells_lists_apart() -> None:
    """Scores that do follow a line: a bold estimate would lose first places."""
    dice = np.random.default_rng(5)
    estimates: list[float] = []
    happened: list[bool] = []
    for _ in range(600):
        scores = (-0.02 * np.arange(40) + dice.normal(size=40)).tolist()
        ranking = ranking_of(scores)
        enough = Enough.of(ranking, ranking.candidates, 0.1, 1, 0.0)
        read = {i: ranking[i].scored(rerank=scores[i]) for i in range(20)}
        estimates.append(enough.chance(read, list(range(20, 40))))
        happened.append(max(scores[20:]) > max(scores[:20]))
    assert np.mean(happened) <= np.mean(estimates)
    likely = np.array(estimates) > np.median(estimates)
    assert np.mean(np.array(happened)[likely]) > np.mean(np.array(happened)[~likely])


@pytest.mark.parametrize(("t", "freedom", "exact"), [(0, 3, 0.5), (1, 3, 0.19550), (2, 3, 0.06966), (-2, 8, 0.95974)])
def test_students_distribution(t: float, freedom: int, exact: float) -> None:
    assert above(t, freedom) == pytest.approx(exact, abs=1e-3)


def test_the_line_is_that_of_least_squares_and_surest_at_its_centre() -> None:
    x, y = np.array([1.0, 2, 3, 4, 5]), np.array([1.0, 1, 2, 2, 4])
    line = Line.through(x, y)
    assert line.at(x) == pytest.approx(np.polyval(np.polyfit(x, y, 1), x))
    errors = line.error_at(np.array([3.0, 4, 8]))
    assert errors[0] == pytest.approx(line.error * math.sqrt(1 + 1 / 5))
    assert errors[0] < errors[1] < errors[2]
    assert Line.through(x, -y).slope == 0
    assert Line.through(np.ones(5), y).at(np.array([7.0])) == pytest.approx(2)


@pytest.mark.parametrize(("risk", "cutoff"), [(-0.1, 10), (1.5, 10), (float("nan"), 10), (0.1, 0)])
def test_a_risk_is_a_probability_and_a_cutoff_counts(risk: float, cutoff: int) -> None:
    with pytest.raises(UsageError):
        Rerank(risk=risk, cutoff=cutoff)
