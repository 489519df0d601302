"""Candidates from anywhere: nothing is lost, changed or confused."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shortlist.errors import UsageError
from shortlist.foreign import ranking_from
from shortlist.records import Candidate, Chunk

texts = st.text(st.characters(codec=None), max_size=20)


@dataclass
class LangChainLike:
    page_content: str
    metadata: dict[str, Any] = field(default_factory=dict)
    id: str | None = None


class Node:
    def __init__(self, text: str) -> None:
        self.node_id = "n1"
        self._text = text

    def get_content(self) -> str:
        return self._text


@dataclass
class NodeWithScore:
    node: Node
    score: float


def same_id(text: str) -> dict[str, object]:
    return {"text": text, "id": "same"}


def with_title(text: str) -> dict[str, object]:
    return {"_id": 7, "title": "t", "text": text, "extra": object()}


def with_metadata(text: str) -> dict[str, object]:
    return {"text": text, "metadata": {"year": 2024}}


def chunk(text: str) -> Chunk:
    return Chunk("c", "d", 5, 5 + len(text), text)


items: st.SearchStrategy[object] = st.one_of(
    texts,
    st.builds(same_id, texts),
    st.builds(with_title, texts),
    st.builds(LangChainLike, texts),
    st.builds(chunk, texts),
)


@given(st.lists(items))
def test_one_candidate_an_item_in_order_under_ids_of_their_own(given_items: list[object]) -> None:
    ranking = ranking_from("q", given_items)
    assert [c.origin for c in ranking] == given_items
    assert [c.rank for c in ranking] == list(range(1, len(given_items) + 1))
    assert len({c.chunk.id for c in ranking}) == len(given_items)


@given(st.lists(st.builds(with_metadata, texts)))
def test_what_was_given_is_not_changed(given_items: list[dict[str, object]]) -> None:
    before = copy.deepcopy(given_items)
    ranking_from("q", given_items)
    assert given_items == before


def test_other_libraries_documents_keep_what_they_carry() -> None:
    [document] = ranking_from("q", [LangChainLike("text", {"source": "a.md", "page": 3, "x": [1]}, "id-1")])
    assert (document.chunk.id, document.chunk.source, document.chunk.page) == ("id-1", "a.md", 3)
    assert document.chunk.metadata == {"source": "a.md", "page": 3}
    [node] = ranking_from("q", [NodeWithScore(Node("text"), 0.5)])
    assert (node.chunk.text, node.chunk.id, node.scores) == ("text", "n1", {"given": 0.5})


def test_candidates_pass_through_with_their_scores() -> None:
    candidate = Candidate(Chunk("c", "d", 0, 1, "x"), 9, scores={"bm25": 2.0})
    [after] = ranking_from("q", [candidate])
    assert (after.rank, after.scores) == (1, {"bm25": 2.0})


@pytest.mark.parametrize("item", [{"no": "text"}, 7, None, {"text": 5}, b"bytes"])
def test_an_item_without_text_is_named(item: object) -> None:
    with pytest.raises(UsageError, match=r"Candidate 1 .* has no text"):
        ranking_from("q", ["fine", item])


@pytest.mark.parametrize("one", ["a passage", {"text": "a"}, b"a"])
def test_one_passage_instead_of_a_list_is_refused(one: Any) -> None:
    with pytest.raises(UsageError, match=r"\[passage\]"):
        ranking_from("q", one)
