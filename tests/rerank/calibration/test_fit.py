"""Laws of fitting: errors are measured on unseen queries, and labels that say nothing are refused."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from shortlist.errors import UsageError
from shortlist.models import CrossEncoderModel
from shortlist.rerank import Judged, Rerank, calibrate
from shortlist.rerank.calibration.fit import calibration_error, fit_calibration
from shortlist.rerank.calibration.platt import sigmoid


class Digits:
    """Scores a passage by the number in it."""

    def score(self, query: str, passages: Sequence[str]) -> NDArray[np.float32]:
        return np.array([float(passage) for passage in passages], np.float32)


def drawn(pairs: int, slope: float = 1.0, seed: int = 0) -> tuple[list[float], list[bool], list[str]]:
    random = np.random.default_rng(seed)
    scores = random.normal(0, 2, pairs)
    relevant = random.random(pairs) < sigmoid(slope * scores - 1)
    return scores.tolist(), relevant.tolist(), [f"query {i % 50}" for i in range(pairs)]


def test_probabilities_of_a_true_sigmoid_are_calibrated() -> None:
    calibration = fit_calibration(*drawn(4000))
    assert calibration.calibration_error < 0.03
    assert calibration.brier < calibration.brier_of_the_share
    assert (calibration.pairs, calibration.method) == (4000, "platt")


def test_a_free_curve_is_taken_where_there_is_enough_data_and_it_fits_better() -> None:
    random = np.random.default_rng(0)
    scores = random.uniform(-3, 3, 4000)
    steps = np.where(scores < -1, 0.02, np.where(scores < 1, 0.5, 0.52))
    relevant = random.random(4000) < steps
    queries = [str(i % 100) for i in range(4000)]
    assert fit_calibration(scores.tolist(), relevant.tolist(), queries).method == "isotonic"
    assert fit_calibration(scores.tolist(), relevant.tolist(), queries, method="platt").method == "platt"
    assert fit_calibration(scores[:500].tolist(), relevant[:500].tolist(), queries[:500]).method == "platt"


@settings(max_examples=30)
@given(st.randoms(use_true_random=False), st.sampled_from(["platt", "isotonic"]))
def test_neither_the_order_of_the_pairs_nor_the_scale_of_the_scores_changes_a_probability(
    order: Random, method: str
) -> None:
    scores, relevant, queries = drawn(120, seed=3)
    shuffled = order.sample(range(120), 120)
    asked = [-3.0, 0.0, 1.5]
    whole = fit_calibration(scores, relevant, queries, method=method)  # pyright: ignore[reportArgumentType]  a literal
    same = fit_calibration(
        [10 * scores[i] + 7 for i in shuffled],
        [relevant[i] for i in shuffled],
        [queries[i] for i in shuffled],
        method=method,  # pyright: ignore[reportArgumentType]  a literal
    )
    assert np.allclose(whole.probability(asked), same.probability([10 * x + 7 for x in asked]), atol=1e-6)
    assert abs(whole.brier - same.brier) < 1e-6
    assert abs(whole.calibration_error - same.calibration_error) < 0.02  # ties may fall into other bins


@given(st.lists(st.floats(-20, 20), min_size=1, max_size=20))
def test_a_probability_is_one_and_never_falls_with_the_score(asked: list[float]) -> None:
    for method in ("platt", "isotonic"):
        values = fit_calibration(*drawn(200), method=method).probability(sorted(asked))
        assert ((values >= 0) & (values <= 1)).all()
        assert (np.diff(values) >= 0).all()


def test_one_score_that_knows_nothing_errs_as_much_as_the_share() -> None:
    random = np.random.default_rng(5)
    relevant = (random.random(2000) < 0.3).tolist()
    calibration = fit_calibration([0.0] * 2000, relevant, [str(i % 40) for i in range(2000)])
    assert abs(calibration.probability([0.0])[0] - sum(relevant) / 2000) < 0.01
    assert abs(calibration.brier - calibration.brier_of_the_share) < 1e-4


def test_errors_are_those_of_queries_that_were_not_seen() -> None:
    """Each query has a score of its own: a fit that saw it would know all, one that did not knows nothing."""
    queries = [str(i // 20) for i in range(1000)]
    scores = [float(i // 20) for i in range(1000)]
    relevant = [(i // 20) % 2 == 1 for i in range(1000)]
    calibration = fit_calibration(scores, relevant, queries, method="isotonic")
    assert calibration.brier > 0.24


def test_calibration_error_by_hand() -> None:
    probabilities = np.array([0.1] * 10 + [0.9] * 10)
    assert abs(calibration_error(probabilities, np.array([False] * 10 + [True] * 10)) - 0.1) < 1e-9
    assert abs(calibration_error(probabilities, np.array([True] * 10 + [False] * 10)) - 0.9) < 1e-9


@pytest.mark.parametrize(
    ("scores", "relevant", "says"),
    [
        ([1.0] * 20, [True] * 20, "too few"),
        ([1.0] * 20, [True] * 4 + [False] * 16, "too few"),
        ([], [], "too few"),
        ([float("nan")] * 20, [True, False] * 10, "finite"),
        ([float("inf")] * 20, [True, False] * 10, "finite"),
        ([float(i) for i in range(20)], [True] * 10 + [False] * 10, "lower"),
    ],
)
def test_labels_that_cannot_be_learned_from_are_refused(scores: list[float], relevant: list[bool], says: str) -> None:
    with pytest.raises(UsageError, match=says):
        fit_calibration(scores, relevant, ["q"] * len(scores))


def test_calibrating_a_model_is_fitting_on_its_own_scores() -> None:
    scores, relevant, queries = drawn(200)
    texts = [f"{score:.4f}" for score in scores]
    judged = [Judged(q, t, r) for q, t, r in zip(queries, texts, relevant, strict=True)]
    found = calibrate(Digits(), judged, labels="mine")
    by_hand = fit_calibration([float(np.float32(t)) for t in texts], relevant, queries)
    assert (found.model, found.scale, found.windows, found.labels) == ("Digits", "score", "best", "mine")
    assert np.allclose(found.probability([0.0, 1.0]), by_hand.probability([0.0, 1.0]), atol=1e-9)


def test_the_stage_gives_the_probability_of_its_own_score(model: CrossEncoderModel) -> None:
    query, texts = "how is the key rotated", ["the key", "the old key", "a new key is signed", "xyz", "轮换 the key"]
    judged = [Judged(query, f"{text} {n}", (n + len(text)) % 3 > 0) for n in range(6) for text in texts]
    scores = dict(zip([j.text for j in judged], model.score(query, [j.text for j in judged]).tolist(), strict=True))
    judged = [Judged(query, j.text, scores[j.text] > np.median(list(scores.values()))) for j in judged]
    calibration = calibrate(model, judged)
    after = Rerank(model, calibration=calibration)(query, texts)
    assert [c.relevance for c in after] == calibration.probability([c.scores["rerank"] for c in after]).tolist()
    relevances = [c.relevance or 0 for c in after]
    assert relevances == sorted(relevances, reverse=True)
