"""The layer of Devlin et al., NAACL 2019: attention and feed-forward part, each added to its input and normed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from shortlist.models.graphs.attention import attend, look_from_first
from shortlist.models.graphs.config import ModelConfig
from shortlist.models.graphs.nodes import Nodes


class Attention(Protocol):
    """Projected queries, keys and values, a row a token → what each query gathered."""

    def __call__(
        self, nodes: Nodes, config: ModelConfig, i: int, queries: str, keys: str, values: str, *, first_only: bool
    ) -> str:
        """Write the attention of layer `i`; with `first_only` there is one query, that of the first token."""
        ...


@dataclass(frozen=True, slots=True)
class PostNormLayer:
    """Where the tensors of one layer stand in the files; `{i}` is the layer's number."""

    query: str
    key: str
    value: str
    attended: str
    attended_norm: str
    wide: str
    narrow: str
    norm: str
    attention: Attention = attend

    def __call__(self, nodes: Nodes, config: ModelConfig, i: int, states: str, *, first_only: bool) -> str:
        """Write layer number `i`."""
        hidden, wide = config.hidden, config.wide
        asking = nodes.first(states) if first_only else states
        queries = nodes.linear(asking, self.query.format(i=i), hidden, hidden)
        if first_only and self.attention is attend:
            context = look_from_first(nodes, config, queries, states, self.key.format(i=i), self.value.format(i=i))
        else:
            keys = nodes.linear(states, self.key.format(i=i), hidden, hidden)
            values = nodes.linear(states, self.value.format(i=i), hidden, hidden)
            context = self.attention(nodes, config, i, queries, keys, values, first_only=first_only)
        attended = nodes.linear(context, self.attended.format(i=i), hidden, hidden)
        added = nodes.node("Add", attended, asking)
        attended = nodes.norm(added, self.attended_norm.format(i=i), hidden, config.epsilon)
        inner = nodes.activate(nodes.linear(attended, self.wide.format(i=i), hidden, wide), config.activation)
        outer = nodes.linear(inner, self.narrow.format(i=i), wide, hidden)
        return nodes.norm(nodes.node("Add", outer, attended), self.norm.format(i=i), hidden, config.epsilon)
