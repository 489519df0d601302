"""Quality on test sets: BM25, dense, hybrid and the second stage side by side, and stored runs reranked.

    python benchmarks/quality.py DATA_DIR [--sets scifact zhmix] [--queries 100] [--out results.jsonl] [--cache DIR]
                                          [--encoder DIR] [--before older.jsonl]

DATA_DIR holds one directory a set, in BEIR's layout. Every set is indexed once under --cache; each result is appended
to --out as one JSON line as soon as it is there. A run that was stopped goes on where it was: the index from its last
commit, the measures from the first set without a line. The tables at the end are made from all lines of --out; with
--before each pipeline is compared, query by query, with the lines that another version or another --encoder wrote.
"""

from __future__ import annotations

import argparse
import json
import platform
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import shortlist as sl
from quality_tables import Result, change_tables, tables
from shortlist.evaluate import Dataset, Report, evaluate, load_beir, read_run, rerank_run
from shortlist.models import Encoder, LateInteraction, load_encoder

MEASURES = ("nDCG@10", "R@100")
DEPTH = 100
CHUNK_SIZE = 448  # tokens: what was judged as one document stays one chunk wherever the encoder can read it whole


@dataclass(frozen=True)
class TestSet:
    """One set: what language its documents are in, and which judgments are taken."""

    name: str
    language: str
    splits: tuple[str, ...] = ("test",)

    @property
    def split(self) -> str:
        """Its splits as one name; they share no query."""
        return "+".join(self.splits)


@dataclass(frozen=True)
class StoredRun:
    """A first stage that ran elsewhere."""

    file: str
    set_name: str
    language: str
    split: str


SETS = (  # the quick ones first in each language
    TestSet("cranfield", "en"),
    TestSet("fiqa-small", "en"),
    TestSet("cmrc2018", "zh"),
    TestSet("drcd", "zh"),
    TestSet("scifact", "en"),
    TestSet("nfcorpus", "en"),
    TestSet("wikiqa", "en"),
    TestSet("trecqa", "en"),
    TestSet("zhmix", "zh"),
    TestSet("trec-dl", "en", ("dl19", "dl20")),
    TestSet("covid-qa", "en"),
    TestSet("squad", "en", ("sample",)),
    TestSet("cjrc", "zh"),
    TestSet("stard", "zh"),
)
RUNS = (
    StoredRun("run.bm25.dl19.trec.gz", "trec-dl", "en", "dl19"),
    StoredRun("run.bm25.dl20.trec.gz", "trec-dl", "en", "dl20"),
    StoredRun("run.splade.dl19.trec.gz", "trec-dl", "en", "dl19"),
    StoredRun("run.splade.dl20.trec.gz", "trec-dl", "en", "dl20"),
    StoredRun("run.bm25.trec.gz", "trecqa", "en", "test"),
    StoredRun("run.bm25.trec.gz", "wikiqa", "en", "test"),
)


def main() -> None:
    options = parsed_options()
    done = {(result.key, result.queries_asked) for result in read_results(options.out)}
    for key, measure in work(options):
        if (key, options.queries) in done:
            print(f"{key}: in {options.out} already", file=sys.stderr)
            continue
        line = {"key": key, "queries_asked": options.queries, **measure(), "machine": machine()}
        options.out.parent.mkdir(parents=True, exist_ok=True)
        with options.out.open("a", encoding="utf-8") as out:
            out.write(json.dumps(line, ensure_ascii=False) + "\n")
    found = [result for result in read_results(options.out) if result.queries_asked == options.queries]
    print(tables(found))
    if options.before is not None:
        older = [result for result in read_results(options.before) if result.queries_asked == options.queries]
        print("\n" + change_tables(older, found))


@dataclass(frozen=True)
class Options:
    """What the command line asks for."""

    data: Path
    sets: frozenset[str]
    out: Path
    cache: Path
    encoder: str
    before: Path | None
    queries: int | None
    seed: int

    def second_look(self) -> sl.Rerank:
        """The second stage, by the encoder that is measured."""
        return sl.Rerank(LateInteraction(load_encoder(self.encoder)))


def parsed_options() -> Options:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("data", type=Path, metavar="DATA_DIR")
    parser.add_argument("--sets", nargs="+", default=[test.name for test in SETS], metavar="SET")
    parser.add_argument("--out", type=Path, default=Path("quality.jsonl"), help="results, one JSON line a set")
    parser.add_argument("--cache", type=Path, default=Path(".cache/quality"), help="where the indexes are kept")
    parser.add_argument(
        "--encoder", default="default", help="the packaged one, or a directory; each needs its own cache"
    )
    parser.add_argument("--before", type=Path, help="results of another version, to compare with")
    parser.add_argument("--queries", type=int, help="how many queries of each set are asked; all, if not given")
    parser.add_argument("--seed", type=int, default=0, help="which queries --queries draws")
    given = parser.parse_args()
    unknown = set(given.sets) - {test.name for test in SETS}
    if unknown:
        parser.error(f"unknown sets: {', '.join(sorted(unknown))}; there are {', '.join(test.name for test in SETS)}")
    return Options(
        given.data,
        frozenset(given.sets),
        given.out,
        given.cache,
        given.encoder,
        given.before,
        given.queries,
        given.seed,
    )


