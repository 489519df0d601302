"""Isotonic regression: the rising curve nearest to the labels, whatever its shape."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from shortlist.rerank.calibration.platt import soft_targets

Knots: TypeAlias = tuple[tuple[float, float], ...]  # score, probability; both ascending


def fit_isotonic(scores: NDArray[np.float64], relevant: NDArray[np.bool_]) -> Knots:
    """The knots of a curve that never falls and is nearest to the labels by squared error.

    Pool adjacent violators (Barlow, Bartholomew, Bremner and Brunk, 1972), on Platt's soft targets. A pooled block is
    level from its first to its last score; between blocks the curve rises straight.

    Args:
        scores: float64, shape (pairs,), finite.
        relevant: bool, shape (pairs,), some of each.
    """
    values, place = np.unique(scores, return_inverse=True)
    weights = np.bincount(place).astype(np.float64)
    means = np.bincount(place, weights=soft_targets(relevant)) / weights
    blocks: list[tuple[float, float, int]] = []  # mean, weight, how many values
    for mean, weight in zip(means.tolist(), weights.tolist(), strict=True):
        count = 1
        while blocks and blocks[-1][0] >= mean:
            before, held, wide = blocks.pop()
            mean, weight, count = (before * held + mean * weight) / (held + weight), held + weight, count + wide
        blocks.append((mean, weight, count))
    knots: list[tuple[float, float]] = []
    start = 0
    for mean, _, count in blocks:
        first, last = float(values[start]), float(values[start + count - 1])
        knots += [(first, mean)] if count == 1 else [(first, mean), (last, mean)]
        start += count
    return tuple(knots)


def curve(knots: Sequence[tuple[float, float]], scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """The value of a curve at each score; level beyond its ends."""
    return np.interp(scores, [x for x, _ in knots], [y for _, y in knots])
