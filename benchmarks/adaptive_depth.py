"""Adaptive depth against fixed depths: what is read, and what of nDCG@10 is kept.

    python benchmarks/adaptive_depth.py DATA_DIR [--queries 100] [--cache DIR] [--fit]

DATA_DIR holds one directory a set, in BEIR's layout. Each set is indexed once under --cache and asked for its first 100
by BM25 and by the hybrid; the default second look scores all of them once, and these scores are replayed through
`Rerank(depth=…)` and `Rerank(risk=…)`. --fit learns the constants of `shortlist.rerank.depth` anew, on lists of
development splits that need no labels, and prints them.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import shortlist as sl
from shortlist.evaluate import Dataset, load_beir, parse_measure
from shortlist.library import Method
from shortlist.models import LateInteraction
from shortlist.records import Candidate, Chunk, Ranking
from shortlist.rerank.depth import LEAST, STEP, Enough, features

TEST = ("fiqa-small:test", "cranfield:test", "wikiqa:test", "trecqa:test", "cmrc2018:test", "cjrc:test")
DEVELOPMENT = ("wikiqa:dev", "trecqa:dev", "cmrc2018:trial", "cjrc:dev")
METHODS: tuple[Method, ...] = ("bm25", "hybrid")
DEPTH, CUTOFF, CHUNK_SIZE = 100, 10, 448
FIXED = (10, 20, 30, 50, 100)
RISKS = (0.5, 0.3, 0.1, 0.03, 0.01)
BINS = (0.0, 0.02, 0.05, 0.1, 0.2, 0.4, 0.7, 1.01)
NDCG = parse_measure(f"nDCG@{CUTOFF}")


@dataclass(frozen=True)
class Replayed:
    """A reranker that knows every score already; a passage's text is its chunk's id."""

    scores: Mapping[str, float]

    def score(self, query: str, passages: Sequence[str]) -> NDArray[np.float64]:
        """The scores of these ids."""
        return np.array([self.scores[passage] for passage in passages])


@dataclass(frozen=True)
class Asked:
    """A query's longlist, what was judged relevant, and the second look's score of every candidate."""

    ranking: Ranking
    grades: Mapping[str, int]
    model: Replayed
    blend: float

    def reranked(self, **options: float) -> tuple[float, int]:
        """nDCG@10 and how many candidates were read."""
        stage = sl.Rerank(self.model, blend=self.blend, on_error="raise", **options)  # pyright: ignore[reportArgumentType]  any of its options
        after = stage(self.ranking)
        order = tuple(dict.fromkeys(c.chunk.doc_id for c in after))
        return NDCG.value(order, self.grades), sum("rerank" in c.scores for c in after)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--queries", type=int, default=100)
    parser.add_argument("--cache", type=Path, default=Path(".cache/quality"))
    parser.add_argument("--fit", action="store_true")
    given = parser.parse_args()

    def lists(name: str, method: Method) -> list[Asked]:
        return list(asked(given.data, given.cache, name, method, given.queries))

    if given.fit:
        rows = [signs_of(lists(name, method)) for name in DEVELOPMENT for method in METHODS]
        constants = logistic(np.concatenate([signs for signs, _ in rows]), np.concatenate([y for _, y in rows]))
        print("constants:", ", ".join(f"{value:.2f}" for value in constants))
        return
    for method in METHODS:
        sets = {name.partition(":")[0]: lists(name, method) for name in TEST}
        print(f"\nlonglist: {method}\n")
        table(sets)
        reliability([one for asked_of_set in sets.values() for one in asked_of_set])


def asked(data: Path, cache: Path, name: str, method: Method, queries: int) -> Iterator[Asked]:
    """The longlists of one set, with every candidate's second score."""
    folder, _, split = name.partition(":")
    dataset = load_beir(data / folder, split)
    encoder = sl.load_encoder()
    with sl.Index.open(cache / folder, chunk_size=CHUNK_SIZE) as index:
        index.add(dataset.documents)
        find = index.retrieve(DEPTH, method=method) >> sl.Rerank(guard=False)
        for query in drawn(dataset, queries):
            after = sorted(find(dataset.queries[query]), key=lambda candidate: candidate.rank_before or 0)
            scores = {c.chunk.id: c.scores["rerank"] for c in after}
            first = "fused" if method == "hybrid" else "bm25"
            bare = [
                Candidate(Chunk(c.chunk.id, c.chunk.doc_id, 0, 0, c.chunk.id), i, scores=without(c.scores))
                for i, c in enumerate(after, 1)
            ]
            ranking = Ranking("query", tuple(bare), scored_by=first)
            yield Asked(ranking, dataset.qrels[query], Replayed(scores), LateInteraction(encoder).blend)


def drawn(dataset: Dataset, queries: int) -> list[str]:
    names = sorted(dataset.queries)
    return random.Random(0).sample(names, min(queries, len(names)))


