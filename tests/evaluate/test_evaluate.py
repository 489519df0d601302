import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from shortlist.errors import UsageError
from shortlist.evaluate import Dataset, evaluate, load_beir
from shortlist.records import Candidate, Chunk, Context, Document, Passage, Ranking
from shortlist.stage import Retriever, Stage


@dataclass(frozen=True)
class CommonCharacters(Retriever):
    """A small real retriever: chunks of twenty characters, those that share most characters with the query first."""

    documents: tuple[Document, ...]

    def find(self, query: str, where: str | None) -> Ranking:
        chunks = [
            Chunk(f"{document.id}#{start}", document.id, start, start + 20, document.text[start : start + 20])
            for document in self.documents
            for start in range(0, len(document.text), 20)
        ]
        shared = [(-len(set(query) & set(chunk.text)) / len(set(chunk.text)), chunk.id, chunk) for chunk in chunks]
        found = [Candidate(chunk, rank, scores={"shared": -s}) for rank, (s, _, chunk) in enumerate(sorted(shared), 1)]
        return Ranking(query, tuple(found), scored_by="shared")


@dataclass(frozen=True)
class Reversed(Stage[Ranking]):
    name = "reversed"

    def apply(self, ranking: Ranking) -> Ranking:
        status = "skipped" if "key" in ranking.query else "full"
        return ranking.reordered(tuple(reversed(ranking.candidates)), status=status)


def fails_on_chinese(query: str) -> Ranking:
    if "密" in query:
        raise ValueError("no Chinese here")
    return Ranking(query)


def test_each_pipeline_is_judged_on_every_query(handbook: Dataset) -> None:
    find = CommonCharacters(tuple(handbook.documents))
    report = evaluate({"found": find, "reversed": find >> Reversed()}, handbook, ["nDCG@10", "RR", "R@1"])
    assert (report.dataset, report.split, report.queries) == ("handbook", "test", 3)
    assert [pipeline.name for pipeline in report.pipelines] == ["found", "reversed"]
    assert report["found"].run.orders["q3"][0] == "密钥"
    assert report["found"].values["RR"]["q3"] == 1
    assert report["reversed"].run.orders["q3"] != report["found"].run.orders["q3"]
    for pipeline in report.pipelines:
        assert list(pipeline.measures) == ["nDCG@10", "RR", "R@1"]
        assert len(pipeline.ms) == 3
        assert min(pipeline.ms) > 0
        for order in pipeline.run.orders.values():
            assert sorted(order) == sorted(d.id for d in handbook.documents)  # each document once, by its best chunk


def test_a_failing_query_counts_zero_and_is_noted(handbook: Dataset) -> None:
    def found(query: str) -> Ranking:
        return fails_on_chinese(query) or CommonCharacters(tuple(handbook.documents))(query)

    pipeline = evaluate({"fragile": found}, handbook, ["RR"])["fragile"]
    assert pipeline.values["RR"]["q3"] == 0
    assert "q3" not in pipeline.run.orders
    assert len(pipeline.ms) == 2
    (note,) = pipeline.notes
    assert note.code == "query-failed"
    assert note.data == {"queries": 1, "failures": {"q3": "ValueError: no Chinese here"}}


def test_a_stage_that_steps_aside_is_noted(handbook: Dataset) -> None:
    find = CommonCharacters(tuple(handbook.documents)) >> Reversed()
    (note,) = evaluate({"reversed": find}, handbook)["reversed"].notes
    assert (note.code, dict(note.data)) == ("rerank-skipped", {"queries": 1})


@pytest.mark.parametrize("threads", [1, 3])
def test_threads_change_no_result_and_progress_counts_every_query(handbook: Dataset, threads: int) -> None:
    find = CommonCharacters(tuple(handbook.documents))
    seen: list[tuple[int, int]] = []
    report = evaluate(
        {"found": find}, handbook, on_progress=lambda done, total: seen.append((done, total)), threads=threads
    )
    assert seen == [(1, 3), (2, 3), (3, 3)]
    assert report["found"].values == evaluate({"found": find}, handbook)["found"].values


def test_a_packed_context_is_judged_by_its_passages(handbook: Dataset) -> None:
    def packed(query: str) -> Context:
        passages = tuple(Passage("", id_, "", 0, 0, 0) for id_ in ("lunch", "keys", "lunch"))
        return Context(query, "", passages, tokens=0, budget=10)

    report = evaluate({"packed": packed}, handbook, ["RR"])
    assert report["packed"].run.orders["q1"] == ("lunch", "keys")
    assert report["packed"].values["RR"]["q1"] == 0.5


def test_the_notes_of_the_set_are_those_of_the_report(make_beir: Callable[..., Path]) -> None:
    dataset = load_beir(make_beir(qrels={"q1": {"keys": 1, "gone": 1}}))
    assert evaluate({"nothing": Ranking}, dataset).notes == dataset.notes


def test_nothing_to_evaluate_is_said(handbook: Dataset) -> None:
    with pytest.raises(UsageError, match="no pipeline"):
        evaluate({}, handbook)
    with pytest.raises(UsageError, match="no measure"):
        evaluate({"nothing": Ranking}, handbook, [])
    with pytest.raises(UsageError, match="no measure 'ndcg at ten'"):
        evaluate({"nothing": Ranking}, handbook, ["ndcg at ten"])


def test_pipelines_in_a_list_are_named_by_their_stages(make_beir: Callable[..., Path]) -> None:
    root = make_beir()
    find = CommonCharacters(tuple(load_beir(root).documents))
    report = evaluate([find, find >> Reversed(), find, Ranking], root)
    names = [pipeline.name for pipeline in report.pipelines]
    assert names == ["commoncharacters", "commoncharacters+reversed", "commoncharacters-2", "Ranking"]


@pytest.mark.parametrize(
    "first", ["import shortlist.evaluate", "import shortlist.evaluate.beir", "shortlist.evaluate", "shortlist.Index"]
)
def test_the_room_is_called_as_the_function_however_it_was_imported(first: str) -> None:
    code = f"import shortlist\n{first}\nfrom shortlist.evaluate import evaluate\n"
    code += "import shortlist.evaluate as room\nassert room.load_beir and callable(room)\n"
    code += "try: shortlist.evaluate({}, '.')\nexcept shortlist.ShortlistError as error: print(error)"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert told.startswith("There is no pipeline")
