"""Rates and weights."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from shortlist.train.plan import Plan, weights_of


@given(steps=st.integers(2, 1000), warm=st.integers(1, 60), decay=st.floats(0.0, 1.0))
def test_the_rate_rises_stays_and_falls(steps: int, warm: int, decay: float) -> None:
    plan = Plan(steps, warm=warm, decay=decay)
    rates = [plan.rate_at(step, steps) for step in range(steps)]
    assert all(0 < rate <= plan.rate for rate in rates)
    top = rates.index(max(rates))
    assert rates[: top + 1] == sorted(rates[: top + 1])
    assert rates[top:] == sorted(rates[top:], reverse=True)


def test_the_model_as_it_was_is_always_heard_and_bm25_where_no_teacher_reads() -> None:
    weights = weights_of(("en", "zh"), {"mpnet": (2.0, frozenset({"en"}))})
    assert weights == {
        "en": {"mpnet.cosine": 2.5, "mpnet.maxsim": 2.5, "self.cosine": 1.0, "self.maxsim": 1.0},
        "zh": {"self.cosine": 1.0, "self.maxsim": 1.0, "bm25": 0.5},
    }


def test_a_file_of_scores_has_one_part() -> None:
    weights = weights_of(("en-scored",), {"scores": (1.0, frozenset({"en-scored"}))})
    assert weights["en-scored"] == {"scores": 1.25, "self.cosine": 1.0, "self.maxsim": 1.0}
