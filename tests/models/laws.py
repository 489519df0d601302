"""Laws of every cross-encoder, in each precision and on each device."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from random import Random

from tests.golden.small_models import PASSAGES, QUERY

from shortlist.models.cross_encoder import CrossEncoderModel


def same_pair_same_score_in_any_company(model: CrossEncoderModel, passages: Sequence[str], order: Random) -> None:
    """To the last bit, alone and shuffled among the others."""
    alone = {passage: model.score(QUERY, [passage])[0].tobytes() for passage in passages}
    shuffled = order.sample(passages, len(passages))
    assert [score.tobytes() for score in model.score(QUERY, shuffled)] == [alone[passage] for passage in shuffled]


def same_pair_same_score_from_64_threads(model: CrossEncoderModel, calls: int = 64) -> None:
    """To the last bit."""
    expected = model.score(QUERY, PASSAGES).tobytes()
    with ThreadPoolExecutor(64) as pool:
        scores = pool.map(model.score, [QUERY] * calls, [PASSAGES] * calls)
        assert {each.tobytes() for each in scores} == {expected}
