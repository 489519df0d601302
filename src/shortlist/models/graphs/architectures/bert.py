"""BERT: token types tell query and passage apart; the head reads the pooled [CLS]."""

from __future__ import annotations

from shortlist.models.graphs.architecture import Architecture
from shortlist.models.graphs.config import ModelConfig
from shortlist.models.graphs.embeddings import counted_positions, embedded
from shortlist.models.graphs.nodes import Nodes
from shortlist.models.graphs.post_norm import PostNormLayer

LAYER = PostNormLayer(
    query="encoder.layer.{i}.attention.self.query",
    key="encoder.layer.{i}.attention.self.key",
    value="encoder.layer.{i}.attention.self.value",
    attended="encoder.layer.{i}.attention.output.dense",
    attended_norm="encoder.layer.{i}.attention.output.LayerNorm",
    wide="encoder.layer.{i}.intermediate.dense",
    narrow="encoder.layer.{i}.output.dense",
    norm="encoder.layer.{i}.output.LayerNorm",
)


def embed(nodes: Nodes, config: ModelConfig) -> str:
    """Words, positions from 0, token types."""
    ids = nodes.input("input_ids")
    types = nodes.input("token_type_ids") if config.token_types > 1 else None
    return embedded(nodes, config, ids, counted_positions(nodes, config, ids), types)


def head(nodes: Nodes, config: ModelConfig, first: str) -> tuple[str, str]:
    """BertPooler, then the classifier."""
    pooled = nodes.linear(first, "pooler.dense", config.hidden, config.hidden)
    return nodes.node("Tanh", pooled), "classifier"


BERT = Architecture(model_types=("bert",), prefix="bert.", layer=LAYER, embed=embed, head=head)
