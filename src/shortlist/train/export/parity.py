"""How near an exported encoder is to what was learnt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shortlist.errors import ParityFailed

ENOUGH = 0.995  # the least cosine that an export may have


@dataclass(frozen=True, slots=True)
class Parity:
    """Cosines between the text vectors of two encoders."""

    texts: int
    mean: float
    least: float


def check_parity(texts: Sequence[str], learnt: NDArray[np.float32], exported: NDArray[np.float32]) -> Parity:
    """Compare unit vectors, float32 [texts, dimensions] both.

    Raises:
        ParityFailed: a text has a cosine below `ENOUGH`, or one that is no number.
    """
    cosines = (learnt.astype(np.float64) * exported).sum(axis=1)
    worst = int(np.argmin(np.nan_to_num(cosines, nan=-2.0)))
    if not cosines[worst] >= ENOUGH:
        raise ParityFailed(
            f"The exported encoder is not the one that was learnt: on {texts[worst][:60]!r} their cosine is "
            f"{cosines[worst]:.4f}, and {ENOUGH} was expected. Nothing was written. Train with a lower rate or fewer "
            "steps: weights that have grown too far apart do not stand int8.",
            least=float(cosines[worst]),
            expected=ENOUGH,
        )
    return Parity(len(texts), float(cosines.mean()), float(cosines[worst]))
