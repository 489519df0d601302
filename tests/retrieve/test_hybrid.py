"""Laws of the longlist, over a real index with a small real encoder: depth decides nothing but the length."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from shortlist.index import Directory
from shortlist.records import Chunk, Document
from shortlist.retrieve import Bm25, Dense, Hybrid, Rrf, ZSum
from shortlist.retrieve.fusion import Fusion
from shortlist.text import terms

ENGLISH = ["key", "rotate", "sign", "release", "server", "backup", "retention", "deploy", "monitor", "alert"]
CHINESE = ["签名密钥", "轮换", "发布", "服务器", "备份", "告警"]
WORDS = [*ENGLISH, *CHINESE]


@dataclass(frozen=True)
class HashedReading:
    ids: NDArray[np.int32]
    vector: NDArray[np.float32]
    packed: bytes
    windows: int
    unknown: float


class HashedTerms:
    """An encoder of a bag of hashed terms: small, deterministic, and near for texts that share words."""

    name = "hashed-terms"
    revision = "1"
    dimensions = 32
    max_tokens = 512
    unknown_limit = 0.2

    def read(self, texts: Sequence[str], kind: Literal["query", "passage"]) -> list[HashedReading]:
        return [self._read(text) for text in texts]

    def _read(self, text: str) -> HashedReading:
        vector = np.full(self.dimensions, 1e-3)
        for term in terms(text):
            digest = hashlib.blake2b(term.encode(), digest_size=4).digest()
            vector[int.from_bytes(digest) % self.dimensions] += 1
        unit = (vector / np.linalg.norm(vector)).astype(np.float32)
        ids = np.arange(len(text.split()), dtype=np.int32)
        return HashedReading(ids, unit, b"", 1, 1.0 if "�" in text else 0.0)


def whole(document: Document) -> list[Chunk]:
    text = document.text
    return [Chunk(f"{document.id}#0", document.id, 0, len(text), text, metadata=document.metadata)]


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Directory]:
    rng = np.random.default_rng(7)
    documents = [
        Document(f"d{i:03d}", " ".join(rng.choice(WORDS, size=rng.integers(3, 12))), metadata={"year": 2000 + i % 30})
        for i in range(150)
    ]
    path: Path = tmp_path_factory.mktemp("index") / "words.shortlist"
    with Directory.open(path, encoder=HashedTerms()) as opened:
        opened.add(documents, whole)
        yield opened


def hybrid(directory: Directory, depth: int, fusion: Fusion | None = None, pool: int = 20) -> Hybrid:
    encoder: Any = HashedTerms()
    return Hybrid(directory, encoder, depth, fusion or ZSum(), pool)


queries = st.lists(st.sampled_from([*WORDS, "nowhere"]), min_size=1, max_size=4).map(" ".join)
fusions = st.sampled_from([ZSum(), Rrf()])
lawful = settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])


@lawful
@given(query=queries, shallow=st.integers(1, 60), deeper=st.integers(0, 120), fusion=fusions)
def test_neither_order_nor_score_depends_on_the_depth_asked_for(
    directory: Directory, query: str, shallow: int, deeper: int, fusion: Fusion
) -> None:
    short = hybrid(directory, shallow, fusion)(query)
    long = hybrid(directory, shallow + deeper, fusion)(query)
    assert long.candidates[: len(short)] == short.candidates
    assert len(long) == min(150, shallow + deeper)


@lawful
@given(query=queries)
def test_every_candidate_has_both_scores_and_they_are_those_of_each_retriever_alone(
    directory: Directory, query: str
) -> None:
    encoder: Any = HashedTerms()
    bm25 = {c.chunk.id: c.scores["bm25"] for c in Bm25(directory, 150)(query)}
    dense = {c.chunk.id: c.scores["dense"] for c in Dense(directory, encoder, 150)(query)}
    for candidate in hybrid(directory, 80)(query):
        assert candidate.scores["bm25"] == bm25.get(candidate.chunk.id, 0.0)
        assert candidate.scores["dense"] == dense[candidate.chunk.id]


@lawful
@given(query=queries)
def test_a_weight_of_zero_is_the_other_retriever_alone(directory: Directory, query: str) -> None:
    encoder: Any = HashedTerms()
    alone = Dense(directory, encoder, 20)(query)
    fused = hybrid(directory, 20, ZSum(bm25=0))(query)
    assert [c.scores["dense"] for c in fused] == [c.scores["dense"] for c in alone]


@lawful
@given(query=queries, year=st.integers(1999, 2031))
def test_a_filter_holds_for_every_candidate_and_loses_none(directory: Directory, query: str, year: int) -> None:
    found = hybrid(directory, 200)(query, where=f"year >= {year}")
    assert all(int(str(candidate.chunk.metadata["year"])) >= year for candidate in found)
    assert len(found) == sum(2000 + i % 30 >= year for i in range(150))


@lawful
@given(words=st.lists(st.sampled_from(CHINESE), min_size=1, max_size=3, unique=True))
def test_a_chinese_question_finds_the_texts_that_hold_its_words_wherever_they_stand(
    directory: Directory, words: list[str]
) -> None:
    question = f"请问我们应该怎么{'和'.join(words)}呢？"  # which stands in no text
    found = {candidate.chunk.doc_id for candidate in Bm25(directory, 150)(question)}
    assert {d.id for d in directory.documents() if any(word in d.text for word in words)} <= found


def test_a_query_the_encoder_cannot_read_is_left_to_bm25_and_said(directory: Directory) -> None:
    ranking = hybrid(directory, 10)("rotate �")
    assert ranking.scored_by == "bm25"
    assert [note.code for note in ranking.notes] == ["encoder-cannot-read-query"]
    assert all("rotate" in candidate.chunk.text for candidate in ranking)


def test_a_query_without_a_known_word_is_left_to_the_vectors(directory: Directory) -> None:
    ranking = hybrid(directory, 10)("???")
    assert len(ranking) == 10
    assert all(candidate.scores["bm25"] == 0 for candidate in ranking)


def test_an_empty_index_gives_an_empty_ranking(tmp_path: Path) -> None:
    with Directory.open(tmp_path / "empty.shortlist", encoder=HashedTerms()) as empty:
        assert len(hybrid(empty, 10)("key")) == 0
