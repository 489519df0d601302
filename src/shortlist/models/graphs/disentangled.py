"""Attention that sees how far apart two tokens stand: the disentangled attention of DeBERTa (He et al., ICLR 2021).

A score is the sum of content · content, content · position (c2p) and position · content (p2c), where "position" is a
row of a table for the distance between the two tokens. Near distances have a row each, far ones share rows.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shortlist.models.graphs.attention import heads, together
from shortlist.models.graphs.config import ModelConfig
from shortlist.models.graphs.nodes import Nodes

TABLE = "encoder.rel_embeddings.weight"
PLACE = "encoder.layer.{i}.attention.self"


@dataclass(frozen=True, slots=True)
class Distances:
    """What config.json says of them."""

    terms: frozenset[str]  # "c2p", "p2c", both or none
    parts: int  # of a score, which is divided by the square root of this times a head's width
    buckets: int  # rows for distances of one sign; 0 where every distance has its own
    longest: int  # all distances from here on are one
    shared: bool  # whether their rows pass through the projections of the words
    normed: bool  # whether the table is normed before it is used

    @property
    def span(self) -> int:
        """Rows of the table for distances of one sign."""
        return self.buckets or self.longest


def attend_disentangled(
    nodes: Nodes,
    config: ModelConfig,
    i: int,
    queries: str,
    keys: str,
    values: str,
    *,
    first_only: bool,
    distances: Distances,
) -> str:
    """As `attend`, for a model with these distances.

    A score that depends on the distance is computed for all 2 x tokens distances of a query at once, then each row is
    shifted to its own place (Dai et al., ACL 2019). Looking each up would cost more than the product.
    """
    scale = 1 / math.sqrt(config.width * distances.parts)
    asking = heads(nodes, config, nodes.node("Mul", queries, nodes.scalar(scale)), 1, 0, 2)
    scores = nodes.node("MatMul", asking, heads(nodes, config, keys, 1, 2, 0))
    tokens = nodes.tokens(keys)
    if "c2p" in distances.terms:
        name = f"{PLACE}.key_proj" if distances.shared else f"{PLACE}.pos_key_proj"
        rows = _rows(nodes, config, distances, name.format(i=i), 1.0, tokens, falling=True, first_only=first_only)
        products = nodes.node("MatMul", asking, nodes.node("Transpose", rows, perm=(0, 2, 1)))
        scores = nodes.node("Add", scores, products if first_only else _shifted(nodes, config, products, tokens))
    if "p2c" in distances.terms:
        name = f"{PLACE}.query_proj" if distances.shared else f"{PLACE}.pos_query_proj"
        rows = _rows(
            nodes, config, distances, name.format(i=i), scale, tokens, falling=first_only, first_only=first_only
        )
        answering = heads(nodes, config, keys, 1, 0, 2)
        if first_only:
            products = nodes.node("ReduceSum", nodes.node("Mul", answering, rows), nodes.whole(-1))
        else:
            products = nodes.node("MatMul", answering, nodes.node("Transpose", rows, perm=(0, 2, 1)))
            products = _shifted(nodes, config, products, tokens)
        scores = nodes.node("Add", scores, nodes.node("Transpose", products, perm=(0, 2, 1)))
    shares = nodes.node("Softmax", scores, axis=-1)
    return together(nodes, config, nodes.node("MatMul", shares, heads(nodes, config, values, 1, 0, 2)))


def bucket(distances: NDArray[np.int64], buckets: int, longest: int) -> NDArray[np.int64]:
    """The bucket of each distance: itself up to half of `buckets`, then logarithmic up to `longest`.

    make_log_bucket_position of DeBERTa's authors and of transformers, in float32 as there: last bits decide.
    """
    half = buckets // 2
    near = np.abs(distances) <= half
    far = np.where(near, half + 1, np.abs(distances)).astype(np.float32) / np.float32(half)
    whole = np.log(np.float32(max(longest - 1, half + 1) / half))
    steps = np.ceil(np.log(far) / whole * np.float32(half - 1)) + half
    return np.where(near, distances, steps * np.sign(distances)).astype(np.int64)


def _rows(
    nodes: Nodes,
    config: ModelConfig,
    distances: Distances,
    name: str,
    scale: float,
    tokens: str,
    *,
    falling: bool,
    first_only: bool,
) -> str:
    """The projected rows of the distances of one text, shape (heads, distances, width).

    They are -tokens … tokens - 1, or falling tokens … 1 - tokens, or falling those of the first token, 0 … 1 - tokens.
    """
    table = nodes.constant(f"{name}.rows", _projected(nodes, config, distances, name, scale))
    every = np.arange(-config.positions, config.positions + 1, dtype=np.int64)
    places = bucket(every, distances.buckets, distances.longest) if distances.buckets else every
    places = np.clip(places + distances.span, 0, 2 * distances.span - 1)
    known = nodes.constant(f"places_{falling}", np.ascontiguousarray(places[::-1]) if falling else places)
    middle = nodes.whole(config.positions)
    start = middle if first_only else nodes.node("Sub", middle, tokens)
    chosen = nodes.node("Slice", known, start, nodes.node("Add", middle, tokens))
    return nodes.node("Gather", table, chosen, axis=1)


def _projected(nodes: Nodes, config: ModelConfig, distances: Distances, name: str, scale: float) -> NDArray[np.float32]:
    """The table of distances as one layer sees it, shape (heads, rows, width): the same for every text."""
    hidden = config.hidden
    rows = nodes.weights.take(TABLE, (2 * distances.span, hidden))
    if distances.normed:
        centred = rows - rows.mean(axis=1, keepdims=True)
        rows = centred / np.sqrt(np.square(centred).mean(axis=1, keepdims=True) + config.epsilon)
        place = "encoder.LayerNorm"
        rows = rows * nodes.weights.take(f"{place}.weight", (hidden,)) + nodes.weights.take(f"{place}.bias", (hidden,))
    weight, bias = nodes.weights.take(f"{name}.weight", (hidden, hidden)), nodes.weights.take(f"{name}.bias", (hidden,))
    seen = (rows @ weight.T + bias) * np.float32(scale)
    return np.ascontiguousarray(seen.reshape(-1, config.heads, config.width).transpose(1, 0, 2), np.float32)


def _shifted(nodes: Nodes, config: ModelConfig, products: str, tokens: str) -> str:
    """Row r, column c + tokens - r of shape (heads, tokens, 2 x tokens) → row r, column c of (heads, tokens, tokens).

    Read as one line without its first `tokens` numbers, the matrix needs rows that are one shorter.
    """
    line = nodes.node("Reshape", products, nodes.whole(config.heads, -1))
    later = nodes.node("Slice", line, tokens, nodes.whole(np.iinfo(np.int64).max), nodes.whole(1))
    shorter = nodes.node("Sub", nodes.node("Add", tokens, tokens), nodes.whole(1))
    shape = nodes.node("Concat", nodes.whole(config.heads, -1), shorter, axis=0)
    return nodes.node("Slice", nodes.node("Reshape", later, shape), nodes.whole(0), tokens, nodes.whole(2))
