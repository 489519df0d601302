"""Kendall's rank correlation."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np


def kendall_tau(first: Sequence[float], second: Sequence[float]) -> float:
    """How alike two lists of scores order the same things: 1 the same, -1 reversed; τ-b of Kendall, Biometrika 1945.

    Args:
        first: a score each, at least two.
        second: a score each, in the same order of things.

    Returns:
        In [-1, 1]. Ties in both are no disagreement; where one list is all ties, 1 if the other is too, else 0.
    """
    a, b = np.asarray(first, np.float64), np.asarray(second, np.float64)
    agreeing = untied_a = untied_b = 0
    for i in range(len(a) - 1):  # a row at a time, so that long lists need no square of memory
        signs_a, signs_b = np.sign(a[i + 1 :] - a[i]), np.sign(b[i + 1 :] - b[i])
        agreeing += int(np.sum(signs_a * signs_b))
        untied_a += int(np.count_nonzero(signs_a))
        untied_b += int(np.count_nonzero(signs_b))
    if not untied_a or not untied_b:
        return float(untied_a == untied_b)
    return agreeing / math.sqrt(untied_a * untied_b)
