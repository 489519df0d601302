"""DistilBERT: BERT without token types and pooler, under names of its own."""

from __future__ import annotations

from shortlist.models.graphs.architecture import Architecture
from shortlist.models.graphs.config import ModelConfig
from shortlist.models.graphs.embeddings import counted_positions, embedded
from shortlist.models.graphs.nodes import Nodes
from shortlist.models.graphs.post_norm import PostNormLayer

LAYER = PostNormLayer(
    query="transformer.layer.{i}.attention.q_lin",
    key="transformer.layer.{i}.attention.k_lin",
    value="transformer.layer.{i}.attention.v_lin",
    attended="transformer.layer.{i}.attention.out_lin",
    attended_norm="transformer.layer.{i}.sa_layer_norm",
    wide="transformer.layer.{i}.ffn.lin1",
    narrow="transformer.layer.{i}.ffn.lin2",
    norm="transformer.layer.{i}.output_layer_norm",
)


def embed(nodes: Nodes, config: ModelConfig) -> str:
    """Words and positions from 0."""
    ids = nodes.input("input_ids")
    return embedded(nodes, config, ids, counted_positions(nodes, config, ids), None)


def head(nodes: Nodes, config: ModelConfig, first: str) -> tuple[str, str]:
    """pre_classifier, relu, classifier."""
    before = nodes.linear(first, "pre_classifier", config.hidden, config.hidden)
    return nodes.node("Relu", before), "classifier"


DISTILBERT = Architecture(model_types=("distilbert",), prefix="distilbert.", layer=LAYER, embed=embed, head=head)
