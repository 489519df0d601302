"""Laws of every kind of reader: what it reads, what it refuses, and whose window a candidate keeps."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest
from numpy.typing import NDArray
from tests.golden.small_models import config, save_model

from shortlist.errors import ModelError
from shortlist.models import CrossEncoderModel, LateInteraction, load_encoder
from shortlist.models.judgement import Judgement
from shortlist.records import Candidate, Chunk, Ranking
from shortlist.rerank import Rerank
from shortlist.stage import CrossEncoder

QUERY = "how is the key rotated"
Score = Callable[[str], float]


@dataclass(frozen=True)
class Plain:
    """A user's own object."""

    of: Score = len

    def score(self, query: str, passages: Sequence[str]) -> NDArray[np.float32]:
        return np.array([self.of(passage) for passage in passages], np.float32)


@dataclass(frozen=True)
class Judging(Plain):
    """A model that can say more; `most` scores and no more."""

    most: int | None = None
    name: ClassVar[str] = "judging"
    scale: ClassVar[str] = "score"
    lanes: ClassVar[int] = 1

    def judge(self, query: str, passages: Sequence[str]) -> Judgement:
        return Judgement(self.score(query, passages)[: self.most])


@dataclass(frozen=True)
class Kept:
    """What an index keeps of chunks: vectors of one number, by an encoder of this revision."""

    encoder: str
    number: float

    def vectors(self, chunk_ids: Sequence[str]) -> NDArray[np.float32]:
        return np.full((len(chunk_ids), 32), self.number, np.float32)

    def token_vectors(self, chunk_ids: Sequence[str]) -> list[bytes]:
        return [b""] * len(chunk_ids)


@pytest.fixture(scope="session")
def late(tmp_path_factory: pytest.TempPathFactory) -> LateInteraction:
    directory: Path = tmp_path_factory.mktemp("models") / "encoder"
    return LateInteraction(load_encoder(str(save_model(directory, config("bert", head=False)))))


@pytest.fixture(params=["cross-encoder", "late interaction", "plain", "judging"])
def any_model(request: pytest.FixtureRequest, model: CrossEncoderModel, late: LateInteraction) -> CrossEncoder:
    kinds: dict[str, CrossEncoder] = {
        "cross-encoder": model,
        "late interaction": late,
        "plain": Plain(),
        "judging": Judging(),
    }
    return kinds[request.param]


def chunk(text: str, title: str = "", heading: str = "") -> Chunk:
    return Chunk("c", "d", 0, len(text), text, (heading,), title=title)


def only(ranking: Ranking) -> Candidate:
    [candidate] = ranking
    return candidate


def test_a_chunk_is_read_with_its_title_and_headings(any_model: CrossEncoder) -> None:
    stage = Rerank(any_model, guard=False, on_error="raise")
    within = chunk("it is rotated", "the old key", "how")
    read = only(stage(QUERY, [within])).scores["rerank"]
    assert read == only(stage(QUERY, [within.full_text])).scores["rerank"]
    assert read != only(stage(QUERY, ["it is rotated"])).scores["rerank"]


def test_a_candidate_keeps_no_window_of_an_earlier_model(any_model: CrossEncoder, model: CrossEncoderModel) -> None:
    first = Rerank(model, guard=False, on_error="raise")(QUERY, ["the old key is signed. " * 40, "the key"])
    assert all(candidate.window is not None for candidate in first)
    stage = Rerank(any_model, depth=1, guard=False, on_error="raise")
    after, before = stage(first), stage(QUERY, [candidate.chunk for candidate in first])
    assert after[0].window == before[0].window
    assert after[1].window == first[1].window  # it was not read again: its last score is the earlier one


@pytest.mark.parametrize("score", [float("nan"), float("inf"), float("-inf")])
def test_what_is_no_number_is_no_score(late: LateInteraction, score: float) -> None:
    candidate = Candidate(chunk("the key"), 1)
    kept = Ranking(QUERY, (candidate,), features=Kept(late.revision, score))
    plain = Ranking(QUERY, (candidate,))
    for model, ranking in ((late, kept), (Plain(lambda _: score), plain), (Judging(lambda _: score), plain)):
        with pytest.raises(ModelError, match="no number to rank by"), np.errstate(invalid="ignore"):
            Rerank(model, guard=False, on_error="raise")(ranking)


def test_one_score_a_passage_or_none_at_all() -> None:
    after = Rerank(Judging(most=1))(QUERY, ["a", "the key"])
    assert ([c.chunk.text for c in after], after.status) == (["a", "the key"], "failed")
    assert "1 scores for 2 passages" in after.notes[0].message


def test_what_an_index_keeps_is_of_use_to_the_encoder_that_made_it_alone(late: LateInteraction) -> None:
    candidate = Candidate(chunk("the key"), 1)
    stage = Rerank(late, guard=False, on_error="raise")
    now = only(stage(Ranking(QUERY, (candidate,)))).scores["rerank"]
    own = only(stage(Ranking(QUERY, (candidate,), features=Kept(late.revision, 0.5)))).scores["rerank"]
    others = only(stage(Ranking(QUERY, (candidate,), features=Kept("another", 0.5)))).scores["rerank"]
    assert others == now != own
