"""Two versions of this package, the same pairs in turn: what a change did to the speed of reranking.

    git worktree add older COMMIT
    python benchmarks/versions.py older/src [--shapes 6x384 ...] [--cores 1 2] [--precision exact] [--passes 7]

Models and pairs are those of rerank_inputs.py. Both versions are asked pair by pair (with two cores, two pairs at a
time), and each pair counts as its fastest pass took, in processor time: other work only ever makes it slower.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np

from rerank_inputs import PAIRS, SHAPES, make_inputs

HERE = Path(__file__).parent
CACHE = HERE.parent / ".cache" / "rerank"
WORKER = """
import json, os, sys, time
model, pairs, precision, cores = sys.argv[1:]
os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[-int(cores):])
from shortlist import load_cross_encoder
loaded, given = load_cross_encoder(model, precision), json.load(open(pairs, encoding="utf-8"))
for line in sys.stdin:
    passages = given["passages"][int(line) : int(line) + int(cores)]
    start = time.process_time()
    logits = loaded.score(given["query"], passages)
    print(json.dumps([time.process_time() - start, logits.tolist()]), flush=True)
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("older", type=Path, help="the directory that holds the older version's package")
    parser.add_argument("--shapes", nargs="+", default=list(SHAPES), choices=list(SHAPES))
    parser.add_argument("--cores", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--precision", default="exact")
    parser.add_argument("--pairs", type=int, default=PAIRS)
    parser.add_argument("--passes", type=int, default=7)
    asked = parser.parse_args()
    sources = [asked.older.resolve(), HERE.parent / "src"]
    print("| shape | cores | ms a pair before | after | factor | largest Δ logit |\n" + "|---" * 6 + "|")
    for shape in asked.shapes:
        model, pairs = CACHE / shape, CACHE / f"{shape}-{asked.pairs}.json"
        make_inputs(model, pairs, shape, asked.pairs)
        for cores in asked.cores:
            settings = [str(model), str(pairs), asked.precision, str(cores)]
            versions = [start(source, settings) for source in sources]
            print(f"| {shape} | {cores} | {race(versions, asked.pairs, cores, asked.passes)} |", flush=True)


def start(source: Path, settings: list[str]) -> subprocess.Popen[str]:
    """A process that scores with the package in `source`."""
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    environment = os.environ | {"PYTHONPATH": str(source)}
    return subprocess.Popen([sys.executable, "-c", WORKER, *settings], text=True, env=environment, **pipes)


def race(versions: list[subprocess.Popen[str]], pairs: int, cores: int, passes: int) -> str:
    """The columns of one row."""
    starts = range(0, pairs, cores)
    seconds = np.full((2, len(starts)), np.inf)
    logits: list[list[float]] = [[], []]
    try:
        for number in range(1 + passes):  # the first pass warms
            for i, place in enumerate(starts):
                for version, worker in enumerate(versions):
                    taken, scores = ask(worker, place)
                    if number:
                        seconds[version, i] = min(seconds[version, i], taken)
                    else:
                        logits[version] += scores
    finally:
        for worker in versions:
            worker.kill()
    before, after = seconds.sum(axis=1) / pairs * 1000
    change = np.abs(np.subtract(logits[0], logits[1])).max()
    return f"{before:.2f} | {after:.2f} | {before / after:.3f} | {change:.1e}"


def ask(worker: subprocess.Popen[str], place: int) -> tuple[float, list[float]]:
    """Seconds and logits of the pairs from `place` on."""
    assert worker.stdin is not None
    assert worker.stdout is not None
    print(place, file=worker.stdin, flush=True)
    taken, logits = json.loads(worker.stdout.readline())
    return taken, logits


if __name__ == "__main__":
    main()
