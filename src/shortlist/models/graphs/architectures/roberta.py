"""RoBERTa and XLM-R: BERT's layers, positions counted from the padding id, no token types."""

from __future__ import annotations

from shortlist.models.graphs.architecture import Architecture
from shortlist.models.graphs.architectures.bert import LAYER
from shortlist.models.graphs.config import ModelConfig
from shortlist.models.graphs.embeddings import embedded
from shortlist.models.graphs.nodes import Nodes


def embed(nodes: Nodes, config: ModelConfig) -> str:
    """Words and positions; the one row of token types that such models keep is added to every token."""
    ids = nodes.input("input_ids")
    table = nodes.weight("embeddings.position_embeddings.weight", config.positions, config.embedding)
    return embedded(nodes, config, ids, nodes.node("Gather", table, _places(nodes, config, ids)), None)


def _places(nodes: Nodes, config: ModelConfig, ids: str) -> str:
    """Row of the position table of each token.

    The first token stands at pad id + 1. A padding token stands at the pad id and is not counted, as
    create_position_ids_from_input_ids in fairseq and transformers has it.
    """
    pad = nodes.whole(_pad_id(config))
    present = nodes.node("Cast", nodes.node("Not", nodes.node("Equal", ids, pad)), to=7)  # int64
    counted = nodes.counted(present)
    return nodes.node("Add", nodes.node("Mul", counted, present), pad)


def _pad_id(config: ModelConfig) -> int:
    return 1 if config.pad_id is None else config.pad_id


def head(nodes: Nodes, config: ModelConfig, first: str) -> tuple[str, str]:
    """RobertaClassificationHead: dense, tanh, projection."""
    dense = nodes.linear(first, "classifier.dense", config.hidden, config.hidden)
    return nodes.node("Tanh", dense), "classifier.out_proj"


ROBERTA = Architecture(
    model_types=("roberta", "xlm-roberta", "camembert"),
    prefix="roberta.",
    layer=LAYER,
    embed=embed,
    head=head,
    first_position=lambda config: _pad_id(config) + 1,
)
