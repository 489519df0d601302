"""Platt scaling: one sigmoid of the score, fitted by maximum likelihood."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

ROUNDS = 100
CURVATURE = 1e-12  # added to the Hessian, so that it can be inverted
FLAT = 1e-5  # of the gradient: where Newton's method is done
SHORTEST = 1e-10  # step of the line search


def soft_targets(relevant: NDArray[np.bool_]) -> NDArray[np.float64]:
    """What to fit in place of 1 and 0: (n₊ + 1) / (n₊ + 2) and 1 / (n₋ + 2), so that no probability is certain.

    Platt, Advances in Large Margin Classifiers, 1999.
    """
    positives = int(np.count_nonzero(relevant))
    negatives = len(relevant) - positives
    return np.where(relevant, (positives + 1) / (positives + 2), 1 / (negatives + 2))


def sigmoid(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """1 / (1 + e⁻ˣ), without overflow on either side."""
    e = np.exp(-np.abs(x))
    return np.where(x >= 0, 1.0, e) / (1 + e)


def fit_platt(scores: NDArray[np.float64], relevant: NDArray[np.bool_]) -> tuple[float, float]:
    """Slope and intercept such that sigmoid(slope x score + intercept) is the probability of being relevant.

    Newton's method with a backtracking line search and a stable log likelihood: Lin, Lin and Weng, Machine Learning
    68, 2007, algorithm 1.

    Args:
        scores: float64, shape (pairs,), finite.
        relevant: bool, shape (pairs,), some of each.
    """
    centre, spread = float(scores.mean()), float(scores.std()) or 1.0
    x, targets = (scores - centre) / spread, soft_targets(relevant)
    positives = int(np.count_nonzero(relevant))
    a, b = 0.0, float(np.log((positives + 1) / (len(x) - positives + 1)))
    loss = _loss(a * x + b, targets)
    for _ in range(ROUNDS):
        p = sigmoid(a * x + b)
        wrong, certain = p - targets, p * (1 - p)
        gradient_a, gradient_b = float(wrong @ x), float(wrong.sum())
        if abs(gradient_a) < FLAT and abs(gradient_b) < FLAT:
            break
        aa, ab, bb = float(certain @ (x * x)) + CURVATURE, float(certain @ x), float(certain.sum()) + CURVATURE
        determinant = aa * bb - ab * ab
        step_a = -(bb * gradient_a - ab * gradient_b) / determinant
        step_b = -(aa * gradient_b - ab * gradient_a) / determinant
        downhill = gradient_a * step_a + gradient_b * step_b
        length = 1.0
        while length >= SHORTEST:
            shorter = _loss((a + length * step_a) * x + b + length * step_b, targets)
            if shorter < loss + 1e-4 * length * downhill:
                break
            length /= 2
        else:
            break  # no step is better: this is as near as floating point comes
        a, b, loss = a + length * step_a, b + length * step_b, shorter
    slope = a / spread
    return slope, b - slope * centre


def _loss(x: NDArray[np.float64], targets: NDArray[np.float64]) -> float:
    """Negative log likelihood of the targets, by log(1 + eˣ) - t x, without overflow."""
    return float((np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x))) - targets * x).sum())
