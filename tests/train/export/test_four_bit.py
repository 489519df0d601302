"""4-bit matrices."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shortlist.errors import UnknownArchitecture
from shortlist.train.export.four_bit import FourBit


@settings(max_examples=25)
@given(
    rows=st.integers(1, 5), groups=st.integers(1, 3), seed=st.integers(0, 99), size=st.sampled_from([1e-3, 1.0, 30.0])
)
def test_rounding_is_near_and_packing_loses_nothing(rows: int, groups: int, seed: int, size: float) -> None:
    weights = (size * np.random.default_rng(seed).standard_normal((rows, groups * 32))).astype(np.float32)
    rounded = FourBit.rounded(weights)
    steps = np.abs(rounded.scales.astype(np.float32)).repeat(32, axis=1)
    # A half step, but for numbers beyond the short end of the grid, which has one code less.
    assert np.all(np.abs(rounded.floats() - weights) <= 1.01 * steps)
    assert np.mean(np.abs(rounded.floats() - weights) <= 0.51 * steps) > 0.9
    again = FourBit.unpacked(rounded.packed(), rounded.scales)
    assert np.array_equal(again.codes, rounded.codes)


@settings(max_examples=25)
@given(seed=st.integers(0, 99))
def test_what_stands_on_the_grid_comes_back(seed: int) -> None:
    rng = np.random.default_rng(seed)
    codes = rng.integers(0, 16, (4, 2, 32)).astype(np.uint8)
    codes[:, :, 5] = 0
    grid = FourBit(codes, rng.uniform(-1, 1, (4, 2)).astype(np.float16))
    assert np.array_equal(FourBit.rounded(grid.floats()).floats(), grid.floats())


def test_zeros_stay_zeros() -> None:
    assert not FourBit.rounded(np.zeros((2, 32), np.float32)).floats().any()


def test_an_odd_width_is_an_error() -> None:
    with pytest.raises(UnknownArchitecture, match="multiple of 32"):
        FourBit.rounded(np.zeros((2, 40), np.float32))
