"""Adaptive depth against fixed depths: what is read, and what of nDCG@10 is kept.

    python benchmarks/adaptive_depth.py DATA_DIR [--queries 150] [--cache DIR] [--development]

DATA_DIR holds one directory a set, in BEIR's layout. Each set is indexed once under --cache and asked for its first 100
by BM25 and by the hybrid; the default second look scores all of them once, the scores are kept there too, and are
replayed through `Rerank(depth=…)` and `Rerank(risk=…)`. --development takes the splits on which the rule of
`shortlist.rerank.depth` was chosen, and shows other cutoffs beside it.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import shortlist as sl
from shortlist.evaluate import load_beir, parse_measure
from shortlist.library import Method
from shortlist.models import LateInteraction
from shortlist.records import Candidate, Chunk, Ranking
from shortlist.rerank.depth import STEP, Enough

TEST = ("cranfield:test", "fiqa-small:test", "wikiqa:test", "trecqa:test", "cmrc2018:test", "cjrc:test", "drcd:test")
DEVELOPMENT = ("wikiqa:dev", "trecqa:dev", "cmrc2018:trial", "cjrc:dev", "drcd:dev")
METHODS: tuple[Method, ...] = ("bm25", "hybrid")
DEPTH, CHUNK_SIZE = 100, 448
FIXED = (5, 10, 20, 30, 50, 100)
RISKS = (0.3, 0.1, 0.03, 0.01, 0.003, 0.001)
OTHER_CUTOFFS = (3, 10)
BINS = (0.0, 0.02, 0.05, 0.1, 0.2, 0.4, 0.7, 1.01)
NDCG = parse_measure("nDCG@10")

Cells = Mapping[str, tuple[float, float]]  # by set: nDCG@10, and candidates read a query


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

    def after(self, **options: float) -> Ranking:
        """As the second look orders it, with any of its options."""
        return sl.Rerank(self.model, blend=self.blend, on_error="raise", **options)(self.ranking)  # pyright: ignore[reportArgumentType]

    def reranked(self, **options: float) -> tuple[float, int]:
        """nDCG@10 and how many candidates were read."""
        after = self.after(**options)
        order = tuple(dict.fromkeys(c.chunk.doc_id for c in after))
        return NDCG.value(order, self.grades), sum("rerank" in c.scores for c in after)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--sets", nargs="*", help="set:split; those named in this file, if not given")
    parser.add_argument("--queries", type=int, default=150)
    parser.add_argument("--cache", type=Path, default=Path(".cache/quality"))
    parser.add_argument("--development", action="store_true")
    given = parser.parse_args()
    names: Sequence[str] = given.sets or (DEVELOPMENT if given.development else TEST)
    model = LateInteraction(sl.load_encoder())
    for method in METHODS:
        sets = {name: asked(given.data, given.cache, name, method, given.queries, model) for name in names}
        print(f"\nlonglist: {method}\n")
        table(sets, OTHER_CUTOFFS if given.development else ())
        reliability([one for asked_of_set in sets.values() for one in asked_of_set])


def asked(data: Path, cache: Path, name: str, method: Method, queries: int, model: LateInteraction) -> list[Asked]:
    """The longlists of one set, with every candidate's second score: from the cache, or made now and kept."""
    folder, _, split = name.partition(":")
    kept = cache / f"{folder}.{split}.{method}.{queries}.{model.revision}.json.gz"
    if not kept.exists():
        rows = list(looked_at(data, cache, folder, split, method, queries))
        with gzip.open(kept, "wt", encoding="utf-8") as file:
            json.dump(rows, file)
    with gzip.open(kept, "rt", encoding="utf-8") as file:
        rows = json.load(file)
    grades = load_beir(data / folder, split).qrels
    return [Asked(longlist(row, method), grades[row["query"]], second_scores(row), model.blend) for row in rows]


def looked_at(
    data: Path, cache: Path, folder: str, split: str, method: Method, queries: int
) -> Iterator[dict[str, Any]]:
    """Each drawn query's candidates in first-stage order, as JSON keeps them."""
    dataset = load_beir(data / folder, split)
    names = sorted(dataset.queries)
    with sl.Index.open(cache / folder, chunk_size=CHUNK_SIZE) as index:
        index.add(dataset.documents)
        find = index.retrieve(DEPTH, method=method) >> sl.Rerank(guard=False, on_error="raise")
        for query in random.Random(0).sample(names, min(queries, len(names))):
            after = sorted(find(dataset.queries[query]), key=lambda candidate: candidate.rank_before or 0)
            candidates = [{"chunk": c.chunk.id, "doc": c.chunk.doc_id, "scores": dict(c.scores)} for c in after]
            yield {"query": query, "candidates": candidates}


