"""Laws of Platt's sigmoid: it is where the likelihood is greatest, and nothing overflows."""

from __future__ import annotations

import math

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from shortlist.rerank.calibration.platt import fit_platt, sigmoid, soft_targets

PAIRS = st.lists(st.tuples(st.floats(-8, 8), st.booleans()), min_size=4, max_size=60).filter(
    lambda pairs: {relevant for _, relevant in pairs} == {True, False}
)


def loss(slope: float, intercept: float, scores: NDArray[np.float64], relevant: NDArray[np.bool_]) -> float:
    p, targets = sigmoid(slope * scores + intercept), soft_targets(relevant)
    return float(-(targets * np.log(p) + (1 - targets) * np.log1p(-p)).sum())


@settings(max_examples=60)
@given(PAIRS)
def test_no_neighbour_fits_better(pairs: list[tuple[float, bool]]) -> None:
    scores = np.array([score for score, _ in pairs])
    relevant = np.array([label for _, label in pairs])
    slope, intercept = fit_platt(scores, relevant)
    assert math.isfinite(slope)
    assert math.isfinite(intercept)
    if scores.std() < 1e-6:  # one score for all: any slope does
        return
    found = loss(slope, intercept, scores, relevant)
    for da, db in ((0.01, 0), (-0.01, 0), (0, 0.01), (0, -0.01), (0.01, -0.01)):
        moved_slope = slope + da / scores.std()
        moved = intercept + db - da * scores.mean() / scores.std()
        assert loss(moved_slope, moved, scores, relevant) >= found - 1e-6


def test_it_finds_the_sigmoid_that_drew_the_labels() -> None:
    random = np.random.default_rng(1)
    scores = random.normal(2, 3, 20_000)
    relevant = random.random(20_000) < sigmoid(0.8 * scores - 1.5)
    slope, intercept = fit_platt(scores, relevant)
    assert abs(slope - 0.8) < 0.05
    assert abs(intercept + 1.5) < 0.1


def test_labels_that_the_score_parts_cleanly_leave_room_for_doubt() -> None:
    scores, relevant = np.array([1.0, 2, 3, 4]), np.array([False, False, True, True])
    slope, intercept = fit_platt(scores, relevant)
    assert 0.5 < sigmoid(slope * np.array([4.0]) + intercept)[0] < 0.95


@given(st.floats(-1e308, 1e308))
def test_the_sigmoid_never_overflows(x: float) -> None:
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        assert 0 <= sigmoid(np.array([x]))[0] <= 1
