"""The nodes that stand for a product in 8 bits: rows to whole numbers, a scale each; the product; back to float32.

Each row (token) has a scale of its own: one for the whole text, as the runtime's own operator has it, is set by the
largest token and leaves the others few steps. A few channels stand far above the others: these are multiplied in
float32 and added (LLM.int8(): Dettmers et al., NeurIPS 2022), for they would set the scale of the row, and errors of
their weights count most. Rows after an activation whose floor is known spend no steps below it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from onnx import NodeProto

RUNTIME = "com.microsoft"  # domain of the runtime's own operators
CHANNELS = 16  # that stay in float32: docs/decisions/007-precision.md has what fewer and more are worth
MIDDLE = 128  # the byte that stands for 0
FLOORS = {"Gelu": 0.17, "Relu": 0.0}  # how far below 0 an activation's values reach
LOW = 20  # the byte that stands for 0 after such an activation
LEAST = 1e-9  # of a scale: a row may be nothing but zeros


@dataclass(frozen=True, eq=False)
class Product:
    """A node that multiplies rows with a constant matrix."""

    node: NodeProto
    rows: str
    matrix: NDArray[np.float32]  # shape (inputs, outputs)
    bias: NDArray[np.float32] | None  # shape (outputs,)


class Writer:
    """Writes such nodes, for products of the same rows together."""

    def __init__(self, opset: int) -> None:
        self.nodes: list[NodeProto] = []
        self.constants: dict[str, NDArray[Any]] = {}
        self._opset = opset
        self._numbers = count()

    def products(self, alike: Sequence[Product], largest: NDArray[np.float32], floor: float | None) -> None:
        """The products of some rows.

        Args:
            alike: what multiplies the same rows.
            largest: magnitude of each channel of these rows, shape (inputs,).
            floor: how far below 0 the rows reach, where that is known.
        """
        matrix = np.concatenate([each.matrix for each in alike], axis=1)
        biases = [np.zeros(each.matrix.shape[1], np.float32) if each.bias is None else each.bias for each in alike]
        apart = outstanding(largest, matrix)
        inside = np.ones(len(matrix), np.float32)
        inside[apart] = 0
        given = alike[0].rows
        rows = given if alike[0].node.op_type == "Gemm" else self._node("Flatten", given, axis=-1)
        product = self._product(self._node("Mul", rows, self._constant(inside)), matrix * inside[:, None], floor)
        product = self._node("Add", product, self._exact(rows, apart, matrix[apart], np.concatenate(biases)))
        if rows != given:
            product = self._node("Reshape", product, self._shape(given, matrix.shape[1]))
        self._parted(product, alike)

    def _exact(
        self, rows: str, channels: NDArray[np.int64], matrix: NDArray[np.float32], bias: NDArray[np.float32]
    ) -> str:
        """These channels of the rows · matrix + bias, in float32."""
        some = self._node("Gather", rows, self._constant(channels), axis=1)
        return self._node("Gemm", some, self._constant(matrix), self._constant(bias))

    def _product(self, rows: str, matrix: NDArray[np.float32], floor: float | None) -> str:
        """rows · matrix, both in 8 bits: s · (bytes · codes · scales), where s is the scale of each row."""
        zero = MIDDLE if floor is None else LOW
        steps = self._scales(rows, zero, floor)
        zeros = self._node("Expand", self._constant(np.array([zero], np.uint8)), self._node("Shape", steps))
        codes, scales = in_bytes(matrix)
        product = self._node(
            "MatMulIntegerToFloat",
            self._node("QuantizeLinear", rows, steps, zeros, axis=0),
            self._constant(codes),
            self._constant(np.array(1, np.float32)),
            self._constant(scales),
            self._constant(np.array(zero, np.uint8)),
            domain=RUNTIME,
        )
        return self._node("Mul", product, self._node("Unsqueeze", steps, self._whole(-1)))

    def _scales(self, rows: str, zero: int, floor: float | None) -> str:
        """What one step stands for, shape (rows,): from the largest magnitude of the row."""
        upwards = 255 - zero
        tops = self._greatest(rows if floor is not None else self._node("Abs", rows))
        steps = self._node("Mul", tops, self._constant(np.array(1 / upwards, np.float32)))
        least = max(LEAST, (floor or 0.0) / zero)
        return self._node("Max", steps, self._constant(np.array([least], np.float32)))

    def _greatest(self, rows: str) -> str:
        if self._opset < 18:  # until then the axes were an attribute
            return self._node("ReduceMax", rows, axes=[-1], keepdims=0)
        return self._node("ReduceMax", rows, self._whole(-1), keepdims=0)

    def _shape(self, rows: str, width: int) -> str:
        """That of `rows`, with another width."""
        outer = self._node("Slice", self._node("Shape", rows), self._whole(0), self._whole(-1))
        return self._node("Concat", outer, self._whole(width), axis=0)

    def _parted(self, product: str, alike: Sequence[Product]) -> None:
        from onnx import helper

        outputs = [each.node.output[0] for each in alike]
        if len(outputs) == 1:
            self.nodes.append(helper.make_node("Identity", [product], outputs))
            return
        widths = self._whole(*(each.matrix.shape[1] for each in alike))
        self.nodes.append(helper.make_node("Split", [product, widths], outputs, axis=-1))

    def _node(self, kind: str, *inputs: str, **settings: Any) -> str:
        from onnx import helper

        name = f"int8_{next(self._numbers)}"
        self.nodes.append(helper.make_node(kind, inputs, [name], **settings))
        return name

    def _whole(self, *values: int) -> str:
        return self._constant(np.array(values, np.int64))

    def _constant(self, values: NDArray[Any]) -> str:
        name = f"int8_{next(self._numbers)}"
        self.constants[name] = values
        return name


def in_bytes(matrix: NDArray[np.float32]) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """Codes from -127 to 127, and the scale of each column."""
    scales = np.maximum(np.abs(matrix).max(axis=0) / 127, np.float32(1e-12)).astype(np.float32)
    return np.rint(matrix / scales).astype(np.int8), scales


def outstanding(largest: NDArray[np.float32], matrix: NDArray[np.float32]) -> NDArray[np.int64]:
    """The channels whose products are largest, at most CHANNELS and an eighth of them, in their order.

    Args:
        largest: magnitude of each channel, shape (inputs,).
        matrix: shape (inputs, outputs).
    """
    sizes = largest * np.linalg.norm(matrix, axis=1)
    count = min(CHANNELS, len(matrix) // 8)
    return np.sort(np.argsort(-sizes, kind="stable")[:count]).astype(np.int64)
