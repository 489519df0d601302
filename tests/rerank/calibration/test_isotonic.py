"""Laws of the isotonic curve: it never falls, and is the nearest such curve."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from shortlist.rerank.calibration.isotonic import curve, fit_isotonic
from shortlist.rerank.calibration.platt import soft_targets

PAIRS = st.lists(st.tuples(st.integers(0, 12), st.booleans()), min_size=2, max_size=30).filter(
    lambda pairs: {relevant for _, relevant in pairs} == {True, False}
)


@settings(max_examples=80)
@given(PAIRS)
def test_it_is_the_greatest_of_the_least_means(pairs: list[tuple[int, bool]]) -> None:
    """The min-max formula of isotonic regression (Robertson, Wright and Dykstra 1988), by brute force."""
    scores = np.array([score for score, _ in pairs], np.float64)
    targets = soft_targets(np.array([label for _, label in pairs]))
    values = np.unique(scores)
    fitted = curve(fit_isotonic(scores, np.array([label for _, label in pairs])), values)
    for i, found in enumerate(fitted):
        expected = max(
            min(float(targets[(scores >= low) & (scores <= high)].mean()) for high in values[i:])
            for low in values[: i + 1]
        )
        assert abs(found - expected) < 1e-9


@given(PAIRS, st.lists(st.floats(-50, 50), min_size=2, max_size=20))
def test_it_never_falls_and_is_never_certain(pairs: list[tuple[int, bool]], asked: list[float]) -> None:
    scores = np.array([score for score, _ in pairs], np.float64)
    knots = fit_isotonic(scores, np.array([label for _, label in pairs]))
    values = curve(knots, np.sort(asked))
    assert (np.diff(values) >= 0).all()
    assert ((values > 0) & (values < 1)).all()
