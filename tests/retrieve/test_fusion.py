"""Laws of fusion: order of candidates does not matter, scale does not matter, silence adds nothing."""

from __future__ import annotations

from random import Random

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from shortlist.retrieve import Rrf, ZSum
from shortlist.retrieve.fusion import Fusion, Scores

finite = st.floats(-100, 100).map(lambda value: round(value, 3))
pairs = st.lists(st.tuples(finite, finite), min_size=1, max_size=20)
fusions = st.sampled_from([ZSum(), ZSum(dense=0.5, bm25=1.0), Rrf(), Rrf(constant=10, bm25=2.0)])


def scores(values: list[float]) -> Scores:
    array = np.array(values, np.float64)
    ranks = np.empty(len(values), np.int64)
    ranks[np.argsort(-array, kind="stable")] = np.arange(1, len(values) + 1)
    return Scores(array, ranks, np.ones(len(values), bool))


def subset(of: Scores, order: NDArray[np.int64]) -> Scores:
    return Scores(of.values[order], of.ranks[order], of.pooled[order])


@given(pairs, fusions, st.randoms())
def test_a_candidates_fused_score_does_not_depend_on_where_it_stands(
    given_pairs: list[tuple[float, float]], fusion: Fusion, random: Random
) -> None:
    dense, bm25 = scores([d for d, _ in given_pairs]), scores([b for _, b in given_pairs])
    order = np.array(random.sample(range(len(given_pairs)), len(given_pairs)), np.int64)
    fused = fusion.fuse(dense, bm25)
    np.testing.assert_allclose(fusion.fuse(subset(dense, order), subset(bm25, order)), fused[order], atol=1e-9)


@given(pairs, st.floats(0.5, 10), finite)
def test_the_scale_of_a_score_does_not_matter(
    given_pairs: list[tuple[float, float]], factor: float, shift: float
) -> None:
    dense = [d for d, _ in given_pairs]
    bm25 = scores([b for _, b in given_pairs])
    moved = scores([d * factor + shift for d in dense])
    np.testing.assert_allclose(ZSum().fuse(moved, bm25), ZSum().fuse(scores(dense), bm25), atol=1e-6)


@given(pairs, fusions)
def test_better_in_both_lists_is_never_worse_together(given_pairs: list[tuple[float, float]], fusion: Fusion) -> None:
    dense, bm25 = scores([d for d, _ in given_pairs]), scores([b for _, b in given_pairs])
    fused = fusion.fuse(dense, bm25)
    for i in range(len(given_pairs)):
        better = (dense.values > dense.values[i]) & (bm25.values > bm25.values[i])
        assert (fused[better] >= fused[i] - 1e-9).all()


def test_a_retriever_that_says_nothing_adds_nothing() -> None:
    dense, silent = scores([0.9, 0.5, 0.1]), scores([0.0, 0.0, 0.0])
    np.testing.assert_array_equal(ZSum().fuse(dense, silent), ZSum(bm25=0).fuse(dense, silent))


def test_reciprocal_ranks_are_those_of_the_paper() -> None:
    only_dense = Scores(np.array([0.5]), np.array([3]), np.array([True]))
    in_no_list = Scores(np.array([0.0]), np.array([0]), np.array([True]))
    np.testing.assert_allclose(Rrf().fuse(only_dense, in_no_list), [1 / 63])
