"""A stored run, reranked and judged: what the second stage gains over a first stage that ran elsewhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial

from shortlist.errors import UsageError
from shortlist.evaluate.beir import Dataset
from shortlist.evaluate.evaluate import DEFAULT_MEASURES, Progress, parse_measures
from shortlist.evaluate.log import Log, warm
from shortlist.evaluate.measures import Measure
from shortlist.evaluate.report import Report, evaluated
from shortlist.evaluate.runs import Run
from shortlist.records import Candidate, Chunk, Document, Note, Ranking
from shortlist.stage import Stage


def rerank_run(
    run: Run,
    dataset: Dataset,
    stage: Stage[Ranking],
    depth: int = 100,
    measures: Sequence[str | Measure] = DEFAULT_MEASURES,
    *,
    on_progress: Progress | None = None,
) -> Report:
    """Give the first `depth` documents of each query of a run to `stage`, and judge `run` and `run+rerank`.

    Each document is one candidate with its text from the corpus, its place, and its score of the run, under the name
    "bm25" where the run's name says so and "run" elsewhere. Those without text in the corpus, and those below
    `depth`, follow unread in the order they had.

    Returns:
        A report of two pipelines; the first has no times. Notes: those of the run and the dataset; "run-without-text"
        counts candidates that the corpus does not hold; a query for which the stage fails keeps the run's order, and
        a note ("query-failed") says so.

    Raises:
        UsageError: no query of the run was judged, `depth` is below 1, or an unknown measure.
    """
    if depth < 1:
        raise UsageError(f"depth counts the candidates that are reranked and cannot be {depth}. Give 1 or more.")
    queries = [query for query in dataset.queries if run.orders.get(query)]
    if not queries:
        raise UsageError(
            f"No query of the run {run.name} was judged in {dataset.name}, {dataset.split}. "
            "Give the run and the judgments of the same queries."
        )
    texts = dataset.documents.pick({document for query in queries for document in run.orders[query][:depth]})
    log, without_text = Log(), 0
    warm(partial(stage, _candidates(run, queries[0], dataset.queries[queries[0]], texts, depth)))
    for done, query in enumerate(queries, 1):
        ranking = _candidates(run, query, dataset.queries[query], texts, depth)
        without_text += len(run.orders[query][:depth]) - len(ranking)
        log.add(query, partial(stage, ranking))
        if on_progress is not None:
            on_progress(done, len(queries))
    parsed = parse_measures(measures)
    orders = {query: (*log.orders.get(query, ()), *run.orders[query]) for query in queries}
    reranked = {query: tuple(dict.fromkeys(order)) for query, order in orders.items()}
    notes = (*dataset.notes, *run.notes, *_notes(len(dataset.queries) - len(queries), without_text))
    return Report(
        dataset=dataset.name,
        split=dataset.split,
        queries=len(dataset.queries),
        pipelines=(
            evaluated("run", {query: run.orders[query] for query in queries}, dataset.qrels, parsed),
            evaluated(
                "run+rerank",
                reranked,
                dataset.qrels,
                parsed,
                ms=list(log.ms.values()),
                notes=log.notes(len(queries), "keep the order of the run"),
            ),
        ),
        notes=notes,
    )


def _candidates(run: Run, query: str, text: str, texts: Mapping[str, Document], depth: int) -> Ranking:
    name = "bm25" if "bm25" in run.name.lower() else "run"
    order, scores = run.orders[query][:depth], run.scores.get(query, ())
    found = [
        Candidate(_chunk(texts[document]), rank, scores={name: scores[rank - 1]} if scores else {})
        for rank, document in enumerate(order, 1)
        if document in texts
    ]
    ranked = tuple(replace(candidate, rank=rank) for rank, candidate in enumerate(found, 1))
    return Ranking(text, ranked, scored_by=name if scores else "", scale=name)


def _chunk(document: Document) -> Chunk:
    return Chunk(document.id, document.id, 0, len(document.text), document.text, title=document.title)


def _notes(without_results: int, without_text: int) -> list[Note]:
    notes: list[Note] = []
    if without_results:
        message = f"The run has no results for {without_results} judged queries, which count 0."
        notes.append(Note("run-without-query", message, {"queries": without_results}))
    if without_text:
        message = f"{without_text} candidates have no text in the corpus: they follow those that were reranked."
        notes.append(Note("run-without-text", message, {"candidates": without_text}))
    return notes
