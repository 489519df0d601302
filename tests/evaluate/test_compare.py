import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shortlist.errors import UsageError
from shortlist.evaluate import compare, compare_sets

values = st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=1, max_size=30)
few = settings(deadline=None, max_examples=30)


def both(pairs: list[tuple[float, float]]) -> tuple[dict[str, float], dict[str, float]]:
    return {str(i): a for i, (a, _) in enumerate(pairs)}, {str(i): b for i, (_, b) in enumerate(pairs)}


@few
@given(pairs=values)
def test_a_comparison_is_a_mirror(pairs: list[tuple[float, float]]) -> None:
    first, second = both(pairs)
    there, back = compare(first, second, resamples=500), compare(second, first, resamples=500)
    assert there.difference == pytest.approx(-back.difference, abs=1e-12)
    assert (there.low, there.high) == pytest.approx((-back.high, -back.low), abs=1e-12)
    assert there.p == back.p
    assert there.difference == pytest.approx(there.first - there.second, abs=1e-12)
    assert 0 < there.p <= 1


@few
@given(pairs=values)
def test_a_pipeline_does_not_differ_from_itself(pairs: list[tuple[float, float]]) -> None:
    first, _ = both(pairs)
    same = compare(first, first, resamples=200)
    assert (same.difference, same.low, same.high, same.p) == (0, 0, 0, 1)


@few
@given(pairs=values, seed=st.integers(0, 9))
def test_the_seed_makes_the_result_and_the_order_of_queries_does_not(
    pairs: list[tuple[float, float]], seed: int
) -> None:
    first, second = both(pairs)
    turned = dict(reversed(first.items())), dict(reversed(second.items()))
    once = compare(first, second, seed=seed, resamples=200)
    again = compare(*turned, seed=seed, resamples=200)
    assert (once.low, once.high, once.p) == (again.low, again.high, again.p)


def test_a_clear_gain_is_found_and_noise_is_not() -> None:
    rng = np.random.default_rng(3)
    base = {str(i): float(v) for i, v in enumerate(rng.uniform(0.2, 0.8, 200))}
    better = {query: value + float(rng.normal(0.05, 0.1)) for query, value in base.items()}
    noisy = {query: value + float(rng.normal(0, 0.1)) for query, value in base.items()}
    gain, noise = compare(better, base), compare(noisy, base)
    assert gain.low > 0
    assert gain.p < 0.001
    assert noise.low < 0 < noise.high
    assert noise.p > 0.05


def test_the_p_value_is_that_of_all_sign_flips() -> None:
    first, second = both([(0.9, 0.1), (0.8, 0.2), (0.7, 0.3), (0.6, 0.4)])
    # Of the 16 ways to flip four differences two give a sum as far from 0: all as they are, and all flipped.
    assert compare(first, second, resamples=40_000).p == pytest.approx(2 / 16, abs=0.01)


def test_the_interval_is_near_that_of_the_normal_distribution() -> None:
    difference = np.random.default_rng(5).normal(0.02, 0.2, 2000)
    first = {str(i): float(v) for i, v in enumerate(difference)}
    found = compare(first, dict.fromkeys(first, 0.0))
    half = 1.96 * difference.std() / 2000**0.5
    assert (found.low, found.high) == pytest.approx(
        (difference.mean() - half, difference.mean() + half), abs=0.1 * half
    )


def test_sets_have_the_same_weight_however_many_queries_they_have() -> None:
    small = ({"a": 1.0, "b": 1.0}, {"a": 0.0, "b": 0.0})
    large = ({str(i): 0.0 for i in range(98)}, {str(i): 0.0 for i in range(98)})
    found = compare_sets([small, large])
    assert (found.first, found.second, found.difference) == (0.5, 0, 0.5)
    assert (found.queries, found.sets) == (100, 2)
    assert found.low == found.high == 0.5


def test_values_of_other_queries_are_refused() -> None:
    with pytest.raises(UsageError, match=r"different queries.* 'b'"):
        compare({"a": 1.0}, {"a": 1.0, "b": 1.0})
    with pytest.raises(UsageError, match="no query"):
        compare({}, {})
    with pytest.raises(UsageError, match="at least one set"):
        compare_sets([])
