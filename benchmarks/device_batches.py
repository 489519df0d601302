"""How much of what a GPU computes are tokens of the pairs, and not padding or copies, by the size of batches.

    python benchmarks/device_batches.py

Lengths are drawn, not timed: log-normal about 150 tokens, up to 512, as those of passages are. Needs no GPU.
"""

from __future__ import annotations

from collections import Counter

import numpy as np

from shortlist.models.runtimes.device import Batching

BUDGETS, STEPS, PAIRS, DRAWS = (1024, 2048, 4096, 8192), (16, 32, 64, 128), (20, 100, 1000), 200


def share(batching: Batching, lengths: list[int]) -> float:
    """Tokens of these pairs divided by tokens computed."""
    padded = Counter(-(-length // batching.step) * batching.step for length in lengths)
    computed = sum(-(-count // batching.size(each)) * batching.size(each) * each for each, count in padded.items())
    return sum(lengths) / computed


def drawn(generator: np.random.RandomState, pairs: int) -> list[int]:
    """Token counts of pairs."""
    return generator.lognormal(np.log(130), 0.55, pairs).clip(16, 512).astype(int).tolist()


def main() -> None:
    print("| tokens a batch | multiple of | " + " | ".join(f"{pairs:,} pairs" for pairs in PAIRS) + " |")
    print("| ---: | ---: |" + " ---: |" * len(PAIRS))
    for budget in BUDGETS:
        for step in STEPS:
            generator = np.random.RandomState(0)
            batching = Batching(budget, step, filled=True)
            means = [np.mean([share(batching, drawn(generator, pairs)) for _ in range(DRAWS)]) for pairs in PAIRS]
            print(f"| {budget:,} | {step} | " + " | ".join(f"{mean:.2f}" for mean in means) + " |")


if __name__ == "__main__":
    main()
