"""A graph's products with constant matrices → products of 8-bit whole numbers, for processors with VNNI.

Weights get a scale for each output column, activations one for each row (token) while the model runs: a scale for the
whole text, as the runtime itself has it, is set by the largest token and leaves the others few steps. Channels that
stand far above the others after a norm are moved into the weights first (SmoothQuant: Xiao et al., ICML 2023); random
tokens show which channels these are. docs/decisions/007-precision.md has what each of the three is worth.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from shortlist.models.graphs.tensors import entry
from shortlist.models.session import Session

if TYPE_CHECKING:
    from onnx import ModelProto, NodeProto

LEAST = 64  # rows and columns of a matrix; smaller products cost nothing
STRENGTH = 0.7  # how much of the difference between channels moves into the weights
TEXTS, TOKENS = 16, 32  # of the calibration: short enough for any model
RUNTIME = "com.microsoft"  # domain of the runtime's own operators


@dataclass(frozen=True, eq=False)
class Product:
    """A node that multiplies rows with a constant matrix."""

    node: NodeProto
    rows: str
    matrix: NDArray[np.float32]  # shape (inputs, outputs)
    bias: NDArray[np.float32] | None  # shape (outputs,)


def quantised(
    model: bytes | Path, weights: Mapping[str, NDArray[np.float32]] | None = None
) -> tuple[bytes, dict[str, NDArray[Any]]]:
    """The model with its large products in 8 bits.

    Args:
        model: an ONNX file's bytes or path.
        weights: tensors that it names but does not hold.

    Returns:
        The new file's bytes, and the tensors that it names but does not hold.
    """
    from onnx import helper

    loaded, tensors = _loaded(model, weights or {})
    products = _products(loaded, tensors)
    writer = _Writer()
    largest = _largest(loaded, tensors, [rows for rows in products if _is_norm(loaded, rows)])
    written: set[str] = set()
    for node in loaded.graph.node:
        alike = next((group for group in products.values() if any(each.node is node for each in group)), None)
        if alike is None:
            writer.nodes.append(node)
        elif alike[0].rows not in written:  # products of the same rows are one
            written.add(alike[0].rows)
            writer.product(alike, largest.get(alike[0].rows))
    del loaded.graph.node[:]
    loaded.graph.node.extend(writer.nodes)
    if all(opset.domain != RUNTIME for opset in loaded.opset_import):
        loaded.opset_import.append(helper.make_opsetid(RUNTIME, 1))
    return _packed(loaded, {**tensors, **writer.constants})


def _products(model: ModelProto, tensors: Mapping[str, NDArray[Any]]) -> dict[str, list[Product]]:
    """The products that are worth it, by what they multiply."""
    found: dict[str, list[Product]] = {}
    for node in model.graph.node:
        held = tensors.get(node.input[1]) if node.op_type in ("Gemm", "MatMul") else None
        if held is None or held.dtype != np.float32 or held.ndim != 2 or min(held.shape) < LEAST:
            continue
        settings = {attribute.name: attribute for attribute in node.attribute}
        if "transA" in settings or any(settings[name].f != 1 for name in ("alpha", "beta") if name in settings):
            continue
        matrix = held.T if "transB" in settings and settings["transB"].i else held
        bias = tensors.get(node.input[2]) if len(node.input) > 2 else None
        found.setdefault(node.input[0], []).append(Product(node, node.input[0], matrix, bias))
    return found


def _largest(
    model: ModelProto, tensors: Mapping[str, NDArray[Any]], rows: Sequence[str]
) -> dict[str, NDArray[np.float32]]:
    """Of each of these values, the largest magnitude of each channel that random tokens give."""
    import onnx
    from onnx import helper

    if not rows:
        return {}
    watched = onnx.ModelProto()
    watched.CopyFrom(model)
    del watched.graph.output[:]
    watched.graph.output.extend(helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, None) for name in rows)
    body, outside = _packed(watched, tensors)
    session = Session(body, weights=outside)
    # A model's largest tensor is its table of words.
    words = max((len(held) for held in tensors.values() if held.ndim == 2), default=2)
    ids = np.random.RandomState(0).randint(0, words, (TEXTS, 1, TOKENS)).astype(np.int64)
    largest: dict[str, NDArray[np.float32]] = {}
    for text in ids:
        inputs = {
            name: np.ones_like(text) if name == "attention_mask" else np.zeros_like(text) for name in session.inputs
        }
        for name, values in zip(rows, session.run(inputs | {"input_ids": text}, rows), strict=True):
            seen: NDArray[np.float32] = np.abs(values.reshape(-1, values.shape[-1])).max(axis=0)
            largest[name] = np.maximum(largest[name], seen) if name in largest else seen
    return largest


def _is_norm(model: ModelProto, value: str) -> bool:
    return any(value in node.output and node.op_type == "LayerNormalization" for node in model.graph.node)


class _Writer:
    """Writes the nodes that stand for a product."""

    def __init__(self) -> None:
        self.nodes: list[NodeProto] = []
        self.constants: dict[str, NDArray[Any]] = {}
        self._numbers = count()

    def product(self, alike: Sequence[Product], largest: NDArray[np.float32] | None) -> None:
        """Products of the same rows as one: rows / m · m, where m is the largest magnitude of each row."""
        matrix = np.concatenate([each.matrix for each in alike], axis=1)
        rows = alike[0].rows
        if largest is not None:
            factors = smoothing(largest, matrix)
            matrix = matrix * factors[:, None]
            rows = self._node("Mul", rows, self._constant(1 / factors))
        scales = np.maximum(np.abs(matrix).max(axis=0) / 127, np.float32(1e-12)).astype(np.float32)
        codes = np.rint(matrix / scales).astype(np.int8)
        tops = self._node("ReduceMax", self._node("Abs", rows), self._constant(np.array([-1], np.int64)), keepdims=1)
        tops = self._node("Max", tops, self._constant(np.array(1e-9, np.float32)))
        rows = self._node("Div", rows, tops)
        product = self._node(
            "DynamicQuantizeMatMul", rows, self._constant(codes), self._constant(scales), domain=RUNTIME
        )
        biases = [np.zeros(each.matrix.shape[1], np.float32) if each.bias is None else each.bias for each in alike]
        self._parted(self._node("Mul", product, tops), np.concatenate(biases), alike)

    def _parted(self, product: str, bias: NDArray[np.float32], alike: Sequence[Product]) -> None:
        from onnx import helper

        outputs = [each.node.output[0] for each in alike]
        if len(outputs) == 1:
            self.nodes.append(helper.make_node("Add", [product, self._constant(bias)], outputs))
            return
        widths = self._constant(np.array([each.matrix.shape[1] for each in alike], np.int64))
        added = self._node("Add", product, self._constant(bias))
        self.nodes.append(helper.make_node("Split", [added, widths], outputs, axis=-1))

    def _node(self, kind: str, *inputs: str, **settings: Any) -> str:
        from onnx import helper

        name = f"int8_{next(self._numbers)}"
        self.nodes.append(helper.make_node(kind, inputs, [name], **settings))
        return name

    def _constant(self, values: NDArray[Any]) -> str:
        name = f"int8_{next(self._numbers)}"
        self.constants[name] = values
        return name


def smoothing(largest: NDArray[np.float32], matrix: NDArray[np.float32]) -> NDArray[np.float32]:
    """By what to divide each channel of the rows, and multiply that row of the matrix: powers of two, 1 on average.

    Args:
        largest: magnitude of each channel, shape (inputs,).
        matrix: shape (inputs, outputs).
    """
    widest = np.maximum(np.abs(matrix).max(axis=1), 1e-5)
    wanted = STRENGTH * np.log2(np.maximum(largest, 1e-5)) - (1 - STRENGTH) * np.log2(widest)
    return np.exp2(np.rint(wanted - wanted.mean())).astype(np.float32)


def _loaded(
    model: bytes | Path, weights: Mapping[str, NDArray[np.float32]]
) -> tuple[ModelProto, dict[str, NDArray[Any]]]:
    """The model and all its tensors."""
    import onnx
    from onnx import numpy_helper

    source = BytesIO(model) if isinstance(model, bytes) else str(model)
    loaded = onnx.load_model(source)  # pyright: ignore[reportUnknownMemberType]  # os.PathLike is untyped there
    held = {each.name: numpy_helper.to_array(each) for each in loaded.graph.initializer if each.name not in weights}
    return loaded, {**held, **weights}


def _packed(model: ModelProto, tensors: Mapping[str, NDArray[Any]]) -> tuple[bytes, dict[str, NDArray[Any]]]:
    """The file of a model with the tensors that its nodes name; large ones stay outside."""
    from onnx import GraphProto

    def named(graph: GraphProto) -> set[str]:
        inner = (each.g for node in graph.node for each in node.attribute if each.HasField("g"))
        return {name for node in graph.node for name in node.input}.union(*map(named, inner))

    used = {name: tensors[name] for name in sorted(named(model.graph) & set(tensors))}
    outside: dict[str, NDArray[Any]] = {}
    del model.graph.initializer[:]
    for name, values in used.items():
        placed, apart = entry(name, values)
        model.graph.initializer.append(placed)
        if apart is not None:
            outside[name] = apart
    return model.SerializeToString(), outside
