"""The end of a cross-encoder: features of the first token → one number a pair."""

from __future__ import annotations

from shortlist.errors import UnknownArchitecture
from shortlist.models.graphs.architecture import Architecture
from shortlist.models.graphs.config import ModelConfig
from shortlist.models.graphs.nodes import Nodes


def score(nodes: Nodes, architecture: Architecture, config: ModelConfig, first: str) -> str:
    """The logit, a matrix of one number.

    One label is a logit already. Two labels (no, yes) become logit 1 - logit 0: the sigmoid of that is the softmax's
    second share, so pairs are ordered as its authors meant.

    Raises:
        UnknownArchitecture: the head has more labels.
    """
    features, name = architecture.head(nodes, config, first)
    labels = nodes.weights.shape(f"{name}.weight")[0]
    if labels > 2:
        raise UnknownArchitecture(
            f"{nodes.weights.directory} sorts pairs into {labels} classes; a reranker has 1 label (a score) or 2 "
            "(no and yes).",
            labels=labels,
        )
    weight = nodes.weights.take(f"{name}.weight", (labels, config.hidden))
    bias = nodes.weights.take(f"{name}.bias", (labels,))
    if labels == 2:
        weight, bias = weight[1:] - weight[:1], bias[1:] - bias[:1]
    return nodes.node(
        "Gemm", features, nodes.constant("score.weight", weight), nodes.constant("score.bias", bias), transB=1
    )
