"""A graph's products with constant matrices → products of 8-bit whole numbers, for processors with VNNI.

Products of one row a text cost little and stay exact. docs/decisions/007-precision.md has what each part is worth.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from shortlist.models.graphs.tensors import entry
from shortlist.models.runtimes.int8_nodes import FLOORS, RUNTIME, Product, Writer
from shortlist.models.runtimes.session import Session

if TYPE_CHECKING:
    from onnx import ModelProto

LEAST = 64  # rows and columns of a matrix; smaller products cost nothing
TEXTS, TOKENS = 16, 32  # of random tokens, which show the size of each channel: short enough for any model
PASSED = ("Squeeze", "Unsqueeze", "Reshape", "Cast", "Identity")  # what ids may go through before they are looked up


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
    largest = _largest(loaded, tensors, products)
    makers = {value: node.op_type for node in loaded.graph.node for value in node.output}
    writer = Writer(next(opset.version for opset in loaded.opset_import if opset.domain == ""))
    written: set[str] = set()
    for node in loaded.graph.node:
        rows = node.input[0] if node.input else ""
        if rows not in largest or all(each.node is not node for each in products[rows]):
            writer.nodes.append(node)
        elif rows not in written:  # products of the same rows are one
            written.add(rows)
            writer.products(products[rows], largest[rows], FLOORS.get(makers.get(rows, "")))
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
    model: ModelProto, tensors: Mapping[str, NDArray[Any]], values: Iterable[str]
) -> dict[str, NDArray[np.float32]]:
    """Of each of these values that has several rows a text, the largest magnitude of each channel.

    Random tokens show it: the same channels stand out as in real text.
    """
    import onnx
    from onnx import helper

    names = list(values)
    if not names:
        return {}
    watched = onnx.ModelProto()
    watched.CopyFrom(model)
    del watched.graph.output[:]
    watched.graph.output.extend(helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, None) for name in names)
    body, outside = _packed(watched, tensors)
    session = Session(body, weights=outside)
    ids = np.random.RandomState(0).randint(0, _words(model, tensors), (TEXTS, 1, TOKENS)).astype(np.int64)
    largest: dict[str, NDArray[np.float32]] = {}
    for text in ids:
        inputs = {
            name: np.ones_like(text) if name == "attention_mask" else np.zeros_like(text) for name in session.inputs
        }
        for name, rows in zip(names, session.run(inputs | {"input_ids": text}, names), strict=True):
            found = np.abs(rows.reshape(-1, rows.shape[-1]))
            if len(found) > 1:
                largest[name] = np.maximum(largest.get(name, 0), found.max(axis=0))
    return largest


def _words(model: ModelProto, tensors: Mapping[str, NDArray[Any]]) -> int:
    """How many words the model knows: the rows of the table in which it looks up its ids."""
    ids = {"input_ids"}
    for node in model.graph.node:
        if node.op_type in PASSED and node.input[0] in ids:
            ids.update(node.output)
        elif node.op_type == "Gather" and node.input[1] in ids and node.input[0] in tensors:
            return len(tensors[node.input[0]])
    return 2  # a file of another make: these two any model knows


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
