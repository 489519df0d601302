"""Deadlines: by how much they are overshot, beside the time of one pair.

    python benchmarks/deadline.py [--calls 300] [--shape 6x384] [--cache DIR]

Each call reranks the 100 pairs of rerank.py, in an order of its own, under one of several deadlines. A cross-encoder of
random weights is read as the stage reads its own kind, and as a user's object that can only `score`; late interaction
encodes the passages. "One pair" is the median time of a candidate read alone; "read" the median number of candidates.
"""

from __future__ import annotations

import argparse
import json
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import shortlist as sl
from rerank_inputs import SHAPES, make_inputs
from shortlist.models import CrossEncoderModel, LateInteraction
from shortlist.stage import CrossEncoder

DEADLINES_MS = (25, 50, 100, 200, 500)


@dataclass(frozen=True)
class OnlyScores:
    """A model as a user's own object."""

    model: CrossEncoderModel

    def score(self, query: str, passages: Sequence[str]) -> NDArray[np.float32]:
        """The model's scores."""
        return self.model.score(query, passages)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calls", type=int, default=300)
    parser.add_argument("--shape", choices=SHAPES, default="6x384")
    parser.add_argument("--cache", type=Path, default=Path(".cache/rerank"))
    given = parser.parse_args()
    given.cache.mkdir(parents=True, exist_ok=True)
    directory, pairs = given.cache / given.shape, given.cache / "pairs.json"
    make_inputs(directory, pairs, given.shape)
    inputs = json.loads(pairs.read_text(encoding="utf-8"))
    model = sl.load_cross_encoder(directory)
    models: dict[str, CrossEncoder] = {
        f"cross-encoder {given.shape}": model,
        "the same as an object": OnlyScores(model),
        "late interaction, encoding": LateInteraction(sl.load_encoder()),
    }
    print("| model | one pair, ms | deadline, ms | read | overshoot p50 | p99 | most |\n|---|---|---|---|---|---|---|")
    for name, one in models.items():
        measure(name, one, inputs["query"], inputs["passages"], given.calls)


def measure(name: str, model: CrossEncoder, query: str, passages: list[str], calls: int) -> None:
    """A line for each deadline; the deadlines take turns, so that what else the machine does meets all of them."""
    drawn = random.Random(0)
    alone = [timed(lambda passage=passage: sl.Rerank(model)(query, [passage])) for passage in passages[:40]]
    over: dict[int, list[float]] = {deadline: [] for deadline in DEADLINES_MS}
    read: dict[int, list[int]] = {deadline: [] for deadline in DEADLINES_MS}
    for call in range(calls):
        deadline = DEADLINES_MS[call % len(DEADLINES_MS)]
        stage = sl.Rerank(model, deadline_ms=deadline, on_error="raise")
        start = time.perf_counter()
        after = stage(query, drawn.sample(passages, len(passages)))
        over[deadline].append((time.perf_counter() - start) * 1000 - deadline)
        read[deadline].append(sum("rerank" in candidate.scores for candidate in after))
    for deadline in DEADLINES_MS:
        p50, p99, most = np.percentile(over[deadline], [50, 99, 100])
        print(
            f"| {name} | {np.median(alone):.1f} | {deadline} | {np.median(read[deadline]):.0f} | {p50:.1f} | {p99:.1f} "
            f"| {most:.1f} |",
            flush=True,
        )


def timed(work: Callable[[], object]) -> float:
    """Milliseconds of a call."""
    start = time.perf_counter()
    work()
    return (time.perf_counter() - start) * 1000


if __name__ == "__main__":
    main()
