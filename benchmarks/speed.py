"""The whole query and the indexing of 20,000 chunks of about 150 tokens, on the cores there are.

    python benchmarks/speed.py DATA_DIR [--chunks 20000] [--queries 200] [--index DIR]

DATA_DIR holds test sets in BEIR's layout; documents of 90 to 220 tokens are taken from all of them in turn, half of
them English and half Chinese, and queries likewise. An index that --index already holds is not made again. Packing,
which is arithmetic on one core, is timed in processor time too: that does not grow where others use the machine.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import random
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from itertools import chain, islice, zip_longest
from pathlib import Path

import numpy as np

import shortlist as sl
from shortlist.evaluate import load_beir
from shortlist.models import Encoder

ENGLISH = {"trec-dl": "dl19", "squad": "sample", "scifact": "test", "covid-qa": "test"}
CHINESE = {"stard": "test", "zhmix": "test", "drcd": "test"}


def documents(data: Path, sets: dict[str, str], encoder: Encoder) -> Iterator[sl.Document]:
    """Documents of 90 to 220 tokens, from the sets one after the other."""
    for name, split in sets.items():
        for document in load_beir(data / name, split).documents:
            if 90 <= encoder.tokenizer.count(document.text) <= 220:
                yield sl.Document(f"{name}/{document.id}", document.text, document.title)


def queries(data: Path, sets: dict[str, str]) -> list[str]:
    return list(chain.from_iterable(load_beir(data / name, split).queries.values() for name, split in sets.items()))


def alternating(english: Iterator[sl.Document], chinese: Iterator[sl.Document]) -> Iterator[sl.Document]:
    for pair in zip_longest(english, chinese):
        yield from (document for document in pair if document is not None)


def build(index: sl.Index, texts: list[sl.Document]) -> float:
    """Seconds that indexing took; a line of progress every five seconds."""
    start = shown = time.perf_counter()

    def on_progress(chunks: int, done: int) -> None:
        nonlocal shown
        if time.perf_counter() - shown > 5:
            shown = time.perf_counter()
            rate = chunks / (shown - start)
            print(f"\r{done}/{len(texts)} documents, {chunks} chunks, {rate:.1f}/s", end="", file=sys.stderr)

    index.add(texts, on_progress=on_progress)
    print(file=sys.stderr)
    return time.perf_counter() - start


def indexed(index: sl.Index, data: Path, chunks: int) -> dict[str, float]:
    """Bring documents into the index where it has fewer; how long that took, where anything was to be done."""
    if index.status().chunks >= chunks:
        return {}
    english, chinese = (documents(data, sets, index.encoder) for sets in (ENGLISH, CHINESE))
    seconds = build(index, list(islice(alternating(english, chinese), chunks)))
    return {"index_s": round(seconds, 1), "chunks_per_s": round(index.status().chunks / seconds, 1)}


def asked_of(index: sl.Index, questions: Sequence[str]) -> dict[str, list[float]]:
    """Milliseconds of each stage, question by question."""
    times: dict[str, list[float]] = {}
    find, pack = index.retrieve(depth=100) >> sl.Rerank(), sl.Pack(budget=4000)
    bm25, dense = index.retrieve(method="bm25"), index.retrieve(method="dense")
    pack(find(questions[0]))
    for question in questions:
        start = time.perf_counter()
        ranking = find(question)
        start_of_packing = time.process_time()
        context = pack(ranking)
        packed, end = time.process_time(), time.perf_counter()
        stages = {"whole query": (end - start) * 1000, **context.timings_ms}
        stages["pack, processor time"] = (packed - start_of_packing) * 1000
        stages["bm25 alone"] = bm25(question).timings_ms["retrieve"]
        stages["dense alone"] = dense(question).timings_ms["retrieve"]
        for stage, ms in stages.items():
            times.setdefault(stage, []).append(ms)
    return times


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--chunks", type=int, default=20_000)
    parser.add_argument("--queries", type=int, default=200)
    parser.add_argument("--index", type=Path)
    asked = parser.parse_args()
    path = asked.index or Path(tempfile.mkdtemp()) / "speed.shortlist"
    questions = [*queries(asked.data, ENGLISH), *queries(asked.data, CHINESE)]
    with sl.Index.open(path) as index:
        built = indexed(index, asked.data, asked.chunks)
        chunks = index.status().chunks
        times = asked_of(index, random.Random(13).sample(questions, asked.queries))
    ms = {
        stage: {"p50": round(float(np.percentile(taken, 50)), 1), "p95": round(float(np.percentile(taken, 95)), 1)}
        for stage, taken in times.items()
    }
    print(
        json.dumps(
            {"cores": os.cpu_count(), "machine": platform.machine(), **built, "chunks": chunks, "ms": ms}, indent=2
        )
    )


if __name__ == "__main__":
    main()
