"""Encoders over whole test sets, by cosine alone, and their sums: how far a teacher could carry its student.

    python benchmarks/encoders.py DATA_DIR NAME=DIR… [--sum NAME+NAME …] [--sets scifact …] [--cache DIR]

Every DIR is a Hugging Face directory of an encoder; the first is what the others are compared with, query by query. A
sum orders by the sum of the cosines, each less its mean and over its deviation among the documents ordered: what a
student would do that had learnt all that its teachers know. Of trec-dl the first 100 of the stored BM25 runs are
ordered, of other sets all documents. Texts are read to --longest tokens, in bfloat16. Vectors are kept below --cache as
they come, so that a run that was stopped goes on. Needs the extra `train`.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from precision import stored
from quality import DEPTH, SETS, loaded, progress, sampled
from shortlist.evaluate import Comparison, compare, compare_sets, parse_measure
from shortlist.scales import z_scores
from shortlist.train.tower import Tower

SPLITS = {each.name: each.splits for each in SETS}
# What distillation is judged by, the quick ones first.
ENGLISH = ("fiqa-small", "trecqa", "wikiqa", "cranfield", "covid-qa", "trec-dl", "nfcorpus", "scifact")
RUNS = "trec-dl"
NDCG, TOP = parse_measure("nDCG@10"), 10
AT_ONCE = 256  # texts whose vectors are kept in one file


@dataclass(frozen=True)
class Ranked:
    """A set: its queries, the documents to order for each (rows of `texts`), and the grades."""

    name: str
    queries: Mapping[str, str]
    ids: list[str]
    texts: Sequence[str]
    rows: Mapping[str, NDArray[np.intp]]
    grades: Mapping[str, Mapping[str, int]]


@dataclass
class Reader:
    """An encoder and the folder of what it has encoded."""

    directory: Path
    kept: Path
    longest: int

    @cached_property
    def tower(self) -> Tower:
        """Opened when something is to be encoded that the folder does not hold yet."""
        return Tower(self.directory)

    def vectors(self, texts: Sequence[str], kind: str, name: str) -> NDArray[np.float32]:
        """Unit vectors, [texts, dimensions]."""
        told = progress(f"{self.kept.name}: {name}, {kind}")
        parts: list[NDArray[np.float32]] = []
        for start in range(0, len(texts), AT_ONCE):
            some = texts[start : start + AT_ONCE]
            file = self.kept / f"{name}-{kind}-{self.longest}-{start}-{len(some)}.npy"
            if not file.is_file():
                with torch.inference_mode():
                    made = self.tower.encode(some, kind, self.longest).vectors.numpy()
                file.parent.mkdir(parents=True, exist_ok=True)
                np.save(file.with_suffix(".part.npy"), made)
                file.with_suffix(".part.npy").rename(file)
            parts.append(np.load(file))
            told(start + len(some), len(texts))
        return np.concatenate(parts)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, metavar="DATA_DIR")
    parser.add_argument("encoders", nargs="+", metavar="NAME=DIR")
    parser.add_argument("--sum", nargs="+", default=[], metavar="NAME+NAME", dest="sums")
    parser.add_argument("--sets", nargs="+", default=list(ENGLISH), choices=list(SPLITS), metavar="SET")
    parser.add_argument("--queries", type=int, default=300, help="drawn of each set, seed 0")
    parser.add_argument("--longest", type=int, default=256, help="tokens of a text that are read")
    parser.add_argument("--cache", type=Path, default=Path(".cache/encoders"))
    asked = parser.parse_args()
    torch.set_num_threads(1)
    named = dict(each.split("=", 1) for each in asked.encoders)
    readers = {name: Reader(Path(place), asked.cache / name, asked.longest) for name, place in named.items()}
    columns = {name: [name] for name in readers} | {each: each.split("+") for each in asked.sums}
    print(f"| set | {' | '.join(columns)} |\n|---{'|---' * len(columns)}|", flush=True)
    of: dict[str, list[Mapping[str, float]]] = {column: [] for column in columns}
    first, *others = of
    for name in asked.sets:
        ranked = read(asked.data / name, name, asked.queries)
        scores = {each: cosines(reader, ranked) for each, reader in readers.items()}
        for column, parts in columns.items():
            of[column].append(judged(ranked, [scores[part] for part in parts]))
        changes = [compare(of[column][-1], of[first][-1]) for column in others]
        print(row(name, changes), flush=True)
    print(row("**mean**", [compare_sets(list(zip(of[column], of[first], strict=True))) for column in others]))


def read(folder: Path, name: str, queries: int) -> Ranked:
    """A set as it is ranked here."""
    dataset = sampled(loaded(folder, SPLITS[name]), queries, 0)
    orders = stored(folder, SPLITS[name]) if name == RUNS else {}
    texts = {each.id: f"{each.title or ''}\n{each.text}".strip() for each in dataset.documents}
    chosen = {query: [each for each in orders.get(query, texts) if each in texts] for query in dataset.queries}
    chosen = {query: order[:DEPTH] if name == RUNS else order for query, order in chosen.items()}
    ids = list(dict.fromkeys(each for order in chosen.values() for each in order))
    places = {each: i for i, each in enumerate(ids)}
    rows = {query: np.array([places[each] for each in order]) for query, order in chosen.items()}
    return Ranked(name, dataset.queries, ids, [texts[each] for each in ids], rows, dataset.qrels)


def cosines(reader: Reader, ranked: Ranked) -> dict[str, NDArray[np.float32]]:
    """By query the cosine of each of its rows."""
    asked = reader.vectors(list(ranked.queries.values()), "query", ranked.name)
    passages = reader.vectors(ranked.texts, "passage", ranked.name)
    both = zip(ranked.queries, asked, strict=True)
    return {query: passages[ranked.rows[query]] @ vector for query, vector in both}


def judged(ranked: Ranked, parts: Sequence[Mapping[str, NDArray[np.float32]]]) -> dict[str, float]:
    """nDCG@10 by query, of the order by the sum of the parts' standard scores."""
    values: dict[str, float] = {}
    for query, rows in ranked.rows.items():
        total = np.sum([z_scores(part[query].astype(np.float64)) for part in parts], axis=0)
        places: list[int] = rows[np.argsort(-total, kind="stable")[:TOP]].tolist()
        values[query] = NDCG.value([ranked.ids[place] for place in places], ranked.grades[query])
    return values


def row(name: str, changes: Sequence[Comparison]) -> str:
    """What the first encoder reached, and each of the others beside it."""
    cells = [f"{each.first:.3f}, {each.difference:+.3f} [{each.low:+.3f}, {each.high:+.3f}]" for each in changes]
    return f"| {name} | {changes[0].second:.3f} | {' | '.join(cells)} |"


if __name__ == "__main__":
    sys.exit(main())
