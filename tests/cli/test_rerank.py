"""What `shortlist rerank` shows of its own."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shortlist.cli.rerank import about


@given(st.floats(1e-3, 1e7))
def test_an_estimate_is_shown_within_a_twentieth_and_with_two_digits(seconds: float) -> None:
    shown = about(seconds).replace(",", "")
    assert math.isclose(float(shown), seconds, rel_tol=0.0501)
    assert len(shown.replace(".", "").strip("0")) <= 2


@pytest.mark.parametrize(
    ("seconds", "shown"), [(0, "0"), (0.0312, "0.031"), (2.46, "2.5"), (39.96, "40"), (1234.5, "1,200")]
)
def test_how_an_estimate_is_written(seconds: float, shown: str) -> None:
    assert about(seconds) == shown