def without(scores: Mapping[str, float]) -> dict[str, float]:
    return {name: score for name, score in scores.items() if name in ("bm25", "dense", "fused")}


def table(sets: Mapping[str, Sequence[Asked]]) -> None:
    """nDCG@10 and pairs of each way to choose the depth, the share of the best fixed depth's in the last column."""
    ways: list[tuple[str, dict[str, float]]] = [(f"depth {depth}", {"depth": depth}) for depth in FIXED]
    ways += [(f"risk {risk}", {"risk": risk}) for risk in RISKS]
    results = {
        name: {of: means([one.reranked(**options) for one in asked_of]) for of, asked_of in sets.items()}
        for name, options in ways
    }
    overall = {name: np.mean([list(pair) for pair in by_set.values()], axis=0) for name, by_set in results.items()}
    best = max((name for name in results if name.startswith("depth")), key=lambda name: overall[name][0])
    print(f"| | {' | '.join(sets)} | mean | of {best}: nDCG@10, pairs |\n|{'---|' * (len(sets) + 3)}")
    print(row("longlist", [(mean_of(s, lambda one: one.reranked(depth=0)[0]), 0.0) for s in sets.values()], ""))
    for name, by_set in results.items():
        share = overall[name] / overall[best]
        cells = [*by_set.values(), (float(overall[name][0]), float(overall[name][1]))]
        print(row(name, cells, f"{share[0]:.1%}, {share[1]:.0%}"))


def row(name: str, cells: Sequence[tuple[float, float]], last: str) -> str:
    return f"| {name} | {' | '.join(f'{value:.4f} / {pairs:.0f}' for value, pairs in cells)} | {last} |"


def means(pairs: Sequence[tuple[float, int]]) -> tuple[float, float]:
    return float(np.mean([value for value, _ in pairs])), float(np.mean([read for _, read in pairs]))


def mean_of(items: Sequence[Asked], value: Callable[[Asked], float]) -> float:
    return float(np.mean([value(item) for item in items]))


def reliability(items: Sequence[Asked]) -> None:
    """Of the moments at which the chance was estimated to be about so much: how often one did still enter."""
    found: list[tuple[float, bool]] = []
    for one in items:
        head = one.ranking.candidates
        enough = Enough.of(one.ranking, head, 0.0, CUTOFF, one.blend)
        for done, entered in moments(one, enough):
            read = {i: head[i].scored(rerank=one.model.scores[head[i].chunk.id]) for i in range(done)}
            found.append((enough.chance(read, list(range(done, len(head)))), entered))
    chances, entered = np.array([c for c, _ in found]), np.array([e for _, e in found])
    print("\n| estimated chance | moments | mean estimate | one entered |\n|---|---|---|---|")
    for low, high in pairwise(BINS):
        held = (chances >= low) & (chances < high)
        if held.any():
            means_of = f"{chances[held].mean():.3f} | {entered[held].mean():.3f}"
            print(f"| {low:g} to {min(high, 1):g} | {held.sum()} | {means_of} |")


def moments(one: Asked, enough: Enough) -> Iterator[tuple[int, bool]]:
    """After how many candidates one may stop, and whether one that is unread then does belong into the first places."""
    rerank = np.array([one.model.scores[c.chunk.id] for c in one.ranking])
    if len(rerank) <= CUTOFF:
        return
    order = enough.gaps(rerank, list(range(len(rerank))), []).read
    last = int(np.argsort(-order, kind="stable")[:CUTOFF].max())
    for done in range(max(LEAST, CUTOFF), len(rerank), STEP):
        yield done, last >= done


def signs_of(items: Sequence[Asked]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """What the chance depends on at each moment, and what came: with the blend and by the model alone."""
    signs: list[list[float]] = []
    entered: list[bool] = []
    for one in items:
        rerank = np.array([one.model.scores[c.chunk.id] for c in one.ranking])
        for weight in (one.blend, 0.0):
            enough = Enough.of(one.ranking, one.ranking.candidates, 0.0, CUTOFF, weight)
            for done, came in moments(one, enough):
                gaps = enough.gaps(rerank[:done], list(range(done)), list(range(done, len(rerank))))
                signs.append(features(gaps, CUTOFF))
                entered.append(came)
    return np.array(signs), np.array(entered, np.float64)


def logistic(x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
    """Weights of a logistic regression, by Newton's method with a touch of ridge."""
    weights = np.zeros(x.shape[1])
    for _ in range(50):
        p = 1 / (1 + np.exp(-x @ weights))
        hessian = (x * (p * (1 - p))[:, None]).T @ x + 1e-3 * np.eye(len(weights))
        weights += np.linalg.solve(hessian, x.T @ (y - p) - 1e-3 * weights)
    return weights


if __name__ == "__main__":
    main()
