"""DeBERTa-v2 and v3 (He et al., ICLR 2021 and 2023): distances instead of positions, and a pooler of its own."""

from __future__ import annotations

from shortlist.errors import UnknownArchitecture
from shortlist.models.graphs.architecture import Architecture
from shortlist.models.graphs.config import ModelConfig
from shortlist.models.graphs.disentangled import Distances, attend_disentangled
from shortlist.models.graphs.embeddings import counted_positions, summed
from shortlist.models.graphs.nodes import Nodes
from shortlist.models.graphs.post_norm import PostNormLayer


def embed(nodes: Nodes, config: ModelConfig) -> str:
    """Words, and positions and token types where there are any; widened without a bias where narrower; normed."""
    ids = nodes.input("input_ids")
    types = nodes.input("token_type_ids") if config.token_types > 1 else None
    counted = config.stated.get("position_biased_input", True)
    rows = summed(nodes, config, ids, counted_positions(nodes, config, ids) if counted else None, types)
    if config.embedding != config.hidden:
        rows = nodes.linear(rows, "embeddings.embed_proj", config.embedding, config.hidden, bias=False)
    return nodes.norm(rows, "embeddings.LayerNorm", config.hidden, config.epsilon)


def attention(
    nodes: Nodes, config: ModelConfig, i: int, queries: str, keys: str, values: str, *, first_only: bool
) -> str:
    """Disentangled, by the distances that config.json describes."""
    distances = read_distances(config)
    return attend_disentangled(nodes, config, i, queries, keys, values, first_only=first_only, distances=distances)


def read_distances(config: ModelConfig) -> Distances:
    """The settings that only this architecture has.

    Raises:
        UnknownArchitecture: they ask for a convolution, or for heads that are not the vector's equal parts.
    """
    stated = config.stated
    if (stated.get("conv_kernel_size") or 0) > 0 or stated.get("attention_head_size", config.width) != config.width:
        raise UnknownArchitecture(
            "This DeBERTa has a convolution behind its first layer (conv_kernel_size in config.json; v2-xlarge and "
            "v2-xxlarge have one) or heads of a width of their own (attention_head_size), which nothing here runs. "
            "Export the model to ONNX and give that file.",
            model_type=config.model_type,
        )
    named = stated.get("pos_att_type") or ()
    terms = {str(term).strip().lower() for term in (named.split("|") if isinstance(named, str) else named)}
    terms &= {"c2p", "p2c"}
    longest = int(stated.get("max_relative_positions") or -1)
    return Distances(
        terms=frozenset(terms if stated.get("relative_attention") else ()),
        parts=1 + len(terms),
        buckets=max(int(stated.get("position_buckets") or -1), 0),
        longest=longest if longest > 0 else config.positions,
        shared=bool(stated.get("share_att_key")),
        normed="layer_norm" in str(stated.get("norm_rel_ebd", "none")).lower(),
    )


def head(nodes: Nodes, config: ModelConfig, first: str) -> tuple[str, str]:
    """ContextPooler: dense and an activation, gelu in all models known; then the classifier."""
    dense = nodes.linear(first, "pooler.dense", config.hidden, config.hidden)
    return nodes.activate(dense, str(config.stated.get("pooler_hidden_act", "gelu"))), "classifier"


DEBERTA = Architecture(
    model_types=("deberta-v2",),  # v3 is of this type too
    prefix="deberta.",
    embed=embed,
    layer=PostNormLayer(
        query="encoder.layer.{i}.attention.self.query_proj",
        key="encoder.layer.{i}.attention.self.key_proj",
        value="encoder.layer.{i}.attention.self.value_proj",
        attended="encoder.layer.{i}.attention.output.dense",
        attended_norm="encoder.layer.{i}.attention.output.LayerNorm",
        wide="encoder.layer.{i}.intermediate.dense",
        narrow="encoder.layer.{i}.output.dense",
        norm="encoder.layer.{i}.output.LayerNorm",
        attention=attention,
    ),
    head=head,
)
