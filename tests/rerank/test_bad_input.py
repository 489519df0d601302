"""Odd input: each has its clear error or is read like any other text, and nothing given is ever changed."""

from __future__ import annotations

import copy
import tracemalloc
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from tests.golden.small_models import config, save_model

from shortlist.errors import QueryTooLong, UsageError
from shortlist.foreign import ranking_from
from shortlist.models import CrossEncoderModel, LateInteraction, load_encoder
from shortlist.records import Ranking
from shortlist.rerank import Rerank
from shortlist.rerank.readers import reader_of
from shortlist.stage import CrossEncoder

QUERY = "how is the key rotated"
MEGABYTE = 1_000_000
ODD = st.text(st.characters(), max_size=80) | st.sampled_from(
    ["", " ", "\n\n", "\0", "a\0b", "\ud800", "the \udfff key", "\ufeff", "🔑" * 20, "[SEP] [CLS]", "key " * 300]
)


class Length:
    def score(self, query: str, passages: Sequence[str]) -> NDArray[np.float32]:
        return np.array([len(passage) for passage in passages], np.float32)


@pytest.fixture(scope="session")
def late(tmp_path_factory: pytest.TempPathFactory) -> LateInteraction:
    """The kind of the default model."""
    directory = save_model(tmp_path_factory.mktemp("models") / "encoder", config("bert", head=False))
    return LateInteraction(load_encoder(str(directory)))


def read(model: CrossEncoder, query: str, passages: Sequence[object]) -> Ranking:
    return Rerank(model, guard=False, on_error="raise")(query, passages)


@pytest.mark.parametrize("query", ["", " ", "\n\t", "\u3000"])
def test_an_empty_query_is_refused(query: str) -> None:
    with pytest.raises(UsageError, match="empty"):
        Rerank(Length())(query, ["passage"])


@pytest.mark.parametrize("options", [{}, {"deadline_ms": 10}, {"risk": 0.1}, {"depth": 5}])
def test_no_candidates_are_no_error(options: dict[str, float]) -> None:
    after = Rerank(Length(), **options)("query", [])  # pyright: ignore[reportArgumentType]  any of the options
    assert (len(after), after.status) == (0, "full")


@settings(max_examples=40)
@given(passages=st.lists(ODD, max_size=6), query=ODD.filter(str.strip))
def test_any_text_is_read_like_any_other(model: CrossEncoderModel, passages: list[str], query: str) -> None:
    try:
        after = read(model, query, passages)
    except QueryTooLong:
        return
    assert Counter(c.chunk.text for c in after) == Counter(passages)
    assert all(np.isfinite(c.scores["rerank"]) for c in after)
    for candidate in after:
        assert candidate.window is not None
        assert candidate.window.tokens == candidate.window.read


def test_equal_passages_have_equal_scores_and_keep_their_places(model: CrossEncoderModel) -> None:
    after = read(model, QUERY, ["the key", "", "the key", ""])
    assert len({c.scores["rerank"] for c in after if c.chunk.text == "the key"}) == 1
    assert sorted(c.rank_before or 0 for c in after) == [1, 2, 3, 4]


@pytest.mark.parametrize("kind", ["cross-encoder", "late interaction"])
def test_memory_grows_with_the_tokens_of_a_long_passage_and_not_with_its_windows(
    model: CrossEncoderModel, late: LateInteraction, kind: str
) -> None:
    def peak(length: int) -> int:
        tracemalloc.start()
        try:
            passage = ("the old key is signed. " * (length // 23 + 1))[:length]
            [candidate] = read(late if kind == "late interaction" else model, QUERY, [passage])
            assert candidate.window is None or candidate.window.windows > length // 400
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    short, long = peak(200_000), peak(400_000)
    assert long - short < 20 * 200_000  # bytes a character: ten megabytes take no more than 200


def test_a_deadline_does_not_count_the_tokens_of_ten_megabytes(model: CrossEncoderModel) -> None:
    [candidate] = ranking_from(QUERY, ["the old key is signed. " * (10 * MEGABYTE // 23)])
    reading = reader_of(model).begin(QUERY, None)
    tracemalloc.start()
    try:
        assert reading.work([candidate])[0] > MEGABYTE
        assert tracemalloc.get_traced_memory()[1] < MEGABYTE
    finally:
        tracemalloc.stop()


def test_64_threads_share_one_reranker(model: CrossEncoderModel) -> None:
    passages = ["the key", "如何轮换密钥", "the old key is signed. " * 20, "", "a new key"]
    stage = Rerank(model, guard=False)
    expected = {c.chunk.text: (c.scores["rerank"], c.window) for c in stage(QUERY, passages)}

    def ask(seed: int) -> bool:
        own = Random(seed).sample(passages, 3)
        after = stage(QUERY, own)
        return all((c.scores["rerank"], c.window) == expected[c.chunk.text] for c in after) and len(after) == 3

    with ThreadPoolExecutor(64) as pool:
        assert all(pool.map(ask, range(128)))


@settings(max_examples=40)
@given(passages=st.lists(ODD, max_size=6), query=ODD.filter(str.strip))
def test_late_interaction_reads_any_text_too(late: LateInteraction, passages: list[str], query: str) -> None:
    after = read(late, query, passages)
    assert Counter(c.chunk.text for c in after) == Counter(passages)
    assert all(np.isfinite(c.scores["rerank"]) for c in after)


@settings(max_examples=30)
@given(st.lists(st.fixed_dictionaries({"text": ODD, "id": st.text(max_size=3), "scores": st.just({"mine": 1.0})})))
def test_nothing_given_is_changed_and_it_comes_back(items: list[dict[str, object]]) -> None:
    before = copy.deepcopy(items)
    after = Rerank(Length(), risk=0.5)("query", items)
    assert items == before
    assert sorted(id(c.origin) for c in after) == sorted(map(id, items))
    ranking = Ranking("query", tuple(after))
    held = copy.deepcopy([(c.chunk, dict(c.scores), c.rank) for c in ranking])
    Rerank(Length())(ranking)
    assert [(c.chunk, dict(c.scores), c.rank) for c in ranking] == held


def test_a_query_that_leaves_no_room_is_an_error_however_it_is_read(model: CrossEncoderModel) -> None:
    for stage in (Rerank(model, guard=False), Rerank(model, guard=False, deadline_ms=100), Rerank(model, risk=0.1)):
        with pytest.raises(QueryTooLong):
            stage("key " * 100, ["the key"])
