"""Scaled dot-product attention of Vaswani et al., NIPS 2017, over all tokens or over near ones."""

from __future__ import annotations

import math

import numpy as np

from shortlist.models.graphs.config import ModelConfig
from shortlist.models.graphs.nodes import Nodes

LONG = 1024  # tokens; the scores of a longer text, which grow by its square, are never all in memory
BLOCK = 128  # queries at a time then


def attend(
    nodes: Nodes,
    config: ModelConfig,
    i: int,  # noqa: ARG001  # the layer's number is for variants with tensors of their own
    queries: str,
    keys: str,
    values: str,
    *,
    first_only: bool,
) -> str:
    """What every row of `queries` gathers from all tokens, heads side by side, a row a query."""
    return look(nodes, config, queries, keys, values, first_only=first_only)


def look(
    nodes: Nodes,
    config: ModelConfig,
    queries: str,
    keys: str,
    values: str,
    *,
    first_only: bool,
    reach: int | None = None,
) -> str:
    """As `attend`; with `reach` from no further than so many tokens on either side."""
    asking, answering = heads(nodes, config, queries, 1, 0, 2), heads(nodes, config, keys, 1, 2, 0)
    held = heads(nodes, config, values, 1, 0, 2)
    tokens = nodes.tokens(keys)

    def at_once() -> str:
        start, end = nodes.whole(0), nodes.whole(1) if first_only else tokens
        return _look(nodes, config, asking, answering, held, reach, (start, end), (nodes.whole(0), tokens))

    if first_only or config.positions <= LONG or not nodes.loops:
        return together(nodes, config, at_once())
    long = nodes.node("Squeeze", nodes.node("Greater", tokens, nodes.whole(LONG)))
    return together(
        nodes,
        config,
        nodes.either(long, lambda: _in_blocks(nodes, config, asking, answering, held, reach, tokens), at_once),
    )


def look_from_first(nodes: Nodes, config: ModelConfig, query: str, states: str, key: str, value: str) -> str:
    """What the first token alone gathers, up to rounding: no token's key or value is computed.

    For a head with the matrices K and V the score of a token x is q · Kx = Kᵀq · x, and Σ p Vx = V Σ p x. So two
    products with the states in which a head is one row take the place of two square ones: 3 % less work in a model of
    six layers. The keys' bias adds the same to all scores, which the softmax takes away again.

    Args:
        nodes: the graph to write to.
        config: the sizes.
        query: the first token's query, a matrix of one row.
        states: a row a token.
        key: name of the Linear that keys would come from, before ".weight".
        value: likewise.
    """
    hidden, shape = config.hidden, (config.heads, config.width, config.hidden)
    scaled = nodes.weights.take(f"{key}.weight", (hidden, hidden)).reshape(shape) / np.sqrt(np.float32(config.width))
    asking = nodes.node("Reshape", query, nodes.whole(config.heads, 1, config.width))
    asking = nodes.node("MatMul", asking, nodes.constant(f"{key}.weight of each head", scaled))
    asking = nodes.node("Reshape", asking, nodes.whole(config.heads, hidden))
    # The states stand on the left: on the right they would be transposed, which costs as much as the product.
    scores = nodes.node("Transpose", nodes.node("Gemm", states, asking, transB=1), perm=(1, 0))
    mixed = nodes.node("MatMul", nodes.node("Softmax", scores, axis=-1), states)
    mixed = nodes.node("Reshape", mixed, nodes.whole(config.heads, 1, hidden))
    by_head = nodes.weights.take(f"{value}.weight", (hidden, hidden)).reshape(shape).transpose(0, 2, 1).copy()
    held = nodes.node("MatMul", mixed, nodes.constant(f"{value}.weight of each head", by_head))
    held = nodes.node("Reshape", held, nodes.whole(1, hidden))
    return nodes.node("Add", held, nodes.weight(f"{value}.bias", hidden))


def heads(nodes: Nodes, config: ModelConfig, rows: str, *order: int) -> str:
    """A row a token → (tokens, heads, width), in another order of these three."""
    split = nodes.node("Reshape", rows, nodes.whole(-1, config.heads, config.width))
    return nodes.node("Transpose", split, perm=order)


def together(nodes: Nodes, config: ModelConfig, context: str) -> str:
    """(heads, rows, width) → a row with all heads side by side."""
    return nodes.node("Reshape", nodes.node("Transpose", context, perm=(1, 0, 2)), nodes.whole(-1, config.hidden))


def _look(
    nodes: Nodes,
    config: ModelConfig,
    asking: str,
    answering: str,
    held: str,
    reach: int | None,
    rows: tuple[str, str],
    columns: tuple[str, str],
) -> str:
    """Queries (heads, rows, width), keys (heads, width, columns), values (heads, columns, width) → what they gather.

    `rows` and `columns` say where those stand in the text: from, to (excluded).
    """
    scores = nodes.node("Mul", nodes.node("MatMul", asking, answering), nodes.scalar(1 / math.sqrt(config.width)))
    if reach is not None:
        down = nodes.node("Unsqueeze", nodes.range(*rows), nodes.whole(1))
        apart = nodes.node("Abs", nodes.node("Sub", down, nodes.range(*columns)))
        near = nodes.node("LessOrEqual", apart, nodes.whole(reach))
        mask = nodes.node("Where", near, nodes.scalar(0.0), nodes.scalar(-math.inf))
        scores = nodes.node("Add", scores, mask)
    return nodes.node("MatMul", nodes.node("Softmax", scores, axis=-1), held)


def _in_blocks(
    nodes: Nodes, config: ModelConfig, asking: str, answering: str, held: str, reach: int | None, tokens: str
) -> str:
    """As `_look` over the whole text, a block of queries at a time."""
    size, nothing = nodes.whole(BLOCK), nodes.whole(0)
    missing = nodes.node("Mod", nodes.node("Neg", tokens), size)
    filled = nodes.node("Pad", asking, nodes.node("Concat", nodes.whole(0, 0, 0, 0), missing, nothing, axis=0))
    count = nodes.node("Div", nodes.node("Add", tokens, missing), size)

    def block(number: str) -> str:
        start = nodes.node("Mul", nodes.node("Unsqueeze", number, nothing), size)
        end = nodes.node("Add", start, size)
        rows = nodes.node("Slice", filled, start, end, nodes.whole(1))
        if reach is None:
            return _look(nodes, config, rows, answering, held, None, (start, end), (nothing, tokens))
        first = nodes.node("Max", nodes.node("Sub", start, nodes.whole(reach)), nothing)
        last = nodes.node("Min", nodes.node("Add", end, nodes.whole(reach)), tokens)
        keys = nodes.node("Slice", answering, first, last, nodes.whole(2))
        values = nodes.node("Slice", held, first, last, nodes.whole(1))
        return _look(nodes, config, rows, keys, values, reach, (start, end), (first, last))

    blocks = nodes.node("Transpose", nodes.each(nodes.node("Squeeze", count), block), perm=(1, 0, 2, 3))
    line = nodes.node("Reshape", blocks, nodes.whole(config.heads, -1, config.width))
    return nodes.node("Slice", line, nothing, tokens, nodes.whole(1))
