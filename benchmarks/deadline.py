"""Deadlines: by how much they are overshot, beside the time of one pair in the same run.

    python benchmarks/deadline.py [--cores 1] [--calls 150] [--deadlines 50 100 200 500] [--shape 6x384] [--cache DIR]

Each call reranks the 100 pairs of rerank.py, in an order of its own, under one of the deadlines, which take turns;
after it a single passage is scored without one. "Read" is the median number of candidates; "one pair" the time of
that single passage. A cross-encoder of random weights is read as the stage reads its own kind, and as a user's object
that can only `score`; late interaction, the default second look, encodes the passages.

The wall clock is what a user sees. Where other programs want the same cores it shows their work too: a pair that is
interrupted ends late, whatever was planned. On one core the table is therefore made on the processor's clock as well:
the same code, under deadlines in the processor time of this process, which nobody else spends.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import shortlist as sl
from rerank_inputs import SHAPES, make_inputs
from shortlist.foreign import ranking_from
from shortlist.models import CrossEncoderModel, LateInteraction
from shortlist.rerank.deadline import Deadline
from shortlist.rerank.readers import reader_of
from shortlist.rerank.rounds import look
from shortlist.stage import CrossEncoder

Call = Callable[[CrossEncoder, str, Sequence[str], float], int]  # under a deadline in ms → candidates read


@dataclass(frozen=True)
class OnlyScores:
    """A model as a user's own object."""

    model: CrossEncoderModel

    def score(self, query: str, passages: Sequence[str]) -> NDArray[np.float32]:
        """The model's scores."""
        return self.model.score(query, passages)


@dataclass
class Times:
    """What was seen of one model on one clock, in ms."""

    pairs: list[float] = field(default_factory=list[float])
    over: dict[int, list[float]] = field(default_factory=dict[int, list[float]])  # by deadline; below 0 it was kept
    read: dict[int, list[int]] = field(default_factory=dict[int, list[int]])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cores", type=int, default=1, help="the last ones of the machine")
    parser.add_argument("--calls", type=int, default=150, help="for each deadline")
    parser.add_argument("--deadlines", type=int, nargs="+", default=[50, 100, 200, 500], metavar="MS")
    parser.add_argument("--shape", choices=SHAPES, default="6x384")
    parser.add_argument("--cache", type=Path, default=Path(".cache/rerank"))
    given = parser.parse_args()
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[-given.cores :])
    given.cache.mkdir(parents=True, exist_ok=True)
    directory, pairs = given.cache / given.shape, given.cache / "pairs.json"
    make_inputs(directory, pairs, given.shape)
    inputs = json.loads(pairs.read_text(encoding="utf-8"))
    model = sl.load_cross_encoder(directory)
    models: dict[str, CrossEncoder] = {
        f"cross-encoder {given.shape}": model,
        "late interaction, encoding": LateInteraction(sl.load_encoder()),
        "the cross-encoder as an object": OnlyScores(model),
    }
    clocks: dict[str, tuple[Callable[[], float], Call]] = {"wall": (time.perf_counter, by_the_wall)}
    if given.cores == 1:
        clocks["processor"] = (time.process_time, by_the_processor)
    print(f"{given.cores} core{'s' * (given.cores > 1)}\n")
    print(
        "| model | clock | one pair p50 | p99 | deadline | read | overshoot p50 | p99 | most | late |\n"
        + "|---" * 10
        + "|"
    )
    for name, one in models.items():
        for clock, (now, call) in clocks.items():
            seen = measured(one, inputs["query"], inputs["passages"], given.deadlines, given.calls, now, call)
            show(f"{name} | {clock}", seen)


def by_the_wall(model: CrossEncoder, query: str, passages: Sequence[str], deadline_ms: float) -> int:
    """The stage as it is."""
    after = sl.Rerank(model, deadline_ms=deadline_ms, on_error="raise")(query, passages)
    return sum("rerank" in candidate.scores for candidate in after)


def by_the_processor(model: CrossEncoder, query: str, passages: Sequence[str], deadline_ms: float) -> int:
    """The stage's reading, under a deadline on another clock."""
    deadline = Deadline(time.process_time() + deadline_ms / 1000, time.process_time)
    reading = reader_of(model).begin(query, None)
    return len(look(reading, ranking_from(query, passages).candidates, deadline).read)


def measured(
    model: CrossEncoder,
    query: str,
    passages: list[str],
    deadlines: Sequence[int],
    calls: int,
    now: Callable[[], float],
    call: Call,
) -> Times:
    """Deadlines in turn, and a single passage after each call, so that what else the machine does meets all alike."""
    drawn, seen = random.Random(0), Times()
    for number in range(-1, calls):
        for deadline in deadlines:
            order = drawn.sample(passages, len(passages))
            start = now()
            read = call(model, query, order, deadline)
            over = (now() - start) * 1000 - deadline
            start = now()
            model.score(query, [drawn.choice(passages)])
            pair = (now() - start) * 1000
            if number >= 0:  # the first round warms the model up, and no user waits for it
                seen.over.setdefault(deadline, []).append(over)
                seen.read.setdefault(deadline, []).append(read)
                seen.pairs.append(pair)
    return seen


def show(name: str, seen: Times) -> None:
    """A line for each deadline, and one for all of them."""
    p50, p99 = np.percentile(seen.pairs, [50, 99])
    for deadline, over in seen.over.items():
        line(f"{name} | {p50:.1f} | {p99:.1f} | {deadline} | {np.median(seen.read[deadline]):.0f}", over)
    line(f"{name} | {p50:.1f} | {p99:.1f} | all | ", [each for over in seen.over.values() for each in over])


def line(begin: str, over: Iterable[float]) -> None:
    values = np.array(list(over))
    p50, p99, most = np.percentile(values, [50, 99, 100])
    print(f"| {begin} | {p50:.1f} | {p99:.1f} | {most:.1f} | {np.mean(values > 0):.0%} |", flush=True)


if __name__ == "__main__":
    main()
