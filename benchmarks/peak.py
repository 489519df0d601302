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
import ctypes
import importlib
import json
import math
import mmap
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

os.environ["OPENBLAS_NUM_THREADS"] = "1"  # read when numpy is loaded

import numpy as np
from numpy.typing import NDArray

from rerank_inputs import PAIRS, SHAPES, make_inputs
from shortlist.models import ModelTokenizer
from shortlist.models.graphs import Graph, open_graph
from shortlist.models.passages import tokenize

CACHE = Path(__file__).parent.parent / ".cache" / "rerank"
PRODUCTS = (
    (150, 384, 384),
    (150, 384, 1536),
    (150, 1536, 384),
    (512, 512, 512),
    (150, 768, 768),
)  # rows, inner, columns
BLOCK_S = 0.03  # a product is repeated for about as long as a pair takes: a shorter one would find calmer moments
KINDS = {  # of the runtime's operators; a product is told by its shapes
    "Softmax": "softmax",
    "Gelu": "GELU",
    "BiasGelu": "GELU",
    "LayerNormalization": "norms",
    "SkipLayerNormalization": "norms",
    "Add": "additions",
    "Mul": "additions",
}
WEIGHTS, ATTENTION = "products with weights", "products of attention"
TORCH = """
import json, sys, time, torch
torch.set_num_threads(1)
def timed(times):
    start = time.process_time()
    for _ in range(times): torch.nn.functional.linear(left, right)
    return time.process_time() - start
rates = []
for rows, inner, columns in json.loads(sys.argv[1]):
    left, right = torch.randn(rows, inner), torch.randn(columns, inner)
    timed(1)
    times = max(1, round(float(sys.argv[3]) / timed(1)))
    fastest = min(timed(times) for _ in range(int(sys.argv[2]))) / times
    rates.append(2 * rows * inner * columns / fastest / 1e9)
print(json.dumps(rates))
"""


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


def peaks(python: str | None, passes: int) -> dict[str, list[float]]:
    """GFLOP/s of each of PRODUCTS, by library."""
    rates = {"onnxruntime": [product_rate(runtime_product(*sizes), sizes, passes) for sizes in PRODUCTS]}
    rates["numpy"] = [product_rate(numpy_product(*sizes), sizes, passes) for sizes in PRODUCTS]
    if python:
        command = [python, "-c", TORCH, json.dumps(PRODUCTS), str(passes), str(BLOCK_S)]
        rates["torch"] = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return rates


def product_rate(multiply: Callable[[], object], sizes: tuple[int, int, int], passes: int) -> float:
    rows, inner, columns = sizes
    return 2 * rows * inner * columns / fastest(multiply, passes) / 1e9


def fastest(work: Callable[[], object], passes: int) -> float:
    """Seconds of processor time, of the fastest of so many blocks of repetitions."""
    work()
    times = max(1, round(BLOCK_S / timed(work)))

    def block() -> None:
        for _ in range(times):
            work()

    return min(timed(block) for _ in range(passes)) / times


def timed(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start


def numpy_product(rows: int, inner: int, columns: int) -> Callable[[], object]:
    left, right = np.ones((rows, inner), np.float32), np.ones((inner, columns), np.float32)
    return lambda: left @ right


def runtime_product(rows: int, inner: int, columns: int) -> Callable[[], object]:
    """As our graphs hold it: a Gemm with a constant matrix, packed when it is loaded."""
    from onnx import helper, numpy_helper

    ports = [helper.make_tensor_value_info(name, 1, [None, size]) for name, size in (("x", inner), ("y", columns))]
    constants = [
        numpy_helper.from_array(np.ones(shape, np.float32), name)
        for name, shape in (("weight", (columns, inner)), ("bias", (columns,)))
    ]
    node = helper.make_node("Gemm", ["x", "weight", "bias"], ["y"], transB=1)
    graph = helper.make_graph([node], "product", ports[:1], ports[1:], constants)
    file = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10).SerializeToString()
    runtime: Any = importlib.import_module("onnxruntime")
    options = runtime.SessionOptions()
    options.intra_op_num_threads = 1
    session = runtime.InferenceSession(file, options, providers=["CPUExecutionProvider"])
    left = np.ones((rows, inner), np.float32)
    return lambda: session.run(None, {"x": left})


