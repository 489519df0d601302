"""The encoder as an ONNX graph of the runtime's own fused operators, written by hand.

    ids ─ 4-bit rows ─ + positions ─ LayerNorm ─ 12 layers
    layer: ─ q,k,v ─ attention ─ out ─ + ─ LayerNorm ─ in ─ GELU ─ out ─ + ─ LayerNorm

Products are int8 (`DynamicQuantizeMatMul`: weights with a scale a column, activations with one scale a run), but
for those named in `FOUR_BIT_PRODUCTS`, which keep the source's own codes (`MatMulNBits`, twice as slow, exact).
A run holds one text: there is no mask and no padding.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from training.default_encoder.source import GROUP, FourBit, Source

FUSED = "com.microsoft"
# Its input has a few values far above the rest, which one scale for all of them cannot hold.
FOUR_BIT_PRODUCTS = ((4, "fo"),)


@dataclass
class Graph:
    """Nodes and weights as they are added; `add` gives the name of the new node's output."""

    nodes: list[onnx.NodeProto] = field(default_factory=list[onnx.NodeProto])
    weights: list[onnx.TensorProto] = field(default_factory=list[onnx.TensorProto])

    def add(self, operator: str, inputs: Sequence[str], output: str, *, domain: str = "", **attributes: Any) -> str:
        """A node with one output, which names it."""
        self.nodes.append(helper.make_node(operator, list(inputs), [output], name=output, domain=domain, **attributes))
        return output

    def weight(self, name: str, values: NDArray[Any]) -> str:
        """A stored array."""
        self.weights.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name


def build_graph(source: Source, keep: NDArray[np.int64], *, exact: bool = False) -> onnx.ModelProto:
    """`input_ids` int64 [1, length] → `token_vectors` float32 [1, length, hidden], the last layer's.

    Args:
        keep: ids of the source's vocabulary, in their new order.
        exact: float32 products, for the check of parity.
    """
    graph = Graph()
    hidden = _embeddings(graph, source, keep)
    for layer in range(source.shape.layers):
        hidden = _layer(graph, source, layer, hidden, exact)
    graph.nodes[-1].output[0] = "token_vectors"
    body = helper.make_graph(
        graph.nodes,
        "multilingual-e5-small",
        [helper.make_tensor_value_info("input_ids", TensorProto.INT64, [1, "length"])],
        [helper.make_tensor_value_info("token_vectors", TensorProto.FLOAT, [1, "length", source.shape.hidden])],
        graph.weights,
    )
    versions = [helper.make_opsetid("", 21), helper.make_opsetid(FUSED, 1)]
    return helper.make_model(body, opset_imports=versions, ir_version=10, producer_name="shortlist")


def _embeddings(graph: Graph, source: Source, keep: NDArray[np.int64]) -> str:
    rows = source.four_bit("emb.word").rows(keep)
    graph.weights.append(_int4("words", rows))
    scales = graph.add("Cast", [graph.weight("word_scales", rows.scales)], "word_scales_32", to=TensorProto.FLOAT)
    words = graph.add(
        "GatherBlockQuantized",
        ["words", "input_ids", scales],
        "word_vectors",
        domain=FUSED,
        gather_axis=0,
        quantize_axis=1,
        block_size=GROUP,
    )
    hidden = source.shape.hidden
    # Every token is of type 0, so its vector is added to the positions once and for all.
    places = source.floats("emb.pos").reshape(-1, hidden) + source.floats("emb.type").reshape(-1, hidden)[0]
    length = graph.add("Shape", ["input_ids"], "length", start=1, end=2)
    bounds = graph.weight("zero", np.zeros(1, np.int64))
    positions = graph.add("Slice", [graph.weight("positions", places), bounds, length], "position_vectors")
    return _norm(graph, source, "emb.ln", [words, positions])


