import importlib
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from shortlist.models.check.kendall import kendall_tau

SCORES = st.lists(st.integers(-5, 5).map(float), min_size=2, max_size=30)


@given(data=st.data(), first=SCORES)
def test_it_is_what_scipy_gives(data: st.DataObject, first: list[float]) -> None:
    second = data.draw(st.lists(st.integers(-5, 5).map(float), min_size=len(first), max_size=len(first)))
    assume(len(set(first)) > 1)
    assume(len(set(second)) > 1)
    stats: Any = importlib.import_module("scipy.stats")
    assert kendall_tau(first, second) == pytest.approx(stats.kendalltau(first, second).statistic, abs=1e-12)


@given(first=SCORES)
def test_a_list_agrees_with_itself_and_with_anything_that_rises_with_it(first: list[float]) -> None:
    assert kendall_tau(first, first) == 1.0
    assert kendall_tau(first, [3 * score + 1 for score in first]) == 1.0


@given(first=SCORES)
def test_reversed_is_minus_one_and_nothing_but_ties_says_nothing(first: list[float]) -> None:
    assume(len(set(first)) > 1)
    assert kendall_tau(first, [-score for score in first]) == pytest.approx(-1.0)
    assert kendall_tau(first, [0.0] * len(first)) == 0.0
    assert kendall_tau([0.0] * len(first), [2.0] * len(first)) == 1.0
