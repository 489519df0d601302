"""Rotary positions (Su et al., 2021): queries and keys are turned by where their tokens stand."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from shortlist.models.graphs.config import ModelConfig
from shortlist.models.graphs.nodes import Nodes


def rotated(nodes: Nodes, config: ModelConfig, rows: str, base: float) -> str:
    """A row a token, each head's halves turned by the token's position; same shape.

    The angles are float32 as in transformers, whose rounding the model was trained with.
    """
    half = config.width // 2
    frequencies = 1 / np.float32(base) ** (np.arange(0, config.width, 2, dtype=np.float32) / np.float32(config.width))
    angles = np.arange(config.positions, dtype=np.float32)[:, None] * frequencies
    split = nodes.node("Reshape", rows, nodes.whole(-1, config.heads, config.width))
    left, right = nodes.split("Split", split, nodes.whole(half, half), outputs=2, axis=-1)
    cosines, sines = (
        _of_positions(nodes, f"{function.__name__}_{base!r}", function(angles)[:, None], rows)
        for function in (np.cos, np.sin)
    )
    turned_left = nodes.node("Sub", nodes.node("Mul", left, cosines), nodes.node("Mul", right, sines))
    turned_right = nodes.node("Add", nodes.node("Mul", right, cosines), nodes.node("Mul", left, sines))
    turned = nodes.node("Concat", turned_left, turned_right, axis=-1)
    return nodes.node("Reshape", turned, nodes.whole(-1, config.hidden))


def _of_positions(nodes: Nodes, name: str, table: NDArray[np.float32], rows: str) -> str:
    """The table's beginning, as long as `rows`."""
    return nodes.node("Slice", nodes.constant(name, table), nodes.whole(0), nodes.tokens(rows), nodes.whole(0))
