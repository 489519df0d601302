"""MPNet (Song et al., NeurIPS 2020): RoBERTa whose scores are raised or lowered by the distance of two tokens."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from shortlist.models.graphs.architectures.roberta import ROBERTA
from shortlist.models.graphs.attention import heads, together
from shortlist.models.graphs.config import ModelConfig
from shortlist.models.graphs.nodes import Nodes
from shortlist.models.graphs.post_norm import PostNormLayer

TABLE = "encoder.relative_attention_bias.weight"
BUCKETS, LONGEST = 32, 128  # transformers reads neither from config.json


def attention(
    nodes: Nodes,
    config: ModelConfig,
    i: int,  # noqa: ARG001  # all layers share one table
    queries: str,
    keys: str,
    values: str,
    *,
    first_only: bool,
) -> str:
    """As `attend`, with what the distance between two tokens adds to their score."""
    asking, answering = heads(nodes, config, queries, 1, 0, 2), heads(nodes, config, keys, 1, 2, 0)
    scores = nodes.node("Mul", nodes.node("MatMul", asking, answering), nodes.scalar(1 / math.sqrt(config.width)))
    scores = nodes.node("Add", scores, _added(nodes, config, nodes.tokens(keys), first_only=first_only))
    shares = nodes.node("Softmax", scores, axis=-1)
    return together(nodes, config, nodes.node("MatMul", shares, heads(nodes, config, values, 1, 0, 2)))


def bucket(distances: NDArray[np.int64]) -> NDArray[np.int64]:
    """The row of the table for each distance: one each for near ones, then logarithmic; half of them for those ahead.

    relative_position_bucket of T5 (Raffel et al., JMLR 2020) and of transformers, in float32 as there.
    """
    half = BUCKETS // 2
    near, away = half // 2, np.abs(distances)
    steps = np.log(np.maximum(away, near).astype(np.float32) / np.float32(near))
    far = near + (steps / np.float32(math.log(LONGEST / near)) * np.float32(half - near)).astype(np.int64)
    return np.where(away < near, away, np.minimum(far, half - 1)) + np.where(distances > 0, half, 0)


def _added(nodes: Nodes, config: ModelConfig, tokens: str, *, first_only: bool) -> str:
    """What is added to each score, shape (heads, rows, tokens); computed once for all layers."""
    every = np.arange(-config.positions, config.positions + 1, dtype=np.int64)
    table = nodes.weights.take(TABLE, (BUCKETS, config.heads))[bucket(every)]
    by_distance = nodes.constant(f"{TABLE} by distance", np.ascontiguousarray(table.T, np.float32))
    start, end = nodes.whole(0), nodes.whole(1) if first_only else tokens
    rows = nodes.node("Unsqueeze", nodes.range(start, end), nodes.whole(1))
    ahead = nodes.node("Sub", nodes.range(start, tokens), rows)
    return nodes.node("Gather", by_distance, nodes.node("Add", ahead, nodes.whole(config.positions)), axis=1)


MPNET = replace(
    ROBERTA,
    model_types=("mpnet",),
    prefix="mpnet.",
    layer=PostNormLayer(
        query="encoder.layer.{i}.attention.attn.q",
        key="encoder.layer.{i}.attention.attn.k",
        value="encoder.layer.{i}.attention.attn.v",
        attended="encoder.layer.{i}.attention.attn.o",
        attended_norm="encoder.layer.{i}.attention.LayerNorm",
        wide="encoder.layer.{i}.intermediate.dense",
        narrow="encoder.layer.{i}.output.dense",
        norm="encoder.layer.{i}.output.LayerNorm",
        attention=attention,
    ),
)
