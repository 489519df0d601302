"""Laws of pipelines: what may follow what, and that joining changes nothing."""

from __future__ import annotations

import asyncio
import pickle
from dataclasses import dataclass, replace
from typing import ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shortlist.errors import PipelineError, UsageError
from shortlist.records import Candidate, Chunk, Context, Ranking
from shortlist.stage import Pipeline, Retriever, Stage


@dataclass(frozen=True)
class Letters(Retriever):
    """Finds each letter of the query."""

    depth: int = 10

    def find(self, query: str, where: str | None) -> Ranking:
        letters = [letter for letter in query if where is None or letter in where][: self.depth]
        chunks = [Chunk(str(i), str(i), 0, 1, letter) for i, letter in enumerate(letters)]
        return Ranking(query, tuple(Candidate(chunk, i) for i, chunk in enumerate(chunks, 1)))


@dataclass(frozen=True)
class Backwards(Stage[Ranking]):
    name: ClassVar[str] = "backwards"

    def apply(self, ranking: Ranking) -> Ranking:
        return ranking.reordered(ranking.candidates[::-1])


@dataclass(frozen=True)
class Join(Stage[Context]):
    name: ClassVar[str] = "join"
    last: ClassVar[bool] = True

    def apply(self, ranking: Ranking) -> Context:
        text = "".join(c.chunk.text for c in ranking)
        return Context(ranking.query, text, (), len(text), 1000, timings_ms=ranking.timings_ms)


queries = st.text(min_size=1).filter(str.strip)


@given(queries)
def test_a_pipeline_is_its_stages_one_after_the_other(query: str) -> None:
    piped = (Letters() >> Backwards() >> Join())(query)
    by_hand = Join()(Backwards()(Letters()(query)))
    assert str(piped) == str(by_hand)


@given(st.lists(queries, max_size=6))
def test_map_is_calling_one_by_one_in_order(queries: list[str]) -> None:
    pipeline = Letters() >> Backwards()
    assert pipeline.map(queries) == [pipeline(query) for query in queries]


def test_calling_asynchronously_gives_the_same() -> None:
    pipeline = Letters() >> Backwards() >> Join()
    assert str(asyncio.run(pipeline.acall("abc"))) == "cba"


def test_a_filter_reaches_the_retriever() -> None:
    assert str((Letters() >> Join())("abcabc", where="ac")) == "acac"


def test_pipelines_are_values() -> None:
    one, other = Letters(3) >> Backwards() >> Join(), Letters(3) >> (Backwards()) >> Join()
    assert one == other
    assert hash(one) == hash(other)
    assert one != Letters(4) >> Backwards() >> Join()
    assert pickle.loads(pickle.dumps(one)) == one
    assert repr(one) == "Letters(depth=3) >> Backwards() >> Join()"


def test_any_callable_can_be_the_retriever() -> None:
    def find(query: str, *, where: str | None = None) -> Ranking:
        return Letters()(query, where=where)

    assert str((find >> Backwards() >> Join())("abc")) == "cba"


def test_nothing_follows_a_context() -> None:
    with pytest.raises(PipelineError, match="backwards cannot follow join"):
        _ = Letters() >> Join() >> Backwards()


def test_a_pipeline_begins_with_a_retriever() -> None:
    with pytest.raises(PipelineError, match="Begin with a retriever"):
        _ = Backwards() >> Join()
    with pytest.raises(PipelineError, match="begins with a retriever"):
        Pipeline("not callable")  # pyright: ignore[reportArgumentType]  the wrong type is the point


def test_only_a_stage_can_follow() -> None:
    with pytest.raises(PipelineError, match="Only a stage"):
        Letters() >> len  # pyright: ignore[reportOperatorIssue, reportUnusedExpression]  the wrong type is the point


@pytest.mark.parametrize("query", ["", "   ", "\n\t", "\u3000"])
def test_an_empty_query_is_refused(query: str) -> None:
    with pytest.raises(UsageError, match="empty"):
        (Letters() >> Backwards())(query)
    with pytest.raises(UsageError, match="empty"):
        Backwards()(query, ["a"])


def test_lone_surrogates_and_nul_are_text() -> None:
    ranking = Letters()("a\ud800b\0")
    assert [c.chunk.text for c in ranking] == ["a", "?", "b", "\0"]


def test_a_query_without_candidates_says_what_is_missing() -> None:
    with pytest.raises(UsageError, match="stage\\(query, passages\\)"):
        Backwards()("query")  # pyright: ignore[reportArgumentType, reportCallIssue]  the wrong call is the point


def test_every_stage_records_its_time_and_none_is_overwritten() -> None:
    ranking = (Letters() >> Backwards() >> Backwards())("abc")
    assert list(ranking.timings_ms) == ["retrieve", "backwards", "backwards-2"]


def test_ranks_before_are_kept() -> None:
    ranking = (Letters() >> Backwards())("abc")
    assert [(c.rank, c.rank_before) for c in ranking] == [(1, 3), (2, 2), (3, 1)]


def test_slices_are_rankings_and_times_do_not_make_them_differ() -> None:
    ranking = Letters()("abcdef")
    assert isinstance(ranking[1:3], Ranking)
    assert len(ranking[1:3]) == 2
    assert replace(ranking, timings_ms={}) == ranking
