"""An encoder as an ONNX graph of the runtime's own fused operators, written by hand.

    ids ─ 4-bit rows ─ + positions ─ LayerNorm ─ layers
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

from shortlist.train.export.four_bit import GROUP, FourBit
from shortlist.train.export.weights import EncoderWeights, Layer, Norm

FUSED = "com.microsoft"
# The products of a layer by the names of their nodes; query, key and value stand side by side in one.
PRODUCTS = {"q-k-v": ("query", "key", "value"), "ao": ("attended",), "fi": ("wide",), "fo": ("narrow",)}
Smoothing: TypeAlias = Mapping[str, Sequence[int]]  # product → exponent of two for each channel of its input
TINIEST = np.float32(1e-30)  # a column of zeros is no division by zero


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
    weights: EncoderWeights, smoothing: Smoothing | None = None, *, name: str, exact: bool = False
) -> onnx.ModelProto:
    """`input_ids` int64 [1, length] → `token_vectors` and `late_vectors`, float32 [1, length, hidden].

    The first are the last layer's. The second are those of the layer before it, for late interaction: they tell
    tokens apart better and stand 4 bits a number, which the last layer's do not (training/LOG.md).

    Args:
        weights: of the encoder.
        smoothing: what smoothing.py found.
        name: of the graph.
        exact: float32 products, for calibration and the check of parity.
    """
    graph = Graph()
    hidden = _embeddings(graph, weights)
    for i, layer in enumerate(weights.layers):
        hidden = _Written(graph, weights, i, layer, {} if exact else smoothing or {}, exact).add(hidden)
        if i == len(weights.layers) - 2:
            graph.add("Identity", [hidden], "late_vectors")
    graph.nodes[-1].output[0] = "token_vectors"
    body = helper.make_graph(
        graph.nodes,
        name,
        [helper.make_tensor_value_info("input_ids", TensorProto.INT64, [1, "length"])],
        [
            helper.make_tensor_value_info(output, TensorProto.FLOAT, [1, "length", weights.hidden])
            for output in ("token_vectors", "late_vectors")
        ],
        graph.weights,
    )
    versions = [helper.make_opsetid("", 21), helper.make_opsetid(FUSED, 1)]
    return helper.make_model(body, opset_imports=versions, ir_version=10, producer_name="shortlist")


def _embeddings(graph: Graph, weights: EncoderWeights) -> str:
    graph.weights.append(_int4("words", weights.words))
    scales = graph.weight("word_scales", weights.words.scales)
    words = graph.add(
        "GatherBlockQuantized",
        ["words", "input_ids", graph.add("Cast", [scales], "word_scales_32", to=TensorProto.FLOAT)],
        "word_vectors",
        domain=FUSED,
        gather_axis=0,
        quantize_axis=1,
        block_size=GROUP,
    )
    length = graph.add("Shape", ["input_ids"], "length", start=1, end=2)
    bounds = graph.weight("zero", np.zeros(1, np.int64))
    # The vector of type 0 is added to the positions once and for all.
    places = graph.weight("positions", weights.positions + weights.types[0])
    positions = graph.add("Slice", [places, bounds, length], "position_vectors")
    return _norm(graph, weights, weights.norm, "emb.ln", [words, positions])


@dataclass(frozen=True)
class _Written:
    graph: Graph
    weights: EncoderWeights
    number: int
    layer: Layer
    smoothing: Smoothing
    exact: bool

    def add(self, hidden: str) -> str:
        """The layer after `hidden`."""
        graph, weights, layer, name = self.graph, self.weights, self.layer, f"l{self.number}"
        parts = [f"{name}.{part}" for part in ("query", "key", "value")]
        joined = self._product("q-k-v", hidden)
        graph.nodes.append(helper.make_node("Split", [joined], parts, name=f"{name}.split", axis=2, num_outputs=3))
        context = graph.add("MultiHeadAttention", parts, f"{name}.context", domain=FUSED, num_heads=weights.heads)
        attended = [hidden, self._product("ao", context)]
        hidden = _norm(graph, weights, layer.attended_norm, f"{name}.aln", attended)
        inner = self._product("fi", hidden, biased=False)
        bias = graph.weight(f"{name}.fi.b", layer.wide.bias)
        active = graph.add("BiasGelu", [inner, bias], f"{name}.gelu", domain=FUSED)
        return _norm(graph, weights, layer.norm, f"{name}.oln", [hidden, self._product("fo", active)])

    def _product(self, kind: str, values: str, *, biased: bool = True) -> str:
        """values @ weights (+ bias)."""
        graph, name = self.graph, f"l{self.number}.{kind}"
        weights = product_weights(self.layer, kind)
        bias = np.concatenate([self.layer.linear(part).bias for part in PRODUCTS[kind]])
        if self.exact:
            product = graph.add("MatMul", [values, graph.weight(f"{name}.w", weights)], name)
            return graph.add("Add", [product, graph.weight(f"{name}.b", bias)], f"{name}.sum") if biased else product
        if (exponents := self.smoothing.get(name)) is not None:
            weights = weights * _powers(exponents)[:, None]
            if kind != "ao":
                evener = graph.weight(f"{name}.m", 1 / _powers(exponents))
                values = graph.add("Mul", [values, evener], f"{name}.even")
        if kind == "q-k-v" and (exponents := self.smoothing.get(f"l{self.number}.ao")) is not None:
            # Attention mixes the channels of v, each within itself, so the division moves through it, into v's weights.
            last = np.concatenate([np.ones(len(bias) - len(exponents), np.float32), 1 / _powers(exponents)])
            weights, bias = weights * last, bias * last
        scales = (np.maximum(np.abs(weights).max(axis=0), TINIEST) / 127).astype(np.float32)
        codes = np.rint(weights / scales).astype(np.int8)
        inputs = [values, graph.weight(f"{name}.w", codes), graph.weight(f"{name}.s", scales)]
        if biased:
            inputs += ["", graph.weight(f"{name}.b", bias)]
        return graph.add("DynamicQuantizeMatMul", inputs, name, domain=FUSED)


def product_weights(layer: Layer, kind: str) -> NDArray[np.float32]:
    """The weights of a product, float32 [inputs, outputs]; several parts side by side."""
    return np.concatenate([layer.linear(part).weight for part in PRODUCTS[kind]]).T


def _powers(exponents: Sequence[int]) -> NDArray[np.float32]:
    return np.exp2(np.array(exponents)).astype(np.float32)


def _norm(graph: Graph, weights: EncoderWeights, norm: Norm, name: str, terms: Sequence[str]) -> str:
    scale, shift = graph.weight(f"{name}.w", norm.scale), graph.weight(f"{name}.b", norm.shift)
    return graph.add("SkipLayerNormalization", [*terms, scale, shift], name, domain=FUSED, epsilon=weights.epsilon)


def _int4(name: str, matrix: FourBit) -> onnx.TensorProto:
    """The codes as signed 4-bit integers: 8, which stands for zero, becomes 0 when the high bit of each is turned."""
    packed = matrix.packed() ^ np.uint8(0x88)
    shape = [len(packed), packed.shape[1] * GROUP]
    return helper.make_tensor(name, TensorProto.INT4, shape, packed.tobytes(), raw=True)
