"""The encoder as an ONNX graph of the runtime's own fused operators, written by hand.

    ids ─ 4-bit rows ─ + positions ─ LayerNorm ─ 12 layers
    layer: ─ q,k,v ─ attention ─ out ─ + ─ LayerNorm ─ in ─ GELU ─ out ─ + ─ LayerNorm

Products are int8 (`DynamicQuantizeMatMul`: weights with a scale a column, activations with one scale a run), after
smoothing.py has evened out the channels of their inputs. A run holds one text: there is no mask and no padding.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from training.default_encoder.source import GROUP, FourBit, Source

FUSED = "com.microsoft"
# The products of a layer, by the names of the source; q, k and v stand side by side in one.
PRODUCTS = (("q", "k", "v"), ("ao",), ("fi",), ("fo",))
Smoothing: TypeAlias = Mapping[str, Sequence[int]]  # product → exponent of two for each channel of its input


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


def build_graph(
    source: Source, keep: NDArray[np.int64], smoothing: Smoothing | None = None, *, exact: bool = False
) -> onnx.ModelProto:
    """`input_ids` int64 [1, length] → `token_vectors` and `late_vectors`, float32 [1, length, hidden].

    The first are the last layer's. The second are those of the layer before it, for late interaction: they tell
    tokens apart better and stand 4 bits a number, which the last layer's do not (training/LOG.md).

    Args:
        keep: ids of the source's vocabulary, in their new order.
        smoothing: what smoothing.py found.
        exact: float32 products, for calibration and the check of parity.
    """
    graph = Graph()
    hidden = _embeddings(graph, source, keep)
    for layer in range(source.shape.layers):
        hidden = _Layer(graph, source, layer, {} if exact else smoothing or {}, exact).add(hidden)
        if layer == source.shape.layers - 2:
            graph.add("Identity", [hidden], "late_vectors")
    graph.nodes[-1].output[0] = "token_vectors"
    body = helper.make_graph(
        graph.nodes,
        "multilingual-e5-small",
        [helper.make_tensor_value_info("input_ids", TensorProto.INT64, [1, "length"])],
        [
            helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, "length", source.shape.hidden])
            for name in ("token_vectors", "late_vectors")
        ],
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


@dataclass(frozen=True)
class _Layer:
    graph: Graph
    source: Source
    layer: int
    smoothing: Smoothing
    exact: bool

    def add(self, hidden: str) -> str:
        """The layer after `hidden`."""
        graph, source, name = self.graph, self.source, f"l{self.layer}"
        parts = [f"{name}.{part}" for part in ("query", "key", "value")]
        joined = self._product(("q", "k", "v"), hidden)
        graph.nodes.append(helper.make_node("Split", [joined], parts, name=f"{name}.split", axis=2, num_outputs=3))
        context = graph.add("MultiHeadAttention", parts, f"{name}.context", domain=FUSED, num_heads=source.shape.heads)
        hidden = _norm(graph, source, f"{name}.aln", [hidden, self._product(("ao",), context)])
        inner = self._product(("fi",), hidden, biased=False)
        bias = graph.weight(f"{name}.fi.b", source.floats(f"{name}.fi.b"))
        active = graph.add("BiasGelu", [inner, bias], f"{name}.gelu", domain=FUSED)
        return _norm(graph, source, f"{name}.oln", [hidden, self._product(("fo",), active)])

    def _product(self, parts: Sequence[str], values: str, *, biased: bool = True) -> str:
        """values @ weights (+ bias)."""
        graph, name = self.graph, f"l{self.layer}.{'-'.join(parts)}"
        weights = product_weights(self.source, self.layer, parts)
        bias = np.concatenate([self.source.floats(f"l{self.layer}.{part}.b") for part in parts])
        if self.exact:
            product = graph.add("MatMul", [values, graph.weight(f"{name}.w", weights)], name)
            return graph.add("Add", [product, graph.weight(f"{name}.b", bias)], f"{name}.sum") if biased else product
        if (exponents := self.smoothing.get(name)) is not None:
            weights = weights * _powers(exponents)[:, None]
            if parts != ("ao",):
                evener = graph.weight(f"{name}.m", 1 / _powers(exponents))
                values = graph.add("Mul", [values, evener], f"{name}.even")
        if "v" in parts and (exponents := self.smoothing.get(f"l{self.layer}.ao")) is not None:
            # Attention mixes the channels of v, each within itself, so the division moves through it, into v's weights.
            last = np.concatenate([np.ones(len(bias) - len(exponents), np.float32), 1 / _powers(exponents)])
            weights, bias = weights * last, bias * last
        scales = (np.abs(weights).max(axis=0) / 127).astype(np.float32)
        codes = np.rint(weights / scales).astype(np.int8)
        inputs = [values, graph.weight(f"{name}.w", codes), graph.weight(f"{name}.s", scales)]
        if biased:
            inputs += ["", graph.weight(f"{name}.b", bias)]
        return graph.add("DynamicQuantizeMatMul", inputs, name, domain=FUSED)


def product_weights(source: Source, layer: int, parts: Sequence[str]) -> NDArray[np.float32]:
    """The weights of a product, float32 [inputs, outputs]; several parts side by side."""
    return np.concatenate([source.floats(f"l{layer}.{part}.w") for part in parts]).T


def _powers(exponents: Sequence[int]) -> NDArray[np.float32]:
    return np.exp2(np.array(exponents)).astype(np.float32)


def _norm(graph: Graph, source: Source, name: str, terms: Sequence[str]) -> str:
    scale = graph.weight(f"{name}.w", source.floats(f"{name}.w"))
    shift = graph.weight(f"{name}.b", source.floats(f"{name}.b"))
    return graph.add("SkipLayerNormalization", [*terms, scale, shift], name, domain=FUSED, epsilon=source.shape.epsilon)


def _int4(name: str, matrix: FourBit) -> onnx.TensorProto:
    """The codes as signed 4-bit integers: 8, which stands for zero, becomes 0 when the high bit of each is turned."""
    packed = matrix.packed() ^ np.uint8(0x88)
    shape = [len(packed), packed.shape[1] * GROUP]
    return helper.make_tensor(name, TensorProto.INT4, shape, packed.tobytes(), raw=True)
