"""From a model's score to the probability that a passage answers: fitted on labelled pairs, or not given at all."""

from shortlist.rerank.calibration.fit import Judged, calibrate, fit_calibration
from shortlist.rerank.calibration.record import Calibration
from shortlist.rerank.calibration.store import calibration_for, find_calibration, save_calibration

__all__ = [
    "Calibration",
    "Judged",
    "calibrate",
    "calibration_for",
    "find_calibration",
    "fit_calibration",
    "save_calibration",
]
