"""Services and language models in the stage: their notes, their scale, their name; failures leave the longlist."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import pytest
from tests.models.remote.server import Asked, Says, Server

from shortlist.errors import KeyRefused, UsageError
from shortlist.models.listwise import ListwiseReranker
from shortlist.models.remote import RemoteReranker
from shortlist.rerank import Rerank

PASSAGES = ["one", "three", "sixteen"]


def longer_is_better(asked: Asked) -> Says:
    return Says([{"index": i, "score": float(len(text))} for i, text in enumerate(asked.body["texts"])])


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setenv("NO_PROXY", "*")
    started = Server(longer_is_better)
    yield started
    started.close()


@dataclass(frozen=True)
class Forgetful:
    """Names the last passage alone."""

    name: str = "forgetful"

    def complete(self, messages: Sequence[Mapping[str, str]]) -> str:
        return f"[{messages[-1]['content'].count('</passage>')}]"


def test_a_service_is_a_reranker_like_any_other(server: Server) -> None:
    ranking = Rerank(RemoteReranker("tei", server.url))("q", PASSAGES)
    assert [c.chunk.text for c in ranking] == ["sixteen", "three", "one"]
    assert (ranking.status, ranking.scale, ranking.scored_by) == ("full", "logit", "rerank")
    assert ranking.model == f"tei@{server.url}/rerank"
    assert all(c.relevance is None for c in ranking)


def test_depth_is_what_is_sent(server: Server) -> None:
    ranking = Rerank(RemoteReranker("tei", server.url), depth=2)("q", PASSAGES)
    assert [c.chunk.text for c in ranking] == ["three", "one", "sixteen"]
    assert server.asked[0].body["texts"] == ["one", "three"]


def test_a_failing_service_leaves_the_longlist_and_the_note_says_why(server: Server) -> None:
    server.answer = lambda _: Says({"error": "Unauthorized"}, 401)
    model = RemoteReranker("tei", server.url, key="sk-1")
    ranking = Rerank(model)("q", PASSAGES)
    assert [c.chunk.text for c in ranking] == PASSAGES
    assert ranking.status == "failed"
    assert "Unauthorized" in ranking.notes[0].message
    assert "sk-1" not in str(ranking)
    with pytest.raises(KeyRefused):
        Rerank(model, on_error="raise")("q", PASSAGES)


def test_a_deadline_holds_for_a_service_too(server: Server) -> None:
    server.answer = lambda asked: Says(longer_is_better(asked).value, delay_s=1.2)
    ranking = Rerank(RemoteReranker("tei", server.url), deadline_ms=1000)("q", ["p" * i for i in range(1, 80)])
    assert ranking.status == "partial"
    assert len(server.asked) <= 1  # none, where the machine was busy for that long


def test_an_order_has_its_own_scale_and_its_repairs_are_notes() -> None:
    ranking = Rerank(ListwiseReranker(Forgetful()))("q", PASSAGES)
    assert [c.chunk.text for c in ranking] == ["sixteen", "one", "three"]
    assert [c.scores["rerank"] for c in ranking] == [-1, -2, -3]
    assert (ranking.scale, ranking.model, ranking.status) == ("order", "listwise:forgetful", "full")
    assert [note.code for note in ranking.notes] == ["listwise-repaired"]


def test_a_list_is_not_put_in_order_in_parts() -> None:
    with pytest.raises(UsageError, match="as a whole"):
        Rerank(ListwiseReranker(Forgetful()), deadline_ms=60_000)("q", [str(i) for i in range(80)])


def test_windows_are_for_cross_encoders() -> None:
    with pytest.raises(UsageError, match="windows"):
        Rerank(ListwiseReranker(Forgetful()), windows="mean")("q", PASSAGES)