def _layer(graph: Graph, source: Source, layer: int, hidden: str, exact: bool) -> str:
    name = f"l{layer}"
    joined = _product(graph, source, layer, ("q", "k", "v"), hidden, exact=exact)
    parts = [f"{name}.{part}" for part in ("query", "key", "value")]
    graph.nodes.append(helper.make_node("Split", [joined], parts, name=f"{name}.split", axis=2, num_outputs=3))
    context = graph.add("MultiHeadAttention", parts, f"{name}.context", domain=FUSED, num_heads=source.shape.heads)
    attended = _product(graph, source, layer, ("ao",), context, exact=exact)
    hidden = _norm(graph, source, f"{name}.aln", [hidden, attended])
    inner = _product(graph, source, layer, ("fi",), hidden, exact=exact, bias=False)
    active = graph.add(
        "BiasGelu", [inner, graph.weight(f"{name}.fi.b", source.floats(f"{name}.fi.b"))], f"{name}.gelu", domain=FUSED
    )
    outer = _product(graph, source, layer, ("fo",), active, exact=exact)
    return _norm(graph, source, f"{name}.oln", [hidden, outer])


def _norm(graph: Graph, source: Source, name: str, terms: Sequence[str]) -> str:
    scale = graph.weight(f"{name}.w", source.floats(f"{name}.w"))
    shift = graph.weight(f"{name}.b", source.floats(f"{name}.b"))
    return graph.add("SkipLayerNormalization", [*terms, scale, shift], name, domain=FUSED, epsilon=source.shape.epsilon)


def _product(
    graph: Graph, source: Source, layer: int, parts: Sequence[str], values: str, *, exact: bool, bias: bool = True
) -> str:
    """values @ weights (+ bias); several parts stand side by side in the result."""
    names = [f"l{layer}.{part}" for part in parts]
    name = f"l{layer}.{'-'.join(parts)}"
    shift = np.concatenate([source.floats(f"{part}.b") for part in names])
    if not exact and (layer, parts[0]) in FOUR_BIT_PRODUCTS:
        return _four_bit_product(graph, source.four_bit(f"{names[0]}.w"), name, values, shift)
    weights = np.concatenate([source.floats(f"{part}.w") for part in names]).T
    if exact:
        product = graph.add("MatMul", [values, graph.weight(f"{name}.w", weights)], name)
        return graph.add("Add", [product, graph.weight(f"{name}.b", shift)], f"{name}.sum") if bias else product
    scales = (np.abs(weights).max(axis=0) / 127).astype(np.float32)
    codes = np.rint(weights / scales).astype(np.int8)
    inputs = [values, graph.weight(f"{name}.w", codes), graph.weight(f"{name}.s", scales)]
    if bias:
        inputs += ["", graph.weight(f"{name}.b", shift)]
    return graph.add("DynamicQuantizeMatMul", inputs, name, domain=FUSED)


def _four_bit_product(graph: Graph, matrix: FourBit, name: str, values: str, shift: NDArray[np.float32]) -> str:
    rows, groups, _ = matrix.codes.shape
    weights = graph.weight(f"{name}.w", matrix.packed())
    scales = graph.weight(f"{name}.s", matrix.scales.astype(np.float32).ravel())
    product = graph.add(
        "MatMulNBits",
        [values, weights, scales],
        name,
        domain=FUSED,
        K=groups * GROUP,
        N=rows,
        bits=4,
        block_size=GROUP,
        accuracy_level=4,
    )
    return graph.add("Add", [product, graph.weight(f"{name}.b", shift)], f"{name}.sum")


def _int4(name: str, matrix: FourBit) -> onnx.TensorProto:
    """The codes as signed 4-bit integers: 8, which stands for zero, becomes 0 when the high bit of each is turned."""
    packed = matrix.packed() ^ np.uint8(0x88)
    shape = [len(packed), packed.shape[1] * GROUP]
    return helper.make_tensor(name, TensorProto.INT4, shape, packed.tobytes(), raw=True)