def clock(passes: int) -> float | None:
    """Cycles a nanosecond, by a chain of multiplications; None where the processor is no x86-64."""
    if platform.machine() not in ("x86_64", "AMD64") or sys.platform == "win32":
        return None
    # mov rcx, rdi;  again: imul rax, rax (three times);  dec rcx;  jnz again;  ret
    program = bytes.fromhex("4889f9 480fafc0 480fafc0 480fafc0 48ffc9 75ef c3")
    page = mmap.mmap(-1, mmap.PAGESIZE, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    page.write(program)
    chain = ctypes.CFUNCTYPE(None, ctypes.c_uint64)(ctypes.addressof(ctypes.c_char.from_buffer(page)))
    turns = 1_000_000
    return 9 * turns / fastest(lambda: chain(turns), passes) / 1e9


def show_peaks(rates: dict[str, list[float]], flops_a_cycle: int, cycles: float | None) -> None:
    """Print the table of products."""
    print("GFLOP/s, one core | " + " | ".join("x".join(map(str, sizes)) for sizes in PRODUCTS))
    print("---" + "|---" * len(PRODUCTS))
    for library, each in rates.items():
        print(f"{library} | " + " | ".join(f"{rate:.1f}" for rate in each))
    if cycles is not None:
        print(f"\n{cycles:.2f} GHz x {flops_a_cycle} = {cycles * flops_a_cycle:.1f} GFLOP/s")
    sys.stdout.flush()


Pair = tuple[list[int], list[int]]  # token ids and types


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
class Kind:
    """What all nodes of one kind take for all pairs."""

    seconds: float = 0.0
    nodes: int = 0
    flops: float = 0.0


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


def run(graph: Graph, pair: Pair) -> None:
    graph.run_padded([pair], len(pair[0]))


def kinds_of(directory: Path, pairs: Sequence[Pair], passes: int) -> dict[str, Kind]:
    """The runtime's own profile of the graph."""
    with profiled() as opened:
        graph = open_graph(directory, "logits")
    for _ in range(passes):
        for pair in pairs:
            run(graph, pair)
    file = Path(opened[-1].end_profiling())
    events = [each for each in json.loads(file.read_text(encoding="utf-8")) if each.get("cat") == "Node"]
    return sorted_out([each for each in events if each["name"].endswith("_kernel_time")], passes, len(pairs))


@contextmanager
def profiled() -> Generator[list[Any]]:
    """Sessions that are opened within write profiles; they are listed."""
    runtime: Any = importlib.import_module("onnxruntime")
    plain: Any = runtime.InferenceSession
    opened: list[Any] = []

    def open_profiled(model: object, options: Any, **others: Any) -> Any:
        options.enable_profiling = True
        options.profile_file_prefix = str(Path(tempfile.mkdtemp()) / "profile")
        opened.append(plain(model, options, **others))
        return opened[-1]

    runtime.InferenceSession = open_profiled
    try:
        yield opened
    finally:
        runtime.InferenceSession = plain


def sorted_out(events: Sequence[dict[str, Any]], passes: int, pairs: int) -> dict[str, Kind]:
    """Events of all passes, in order → kinds, each node at its fastest."""
    nodes = len(events) // (passes * pairs)
    durations: NDArray[np.float64] = np.array([each["dur"] for each in events], float).reshape(passes, pairs * nodes)
    kinds: dict[str, Kind] = {}
    for event, microseconds in zip(events[: pairs * nodes], durations.min(axis=0), strict=True):
        name, flops = kind_of(event["args"])
        kind = kinds.setdefault(name, Kind())
        kind.seconds += microseconds / 1e6
        kind.nodes += 1
        kind.flops += flops
    return kinds


def kind_of(node: dict[str, Any]) -> tuple[str, float]:
    """The kind of a node, and the operations of a product."""
    operator = node["op_name"]
    if operator in KINDS:
        return KINDS[operator], 0.0
    if "Gemm" not in operator and "MatMul" not in operator:
        return "copies, shapes and tables", 0.0
    left: list[int] = next(iter(node["input_type_shape"][0].values()))
    outputs: list[int] = next(iter(node["output_type_shape"][0].values()))
    kind = WEIGHTS if len(left) == 2 or left[1] == 1 else ATTENTION  # the last layer's heads have one row
    # All numbers of the left side meet each column of the right one.
    inner = math.prod(left) / math.prod(outputs[:-1])
    return kind, 2 * inner * math.prod(outputs)


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
