"""Laws of the guard: where the model cannot read, or was measured to hurt, the longlist stands and a note says why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from shortlist.models import CrossEncoderModel
from shortlist.records import Candidate, Chunk, Ranking
from shortlist.rerank import Rerank


class Length:
    def score(self, query: str, passages: Sequence[str]) -> NDArray[np.float32]:
        return np.array([len(passage) for passage in passages], np.float32)


@dataclass(frozen=True)
class Remembers:
    """Features of an index on which this was found."""

    findings: Mapping[str, Mapping[str, Any]]
    encoder: str = "none"

    def measured(self, model: str) -> Mapping[str, Any] | None:
        return self.findings.get(model)

    def vectors(self, chunk_ids: Sequence[str]) -> NDArray[np.float32]:
        raise AssertionError("no vectors are kept here")

    def token_vectors(self, chunk_ids: Sequence[str]) -> Sequence[bytes]:
        raise AssertionError("no token vectors are kept here")


def finding(low: float, high: float) -> dict[str, Any]:
    difference = (low + high) / 2
    return {"dataset": "mine", "queries": 50, "measure": "nDCG@10", "difference": difference, "low": low, "high": high}


def ranking_of(features: Remembers | None) -> Ranking:
    texts = ("a", "bbb", "cc")
    return Ranking(
        "q", tuple(Candidate(Chunk(t, "d", 0, len(t), t), i) for i, t in enumerate(texts, 1)), features=features
    )


def test_where_it_was_measured_to_hurt_the_longlist_stands_and_a_note_says_so() -> None:
    ranking = ranking_of(Remembers({"Length": finding(-0.05, -0.01)}))
    after = Rerank(Length())(ranking)
    assert [c.chunk.id for c in after] == ["a", "bbb", "cc"]
    assert after.status == "skipped"
    assert [note.code for note in after.notes] == ["rerank-measured-to-hurt"]
    assert after.notes[0].data["difference"] == pytest.approx(-0.03)


@pytest.mark.parametrize(
    "features",
    [None, Remembers({}), Remembers({"Other": finding(-0.05, -0.01)}), Remembers({"Length": finding(-0.05, 0.001)})],
)
def test_elsewhere_it_reads(features: Remembers | None) -> None:
    after = Rerank(Length())(ranking_of(features))
    assert [c.chunk.id for c in after] == ["bbb", "cc", "a"]
    assert after.status == "full"


def test_without_the_guard_it_reads_all_the_same() -> None:
    after = Rerank(Length(), guard=False)(ranking_of(Remembers({"Length": finding(-0.05, -0.01)})))
    assert after.status == "full"


@pytest.mark.parametrize(
    ("what", "query", "passages"),
    [
        ("passages", "how is the key rotated", ["☃ ☃ ☃ ☃ ☃ ☃", "☂ ☂ ☂ ☂ ☂"]),
        ("query", "☃ ☂ ☃ the key", ["the key is old", "the old key is rotated"]),
    ],
)
def test_what_the_model_cannot_spell_it_does_not_judge(
    model: CrossEncoderModel, what: str, query: str, passages: list[str]
) -> None:
    after = Rerank(model)(query, passages)
    assert [c.chunk.text for c in after] == passages
    assert (after.status, [note.code for note in after.notes]) == ("skipped", ["rerank-cannot-read"])
    assert after.notes[0].data["what"] == what
    assert Rerank(model, guard=False)(query, passages).status == "full"
