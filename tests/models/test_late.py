"""The default encoder and the second look made of it: the same pair, the same score, stored or not."""

from __future__ import annotations

import pickle
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from shortlist.models import Encoder, LateInteraction, load_encoder

TEXTS = (
    "Rotate the signing key every ninety days.",
    "签名密钥每九十天轮换一次，旧密钥再保留一周。",
    "The canteen opens at noon. 食堂中午十二点开饭。",
    "Emoji 🔑🔐 and\r\nline ends",
    "",
    "x",
)


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    return load_encoder()


@pytest.fixture(scope="module")
def late(encoder: Encoder) -> LateInteraction:
    return LateInteraction(encoder)


class Stored:
    """What an index keeps: vectors in float16, packed token vectors."""

    def __init__(self, encoder: Encoder, texts: Sequence[str]) -> None:
        self.encoder = encoder.revision
        self.readings = dict(zip(texts, encoder.read(texts, "passage"), strict=True))

    def vectors(self, chunk_ids: Sequence[str]) -> NDArray[np.float32]:
        return np.array([self.readings[name].vector.astype(np.float16).astype(np.float32) for name in chunk_ids])

    def token_vectors(self, chunk_ids: Sequence[str]) -> list[bytes]:
        return [self.readings[name].packed for name in chunk_ids]


@settings(deadline=None, max_examples=15)
@given(st.lists(st.sampled_from(TEXTS), min_size=1, max_size=6))
def test_a_pairs_score_is_the_same_in_any_company(passages: list[str]) -> None:
    late = LateInteraction(load_encoder())
    together = late.score("怎么轮换签名密钥？", passages)
    alone = [late.score("怎么轮换签名密钥？", [passage])[0] for passage in passages]
    assert together.tolist() == alone


def test_stored_vectors_give_the_same_score_to_the_last_bit(encoder: Encoder, late: LateInteraction) -> None:
    now, stored = late.parts("rotate keys", TEXTS), late.parts_stored("rotate keys", Stored(encoder, TEXTS), TEXTS)
    np.testing.assert_array_equal(now.score, stored.score)
    np.testing.assert_array_equal(now.maxsim, stored.maxsim)


def test_the_answer_comes_first_in_and_across_languages(late: LateInteraction) -> None:
    for query, best in (("How often is the key rotated?", 0), ("签名密钥多久轮换一次？", 1), ("食堂几点开饭？", 2)):
        assert int(np.argmax(late.score(query, TEXTS))) == best


def test_many_threads_share_one_encoder(encoder: Encoder) -> None:
    expected = encoder.encode(TEXTS, "passage")
    with ThreadPoolExecutor(64) as pool:
        for future in [pool.submit(encoder.encode, TEXTS, "passage") for _ in range(64)]:
            np.testing.assert_array_equal(future.result(), expected)


def test_vectors_have_unit_length_and_shape(encoder: Encoder) -> None:
    vectors = encoder.encode(TEXTS, "query")
    assert vectors.shape == (len(TEXTS), 384)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert encoder.encode([], "query").shape == (0, 384)


def test_a_long_text_is_read_whole_in_windows(encoder: Encoder) -> None:
    [short, long] = encoder.read(["one two three", "key " * 1500], "passage")
    assert (short.windows, long.windows > 2) == (1, True)
    assert len(long.packed) == len(long.ids) * 32


def test_what_the_vocabulary_cannot_spell_is_counted(encoder: Encoder) -> None:
    [plain, odd] = encoder.read(["plain text", "𒀀𒀁𒀂𒀃𒀄𒀅𒀆𒀇"], "query")
    assert plain.unknown == 0
    assert odd.unknown > encoder.unknown_limit


def test_it_is_pickled_by_name(encoder: Encoder, late: LateInteraction) -> None:
    assert pickle.loads(pickle.dumps(encoder)) is encoder
    assert pickle.loads(pickle.dumps(late)).revision == late.revision
