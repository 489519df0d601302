"""How well encoders rank the development pools: what the shipped one is chosen by.

    python -m training.encoder.pools PAIRS_DIR DATA_DIR MODEL_DIR… [--out results.jsonl]

A pool is some queries over some passages of a development or training split, all compared with all: development splits
of DATA_DIR's test sets, and sources of PAIRS_DIR that nothing is learnt from. Every MODEL_DIR is a Hugging Face
directory of an encoder. Prints nDCG@10 of the cosine for each pool; no test split is read. With --out it resumes.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from shortlist.evaluate import load_beir
from shortlist.evaluate.measures import judge, mean, parse_measure
from shortlist.train.tower import Tower

SPLITS = {
    "en": ("nfcorpus/dev", "wikiqa/dev", "trecqa/dev", "scifact/train"),
    "zh": ("drcd/dev", "cjrc/dev", "cmrc2018/trial"),
}
PAIRS = {
    "en": ("qed-nq.en", "answer-sentence.en", "stackexchange-faq.en", "mediqa.en", "covid.en"),
    "zh": ("bank-dureader.zh", "medical-qa.zh", "cmrc2018-uer.zh"),
}
QUERIES, PASSAGES = 80, 250  # of a pool, at most
LONGEST = 128  # tokens of a passage that are read
SEED = 17


@dataclass(frozen=True, slots=True)
class Pool:
    """Queries and passages by their ids, and the grade of each relevant pair."""

    name: str
    language: str
    queries: Mapping[str, str]
    passages: Mapping[str, str]
    grades: Mapping[str, Mapping[str, int]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pairs", type=Path)
    parser.add_argument("data", type=Path)
    parser.add_argument("models", type=Path, nargs="+")
    parser.add_argument("--out", type=Path, help="where results are kept, a line each")
    asked = parser.parse_args()
    torch.set_num_threads(1)
    pools = [
        *(split_pool(asked.data, name, language) for language, names in SPLITS.items() for name in names),
        *(pair_pool(asked.pairs, name, language) for language, names in PAIRS.items() for name in names),
    ]
    known = results(asked.out)
    for model in asked.models:
        tower: Tower | None = None
        for pool in pools:
            if (str(model), pool.name) not in known:
                tower = tower or Tower(model)
                known[str(model), pool.name] = measured(tower, pool)
                keep(asked.out, str(model), pool.name, known[str(model), pool.name])
    show(pools, [str(model) for model in asked.models], known)


def split_pool(data: Path, name: str, language: str) -> Pool:
    """Some queries of a development split, their relevant documents, and others drawn at random."""
    folder, _, split = name.partition("/")
    dataset = load_beir(data / folder, split)
    draw = random.Random(SEED)
    queries = draw.sample(list(dataset.queries), min(QUERIES, len(dataset.queries)))
    # Judged as not relevant is a harder passage than one drawn at random.
    judged = [document for query in queries for document in sorted(dataset.qrels[query])]
    wanted = dict.fromkeys(document for query in queries for document in relevant(dataset.qrels[query], draw))
    wanted |= dict.fromkeys(draw.sample(judged, len(judged)))
    kept = list(wanted)[:PASSAGES]
    every = dataset.documents.pick(kept) if len(kept) == PASSAGES else {each.id: each for each in dataset.documents}
    others = draw.sample(sorted(set(every) - set(kept)), min(PASSAGES - len(kept), len(every) - len(kept)))
    passages = {i: f"{every[i].title} {every[i].text}".strip() for i in (*kept, *others) if i in every}
    return pool_of(name, language, {query: dataset.queries[query] for query in queries}, passages, dataset.qrels)


def relevant(grades: Mapping[str, int], draw: random.Random, most: int = 4) -> list[str]:
    """Some of the documents with a grade."""
    found = sorted(document for document, grade in grades.items() if grade > 0)
    return draw.sample(found, min(most, len(found)))


def pair_pool(pairs: Path, name: str, language: str) -> Pool:
    """Some pairs of a source, all queries against all passages."""
    with gzip.open(pairs / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
        read = [json.loads(line) for line in lines]
    drawn = random.Random(SEED).sample(read, min(PASSAGES, len(read)))
    places = {text: str(i) for i, text in enumerate(dict.fromkeys(pair["positive"] for pair in drawn))}
    grades: dict[str, dict[str, int]] = {}
    for pair in read:
        if pair["positive"] in places:
            grades.setdefault(pair["query"], {})[places[pair["positive"]]] = 1
    asked = list(dict.fromkeys(pair["query"] for pair in drawn))[:QUERIES]
    return pool_of(name, language, {query: query for query in asked}, {i: text for text, i in places.items()}, grades)


def pool_of(
    name: str,
    language: str,
    queries: Mapping[str, str],
    passages: Mapping[str, str],
    grades: Mapping[str, Mapping[str, int]],
) -> Pool:
    """A pool, with the judgments of what it holds alone."""
    held = {query: {i: grade for i, grade in grades[query].items() if i in passages} for query in queries}
    held = {query: some for query, some in held.items() if any(grade > 0 for grade in some.values())}
    return Pool(name, language, {query: queries[query] for query in held}, passages, held)


def measured(tower: Tower, pool: Pool) -> float:
    """nDCG@10 of the order by cosine."""
    with torch.inference_mode():
        asked = tower.encode(list(pool.queries.values()), "query", LONGEST).vectors
        read = tower.encode(list(pool.passages.values()), "passage", LONGEST).vectors
    scores: NDArray[np.float32] = (asked @ read.T).numpy()
    places: list[list[int]] = np.argsort(-scores, axis=1, kind="stable")[:, :10].tolist()
    ids = list(pool.passages)
    orders = {query: [ids[i] for i in row] for query, row in zip(pool.queries, places, strict=True)}
    return mean(judge(orders, {query: dict(some) for query, some in pool.grades.items()}, parse_measure("nDCG@10")))


def results(file: Path | None) -> dict[tuple[str, str], float]:
    """What was measured before, by model and pool."""
    if file is None or not file.is_file():
        return {}
    lines = map(json.loads, file.read_text(encoding="utf-8").splitlines())
    return {(line["model"], line["pool"]): line["nDCG@10"] for line in lines}


def keep(file: Path | None, model: str, pool: str, value: float) -> None:
    """Write a result down."""
    if file is not None:
        with file.open("a", encoding="utf-8") as log:
            log.write(json.dumps({"model": model, "pool": pool, "nDCG@10": value}) + "\n")


def show(pools: Sequence[Pool], models: Sequence[str], known: Mapping[tuple[str, str], float]) -> None:
    """A table: a row a pool, a column a model."""
    print("| pool | " + " | ".join(Path(model).name for model in models) + " |\n|---" + "|---:" * len(models) + "|")
    for language in SPLITS:
        mine = [pool for pool in pools if pool.language == language]
        for pool in mine:
            print(f"| {pool.name} | " + " | ".join(f"{known[model, pool.name]:.4f}" for model in models) + " |")
        means = [sum(known[model, pool.name] for pool in mine) / len(mine) for model in models]
        print(f"| **mean, {language}** | " + " | ".join(f"**{each:.4f}**" for each in means) + " |")


if __name__ == "__main__":
    main()
