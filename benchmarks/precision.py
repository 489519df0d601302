"""What the faster precisions change: a trained cross-encoder in each of them over two test sets.

    python benchmarks/precision.py DATA_DIR [MODEL_DIR] [--sets trec-dl scifact] [--queries 100] [--depth 100]

DATA_DIR holds one directory a set, in BEIR's layout. Read are the stored BM25 run of trec-dl (DL19 and DL20) and, of
scifact, our own BM25 over the whole corpus. MODEL_DIR is what benchmarks/trained_reranker.py wrote, unless another is
given. The precisions take turns query by query on one core; times are the processor's. "int8:64" is int8 with 64
channels of each product in float32. Scores are kept under --cache as they come, so that a run that was stopped goes on:
give another --cache after a change of the code. --out keeps the figures for benchmarks/precision_plot.py.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, cast

import numpy as np

from bm25_terms import Bm25
from quality import loaded, progress, sampled
from shortlist.evaluate import Comparison, Dataset, compare, parse_measure, read_run
from shortlist.models import ModelTokenizer
from shortlist.models.check.kendall import kendall_tau
from shortlist.models.cross_encoder import CrossEncoderModel, load_cross_encoder
from shortlist.models.graphs import open_graph
from shortlist.models.runtimes import int8_nodes
from shortlist.models.runtimes.precision import Precision
from shortlist.text import query_terms, terms

CACHE = Path(__file__).parent.parent / ".cache"
SPLITS = {"trec-dl": ("dl19", "dl20"), "scifact": ("test",)}
MODES = (*(("bf16",) if find_spec("openvino") else ()), "int8")
NDCG, TOP = parse_measure("nDCG@10"), 10


@dataclass(frozen=True)
class Longlist:
    """A query and the documents that are read for it."""

    query: str
    text: str
    documents: list[str]
    passages: Sequence[str]
    grades: Mapping[str, int]


@dataclass(frozen=True)
class Scored:
    """One precision over a set: by query the logits, in the order of the longlist."""

    scores: Mapping[str, np.ndarray]
    ms_a_pair: float  # of processor time


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, metavar="DATA_DIR")
    parser.add_argument("model", type=Path, nargs="?", default=CACHE / "trained-reranker", metavar="MODEL_DIR")
    parser.add_argument("--sets", nargs="+", default=list(SPLITS), choices=list(SPLITS))
    parser.add_argument("--modes", nargs="+", default=list(MODES), help="beside exact: bf16, int8, int8:CHANNELS")
    parser.add_argument("--queries", type=int, default=100, help="drawn of each set, seed 0")
    parser.add_argument("--depth", type=int, default=100)
    parser.add_argument("--cache", type=Path, default=CACHE / "precision")
    parser.add_argument("--out", type=Path)
    asked = parser.parse_args()
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})  # one core, before anything asks how many there are
    figures: list[dict[str, Any]] = []
    for name in asked.sets:
        lists = longlists(asked.data / name, name, asked.queries, asked.depth)
        kept = asked.cache / f"{asked.model.name}-{name}.jsonl"
        figures += show(name, lists, scored(asked.model, ["exact", *asked.modes], lists, kept))
    if asked.out:
        asked.out.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")


def longlists(folder: Path, name: str, queries: int, depth: int) -> list[Longlist]:
    """The drawn queries with the best `depth` documents of BM25."""
    dataset = sampled(loaded(folder, SPLITS[name]), queries, 0)
    orders = stored(folder, SPLITS[name]) if name == "trec-dl" else found(dataset, depth)
    texts = {each.id: f"{each.title or ''}\n{each.text}".strip() for each in dataset.documents}
    made: list[Longlist] = []
    for query in dataset.queries:
        documents = [each for each in orders[query] if each in texts][:depth]
        passages = [texts[each] for each in documents]
        made.append(Longlist(query, dataset.queries[query], documents, passages, dataset.qrels[query]))
    return made


def stored(folder: Path, splits: Sequence[str]) -> dict[str, Sequence[str]]:
    """The orders of the stored BM25 runs."""
    runs = (read_run(folder / f"run.bm25.{split}.trec.gz") for split in splits)
    return {query: order for run in runs for query, order in run.orders.items()}


def found(dataset: Dataset, depth: int) -> dict[str, Sequence[str]]:
    """The orders of our own BM25."""
    engine = Bm25([(each.id, terms(f"{each.title or ''}\n{each.text}")) for each in dataset.documents])
    return {query: list(engine.search(query_terms(dataset.queries[query]), depth)) for query in dataset.queries}


def scored(directory: Path, modes: Sequence[str], lists: Sequence[Longlist], kept: Path) -> dict[str, Scored]:
    """Every longlist in every precision; what `kept` holds already is not computed again."""
    models = {mode: opened(directory, mode) for mode in modes}
    lines = {(line["mode"], line["query"]): line for line in read(kept)}
    told = progress(kept.stem)
    kept.parent.mkdir(parents=True, exist_ok=True)
    with kept.open("a", encoding="utf-8") as out:
        for done, each in enumerate(lists, 1):
            for mode, model in models.items():
                key = mode, each.query
                if key not in lines or lines[key]["documents"] != each.documents:
                    lines[key] = {"mode": mode, **line(model, each)}
                    print(json.dumps(lines[key]), file=out, flush=True)
            told(done, len(lists))
    every = {mode: [lines[mode, each.query] for each in lists] for mode in modes}
    return {
        mode: Scored(
            {each["query"]: np.array(each["scores"]) for each in of},
            sum(each["seconds"] for each in of) / sum(len(each["scores"]) for each in of) * 1000,
        )
        for mode, of in every.items()
    }


def opened(directory: Path, mode: str) -> CrossEncoderModel:
    """The model in a precision."""
    name, _, share = mode.partition(":")
    if not share:
        return load_cross_encoder(directory, cast("Precision", name))
    int8_nodes.CHANNELS = int(share)
    graph = open_graph(directory, "logits", "int8")
    return CrossEncoderModel(str(directory), graph, ModelTokenizer.load(graph.directory), "int8")


def read(kept: Path) -> Iterator[dict[str, Any]]:
    if kept.is_file():
        yield from map(json.loads, kept.read_text("utf-8").splitlines())


def line(model: CrossEncoderModel, each: Longlist) -> dict[str, Any]:
    """What is kept of one longlist in one precision."""
    start = time.process_time()
    scores = model.score(each.text, each.passages).tolist()
    seconds = time.process_time() - start
    return {
        "revision": model.revision,
        "query": each.query,
        "documents": each.documents,
        "scores": scores,
        "seconds": seconds,
    }


def show(name: str, lists: Sequence[Longlist], of: Mapping[str, Scored]) -> list[dict[str, Any]]:
    """Print the table of one set, and give its figures."""
    exact = of["exact"]
    bm25 = float(np.mean([NDCG.value(each.documents, each.grades) for each in lists]))
    print(f"\n## {name}: {len(lists)} queries, {sum(len(each.documents) for each in lists):,} pairs, BM25 {bm25:.4f}\n")
    print("| precision | nDCG@10 | less exact | top 10 kept | τ | rms Δ / deviation | ms a pair | speed |")
    print("|---" * 8 + "|")
    figures: list[dict[str, Any]] = []
    for mode, scored in of.items():
        change, closeness = judged(lists, scored, exact), near(lists, scored, exact)
        less = f"{change.difference:+.4f} [{change.low:+.4f}, {change.high:+.4f}]"
        speed = exact.ms_a_pair / scored.ms_a_pair
        figures.append(
            {
                "set": name,
                "mode": called(mode),
                "top10": closeness[0],
                "kendall": closeness[1],
                "rms": closeness[2],
                "speed": speed,
            }
        )
        numbers = " | ".join(f"{figure:.4f}" for figure in closeness)
        print(
            f"| {mode} | {change.first:.4f} | {less} | {numbers} | {scored.ms_a_pair:.1f} | {speed:.2f} |", flush=True
        )
    return figures


def called(mode: str) -> str:
    """A precision with the instruction set that oneDNN, which runs bf16, is limited to."""
    limit = os.environ.get("ONEDNN_MAX_CPU_ISA")
    return f"{mode} on {limit}" if limit and mode == "bf16" else mode


def judged(lists: Sequence[Longlist], scored: Scored, exact: Scored) -> Comparison:
    """nDCG@10 beside exact's, paired by query."""

    def values(of: Scored) -> dict[str, float]:
        return {each.query: NDCG.value(ordered(each, of.scores[each.query]), each.grades) for each in lists}

    return compare(values(scored), values(exact))


def ordered(each: Longlist, scores: np.ndarray) -> list[str]:
    """The documents by falling score."""
    return [each.documents[int(i)] for i in np.argsort(-scores, kind="stable")]


def near(lists: Sequence[Longlist], scored: Scored, exact: Scored) -> tuple[float, float, float]:
    """Means over queries: share of exact's first ten, Kendall's τ; and the rms change in deviations within a query."""
    both = [(exact.scores[each.query], scored.scores[each.query]) for each in lists if len(each.documents) > TOP]
    kept = [len({*np.argsort(-a, kind="stable")[:TOP]} & {*np.argsort(-b, kind="stable")[:TOP]}) / TOP for a, b in both]
    taus = [kendall_tau(a.tolist(), b.tolist()) for a, b in both]
    change = np.sqrt(np.mean([np.mean(np.square(a - b)) for a, b in both]))
    return float(np.mean(kept)), float(np.mean(taus)), float(change / np.sqrt(np.mean([a.var() for a, _ in both])))


if __name__ == "__main__":
    sys.exit(main())
