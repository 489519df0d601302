"""ELECTRA: BERT whose embedding tables may be narrower than its layers, with a head of its own."""

from __future__ import annotations

from shortlist.models.graphs.architecture import Architecture
from shortlist.models.graphs.architectures.bert import BERT, LAYER
from shortlist.models.graphs.config import ModelConfig
from shortlist.models.graphs.nodes import Nodes


def embed(nodes: Nodes, config: ModelConfig) -> str:
    """BERT's embeddings, widened by a product where they are narrower."""
    rows = BERT.embed(nodes, config)
    if config.embedding == config.hidden:
        return rows
    return nodes.linear(rows, "embeddings_project", config.embedding, config.hidden)


def head(nodes: Nodes, config: ModelConfig, first: str) -> tuple[str, str]:
    """ElectraClassificationHead: dense, gelu (whatever the layers use), projection."""
    dense = nodes.linear(first, "classifier.dense", config.hidden, config.hidden)
    return nodes.activate(dense, "gelu"), "classifier.out_proj"


ELECTRA = Architecture(model_types=("electra",), prefix="electra.", layer=LAYER, embed=embed, head=head)