def longlist(row: Mapping[str, Any], method: Method) -> Ranking:
    """As the first stage gave it; a passage's text is its chunk's id."""
    candidates = tuple(
        Candidate(
            Chunk(one["chunk"], one["doc"], 0, 0, one["chunk"]),
            place,
            scores={name: one["scores"][name] for name in ("bm25", "dense", "fused") if name in one["scores"]},
        )
        for place, one in enumerate(row["candidates"], 1)
    )
    return Ranking("query", candidates, scored_by="fused" if method == "hybrid" else "bm25")


def second_scores(row: Mapping[str, Any]) -> Replayed:
    return Replayed({one["chunk"]: one["scores"]["rerank"] for one in row["candidates"]})


def table(sets: Mapping[str, Sequence[Asked]], cutoffs: Sequence[int]) -> None:
    """nDCG@10 and pairs of each way to choose the depth, each set counting the same, beside the best fixed depth.

    A loss is what a set's nDCG@10 is below that of the same best fixed depth.
    """
    depths = {f"depth {depth}": results(sets, depth=depth) for depth in FIXED}
    risks = {f"risk {risk}": results(sets, risk=risk) for risk in RISKS}
    for cutoff in cutoffs:
        risks |= {f"risk {risk}, first {cutoff}": results(sets, risk=risk, cutoff=cutoff) for risk in RISKS}
    best = max(depths, key=lambda name: overall(depths[name])[0])
    print(f"of: {best}\n\n| | {' | '.join(sets)} | mean | of nDCG@10 | pairs | of pairs | losses |")
    print(f"|{'---|' * (len(sets) + 6)}")
    for name, cells in ({"longlist": results(sets, depth=0)} | depths | risks).items():
        print(row_of(name, cells, depths[best]))


def results(sets: Mapping[str, Sequence[Asked]], **options: float) -> Cells:
    """Of each set."""
    return {name: mean_of([one.reranked(**options) for one in asked_of]) for name, asked_of in sets.items()}


def mean_of(pairs: Sequence[tuple[float, float]]) -> tuple[float, float]:
    return float(np.mean([value for value, _ in pairs])), float(np.mean([read for _, read in pairs]))


def overall(cells: Cells) -> tuple[float, float]:
    return mean_of(list(cells.values()))


def row_of(name: str, cells: Cells, best: Cells) -> str:
    value, pairs = overall(cells)
    share, share_of_pairs = value / overall(best)[0], pairs / overall(best)[1]
    lost = {of: best[of][0] - cells[of][0] for of in cells}
    losses = ", ".join(f"{of.partition(':')[0]} {loss:.3f}" for of, loss in lost.items() if loss >= 0.0005)
    each = " | ".join(f"{v:.4f} / {read:.0f}" for v, read in cells.values())
    return f"| {name} | {each} | {value:.4f} | {share:.1%} | {pairs:.1f} | {share_of_pairs:.0%} | {losses} |"


def reliability(items: Sequence[Asked]) -> None:
    """Of the moments at which the chance was estimated to be about so much: how often one did come first."""
    found: list[tuple[float, bool]] = []
    for one in items:
        head = one.ranking.candidates
        enough = Enough.of(one.ranking, head, 0.0, 1, one.blend)
        after = one.after()
        first = (after[0].rank_before or 0) if len(after) else 0
        read = {i: c.scored(rerank=one.model.scores[c.chunk.id]) for i, c in enumerate(head)}
        for done in range(STEP, len(head), STEP):
            chance = enough.chance({i: read[i] for i in range(done)}, list(range(done, len(head))))
            found.append((chance, first > done))
    chances, came = np.array([c for c, _ in found]), np.array([e for _, e in found])
    print("\n| estimated chance | moments | mean estimate | one came first |\n|---|---|---|---|")
    for low, high in pairwise(BINS):
        held = (chances >= low) & (chances < high)
        if held.any():
            means_of = f"{chances[held].mean():.3f} | {came[held].mean():.3f}"
            print(f"| {low:g} to {min(high, 1):g} | {held.sum()} | {means_of} |")


if __name__ == "__main__":
    main()
