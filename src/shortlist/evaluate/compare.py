"""Is one pipeline better than another? Paired by query: the difference, its interval, and its p value."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from shortlist.errors import UsageError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

BLOCK = 1 << 21  # numbers drawn at once: 16 MiB


@dataclass(frozen=True, slots=True)
class Comparison:
    """How much better the first of two is than the second, over the same queries."""

    first: float  # its mean; over several sets, the mean of the sets' means
    second: float
    difference: float  # first - second: above 0 where the first is better
    low: float  # 95 % bootstrap interval of the difference
    high: float
    p: float  # of a difference at least as large, either way, if the two were the same; in (0, 1]
    queries: int
    sets: int = 1


def compare(
    first: Mapping[str, float], second: Mapping[str, float], *, seed: int = 0, resamples: int = 10_000
) -> Comparison:
    """Compare two pipelines by the values of one measure, query by query.

    Args:
        first, second: query → value, for the same queries.
        seed: the same seed gives the same result.
        resamples: how many samples the interval, and how many sign flips the p value stands on.

    The interval is the percentile bootstrap over queries (Sakai, SIGIR 2006); the p value is the paired
    randomisation test (Smucker, Allan and Carterette, CIKM 2007), two-sided, (1 + at least as large) / (1 + flips).

    Raises:
        UsageError: the queries are not the same, or there are none.
    """
    return compare_sets([(first, second)], seed=seed, resamples=resamples)


def compare_sets(
    pairs: Sequence[tuple[Mapping[str, float], Mapping[str, float]]], *, seed: int = 0, resamples: int = 10_000
) -> Comparison:
    """Compare two pipelines over several test sets, each set with the same weight however many queries it has.

    The difference is the mean of the sets' mean differences. Queries are drawn again, and signs flipped, within
    each set (a stratified bootstrap): the result speaks of these sets with other queries, not of other sets.

    Args:
        pairs: for each set the values of both pipelines, query → value.

    Raises:
        UsageError: the queries of a set are not the same, or a set or the list is empty.
    """
    import numpy as np

    differences = [_differences(first, second) for first, second in pairs]
    if not differences:
        raise UsageError("There is nothing to compare: give at least one set.")
    rng = np.random.default_rng(seed)
    observed = float(np.mean([difference.mean() for difference in differences]))
    drawn = _averaged(differences, resamples, lambda values, rows: _resampled(values, rows, rng))
    flipped = _averaged(differences, resamples, lambda values, rows: _flipped(values, rows, rng))
    low, high = np.percentile(drawn, [2.5, 97.5])
    # Sums in another order differ in the last bits: without the margin a flip that changes nothing may seem smaller.
    extreme = int(np.count_nonzero(np.abs(flipped) >= abs(observed) - 1e-12))
    return Comparison(
        first=_macro_mean([first for first, _ in pairs]),
        second=_macro_mean([second for _, second in pairs]),
        difference=observed,
        low=float(low),
        high=float(high),
        p=(1 + extreme) / (1 + resamples),
        queries=sum(map(len, differences)),
        sets=len(differences),
    )


def _differences(first: Mapping[str, float], second: Mapping[str, float]) -> NDArray[np.float64]:
    import numpy as np

    if first.keys() != second.keys():
        odd = sorted(first.keys() ^ second.keys())
        raise UsageError(
            f"The two were judged on different queries: {len(odd)} of them have only one value, such as {odd[0]!r}. "
            "Judge both on the same queries."
        )
    if not first:
        raise UsageError("There is nothing to compare: no query was judged.")
    return np.array([first[query] - second[query] for query in sorted(first)], dtype=np.float64)


def _macro_mean(sets: Sequence[Mapping[str, float]]) -> float:
    return sum(sum(values.values()) / len(values) for values in sets) / len(sets)


def _averaged(
    differences: Sequence[NDArray[np.float64]],
    resamples: int,
    draw: Callable[[NDArray[np.float64], int], NDArray[np.float64]],
) -> NDArray[np.float64]:
    """Shape (resamples,): for each resample the mean over sets of the mean that `draw` gave for the set."""
    import numpy as np

    means = [np.concatenate([draw(values, rows) for rows in _blocks(len(values), resamples)]) for values in differences]
    return np.mean(np.stack(means), axis=0)


def _blocks(queries: int, resamples: int) -> Iterator[int]:
    size = max(1, BLOCK // queries)
    for start in range(0, resamples, size):
        yield min(size, resamples - start)


def _resampled(values: NDArray[np.float64], rows: int, rng: np.random.Generator) -> NDArray[np.float64]:
    return values[rng.integers(len(values), size=(rows, len(values)))].mean(axis=1)


def _flipped(values: NDArray[np.float64], rows: int, rng: np.random.Generator) -> NDArray[np.float64]:
    signs = rng.integers(2, size=(rows, len(values))) * 2 - 1
    return (signs * values).mean(axis=1)
