"""MaxSim of 100 candidates of 150 tokens from the vectors that an index keeps, in processor time.

    taskset -c 0 python benchmarks/maxsim.py [--candidates 100] [--tokens 150] [--times 300]

The passages are the running Python's documentation, encoded by the packaged encoder and stored in an index; the queries
are a question of usual length and a long one. Compared are: MaxSim of the packed vectors in memory, as the second look
computes it; the same with the vectors read from the index first; and numpy's product and maximum, a passage after the
other, of float32 vectors that are in memory and normalised already, in as many directions and in all. They take turns,
so that what else the machine does meets all of them. The query's own encoding is no part of it.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import shortlist as sl
from rerank_inputs import documentation
from shortlist.models import Encoder
from shortlist.models.packing import QueryTokens, maxsim, projected, query_tokens
from shortlist.models.runtimes.session import cores
from shortlist.records import Features

USUAL = "How do I wait for the first of several tasks to finish?"
LONG = (
    "I start several tasks at the same time, each of which fetches one page and parses it, and would like to go on as "
    "soon as the first of them is done, cancel those that still run, and yet see the exception of each that failed "
    "before that: which function of the standard library waits for tasks in that way, and what does it give back?"
)
LONG_TOKENS = 64


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--candidates", type=int, default=100)
    parser.add_argument("--tokens", type=int, default=150, help="of each candidate")
    parser.add_argument("--times", type=int, default=300)
    given = parser.parse_args()
    if cores() > 1:
        parser.error("numpy's products would wake threads, whose waiting counts as well: run it under taskset -c 0.")
    encoder = sl.load_encoder()
    texts = [cut(encoder, text, given.tokens) for text in passages(given.candidates)]
    whole = [encoder.late_vectors(text, "passage") for text in texts]
    with tempfile.TemporaryDirectory() as scratch, sl.Index.open(Path(scratch) / "index", chunk_size=448) as index:
        index.add([sl.Document(f"{number:03}", text) for number, text in enumerate(texts)])
        ranking = index.retrieve(depth=given.candidates, method="dense")(USUAL)
        assert ranking.features is not None
        order = [candidate.chunk.id for candidate in ranking]
        held = [whole[int(candidate.chunk.doc_id)] for candidate in ranking]
        print("| query | from | p50, ms | p95, ms |\n|---|---|---|---|")
        for query in (USUAL, cut(encoder, LONG, LONG_TOKENS)):
            tokens = encoder.query_parts(query)[1]
            ways = ways_of(encoder, tokens, ranking.features, order, held)
            for name, times in timed(ways, given.times).items():
                p50, p95 = np.percentile(times, [50, 95])
                print(f"| {len(tokens)} tokens | {name} | {p50:.2f} | {p95:.2f} |", flush=True)
    lengths = [len(tokens) for tokens in held]
    print(f"\n{len(held)} candidates of {min(lengths)} to {max(lengths)} tokens")


def passages(count: int) -> list[str]:
    """Long stretches of documentation."""
    texts = list(documentation())
    step = len(texts) // count
    return ["\n\n".join(texts[i * step : (i + 1) * step + 40]) for i in range(count)]


def cut(encoder: Encoder, text: str, tokens: int) -> str:
    """The beginning of the text, of so many tokens."""
    spans = encoder.tokenizer.spans(text[: 20 * tokens])
    return text[: spans[min(tokens, len(spans)) - 1][1]]


def ways_of(
    encoder: Encoder,
    tokens: NDArray[np.float32],
    features: Features,
    order: Sequence[str],
    whole: Sequence[NDArray[np.float32]],
) -> dict[str, Callable[[], object]]:
    """What is compared, by name; each gives one score a candidate."""
    packed = features.token_vectors(order)
    query = query_tokens(tokens, encoder.projection)

    def plain(projection: NDArray[np.float32] | None) -> Callable[[], object]:
        asked = projected(tokens, projection)
        units = [unit(projected(vectors, projection)) for vectors in whole]
        return partial(in_numpy, unit(asked), units)

    width = 0 if encoder.projection is None else encoder.projection.shape[1]
    return {
        f"packed vectors, {width} directions in 4 bits": lambda: maxsim(query, packed),
        "the same, read from the index": lambda: from_index(query, features, order),
        f"float32 in numpy, {width} directions": plain(encoder.projection),
        f"float32 in numpy, {encoder.dimensions} directions": plain(None),
    }


def from_index(query: QueryTokens, features: Features, order: Sequence[str]) -> NDArray[np.float64]:
    """MaxSim of what is on disk."""
    return maxsim(query, features.token_vectors(order))


def in_numpy(query: NDArray[np.float32], whole: Sequence[NDArray[np.float32]]) -> list[float]:
    """MaxSim as its definition has it."""
    return [float((vectors @ query.T).max(axis=0).mean()) for vectors in whole]


def unit(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Rows of unit length."""
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def timed(ways: dict[str, Callable[[], object]], times: int) -> dict[str, list[float]]:
    """Milliseconds of processor time of each call; a first one of each is not counted."""
    found: dict[str, list[float]] = {name: [] for name in ways}
    for number in range(times + 1):
        for name, call in ways.items():
            start = time.process_time()
            call()
            if number:
                found[name].append((time.process_time() - start) * 1000)
    return found


if __name__ == "__main__":
    main()
