"""ModernBERT (Warner et al., ACL 2025): rotary positions, a norm before each part, gated feed-forward, local layers.

Most layers look at near tokens alone; every third (by default) looks at all.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

from shortlist.errors import ModelDamaged, UnknownArchitecture
from shortlist.models.graphs.architecture import Architecture
from shortlist.models.graphs.attention import look
from shortlist.models.graphs.config import ModelConfig
from shortlist.models.graphs.nodes import Nodes
from shortlist.models.graphs.rotary import rotated

GLOBAL, LOCAL = "full_attention", "sliding_attention"
BASES = {GLOBAL: ("global_rope_theta", 160_000.0), LOCAL: ("local_rope_theta", 10_000.0)}


@dataclass(frozen=True, slots=True)
class Sight:
    """What one layer sees."""

    base: float  # of its rotary angles
    reach: int | None  # tokens on either side; None where it sees all


def embed(nodes: Nodes, config: ModelConfig) -> str:
    """Words alone, normed: where a token stands is told to the attention."""
    ids = nodes.input("input_ids")
    rows = nodes.lookup(ids, "embeddings.tok_embeddings", config.vocabulary, config.hidden)
    return _norm(nodes, config, rows, "embeddings.norm")


def layer(nodes: Nodes, config: ModelConfig, i: int, states: str, *, first_only: bool) -> str:
    """Attention, then the gated feed-forward part (Shazeer, 2020), each of the normed states and added to them."""
    place, hidden, seen = f"layers.{i}", config.hidden, sight(config, i)
    normed = states if i == 0 else _norm(nodes, config, states, f"{place}.attn_norm")
    asking, states = (nodes.first(normed), nodes.first(states)) if first_only else (normed, states)
    biased = bool(config.stated.get("attention_bias"))
    queries, keys, values = (
        nodes.linear(rows, f"{place}.attn.Wqkv", hidden, hidden, bias=biased, part=(part, 3))
        for part, rows in enumerate((asking, normed, normed))
    )
    context = _attend(nodes, config, seen, queries, keys, values, first_only=first_only)
    attended = nodes.linear(context, f"{place}.attn.Wo", hidden, hidden, bias=biased)
    states = nodes.node("Add", states, attended)
    return nodes.node("Add", states, _feed_forward(nodes, config, place, states))


def _feed_forward(nodes: Nodes, config: ModelConfig, place: str, states: str) -> str:
    normed, biased = _norm(nodes, config, states, f"{place}.mlp_norm"), bool(config.stated.get("mlp_bias"))
    inner, gate = (
        nodes.linear(normed, f"{place}.mlp.Wi", config.hidden, config.wide, bias=biased, part=(part, 2))
        for part in range(2)
    )
    gated = nodes.node("Mul", nodes.activate(inner, config.activation), gate)
    return nodes.linear(gated, f"{place}.mlp.Wo", config.wide, config.hidden, bias=biased)


def _attend(
    nodes: Nodes, config: ModelConfig, seen: Sight, queries: str, keys: str, values: str, *, first_only: bool
) -> str:
    # The first token stands at position 0, where the rotation changes nothing.
    asking = queries if first_only else rotated(nodes, config, queries, seen.base)
    answering = rotated(nodes, config, keys, seen.base)
    return look(nodes, config, asking, answering, values, first_only=first_only, reach=seen.reach)


def sight(config: ModelConfig, i: int) -> Sight:
    """What layer `i` sees, in the words of transformers 5 (layer_types, rope_parameters) or of older versions.

    Raises:
        UnknownArchitecture: the rotary positions are scaled, or the layer is of a kind that is not known.
        ModelDamaged: not every layer has a kind.
    """
    stated = config.stated
    usual = [LOCAL if j % int(stated.get("global_attn_every_n_layers") or 3) else GLOBAL for j in range(config.layers)]
    kinds = stated.get("layer_types") or usual
    if len(kinds) != config.layers:
        raise ModelDamaged(
            f"config.json names {config.layers} layers, but {len(kinds)} layer_types. Fetch the model again.",
            layer_types=kinds,
        )
    kind = str(kinds[i])
    named = cast("dict[str, dict[str, Any] | None]", stated.get("rope_parameters") or {})
    rotary = named.get(kind) or cast("dict[str, Any]", stated.get("rope_scaling") or {})
    if kind not in BASES or rotary.get("rope_type", rotary.get("type", "default")) != "default":
        raise UnknownArchitecture(
            f"This ModernBERT asks for {kind} with the rotary positions {rotary}; known here are {GLOBAL} and "
            f"{LOCAL}, with unscaled ones. Export the model to ONNX and give that file.",
            layer_type=kind,
        )
    base = rotary.get("rope_theta") or stated.get(*BASES[kind]) or stated.get(*BASES[GLOBAL]) or BASES[GLOBAL][1]
    return Sight(float(base), int(stated.get("local_attention") or 128) // 2 if kind == LOCAL else None)


def head(nodes: Nodes, config: ModelConfig, rows: str) -> tuple[str, str]:
    """ModernBertPredictionHead over the first row or the mean of all: dense, activation, norm; then the classifier."""
    if not head_reads_first(config):
        rows = nodes.node("ReduceMean", rows, nodes.whole(0))
    stated, hidden = config.stated, config.hidden
    dense = nodes.linear(rows, "head.dense", hidden, hidden, bias=bool(stated.get("classifier_bias")))
    features = nodes.activate(dense, str(stated.get("classifier_activation", "gelu")))
    return _norm(nodes, config, features, "head.norm"), "classifier"


def head_reads_first(config: ModelConfig) -> bool:
    """Whether the head pools by the first token.

    Raises:
        UnknownArchitecture: it pools neither so nor by the mean.
    """
    pooling = config.stated.get("classifier_pooling", "cls")
    if pooling not in ("cls", "mean"):
        raise UnknownArchitecture(
            f'This ModernBERT pools by "{pooling}" (classifier_pooling in config.json); known here are "cls" and '
            '"mean". Export the model to ONNX and give that file.',
            pooling=pooling,
        )
    return pooling == "cls"


def finish(nodes: Nodes, config: ModelConfig, states: str) -> str:
    """A norm: the last layer's sum has none."""
    return _norm(nodes, config, states, "final_norm")


def _norm(nodes: Nodes, config: ModelConfig, rows: str, name: str) -> str:
    return nodes.norm(rows, name, config.hidden, config.epsilon, bias=bool(config.stated.get("norm_bias")))


MODERNBERT = Architecture(
    model_types=("modernbert",),
    prefix="model.",
    embed=embed,
    layer=layer,
    finish=finish,
    head=head,
    head_reads_first=head_reads_first,
)
