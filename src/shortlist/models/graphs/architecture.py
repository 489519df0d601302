"""The layers that BERT-like architectures share, and what each adds to them in a file of its own."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from shortlist.models.graphs.config import ModelConfig
from shortlist.models.graphs.nodes import Nodes


@dataclass(frozen=True, slots=True)
class LayerNames:
    """Where the tensors of one layer stand in the files; `{i}` is the layer's number."""

    query: str
    key: str
    value: str
    attended: str
    attended_norm: str
    wide: str
    narrow: str
    norm: str


@dataclass(frozen=True, slots=True)
class Architecture:
    """A BERT-like family."""

    model_types: tuple[str, ...]  # as config.json names them
    prefix: str  # before the trunk's tensors in a model that was saved with a head
    layer: LayerNames
    embed: Callable[[Nodes, ModelConfig], str]  # the inputs → a row a token
    head: Callable[[Nodes, ModelConfig, str], tuple[str, str]]  # first row → its features, and the last product's name
    first_position: Callable[[ModelConfig], int] = lambda _: 0  # row of the position table of a text's first token


def transformer(nodes: Nodes, architecture: Architecture, config: ModelConfig, *, first_only: bool = False) -> str:
    """Hidden states of the last layer, shape (tokens, hidden).

    Args:
        nodes: the graph to write to.
        architecture: whose names and embeddings to use.
        config: the sizes.
        first_only: only the first token's row is wanted. The last layer then computes no other: the same number
            for less work (13 % of a six-layer model's time).
    """
    states = architecture.embed(nodes, config)
    for i in range(config.layers):
        states = _layer(nodes, config, architecture.layer, i, states, first_only and i == config.layers - 1)
    return states


def _layer(nodes: Nodes, config: ModelConfig, names: LayerNames, i: int, states: str, first_only: bool) -> str:
    """One layer of Devlin et al., NAACL 2019: attention and feed-forward part, each added to its input and normed."""
    hidden, wide = config.hidden, config.wide
    asking = nodes.first(states) if first_only else states
    context = _attention(nodes, config, names, i, asking, states)
    attended = nodes.linear(context, names.attended.format(i=i), hidden, hidden)
    attended = nodes.norm(nodes.node("Add", attended, asking), names.attended_norm.format(i=i), hidden, config.epsilon)
    inner = nodes.activate(nodes.linear(attended, names.wide.format(i=i), hidden, wide), config.activation)
    outer = nodes.linear(inner, names.narrow.format(i=i), wide, hidden)
    return nodes.norm(nodes.node("Add", outer, attended), names.norm.format(i=i), hidden, config.epsilon)


def _attention(nodes: Nodes, config: ModelConfig, names: LayerNames, i: int, asking: str, states: str) -> str:
    """Every head of the `asking` rows over all `states`, side by side again."""
    hidden, width = config.hidden, config.hidden // config.heads
    split = nodes.whole(-1, config.heads, width)

    def heads(rows: str, name: str, *order: int) -> str:
        product = nodes.linear(rows, name.format(i=i), hidden, hidden)
        return nodes.node("Transpose", nodes.node("Reshape", product, split), perm=order)

    scores = nodes.node("MatMul", heads(asking, names.query, 1, 0, 2), heads(states, names.key, 1, 2, 0))
    shares = nodes.node("Softmax", nodes.node("Mul", scores, nodes.scalar(1 / math.sqrt(width))), axis=-1)
    context = nodes.node("MatMul", shares, heads(states, names.value, 1, 0, 2))
    return nodes.node("Reshape", nodes.node("Transpose", context, perm=(1, 0, 2)), nodes.whole(-1, hidden))


def embedded(nodes: Nodes, config: ModelConfig, ids: str, positions: str, types: str | None) -> str:
    """Sum of the words' rows, the `positions` and, where the model has them, the token types; normed.

    Args:
        nodes: the graph to write to.
        config: the sizes.
        ids: value of shape (tokens,).
        positions: value of shape (tokens, embedding).
        types: value of shape (tokens,); None for a model whose token types are all 0.
    """
    place, width = "embeddings", config.embedding
    words = nodes.lookup(ids, f"{place}.word_embeddings", config.vocabulary, width)
    kinds = f"{place}.token_type_embeddings"
    if types is not None:
        words = nodes.node("Add", words, nodes.lookup(types, kinds, config.token_types, width))
    elif f"{kinds}.weight" in nodes.weights:
        first = nodes.first(nodes.weight(f"{kinds}.weight", config.token_types, width))
        words = nodes.node("Add", words, first)
    return nodes.norm(nodes.node("Add", words, positions), f"{place}.LayerNorm", width, config.epsilon)


def counted_positions(nodes: Nodes, config: ModelConfig, ids: str) -> str:
    """Rows 0, 1, 2 … of the position table, one for each token."""
    table = nodes.weight("embeddings.position_embeddings.weight", config.positions, config.embedding)
    return nodes.node("Slice", table, nodes.whole(0), nodes.count(ids), nodes.whole(0))
