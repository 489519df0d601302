from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from shortlist.errors import UsageError
from shortlist.evaluate import Dataset, Run, load_beir, rerank_run
from shortlist.records import Ranking
from shortlist.stage import Stage

RUN = Run(
    "bm25.top3",
    {"q1": ("lunch", "backup", "keys"), "q3": ("lunch", "backup", "密钥")},
    {"q1": (3.0, 2.0, 1.0), "q3": (3.0, 2.0, 1.0)},
)


def pairs(text: str) -> set[str]:
    """Every two neighbouring characters: words enough for English and Chinese."""
    return {text[i : i + 2] for i in range(len(text) - 1)}


@dataclass(frozen=True)
class SharedPairs(Stage[Ranking]):
    """Candidates that share most pairs of characters with the query first: a small real second look."""

    name = "shared"

    def apply(self, ranking: Ranking) -> Ranking:
        if ranking.query.startswith("refuse"):
            raise RuntimeError("refused")
        order = sorted(ranking, key=lambda candidate: -len(pairs(ranking.query) & pairs(candidate.chunk.full_text)))
        return ranking.reordered(order, status="full")


@dataclass(frozen=True)
class Witness(Stage[Ranking]):
    """Keeps what it was given."""

    seen: list[Ranking]
    name = "witness"

    def apply(self, ranking: Ranking) -> Ranking:
        self.seen.append(ranking)
        return ranking


def test_a_run_is_judged_before_and_after(handbook: Dataset) -> None:
    report = rerank_run(RUN, handbook, SharedPairs(), measures=["RR"])
    assert [pipeline.name for pipeline in report.pipelines] == ["run", "run+rerank"]
    assert report["run"].values["RR"] == {"q1": 1 / 3, "q2": 0, "q3": 1 / 3}
    assert report["run+rerank"].values["RR"] == {"q1": 1, "q2": 0, "q3": 1}
    assert report.queries == 3
    assert report["run"].ms == ()
    assert len(report["run+rerank"].ms) == 2
    assert [(note.code, dict(note.data)) for note in report.notes] == [("run-without-query", {"queries": 1})]


@pytest.mark.parametrize("depth", [1, 2, 3, 10])
def test_nothing_is_lost_and_what_lies_below_the_depth_stays(handbook: Dataset, depth: int) -> None:
    orders = rerank_run(RUN, handbook, SharedPairs(), depth)["run+rerank"].run.orders
    for query, before in RUN.orders.items():
        assert orders[query][depth:] == tuple(before[depth:])
        assert sorted(orders[query][:depth]) == sorted(before[:depth])


def test_the_stage_sees_text_title_place_and_score(handbook: Dataset) -> None:
    seen: list[Ranking] = []
    rerank_run(RUN, handbook, Witness(seen), depth=2)
    ranking = seen[-1]
    assert ranking.query == "签名密钥轮换"
    assert [(c.chunk.id, c.chunk.doc_id, c.rank, dict(c.scores)) for c in ranking] == [
        ("lunch", "lunch", 1, {"bm25": 3.0}),
        ("backup", "backup", 2, {"bm25": 2.0}),
    ]
    assert ranking[1].chunk.full_text.startswith("Backups\nA backup of")


def test_candidates_without_text_follow_and_are_counted(handbook: Dataset) -> None:
    run = Run("splade", {"q1": ("gone", "lunch", "keys")})
    report = rerank_run(run, handbook, SharedPairs())
    assert report["run+rerank"].run.orders == {"q1": ("keys", "lunch", "gone")}
    assert {note.code: dict(note.data) for note in report.notes}["run-without-text"] == {"candidates": 1}


def test_a_query_that_fails_keeps_the_order_of_the_run(make_beir: Callable[..., Path]) -> None:
    dataset = load_beir(make_beir(queries={"q1": "refuse this", "q2": "backup", "q3": "密钥"}))
    report = rerank_run(RUN, dataset, SharedPairs())
    assert report["run+rerank"].run.orders["q1"] == RUN.orders["q1"]
    (note,) = report["run+rerank"].notes
    assert note.code == "query-failed"
    assert "keep the order of the run" in note.message


def test_a_run_of_other_queries_and_a_depth_of_nothing_are_refused(handbook: Dataset) -> None:
    with pytest.raises(UsageError, match=r"No query of the run .* was judged"):
        rerank_run(Run("other", {"q99": ("keys",)}), handbook, SharedPairs())
    with pytest.raises(UsageError, match="depth"):
        rerank_run(RUN, handbook, SharedPairs(), depth=0)