def work(options: Options) -> Iterator[tuple[str, Callable[[], dict[str, Any]]]]:
    """Each thing to measure: its key, and the call that measures it."""
    for test in SETS:
        if test.name in options.sets and (options.data / test.name).is_dir():
            yield f"{test.name}/{test.split}", lambda test=test: measured_set(test, options)
    for run in RUNS:
        if run.set_name in options.sets and (options.data / run.set_name / run.file).is_file():
            key = f"{run.set_name}/{run.split}/{run.file.split('.')[1]}"
            yield key, lambda run=run: measured_run(run, options)


def measured_set(test: TestSet, options: Options) -> dict[str, Any]:
    dataset = sampled(loaded(options.data / test.name, test.splits), options.queries, options.seed)
    with sl.Index.open(options.cache / test.name, encoder=options.encoder, chunk_size=CHUNK_SIZE) as index:
        built = indexed(index, dataset, options.cache / f"{test.name}.json")
        longlist = index.retrieve(depth=DEPTH)
        pipelines = {
            "bm25": index.retrieve(depth=DEPTH, method="bm25"),
            "dense": index.retrieve(depth=DEPTH, method="dense"),
            "hybrid": longlist,
            "hybrid+rerank": longlist >> options.second_look(),
        }
        report = evaluate(pipelines, dataset, MEASURES, on_progress=progress(f"{test.name}: queries"))
    return {"language": test.language, "documents": len(dataset.documents), "index": built, **shape(report)}


def measured_run(stored: StoredRun, options: Options) -> dict[str, Any]:
    folder = options.data / stored.set_name
    dataset = sampled(load_beir(folder, stored.split), options.queries, options.seed)
    run = read_run(folder / stored.file)
    told = progress(f"{stored.set_name}, {stored.file}: queries")
    report = rerank_run(run, dataset, options.second_look(), DEPTH, MEASURES, on_progress=told)
    cosine = sl.Rerank(Cosine(load_encoder(options.encoder)))
    by_cosine = rerank_run(run, dataset, cosine, DEPTH, MEASURES, on_progress=told).pipelines[1]
    both = replace(report, pipelines=(*report.pipelines, replace(by_cosine, name="run+cosine")))
    return {"language": stored.language, "documents": len(dataset.documents), **shape(both)}


@dataclass(frozen=True)
class Cosine:
    """An encoder alone, as a reranker."""

    encoder: Encoder

    def score(self, query: str, passages: Sequence[str]) -> NDArray[np.float32]:
        """Cosines, float32 [passages]."""
        return self.encoder.encode(passages, "passage") @ self.encoder.encode([query], "query")[0]


def loaded(folder: Path, splits: Sequence[str]) -> Dataset:
    """The set with the queries of all `splits`."""
    parts = [load_beir(folder, split) for split in splits]
    return replace(
        parts[0],
        split="+".join(splits),
        queries={query: text for part in parts for query, text in part.queries.items()},
        qrels={query: grades for part in parts for query, grades in part.qrels.items()},
        notes=tuple(note for part in parts for note in part.notes),
    )


def sampled(dataset: Dataset, queries: int | None, seed: int) -> Dataset:
    """The set with no more queries than were asked for; the same ones each time."""
    if queries is None or queries >= len(dataset.queries):
        return dataset
    kept = sorted(random.Random(seed).sample(sorted(dataset.queries), queries))
    return replace(
        dataset,
        queries={query: dataset.queries[query] for query in kept},
        qrels={query: dataset.qrels[query] for query in kept},
    )


def indexed(index: sl.Index, dataset: Dataset, record: Path) -> dict[str, Any]:
    """Add the documents that the index does not hold yet; how long it took, over all runs, stands in `record`."""
    built: dict[str, Any] = json.loads(record.read_text()) if record.is_file() else {"seconds": 0.0, "whole": False}
    if built["whole"]:
        return built
    told = progress(f"{dataset.name}: documents")
    start = time.perf_counter()
    try:
        index.add(dataset.documents, on_progress=lambda _, documents: told(documents, len(dataset.documents)))
        built["whole"] = True
    finally:
        built["seconds"] += time.perf_counter() - start
        status = index.status()
        built |= {"documents": status.documents, "chunks": status.chunks, "bytes": sum(status.bytes.values())}
        record.write_text(json.dumps(built))
    return built


def shape(report: Report) -> dict[str, Any]:
    """The report as JSON, with the value of every query: averages over sets are compared query by query."""
    result = report.to_json()
    for entry, pipeline in zip(result["pipelines"], report.pipelines, strict=True):
        entry["values"] = {m: {q: round(v, 6) for q, v in of.items()} for m, of in pipeline.values.items()}
    return result


def read_results(path: Path) -> list[Result]:
    if not path.is_file():
        return []
    return [Result.from_json(json.loads(line)) for line in path.read_text("utf-8").splitlines()]


def machine() -> Mapping[str, Any]:
    """What was measured, and what the times were taken on."""
    from shortlist.models.runtimes.session import cores

    described = subprocess.run(["git", "describe", "--always", "--dirty"], capture_output=True, text=True, check=False)
    return {
        "commit": described.stdout.strip(),
        "system": platform.platform(),
        "python": platform.python_version(),
        "cores": cores(),
    }


def progress(what: str) -> Callable[[int, int], None]:
    """A line on standard error: twice a second written over in a terminal, every half minute a new one elsewhere."""
    last, every, end = (0.0, 0.5, "\r") if sys.stderr.isatty() else (0.0, 30.0, "\n")

    def told(done: int, total: int) -> None:
        nonlocal last
        now = time.monotonic()
        if now - last > every or done == total:
            last = now
            print(f"{what} {done:,} of {total:,}", end="\n" if done == total else end, file=sys.stderr, flush=True)

    return told


if __name__ == "__main__":
    main()
