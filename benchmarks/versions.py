"""Two versions of this package, the same pairs in turn: what a change did to the speed of reranking.

    git worktree add older COMMIT
    python benchmarks/versions.py older/src [--shapes 6x384 ...] [--cores 1 2] [--precision exact] [--passes 5]

Models and pairs are those of rerank_inputs.py. Times are the processor's, of each version's fastest pass: other work on
the machine only ever makes it slower.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path

import numpy as np

from rerank import CACHE, HERE, Arm
from rerank_inputs import PAIRS, SHAPES, make_inputs


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("older", type=Path, help="the directory that holds the older version's package")
    parser.add_argument("--shapes", nargs="+", default=list(SHAPES), choices=list(SHAPES))
    parser.add_argument("--cores", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--precision", default="exact")
    parser.add_argument("--pairs", type=int, default=PAIRS)
    parser.add_argument("--passes", type=int, default=5)
    asked = parser.parse_args()
    sources = [asked.older.resolve(), HERE.parent / "src"]
    print("| shape | cores | ms a pair before | after | factor | largest Δ logit |\n" + "|---" * 6 + "|")
    for shape in asked.shapes:
        model, pairs = CACHE / "rerank" / shape, CACHE / "rerank" / f"{shape}-{asked.pairs}.json"
        make_inputs(model, pairs, shape, asked.pairs)
        for cores in asked.cores:
            arms = [start(source, asked.precision, model, pairs, cores) for source in sources]
            print(f"| {shape} | {cores} | {race(arms, asked.passes)} |", flush=True)


def start(source: Path, precision: str, model: Path, pairs: Path, cores: int) -> Arm:
    """A process that scores with the package in `source`."""
    name = f"shortlist:{precision}"
    command = [sys.executable, str(HERE / "rerank_worker.py"), name, str(model), str(pairs), str(cores)]
    environment = os.environ | {"PYTHONPATH": str(source)}
    worker = subprocess.Popen(command, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment)
    return Arm(name, worker, "processor")


def race(arms: list[Arm], passes: int) -> str:
    """The columns of one row."""
    try:
        for _ in range(1 + passes):
            if not all(arm.run() for arm in arms):
                raise SystemExit("A version could not score the pairs.")
    finally:
        for arm in arms:
            arm.worker.kill()
    before, after = (1000 * min(arm.seconds[1:]) / len(arm.logits) for arm in arms)  # the first pass warms
    change = np.abs(np.subtract(arms[0].logits, arms[1].logits)).max()
    return f"{before:.2f} | {after:.2f} | {before / after:.3f} | {change:.1e}"


if __name__ == "__main__":
    main()
