"""Laws of reading long passages in windows: all of it is read, the score says which part it speaks for."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shortlist.errors import UsageError
from shortlist.models import CrossEncoderModel
from shortlist.models.windows import cut_windows
from shortlist.records import Ranking
from shortlist.rerank import Rerank
from shortlist.rerank.readers.windows import Windows, together

QUERY = "how is the key rotated 如何轮换密钥"
PASSAGES = st.lists(st.text("the key is old. 轮换密钥 \n", max_size=400), min_size=1, max_size=5)
SCORES = st.lists(st.floats(-9, 9), min_size=1, max_size=12)


def reranked(model: CrossEncoderModel, passages: list[str], windows: Windows = "best") -> Ranking:
    return Rerank(model, windows=windows, on_error="raise")(QUERY, passages)


@settings(max_examples=40)
@given(passages=PASSAGES)
def test_the_stage_gives_the_models_own_score_and_window_to_the_last_bit(
    model: CrossEncoderModel, passages: list[str]
) -> None:
    after = {c.chunk.id: c for c in reranked(model, passages)}
    if {c.window for c in after.values()} == {None}:  # too many unknown tokens: the guard stepped aside
        return
    for number, reading in enumerate(model.read(QUERY, passages)):
        candidate = after[str(number)]
        window = candidate.window
        assert window is not None
        assert candidate.scores["rerank"] == reading.score
        assert (window.tokens, window.read, window.windows) == (reading.tokens, reading.read, reading.windows)
        assert (window.start, window.end) == (reading.start, reading.end)


@given(SCORES, st.integers(1, 15))
def test_windows_together_lie_between_the_worst_and_the_best(scores: list[float], best: int) -> None:
    assert together(scores, "best") == together(scores, 1) == max(scores)
    assert together(scores, "first") == scores[0]
    assert together(scores, "mean") == together(scores, len(scores)) == together(scores, len(scores) + best)
    assert min(scores) - 1e-9 <= together(scores, "mean") <= together(scores, best) + 1e-9 <= max(scores) + 2e-9


@given(st.floats(-9, 9), st.sampled_from(["best", "first", "mean", 1, 3]))
def test_one_windows_score_is_the_passages(score: float, windows: Windows) -> None:
    assert together([score], windows) == score


@pytest.mark.parametrize("windows", ["best", "first", "mean", 2])
def test_a_long_passage_is_the_sum_of_its_windows(model: CrossEncoderModel, windows: Windows) -> None:
    passage = "the key is old. 轮换密钥. how is the key signed? " * 12
    ids, query_ids = model.tokenizer.ids(passage), model.tokenizer.ids(QUERY)
    room = model.room(QUERY)
    cut = cut_windows(len(ids), room, overlap=room // 4)
    scores = model.score_ids(query_ids, [ids[start:end] for start, end in cut]).tolist()
    assert len(cut) > 3
    [candidate] = reranked(model, [passage], windows)
    expected = {"best": max(scores), "first": scores[0], "mean": math.fsum(scores) / len(scores)}
    assert candidate.scores["rerank"] == expected.get(str(windows), sum(sorted(scores)[-2:]) / 2)
    window = candidate.window
    assert window is not None
    assert window.tokens == len(ids)
    assert window.read == (cut[0][1] if windows == "first" else len(ids))
    assert window.windows == (1 if windows == "first" else len(cut))
    first, last = cut[0 if windows == "first" else scores.index(max(scores))]
    spans = model.tokenizer.spans(passage)
    assert (window.start, window.end) == (spans[first][0], spans[last - 1][1])


def test_the_first_window_alone_says_how_much_was_left_unread(model: CrossEncoderModel) -> None:
    [candidate] = reranked(model, ["the key is old. " * 100], "first")
    assert candidate.window is not None
    assert candidate.window.read < candidate.window.tokens


@pytest.mark.parametrize("windows", ["worst", 0, -1, True, 1.5, None])
def test_an_unknown_way_is_refused(windows: Windows) -> None:
    with pytest.raises(UsageError, match="windows"):
        Rerank(windows=windows)


def test_a_model_without_windows_refuses_the_option() -> None:
    with pytest.raises(UsageError, match="Leave it out"):
        Rerank(windows="mean")("query", ["passage"])
