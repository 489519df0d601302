"""The same graph for many texts at once, padded to one length: what differs is what mixes the rows of tokens.

All other nodes work row by row and see the texts one below the other.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from shortlist.models.graphs.architecture import Architecture
from shortlist.models.graphs.attention import LONG, attend
from shortlist.models.graphs.config import ModelConfig
from shortlist.models.graphs.nodes import Nodes
from shortlist.models.graphs.post_norm import PostNormLayer

MASK = "attention_mask"
MASKED = 1e9  # taken from the score of a padding token: its share becomes exactly 0


def in_batches(architecture: Architecture) -> Architecture | None:
    """The architecture as `BatchedNodes` writes it; None where its attention is not the plain one."""
    layer = architecture.layer
    if not isinstance(layer, PostNormLayer) or layer.attention is not attend:
        return None
    return replace(architecture, layer=replace(layer, attention=attend_in_batch))


class BatchedNodes(Nodes):
    """Writes a graph whose inputs have the shape (texts, tokens), `attention_mask` among them."""

    def input(self, name: str) -> str:
        """Int64 ids of all texts, shape (texts, tokens), as a value of shape (texts · tokens,)."""
        self._inputs.append(name)
        return self.node("Reshape", name, self.whole(-1))

    def present(self) -> str:
        """0 for a token, -MASKED for padding: float32 of shape (texts, 1, 1, tokens)."""
        if MASK not in self._inputs:
            self._inputs.append(MASK)
        absent = self.node("Sub", self.node("Cast", MASK, to=1), self.scalar(1.0))
        return self.node("Unsqueeze", self.node("Mul", absent, self.scalar(MASKED)), self.whole(1, 2))

    def apart(self, rows: str, *shape: int) -> str:
        """Rows of all texts → (texts, …), each text's in this shape."""
        return self.node("Reshape", rows, self._shape(*shape))

    def counted(self, present: str) -> str:
        """As for one text, counted anew in each."""
        return self.node("Reshape", self.node("CumSum", self.apart(present, -1), self.whole(1)), self.whole(-1))

    def for_each_text(self, rows: str) -> str:
        """Rows of one text's tokens → the same rows for each text, one below the other."""
        return self.node("Tile", rows, self._shape(1))

    def first(self, rows: str) -> str:
        """The first row of each text; of a constant table, its first."""
        if rows in self._inside:
            return super().first(rows)
        lengths = self.node("Concat", self.node("Shape", "input_ids"), self.whole(-1), axis=0)
        return self.node("Gather", self.node("Reshape", rows, lengths), self.number(0), axis=1)

    def tokens(self, rows: str) -> str:
        """Number of tokens of one text, padding included, int64 of shape (1,)."""
        return self.node("Shape", "input_ids", start=1, end=2)

    def model(self, output: str, name: str) -> bytes:
        """As for one text; the output has the shape (texts, columns)."""
        from onnx import helper

        self._nodes.append(helper.make_node("Identity", [output], [name]))
        return self._file(name, inputs=["texts", "tokens"], outputs=["texts", None])

    def _shape(self, *rest: int) -> str:
        return self.node("Concat", self.node("Shape", "input_ids", start=0, end=1), self.whole(*rest), axis=0)


def attend_in_batch(
    nodes: Nodes,
    config: ModelConfig,
    i: int,  # noqa: ARG001  # as in `attend`
    queries: str,
    keys: str,
    values: str,
    *,
    first_only: bool,
) -> str:
    """As `attend`, every text by itself; of long ones a head at a time, whose scores grow by the square."""
    parts = _heads(nodes, config, queries, keys, values)
    if first_only or config.positions <= LONG or not nodes.loops:
        return _together(nodes, config, _look(nodes, config, parts))

    def one(head: str) -> str:
        """Axis 1 is that of the heads; the mask has one for all of them."""
        *own, present = parts
        own = [nodes.node("Gather", part, head, axis=1) for part in own]
        return _look(nodes, config, [*own, nodes.node("Squeeze", present, nodes.whole(1))])

    def one_by_one() -> str:
        return nodes.node("Transpose", nodes.each(nodes.number(config.heads), one), perm=(1, 0, 2, 3))

    long = nodes.node("Squeeze", nodes.node("Greater", nodes.tokens(keys), nodes.whole(LONG)))
    return _together(nodes, config, nodes.either(long, one_by_one, lambda: _look(nodes, config, parts)))


def _heads(nodes: Nodes, config: ModelConfig, queries: str, keys: str, values: str) -> list[str]:
    """Queries, keys turned round, and values, each (texts, heads, …), and what is added to scores of padding."""
    assert isinstance(nodes, BatchedNodes)
    apart = [nodes.apart(rows, -1, config.heads, config.width) for rows in (queries, keys, values)]
    orders = (0, 2, 1, 3), (0, 2, 3, 1), (0, 2, 1, 3)
    parts = [nodes.node("Transpose", rows, perm=order) for rows, order in zip(apart, orders, strict=True)]
    return [*parts, nodes.present()]


def _look(nodes: Nodes, config: ModelConfig, parts: Sequence[str]) -> str:
    asking, answering, held, present = parts
    scores = nodes.node("Mul", nodes.node("MatMul", asking, answering), nodes.scalar(1 / math.sqrt(config.width)))
    return nodes.node("MatMul", nodes.node("Softmax", nodes.node("Add", scores, present), axis=-1), held)


def _together(nodes: Nodes, config: ModelConfig, context: str) -> str:
    """(texts, heads, rows, width) → a row with all heads side by side, the texts one below the other."""
    return nodes.node("Reshape", nodes.node("Transpose", context, perm=(0, 2, 1, 3)), nodes.whole(-1, config.hidden))
