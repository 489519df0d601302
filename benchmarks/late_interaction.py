"""How small token vectors can be kept: bytes a token against quality, on development splits.

    python benchmarks/late_interaction.py DATA_DIR [--passages 1000] [--queries 100]

DATA_DIR holds test sets in BEIR's layout. Of each set, the judged passages of some queries are taken and others at
random up to --passages; each query's first 50 by z(cosine) + .4 z(BM25) are ordered anew by z(cosine) + z(MaxSim) +
.6 z(BM25), with the token vectors kept in so many principal directions (of these very passages) and bits. Prints
nDCG@10 a set, the mean, and the time of one MaxSim. Takes minutes a set: the passages are encoded.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import shortlist as sl
from shortlist.evaluate import load_beir, parse_measure
from shortlist.models import Encoder
from shortlist.models.packing import maxsim, pack, projected, query_tokens
from shortlist.scales import z_scores

SETS = {"nfcorpus": "dev", "wikiqa": "dev", "trecqa": "dev", "drcd": "dev", "cmrc2018": "trial", "cjrc": "dev"}
DIRECTIONS = (384, 128, 96, 64, 48, 32)
CANDIDATES = 50
FIRST, SECOND = 0.4, 0.6  # the weight of BM25 in the two stages
NDCG = parse_measure("nDCG@10")


class Pool:
    """Passages and queries of one set, encoded, with the candidates of each query."""

    def __init__(self, encoder: Encoder, directory: Path, split: str, passages: int, queries: int) -> None:
        dataset = load_beir(directory, split)
        drawn = random.Random(7)
        asked = drawn.sample(sorted(dataset.queries), min(queries, len(dataset.queries)))
        judged = {document for query in asked for document, grade in dataset.qrels[query].items() if grade > 0}
        documents = list(dataset.documents)
        others = [document for document in documents if document.id not in judged]
        kept = [document for document in documents if document.id in judged]
        kept += drawn.sample(others, min(max(passages - len(kept), 0), len(others)))
        self.ids = [document.id for document in kept]
        texts = [f"{document.title}\n{document.text}".strip() for document in kept]
        vectors = encoder.encode(texts, "passage")
        self.tokens = [encoder.late_vectors(text, "passage") for text in texts]
        self.queries = [(query, dataset.qrels[query]) for query in asked]
        self.asked = [encoder.query_parts(dataset.queries[query]) for query in asked]
        self.cosines = [(vectors @ vector).astype(np.float64) for vector, _ in self.asked]
        self.words = bm25([dataset.queries[query] for query in asked], texts)
        self.candidates = [
            np.argsort(-(z_scores(cosine) + FIRST * z_scores(word)), kind="stable")[:CANDIDATES]
            for cosine, word in zip(self.cosines, self.words, strict=True)
        ]

    def quality(self, lates: Sequence[NDArray[np.float64]] | None) -> float:
        """Mean nDCG@10 with these MaxSim scores of the candidates; of the candidates as they came without."""
        values: list[float] = []
        for number, (chosen, (_, grades)) in enumerate(zip(self.candidates, self.queries, strict=True)):
            order = chosen
            if lates is not None:
                cosine, words = self.cosines[number][chosen], self.words[number][chosen]
                score = z_scores(cosine) + z_scores(lates[number]) + SECOND * z_scores(words)
                order = chosen[np.argsort(-score, kind="stable")]
            values.append(NDCG.value([self.ids[int(i)] for i in order], grades))
        return float(np.mean(values))


def bm25(queries: Sequence[str], texts: Sequence[str]) -> list[NDArray[np.float64]]:
    """BM25 of every text, a row a query."""
    from shortlist.text.terms import query_terms, terms

    cut = [terms(text) for text in texts]
    lengths = np.array([len(words) for words in cut], np.float64)
    norm = 1.2 * (0.25 + 0.75 * lengths / lengths.mean())
    rows: list[NDArray[np.float64]] = []
    for query in queries:
        row = np.zeros(len(texts))
        for word in query_terms(query):
            counts = np.array([words.count(word) for words in cut], np.float64)
            holding = np.count_nonzero(counts)
            row += np.log(1 + (len(texts) - holding + 0.5) / (holding + 0.5)) * counts / (counts + norm)
        rows.append(row)
    return rows


def directions(pools: Sequence[Pool]) -> NDArray[np.float32]:
    """Principal directions of all token vectors, most important first, shape (hidden, hidden)."""
    moment = 0
    for tokens in (tokens for pool in pools for tokens in pool.tokens):
        units = projected(tokens, None).astype(np.float64)
        moment = moment + units.T @ units
    return np.linalg.eigh(moment)[1][:, ::-1].astype(np.float32)


def whole(pool: Pool, basis: NDArray[np.float32]) -> list[NDArray[np.float64]]:
    """MaxSim in float32."""

    def unit(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
        return projected(projected(vectors, basis), None)

    return [
        np.array([(unit(pool.tokens[int(i)]) @ unit(tokens).T).max(axis=0).mean() for i in chosen], np.float64)
        for chosen, (_, tokens) in zip(pool.candidates, pool.asked, strict=True)
    ]


def packed(pool: Pool, basis: NDArray[np.float32]) -> tuple[list[NDArray[np.float64]], float]:
    """MaxSim of packed vectors, and the milliseconds of one query."""
    stored = [pack(tokens, basis) for tokens in pool.tokens]
    start = time.perf_counter()
    lates = [
        maxsim(query_tokens(tokens, basis), [stored[int(i)] for i in chosen])
        for chosen, (_, tokens) in zip(pool.candidates, pool.asked, strict=True)
    ]
    return lates, 1000 * (time.perf_counter() - start) / len(lates)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--passages", type=int, default=1000)
    parser.add_argument("--queries", type=int, default=100)
    asked = parser.parse_args()
    encoder = sl.load_encoder()
    pools: list[Pool] = []
    for name, split in SETS.items():
        pools.append(Pool(encoder, asked.data / name, split, asked.passages, asked.queries))
        print(f"{name} is encoded", file=sys.stderr)
    basis = directions(pools)
    print(f"| token vectors | bytes a token | ms a query | {' | '.join(SETS)} | mean |\n|{'---|' * (len(SETS) + 4)}")

    def line(name: str, size: str, ms: str, values: Sequence[float]) -> None:
        print(
            f"| {name} | {size} | {ms} | {' | '.join(f'{v:.4f}' for v in values)} | {np.mean(values):.4f} |", flush=True
        )

    line("none: as the first stage has it", "", "", [pool.quality(None) for pool in pools])
    for kept in DIRECTIONS:
        line(f"{kept}, float32", str(4 * kept), "", [pool.quality(whole(pool, basis[:, :kept])) for pool in pools])
        results = [packed(pool, basis[:, :kept]) for pool in pools]
        values = [pool.quality(lates) for pool, (lates, _) in zip(pools, results, strict=True)]
        line(f"{kept}, 4 bits", str(kept // 2), f"{np.mean([ms for _, ms in results]):.1f}", values)


if __name__ == "__main__":
    main()
