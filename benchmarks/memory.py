"""Resident memory over many calls of a reranker, and over one very long passage.

    python benchmarks/memory.py [--calls 100000] [--megabytes 10] [--cache DIR]

Each call reranks one to eight passages of random lengths (log-normal, some empty, some longer than the model reads at
once) with a small cross-encoder of random weights, some under a deadline, some with adaptive depth. Printed is the
resident memory as it went, and by how much its peak grew after the first tenth. Linux only: it reads /proc.
"""

from __future__ import annotations

import argparse
import random
from pathlib import Path

import shortlist as sl
from rerank_inputs import SHAPES, documentation, make_model
from shortlist.models import CrossEncoderModel

SHAPE = "2x48"
LINES = 20
QUERY = "How do I run several tasks at the same time?"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calls", type=int, default=100_000)
    parser.add_argument("--megabytes", type=float, default=10)
    parser.add_argument("--cache", type=Path, default=Path(".cache/rerank"))
    given = parser.parse_args()
    SHAPES.setdefault(SHAPE, (2, 48))
    texts = list(documentation())
    if not (given.cache / SHAPE / "model.safetensors").is_file():
        make_model(given.cache / SHAPE, texts, SHAPE)
    model = sl.load_cross_encoder(given.cache / SHAPE)
    many_calls(model, "\n".join(texts), given.calls)
    long_passage(model, "\n".join(texts), given.megabytes)


def many_calls(model: CrossEncoderModel, text: str, calls: int) -> None:
    """Resident memory at twenty moments, and the growth of its peak."""
    drawn = random.Random(0)
    stages = [sl.Rerank(model), sl.Rerank(model, deadline_ms=20), sl.Rerank(model, risk=0.1, windows="mean")]
    print("| calls | resident, MB |\n|---|---|")
    seen: list[float] = []
    for call in range(1, calls + 1):
        lengths = [
            int(drawn.lognormvariate(5.5, 1.5)) if drawn.random() > 0.05 else 0 for _ in range(drawn.randint(1, 8))
        ]
        starts = [drawn.randrange(len(text)) for _ in lengths]
        passages = [text[start : start + length] for start, length in zip(starts, lengths, strict=True)]
        drawn.choice(stages)(f"{QUERY} {call}", passages)
        if call % max(calls // 100, 1) == 0:
            seen.append(resident_mb())
            if len(seen) % (100 // LINES) == 0:
                print(f"| {call:,} | {seen[-1]:.1f} |", flush=True)
    settled = len(seen) // 10 + 1
    growth = max(seen[settled:], default=0.0) - max(seen[:settled])
    print(f"\nafter the first tenth the peak grew by {growth:.1f} MB over {calls:,} calls")


def long_passage(model: CrossEncoderModel, text: str, megabytes: float) -> None:
    """What one passage of so many million characters takes beyond what is there."""
    length = int(megabytes * 1e6)
    passage = (text * (length // len(text) + 1))[:length]
    before = peak_mb()
    [candidate] = sl.Rerank(model, guard=False, on_error="raise")(QUERY, [passage])
    window = candidate.window
    assert window is not None
    print(
        f"a passage of {length:,} characters: {window.tokens:,} tokens in {window.windows:,} windows, all read; "
        f"the peak grew by {peak_mb() - before:.0f} MB"
    )


def resident_mb() -> float:
    """Resident memory now."""
    return _status("VmRSS")


def peak_mb() -> float:
    """The most that was ever resident."""
    return _status("VmHWM")


def _status(name: str) -> float:
    [line] = [line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith(f"{name}:")]
    return int(line.split()[1]) / 1000


if __name__ == "__main__":
    main()
