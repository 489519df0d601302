"""How much of one core's float32 peak exact reranking reaches, and where the rest goes.

    python benchmarks/peak.py [--shapes 6x384 12x384 12x768] [--pairs 20] [--passes 7] [--python PYTHON_WITH_TORCH]

The peak is the fastest of several products by onnxruntime and numpy, and by torch where --python names one that has it;
onnxruntime's is timed again beside the pairs, in blocks as long as a pair, because a busy machine slows both alike.
numpy's OpenBLAS is slow where OPENBLAS_CORETYPE names another processor; onnxruntime's products heed no such setting.
Beside it stands what the clock allows: cycles of a chain of multiplications, which take three each on any x86-64
since 2008, times --flops-a-cycle (32: two units of 8 numbers, an addition and a multiplication each).

Useful work is that of the plain algorithm without padding, whose last layer computes keys and values of all tokens and
nothing else but the first row. Pairs are those of rerank_inputs.py. Every time is the fastest of the passes, pair by
pair and node by node, because other work on the machine only ever makes them slower. The runtime's profile knows the
wall alone, which says little of a node that runs for milliseconds on a busy machine: products with weights are what the
other kinds leave of the run's processor time, and so hold what passes between the nodes.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

os.environ["OPENBLAS_NUM_THREADS"] = "1"  # read when numpy is loaded

import numpy as np

from peak_nodes import WEIGHTS, Kind, Pair, kinds_of, run
from peak_products import PRODUCTS, clock, fastest, peaks, product_rate, runtime_product, timed
from rerank_inputs import PAIRS, SHAPES, make_inputs
from shortlist.models import ModelTokenizer
from shortlist.models.graphs import open_graph
from shortlist.models.passages import tokenize

CACHE = Path(__file__).parent.parent / ".cache" / "rerank"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shapes", nargs="+", default=list(SHAPES), choices=list(SHAPES))
    parser.add_argument("--pairs", type=int, default=20, help=f"drawn evenly from the {PAIRS}")
    parser.add_argument("--passes", type=int, default=7)
    parser.add_argument("--python", help="a Python with torch, for MKL and oneDNN")
    parser.add_argument("--flops-a-cycle", type=int, default=32)
    asked = parser.parse_args()
    rates = peaks(asked.python, asked.passes)
    show_peaks(rates, asked.flops_a_cycle, clock(asked.passes))
    lead = max(map(max, rates.values())) / max(rates["onnxruntime"])
    sizes = PRODUCTS[int(np.argmax(rates["onnxruntime"]))]
    for shape in asked.shapes:
        directory, pairs = CACHE / shape, CACHE / f"{shape}.json"
        make_inputs(directory, pairs, shape)
        given = json.loads(pairs.read_text(encoding="utf-8"))
        passages = given["passages"][:: max(1, PAIRS // asked.pairs)][: asked.pairs]
        show(shape, measured(directory, given["query"], passages, asked.passes, sizes), lead)


def show_peaks(rates: dict[str, list[float]], flops_a_cycle: int, cycles: float | None) -> None:
    """Print the table of products."""
    print("GFLOP/s, one core | " + " | ".join("x".join(map(str, sizes)) for sizes in PRODUCTS))
    print("---" + "|---" * len(PRODUCTS))
    for library, each in rates.items():
        print(f"{library} | " + " | ".join(f"{rate:.1f}" for rate in each))
    if cycles is not None:
        print(f"\n{cycles:.2f} GHz x {flops_a_cycle} = {cycles * flops_a_cycle:.1f} GFLOP/s")
    sys.stdout.flush()


def pairs_of(tokenizer: ModelTokenizer, query: str, passages: Sequence[str]) -> list[Pair]:
    """From the texts to what the graph reads, as CrossEncoderModel has it."""
    first = tokenizer.ids(query)
    seconds = [tokenize(tokenizer, passage).ids.tolist() for passage in passages]
    return [(tokenizer.pair(first, second), tokenizer.pair_types(first, second)) for second in seconds]


def useful(shape: str, tokens: int) -> int:
    """Floating-point operations that a pair needs."""
    layers, width = SHAPES[shape]
    row = 2 * width * width  # one row by a square matrix
    whole = 12 * tokens * row + 4 * tokens * tokens * width
    last = 2 * tokens * row + 10 * row + 4 * tokens * width
    return (layers - 1) * whole + last


@dataclass
class Measured:
    """All pairs of a shape, in seconds."""

    tokens: list[int]
    peak: float  # GFLOP/s of the runtime's best product in the same minutes
    texts: float  # from the texts to token ids
    run: float  # through the graph
    kinds: dict[str, Kind]


def measured(
    directory: Path, query: str, passages: Sequence[str], passes: int, sizes: tuple[int, int, int]
) -> Measured:
    tokenizer, graph = ModelTokenizer.load(directory), open_graph(directory, "logits")
    pairs = pairs_of(tokenizer, query, passages)
    fastest_run, peak = np.full(len(pairs), np.inf), 0.0
    product = runtime_product(*sizes)
    for _ in range(passes):
        peak = max(peak, product_rate(product, sizes, 1))
        for i, pair in enumerate(pairs):
            fastest_run[i] = min(fastest_run[i], timed(lambda pair=pair: run(graph, pair)))
    texts, seconds = fastest(lambda: pairs_of(tokenizer, query, passages), passes), float(fastest_run.sum())
    kinds = kinds_of(directory, pairs, passes)
    others = sum(kind.seconds for name, kind in kinds.items() if name != WEIGHTS)
    kinds[WEIGHTS].seconds = seconds - others
    return Measured([len(ids) for ids, _ in pairs], peak, texts, seconds, kinds)


def show(shape: str, measured: Measured, lead: float) -> None:
    """Print the table of one shape; `lead` is by how much the fastest library's product is ahead of the runtime's."""
    peak = measured.peak * lead
    pairs, whole = len(measured.tokens), measured.run + measured.texts
    work = sum(useful(shape, tokens) for tokens in measured.tokens) / 1e9
    print(f"\n## {shape}: {pairs} pairs, mean {np.mean(measured.tokens):.0f} tokens, {work / pairs:.2f} GFLOP a pair\n")
    print(
        f"{whole / pairs * 1000:.2f} ms a pair, {work / whole:.1f} GFLOP/s, **{work / whole / peak:.1%} of the peak**\n"
    )
    rows = dict(sorted(measured.kinds.items(), key=lambda item: -item[1].seconds))
    rows["tokenising, building pairs"] = Kind(measured.texts)
    print("| kind | nodes a pair | ms a pair | share | GFLOP/s | of the peak |\n" + "|---" * 6 + "|")
    for name, kind in rows.items():
        rate = kind.flops / kind.seconds / 1e9
        speed = f"{rate:.1f} | {rate / peak:.0%}" if rate else "|"
        nodes = f"{kind.nodes / pairs:.0f}" if kind.nodes else ""
        print(f"| {name} | {nodes} | {kind.seconds / pairs * 1000:.2f} | {kind.seconds / whole:.1%} | {speed} |")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
