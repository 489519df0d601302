"""Pipelines side by side on one test set: the same queries, query by query, judged and timed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import TypeAlias

from shortlist.errors import UsageError
from shortlist.evaluate.beir import Dataset, load_beir
from shortlist.evaluate.log import Log, warm
from shortlist.evaluate.measures import Measure, parse_measure
from shortlist.evaluate.report import Report, evaluated
from shortlist.records import Context, Ranking
from shortlist.stage import Pipeline, Stage

Ask: TypeAlias = Callable[[str], Ranking | Context]
Progress: TypeAlias = Callable[[int, int], None]  # (queries done, queries in all)

DEFAULT_MEASURES = ("nDCG@10", "R@100")


def evaluate(
    pipelines: Mapping[str, Ask] | Sequence[Ask],
    dataset: Dataset | str | Path,
    measures: Sequence[str | Measure] = DEFAULT_MEASURES,
    *,
    split: str = "test",
    on_progress: Progress | None = None,
    threads: int = 1,
) -> Report:
    """Ask every query of a test set of every pipeline and judge what comes back.

    A document stands where its first chunk stands. Each query goes through all pipelines before the next query does,
    in turn beginning with another, so that their times are comparable; the first query is asked once before, untimed,
    so that no model is loaded within a time. With more than one thread the times include waiting for each other.

    Args:
        pipelines: name → anything that is called with a query and gives a `Ranking` (or a `Context`, judged by its
            passages in their order). In a list they are named by their stages: "hybrid", "hybrid+rerank".
        dataset: a directory in BEIR's layout, or what `load_beir` gave. The pipelines must search its documents,
            under its ids.
        measures: in ir_measures' notation, such as "nDCG@10".
        split: which judgments of a directory: "test" reads qrels/test.tsv.
        on_progress: called after each query with how many are done and how many there are.
        threads: how many queries are asked at once.

    Returns:
        The report. A query that fails counts as one without results and is told in a note ("query-failed"); where a
        reranker stepped aside, a note says how often ("rerank-partial", "rerank-skipped", "rerank-failed").

    Raises:
        UsageError: there is no pipeline, or an unknown measure or split.
        ReadError: the test set cannot be read.
    """
    if not pipelines:
        raise UsageError('There is no pipeline to evaluate. Give at least one: {"hybrid": index.retrieve()}')
    parsed = parse_measures(measures)
    pipelines = pipelines if isinstance(pipelines, Mapping) else named(pipelines)
    dataset = dataset if isinstance(dataset, Dataset) else load_beir(dataset, split)
    logs = {name: Log() for name in pipelines}
    queries = list(dataset.queries.items())
    for ask in pipelines.values():
        warm(partial(ask, queries[0][1]))
    names = list(pipelines)

    def round_of(number: int) -> None:
        query_id, query = queries[number]
        turn = number % len(names)
        for name in (*names[turn:], *names[:turn]):
            logs[name].add(query_id, partial(pipelines[name], query))

    for done, _ in enumerate(_each(round_of, len(queries), threads), 1):
        if on_progress is not None:
            on_progress(done, len(queries))
    return Report(
        dataset=dataset.name,
        split=dataset.split,
        queries=len(queries),
        pipelines=tuple(
            evaluated(name, log.orders, dataset.qrels, parsed, ms=list(log.ms.values()), notes=log.notes(len(queries)))
            for name, log in logs.items()
        ),
        notes=dataset.notes,
    )


def parse_measures(measures: Sequence[str | Measure]) -> list[Measure]:
    """The measures that were asked for, each once.

    Raises:
        UsageError: one is unknown, or there are none.
    """
    if not measures:
        raise UsageError(f"There is no measure. Give at least one, such as {DEFAULT_MEASURES[0]}")
    return list(dict.fromkeys(m if isinstance(m, Measure) else parse_measure(m) for m in measures))


def named(pipelines: Sequence[Ask]) -> dict[str, Ask]:
    """Each pipeline under the names of its stages, joined by "+"; a name that comes again gets a number."""
    names: dict[str, Ask] = {}
    for pipeline in pipelines:
        stages = (pipeline.retriever, *pipeline.stages) if isinstance(pipeline, Pipeline) else (pipeline,)
        name = base = "+".join(map(_stage_name, stages))
        number = 1
        while name in names:
            number += 1
            name = f"{base}-{number}"
        names[name] = pipeline
    return names


def _stage_name(stage: object) -> str:
    if isinstance(stage, Stage):
        return stage.name
    return getattr(stage, "__name__", type(stage).__name__.lower())  # a function's own; Hybrid is "hybrid"


def _each(work: Callable[[int], None], count: int, threads: int) -> Iterable[None]:
    if threads <= 1:
        return map(work, range(count))
    return _in_threads(work, count, threads)


def _in_threads(work: Callable[[int], None], count: int, threads: int) -> Iterable[None]:
    pool = ThreadPoolExecutor(threads)
    try:
        yield from pool.map(work, range(count))
    finally:
        pool.shutdown(cancel_futures=True)
