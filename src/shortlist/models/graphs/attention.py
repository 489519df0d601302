"""Scaled dot-product attention of Vaswani et al., NIPS 2017, and the parts that its variants share."""

from __future__ import annotations

import math

from shortlist.models.graphs.config import ModelConfig
from shortlist.models.graphs.nodes import Nodes


def attend(
    nodes: Nodes,
    config: ModelConfig,
    i: int,  # noqa: ARG001  # the layer's number is for variants with tensors of their own
    queries: str,
    keys: str,
    values: str,
    *,
    first_only: bool,  # noqa: ARG001  # and this for those that must know where the queries stand
) -> str:
    """What every row of `queries` gathers from all tokens, heads side by side, a row a query."""
    scores = nodes.node("MatMul", heads(nodes, config, queries, 1, 0, 2), heads(nodes, config, keys, 1, 2, 0))
    return gathered(nodes, config, nodes.node("Mul", scores, nodes.scalar(1 / math.sqrt(config.width))), values)


def heads(nodes: Nodes, config: ModelConfig, rows: str, *order: int) -> str:
    """A row a token → (tokens, heads, width), in another order of these three."""
    split = nodes.node("Reshape", rows, nodes.whole(-1, config.heads, config.width))
    return nodes.node("Transpose", split, perm=order)


def gathered(nodes: Nodes, config: ModelConfig, scores: str, values: str) -> str:
    """Scores of shape (heads, rows, tokens) → the values in these shares, a row for each of `rows`."""
    context = nodes.node("MatMul", nodes.node("Softmax", scores, axis=-1), heads(nodes, config, values, 1, 0, 2))
    return nodes.node("Reshape", nodes.node("Transpose", context, perm=(1, 0, 2)), nodes.whole(-1, config.hidden))
