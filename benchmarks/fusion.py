"""How BM25 and vectors are best fused: nDCG@10 of each weight on development splits.

    python benchmarks/fusion.py DATA_DIR [--queries 600] [--cache DIR]

DATA_DIR holds test sets in BEIR's layout; only their development and training splits are read. Each corpus is indexed
once under --cache. docs/decisions/006-fusion.md has the table and what was concluded from it.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

import shortlist as sl
from quality import sampled
from shortlist.evaluate import evaluate, load_beir

SPLITS = {
    "nfcorpus": "dev",
    "scifact": "train",
    "wikiqa": "dev",
    "trecqa": "dev",
    "drcd": "dev",
    "cjrc": "dev",
    "cmrc2018": "trial",
}
WEIGHTS = (0.2, 0.3, 0.4, 0.6, 0.8, 1.0)  # of BM25 beside vectors at 1
CHUNK_SIZE = 448  # nearly every document of these sets is one chunk


def pipelines(index: sl.Index) -> dict[str, Callable[[str], sl.Ranking]]:
    fused = {f"BM25 at {weight}": index.retrieve(fusion=sl.ZSum(bm25=weight)) for weight in WEIGHTS}
    return {
        "BM25 alone": index.retrieve(method="bm25"),
        "dense alone": index.retrieve(method="dense"),
        **fused,
        "RRF": index.retrieve(fusion=sl.Rrf()),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, metavar="DATA_DIR")
    parser.add_argument("--queries", type=int, default=600)
    parser.add_argument("--cache", type=Path, default=Path(".cache/quality"))
    asked = parser.parse_args()
    columns: dict[str, dict[str, float]] = {}
    for name, split in SPLITS.items():
        dataset = sampled(load_beir(asked.data / name, split), asked.queries, 0)
        with sl.Index.open(asked.cache / name, chunk_size=CHUNK_SIZE) as index:
            index.add(dataset.documents)
            report = evaluate(pipelines(index), dataset, ["nDCG@10"])
        columns[f"{name} {split}"] = {each.name: each.measures["nDCG@10"] for each in report.pipelines}
        print(f"{name} {split}: {report.queries} queries", file=sys.stderr)
    print(f"| fusion | {' | '.join(columns)} | mean |\n|---|{'---|' * (len(columns) + 1)}")
    for fusion in next(iter(columns.values())):
        values = [column[fusion] for column in columns.values()]
        cells = " | ".join(f"{value:.3f}".removeprefix("0") for value in (*values, sum(values) / len(values)))
        print(f"| {fusion} | {cells} |")


if __name__ == "__main__":
    main()
