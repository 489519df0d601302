"""What BERT-like architectures share at their beginning: tables of words, positions and token types."""

from __future__ import annotations

from shortlist.models.graphs.config import ModelConfig
from shortlist.models.graphs.nodes import Nodes


def embedded(nodes: Nodes, config: ModelConfig, ids: str, positions: str | None, types: str | None) -> str:
    """Sum of the words' rows and, where the model has them, the `positions` and the token types; normed.

    Args:
        nodes: the graph to write to.
        config: the sizes.
        ids: value of shape (tokens,).
        positions: value of shape (tokens, embedding); None for a model that adds none.
        types: value of shape (tokens,); None for a model whose token types are all 0.
    """
    rows = summed(nodes, config, ids, positions, types)
    return nodes.norm(rows, "embeddings.LayerNorm", config.embedding, config.epsilon)


def summed(nodes: Nodes, config: ModelConfig, ids: str, positions: str | None, types: str | None) -> str:
    """As `embedded`, before the norm."""
    width, kinds = config.embedding, "embeddings.token_type_embeddings"
    rows = nodes.lookup(ids, "embeddings.word_embeddings", config.vocabulary, width)
    if types is not None:
        rows = nodes.node("Add", rows, nodes.lookup(types, kinds, config.token_types, width))
    elif config.token_types and f"{kinds}.weight" in nodes.weights:
        rows = nodes.node("Add", rows, nodes.first(nodes.weight(f"{kinds}.weight", config.token_types, width)))
    return rows if positions is None else nodes.node("Add", rows, positions)


def counted_positions(nodes: Nodes, config: ModelConfig, ids: str) -> str:
    """Rows 0, 1, 2 … of the position table, one for each token."""
    table = nodes.weight("embeddings.position_embeddings.weight", config.positions, config.embedding)
    return nodes.for_each_text(nodes.node("Slice", table, nodes.whole(0), nodes.tokens(ids), nodes.whole(0)))
