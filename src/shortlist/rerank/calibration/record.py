"""A fitted calibration: what it was fitted on, how far it can be trusted, and the curve itself."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal, TypeAlias, cast

import numpy as np
from numpy.typing import NDArray

from shortlist.rerank.calibration.isotonic import Knots, curve
from shortlist.rerank.calibration.platt import sigmoid

Method: TypeAlias = Literal["platt", "isotonic"]
FORMAT = "shortlist calibration 1"


@dataclass(frozen=True, slots=True)
class Calibration:
    """From a model's score "rerank" to the probability that the passage answers.

    The probability is that of pairs like those it was fitted on: `relevant` of `pairs` answered. The errors were
    measured on queries that the fit had not seen.
    """

    model: str  # name and revision
    scale: str  # of the score
    windows: str | int  # how windows of a long passage made one score
    method: Method
    pairs: int
    relevant: int
    calibration_error: float  # expected: mean |probability - share of relevant ones| over bins of equal size
    brier: float  # mean squared error of the probability
    brier_of_the_share: float  # of giving every pair the share of relevant ones
    labels: str = ""  # where they came from
    slope: float = 0.0  # of Platt's sigmoid
    intercept: float = 0.0
    knots: Knots = ()  # of the isotonic curve

    def probability(self, scores: Sequence[float] | NDArray[np.floating[Any]]) -> NDArray[np.float64]:
        """The probability that each passage answers, float64, shape (scores,), in [0, 1]; never falling with the score.

        Raises:
            ValueError: a score is not a finite number.
        """
        x = np.asarray(scores, np.float64)
        if not np.isfinite(x).all():
            raise ValueError("A score that is not a finite number has no probability.")
        return curve(self.knots, x) if self.method == "isotonic" else sigmoid(self.slope * x + self.intercept)

    def suits(self, model: str, scale: str, windows: str | int) -> bool:
        """Whether it was fitted on scores of this kind."""
        return (self.model, self.scale, self.windows) == (model, scale, windows)

    def to_json(self) -> dict[str, Any]:
        """As plain JSON types."""
        return {"format": FORMAT, **asdict(self), "knots": [list(knot) for knot in self.knots]}

    @classmethod
    def from_json(cls, stated: object) -> Calibration:
        """The calibration that `to_json` gave.

        Raises:
            ValueError: it is of another format, or lacks something.
        """
        fields = cast("dict[str, Any]", stated) if isinstance(stated, dict) else {}
        if fields.get("format") != FORMAT:
            raise ValueError(f'its format is {fields.get("format")!r}, not "{FORMAT}"')
        try:
            known = {name: value for name, value in fields.items() if name != "format"}
            known["knots"] = tuple((float(x), float(y)) for x, y in fields["knots"])
            found = cls(**known)
            finite = all(map(math.isfinite, (found.slope, found.intercept)))
        except (TypeError, KeyError) as problem:
            raise ValueError(f"it does not have the fields it needs ({problem})") from problem
        if not finite or not (found.method == "platt" or (found.method == "isotonic" and found.knots)):
            raise ValueError(f"it holds no curve of the method {found.method!r}")
        return found
