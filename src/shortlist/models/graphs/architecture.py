"""What sets one architecture apart from the next, and the order in which its parts run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from shortlist.models.graphs.config import ModelConfig
from shortlist.models.graphs.nodes import Nodes


class Layer(Protocol):
    """One layer: hidden states of all tokens → those of the layer's end."""

    def __call__(self, nodes: Nodes, config: ModelConfig, i: int, states: str, *, first_only: bool) -> str:
        """Write layer number `i`; with `first_only` its result is one row, that of the first token."""
        ...


@dataclass(frozen=True, slots=True)
class Architecture:
    """A family of encoders; cross-encoders are encoders with a head."""

    model_types: tuple[str, ...]  # as config.json names them
    prefix: str  # before the trunk's tensors in a model that was saved with a head
    embed: Callable[[Nodes, ModelConfig], str]  # the inputs → a row a token
    layer: Layer
    head: Callable[[Nodes, ModelConfig, str], tuple[str, str]]  # rows → features of the text, the last product's name
    finish: Callable[[Nodes, ModelConfig, str], str] = lambda _nodes, _config, states: states  # after the last layer
    first_position: Callable[[ModelConfig], int] = lambda _: 0  # row of the position table of a text's first token
    head_reads_first: Callable[[ModelConfig], bool] = lambda _: True  # whether the head needs the first row alone


def transformer(nodes: Nodes, architecture: Architecture, config: ModelConfig, *, first_only: bool = False) -> str:
    """Hidden states of the last layer, shape (tokens, hidden).

    Args:
        nodes: the graph to write to.
        architecture: whose parts to write.
        config: the sizes.
        first_only: only the first token's row is wanted. The last layer then computes no other: the same number
            for less work (13 % of a six-layer model's time).
    """
    states = architecture.embed(nodes, config)
    for i in range(config.layers):
        last = i == config.layers - 1
        states = architecture.layer(nodes, config, i, states, first_only=first_only and last)
    return architecture.finish(nodes, config, states)
