"""Scores of one list put on one scale, for sums of scores that have no scale in common."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def z_scores(values: NDArray[np.float64], pooled: NDArray[np.bool_] | None = None) -> NDArray[np.float64]:
    """Each value less the mean, in standard deviations, both taken over the `pooled` values (all, if None).

    Returns:
        float64, shape of `values`; 0 everywhere where the pooled values are all equal, since they say nothing.
    """
    pool = values if pooled is None else values[pooled]
    deviation = float(pool.std()) if pool.size else 0.0
    if deviation < 1e-9:
        return np.zeros_like(values)
    return (values - pool.mean()) / deviation
