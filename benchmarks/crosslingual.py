"""Chinese questions over English passages, dense alone, for any encoders: the held-out part of tldr-crosslingual.

    python benchmarks/crosslingual.py PAIRS.zh-en.jsonl.gz [ENCODER ...] [--last 600]

PAIRS holds a line a pair, {"query": …, "positive": …}: its last lines are the held-out part, from which no encoder of
ours has learnt. Every English passage of that part is ranked for every Chinese question; a question that stands there
twice has two answers. An ENCODER is what `load_encoder` takes, "default" where none is given. The last columns compare
each with the first one, paired by question.
"""

from __future__ import annotations

import argparse
import gzip
import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np

import shortlist as sl
from shortlist.evaluate import compare, judge, mean, parse_measure
from shortlist.models import Encoder

MEASURES = ("nDCG@10", "R@10")
Qrels = dict[str, dict[str, int]]  # question → passage → grade
Values = Mapping[str, Mapping[str, float]]  # measure → question → value


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pairs", type=Path)
    parser.add_argument("encoders", nargs="*", default=["default"], metavar="ENCODER")
    parser.add_argument("--last", type=int, default=600, help="lines of the held-out part")
    given = parser.parse_args()
    qrels = held_out(given.pairs, given.last)
    passages = sorted({passage for grades in qrels.values() for passage in grades})
    print(f"{len(qrels)} questions, {len(passages)} passages\n")
    print(f"| encoder | {' | '.join(f'{name} | less the first' for name in MEASURES)} |\n" + "|---" * 5 + "|")
    first: Values = {}
    for source in given.encoders:
        encoder = sl.load_encoder(source)
        values = measured(encoder, qrels, passages)
        first = first or values
        cells = [f"{mean(values[name]):.4f} | {difference(values[name], first[name])}" for name in MEASURES]
        print(f"| {encoder.name} {encoder.revision} | {' | '.join(cells)} |", flush=True)


def held_out(pairs: Path, last: int) -> Qrels:
    """The answers of each question among the last lines."""
    with gzip.open(pairs, "rt", encoding="utf-8") as lines:
        kept = [json.loads(line) for line in lines][-last:]
    qrels: Qrels = {}
    for pair in kept:
        qrels.setdefault(pair["query"], {})[pair["positive"]] = 1
    return qrels


def measured(encoder: Encoder, qrels: Qrels, passages: list[str]) -> Values:
    """Each measure of each question; equal cosines in the order of the passages."""
    questions = list(qrels)
    cosines = encoder.encode(questions, "query") @ encoder.encode(passages, "passage").T
    orders = np.argsort(-cosines, axis=1, kind="stable")[:, :10]
    ranked = {question: [passages[int(i)] for i in order] for question, order in zip(questions, orders, strict=True)}
    return {name: judge(ranked, qrels, parse_measure(name)) for name in MEASURES}


def difference(values: Mapping[str, float], first: Mapping[str, float]) -> str:
    """What was gained, with its 95 % interval."""
    if values is first:
        return ""
    found = compare(values, first)
    return f"{found.difference:+.4f} [{found.low:+.4f}, {found.high:+.4f}]"


if __name__ == "__main__":
    main()
