"""Writing an ONNX graph: one call a node, weights by their names in the model's files."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import count
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from shortlist.errors import UnknownArchitecture
from shortlist.models.graphs.tensors import entry
from shortlist.models.graphs.weights import Weights

if TYPE_CHECKING:
    from onnx import GraphProto, NodeProto, TensorProto, ValueInfoProto

OPSET = 20  # the first with Gelu
IR_VERSION = 10  # newer ones need a newer runtime than this package asks for


class Nodes:
    """A graph that grows. Values are names; every value between two nodes is float32 and two-dimensional, a row a
    token, unless said otherwise."""

    def __init__(self, weights: Weights, *, loops: bool = True) -> None:
        self.weights = weights
        self.loops = loops  # whether it may hold some: in bfloat16 OpenVINO computes other numbers where it does
        self.outside: dict[str, NDArray[np.float32]] = {}
        self._nodes: list[NodeProto] = []
        self._known: dict[tuple[object, ...], list[str]] = {}
        self._numbers = count()
        self._inside: dict[str, TensorProto] = {}
        self._inputs: list[str] = []

    def input(self, name: str) -> str:
        """Int64 ids of one text, shape (1, tokens), as a value of shape (tokens,)."""
        self._inputs.append(name)
        return self.node("Squeeze", name, self.whole(0))

    def node(self, kind: str, *inputs: str, **attributes: Any) -> str:
        """Add a node with one output."""
        return self.split(kind, *inputs, outputs=1, **attributes)[0]

    def split(self, kind: str, *inputs: str, outputs: int, **attributes: Any) -> list[str]:
        """Add a node with several outputs. What is there already is not computed twice."""
        key = (kind, inputs, outputs, *sorted(attributes.items()))
        if key not in self._known:
            self._known[key] = self._add(kind, inputs, outputs, attributes)
        return self._known[key]

    def whole(self, *values: int) -> str:
        """A constant of int64, one-dimensional."""
        return self.constant("whole_" + "_".join(map(str, values)), np.array(values, np.int64))

    def number(self, value: int) -> str:
        """A constant of int64 without dimensions."""
        return self.constant(f"number_{value}", np.array(value, np.int64))

    def scalar(self, value: float) -> str:
        """A constant float32."""
        return self.constant(f"scalar_{value!r}", np.array(value, np.float32))

    def constant(self, name: str, values: NDArray[Any]) -> str:
        """A constant under a name of its own."""
        if name not in self._inside:
            self._inside[name], outside = entry(name, values)
            if outside is not None:
                self.outside[name] = outside
        return name

    def weight(self, name: str, *shape: int) -> str:
        """A tensor of the model's files."""
        return self.constant(name, self.weights.take(name, shape))

    def _part(self, name: str, part: tuple[int, int], rows: int, *columns: int) -> str:
        """Some of a tensor's rows, a copy of their own."""
        which, parts = part
        if parts == 1:
            return self.weight(name, rows, *columns)
        values = self.weights.take(name, (parts * rows, *columns))
        return self.constant(f"{name}[{which}/{parts}]", values[which * rows : (which + 1) * rows].copy())

    def linear(
        self, rows: str, name: str, inputs: int, outputs: int, *, bias: bool = True, part: tuple[int, int] = (0, 1)
    ) -> str:
        """rows · Wᵀ + b of a torch.nn.Linear.

        Args:
            rows: shape (any, inputs).
            name: of its tensors, before ".weight" and ".bias".
            inputs: numbers of a row.
            outputs: numbers of a row of the result.
            bias: whether it has one.
            part: which of how many equal parts of the Linear's outputs this is; `outputs` are this part's.
        """
        tensors = [self._part(f"{name}.weight", part, outputs, inputs)]
        if bias:
            tensors.append(self._part(f"{name}.bias", part, outputs))
        return self.node("Gemm", rows, *tensors, transB=1)

    def norm(self, rows: str, name: str, width: int, epsilon: float, *, bias: bool = True) -> str:
        """A torch.nn.LayerNorm over each row."""
        tensors = [self.weight(f"{name}.{each}", width) for each in ("weight", "bias")[: 1 + bias]]
        return self.node("LayerNormalization", rows, *tensors, axis=-1, epsilon=epsilon)

    def lookup(self, ids: str, name: str, rows: int, width: int) -> str:
        """Rows of a table, one for each id."""
        return self.node("Gather", self.weight(f"{name}.weight", rows, width), ids)

    def first(self, rows: str) -> str:
        """The first row, that of [CLS] or <s>, as a matrix of one row."""
        return self.node("Slice", rows, self.whole(0), self.whole(1), self.whole(0))

    def counted(self, present: str) -> str:
        """How many of a text's tokens are present up to each of them; int64, 1 or 0 a token."""
        return self.node("CumSum", present, self.whole(0))

    def for_each_text(self, rows: str) -> str:
        """Rows of one text's tokens → of every text that is read at once: here there is one."""
        return rows

    def tokens(self, rows: str) -> str:
        """Number of rows, int64 of shape (1,)."""
        return self.node("Shape", rows, start=0, end=1)

    def range(self, start: str, end: str) -> str:
        """The whole numbers between two of shape (1,), the end excluded."""
        return self.node("Range", self.node("Squeeze", start), self.node("Squeeze", end), self.number(1))

    def either(self, condition: str, then: Callable[[], str], otherwise: Callable[[], str]) -> str:
        """What `then` writes where the condition (bool, without dimensions) holds, else what `otherwise` writes."""
        branches = {"then_branch": self._inner(then), "else_branch": self._inner(otherwise)}
        return self._add("If", [condition], 1, branches)[0]

    def each(self, times: str, write: Callable[[str], str]) -> str:
        """What `write` makes of 0, 1 … times - 1, one after the other, along a new first dimension.

        Args:
            times: int64 without dimensions.
            write: from a number, int64 without dimensions, to a value that has the same shape for every number.
        """
        from onnx import TensorProto, helper

        number, on = f"number_of_{next(self._numbers)}", f"on_{next(self._numbers)}"
        ports = [
            helper.make_tensor_value_info(number, TensorProto.INT64, []),
            helper.make_tensor_value_info(on, TensorProto.BOOL, []),
        ]
        return self._add("Loop", [times, ""], 1, {"body": self._inner(lambda: write(number), ports, on)})[0]

    def _inner(self, write: Callable[[], str], inputs: Sequence[ValueInfoProto] = (), passed: str = "") -> GraphProto:
        """What `write` writes as a graph of its own, which sees the values that are there so far.

        The value `passed` is its first output where there is one; the written value, float32, is the next.
        """
        from onnx import TensorProto, helper

        outer = self._nodes, self._known
        self._nodes, self._known = [], dict(self._known)
        written = write()
        outputs = [helper.make_tensor_value_info(written, TensorProto.FLOAT, None)]
        if passed:
            still = self.node("Identity", passed)
            outputs.insert(0, helper.make_tensor_value_info(still, TensorProto.BOOL, []))
        graph = helper.make_graph(self._nodes, f"inner_{next(self._numbers)}", inputs, outputs)
        self._nodes, self._known = outer
        return graph

    def _add(self, kind: str, inputs: Sequence[str], outputs: int, attributes: Mapping[str, Any]) -> list[str]:
        from onnx import helper

        names = [f"{kind}_{next(self._numbers)}" for _ in range(outputs)]
        self._nodes.append(helper.make_node(kind, inputs, names, **attributes))
        return names

    def activate(self, rows: str, name: str) -> str:
        """An activation under the name that config.json gives it.

        Raises:
            UnknownArchitecture: it is none of those that BERT-like models were trained with.
        """
        if name == "gelu":
            return self.node("Gelu", rows)
        if name in ("gelu_new", "gelu_fast", "gelu_pytorch_tanh"):
            return self.node("Gelu", rows, approximate="tanh")
        if name == "relu":
            return self.node("Relu", rows)
        if name in ("silu", "swish"):
            return self.node("Mul", rows, self.node("Sigmoid", rows))
        raise UnknownArchitecture(
            f'The activation "{name}" of {self.weights.directory} is not known here (gelu, gelu_new, relu, silu are). '
            "Export the model to ONNX and give that file.",
            activation=name,
        )

    def model(self, output: str, name: str) -> bytes:
        """The finished ONNX file, large weights left out: `outside` holds them by name.

        Args:
            output: the value that the graph gives, a matrix; its output has shape (1, rows, columns).
            name: what to call that output.
        """
        from onnx import helper

        self._nodes.append(helper.make_node("Unsqueeze", [output, self.whole(0)], [name]))
        return self._file(name, inputs=[1, "tokens"], outputs=[1, None, None])

    def _file(self, output: str, *, inputs: list[int | str], outputs: list[int | str | None]) -> bytes:
        """The file of a graph with this output, given the shape of every input and of the output."""
        from onnx import TensorProto, helper

        graph = helper.make_graph(
            self._nodes,
            "shortlist",
            [helper.make_tensor_value_info(each, TensorProto.INT64, inputs) for each in self._inputs],
            [helper.make_tensor_value_info(output, TensorProto.FLOAT, outputs)],
            list(self._inside.values()),
        )
        opset = helper.make_opsetid("", OPSET)
        return helper.make_model(graph, opset_imports=[opset], ir_version=IR_VERSION).SerializeToString()
