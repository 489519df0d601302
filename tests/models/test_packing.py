"""Laws of packed token vectors: the same pair, the same MaxSim to the last bit; near to the unpacked one."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from shortlist.models.packing import BLOCK, maxsim, pack, projected, query_tokens

HIDDEN, KEPT = 24, 16
PROJECTION = np.linalg.qr(np.random.default_rng(5).normal(size=(HIDDEN, KEPT)))[0].astype(np.float32)


def vectors(seed: int, tokens: int) -> NDArray[np.float32]:
    return np.random.default_rng(seed).normal(size=(tokens, HIDDEN)).astype(np.float32)


passages = st.lists(st.tuples(st.integers(0, 99), st.integers(0, 9)), max_size=8)


@settings(deadline=None)
@given(query=st.integers(1, 12), given_passages=passages)
def test_a_passages_score_does_not_depend_on_the_others(query: int, given_passages: list[tuple[int, int]]) -> None:
    asked = query_tokens(vectors(1000, query), PROJECTION)
    packed = [pack(vectors(seed, tokens), PROJECTION) for seed, tokens in given_passages]
    together = maxsim(asked, packed)
    for i, passage in enumerate(packed):
        assert maxsim(asked, [passage])[0] == together[i]
    np.testing.assert_array_equal(maxsim(asked, packed[::-1]), together[::-1])


@settings(deadline=None)
@given(query=st.integers(1, 12), passage=st.tuples(st.integers(0, 99), st.integers(1, 30)))
def test_it_is_near_maxsim_of_the_projected_vectors(query: int, passage: tuple[int, int]) -> None:
    asked, read = vectors(1000, query), vectors(*passage)
    a, b = (rows / np.linalg.norm(rows, axis=1, keepdims=True) for rows in (asked @ PROJECTION, read @ PROJECTION))
    exact = float((a @ b.T).max(axis=1).mean())
    found = maxsim(query_tokens(asked, PROJECTION), [pack(read, PROJECTION)])[0]
    assert abs(found - exact) < 0.1
    assert -1 <= found <= 1


@settings(deadline=None, max_examples=20)
@given(st.lists(st.sampled_from([1, 9, BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK + 7]), max_size=4), st.integers(0, 99))
def test_a_long_passage_is_as_near_as_the_nearest_of_its_parts(lengths: list[int], seed: int) -> None:
    asked, part = query_tokens(vectors(1000, 1), PROJECTION), 100 * KEPT // 2  # bytes
    packed = [pack(vectors(seed + i, tokens), PROJECTION) for i, tokens in enumerate(lengths)]
    expected = [maxsim(asked, [one[i : i + part] for i in range(0, len(one), part)]).max() for one in packed]
    np.testing.assert_array_equal(maxsim(asked, packed), expected)


def test_a_text_is_most_similar_to_itself() -> None:
    text = vectors(3, 10)
    scores = maxsim(query_tokens(text, PROJECTION), [pack(text, PROJECTION), pack(vectors(4, 10), PROJECTION)])
    assert scores[0] > 0.98 > scores[1]


def test_half_a_byte_a_kept_direction() -> None:
    assert len(pack(vectors(1, 7), PROJECTION)) == 7 * KEPT // 2
    assert len(pack(vectors(1, 7), None)) == 7 * HIDDEN // 2


def test_a_passage_without_tokens_scores_nothing() -> None:
    asked = query_tokens(vectors(1, 3), PROJECTION)
    np.testing.assert_array_equal(maxsim(asked, [b"", b""]), [0, 0])
    assert maxsim(asked, []).shape == (0,)


def test_a_zero_vector_stays_zero() -> None:
    np.testing.assert_array_equal(projected(np.zeros((1, HIDDEN), np.float32), PROJECTION), np.zeros((1, KEPT)))
