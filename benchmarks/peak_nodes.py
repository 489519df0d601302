"""What each kind of node takes, by the runtime's own profile of a graph."""

from __future__ import annotations

import importlib
import json
import math
import tempfile
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shortlist.models.graphs import Graph, open_graph

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

Pair = tuple[list[int], list[int]]  # token ids and types


@dataclass
class Kind:
    """What all nodes of one kind take for all pairs."""

    seconds: float = 0.0
    nodes: int = 0
    flops: float = 0.0


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


def run(graph: Graph, pair: Pair) -> None:
    graph.run_padded([pair], len(pair[0]))
