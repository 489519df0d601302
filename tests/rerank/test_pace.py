"""Laws of the running estimate."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from shortlist.rerank.pace import Pace, longest, pace_of

WORK = st.lists(st.floats(1, 1000), min_size=1, max_size=20)


@given(WORK, st.integers(1, 8))
def test_lanes_share_work_but_no_piece_is_divided(work: list[float], lanes: int) -> None:
    assert longest(work, lanes) >= max(work)
    assert longest(work, lanes) >= sum(work) / lanes
    assert longest(work, 1) == max(max(work), sum(work))


@given(st.floats(1e-6, 1e-2), st.lists(WORK, min_size=1, max_size=10), st.integers(1, 4))
def test_a_steady_machine_is_known_after_one_round_and_never_underestimated(
    rate: float, rounds: list[list[float]], lanes: int
) -> None:
    pace = Pace()
    assert not pace.known
    for work in rounds:
        pace.saw(work, lanes, rate * longest(work, lanes))
        assert math.isclose(pace.expected(work, lanes), rate * longest(work, lanes), rel_tol=1e-6)
        assert pace.seconds(work, lanes) >= pace.expected(work, lanes)


def test_a_machine_that_becomes_slower_is_followed() -> None:
    pace = Pace()
    for seconds in [0.01] * 20 + [0.05] * 6:
        pace.saw([1.0], 1, seconds)
    assert 0.04 < pace.expected([1.0], 1) < 0.06
    assert pace.seconds([1.0], 1) > 0.05


@given(st.floats(1e-6, 1e-2), WORK, st.integers(1, 4))
def test_a_short_candidate_is_one_of_a_quarter_of_the_usual_work(rate: float, work: list[float], lanes: int) -> None:
    pace = Pace()
    pace.saw(work, lanes, rate * longest(work, lanes))
    assert math.isclose(pace.short(), rate * sum(work) / len(work) / 4, rel_tol=1e-6)
    pace.doubt()
    assert math.isclose(pace.short(), rate * sum(work) / len(work) / 8, rel_tol=1e-6)


def test_nothing_done_teaches_nothing() -> None:
    pace = Pace()
    pace.saw([], 2, 1.0)
    assert not pace.known
    assert pace.seconds([5.0], 1) == 0
    assert pace.short() == 0


def test_one_name_has_one_pace() -> None:
    assert pace_of("a test's own") is pace_of("a test's own")
