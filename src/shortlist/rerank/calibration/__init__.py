"""From a model's score to the probability that a passage answers: fitted on labelled pairs, or not given at all."""

from shortlist.rerank.calibration.fit import Judged, calibrate, calibrate_rankings, fit_calibration
from shortlist.rerank.calibration.labels import read_judged
from shortlist.rerank.calibration.record import Calibration
from shortlist.rerank.calibration.store import calibration_for, find_calibration, save_calibration

__all__ = [
    "Calibration",
    "Judged",
    "calibrate",
    "calibrate_rankings",
    "calibration_for",
    "find_calibration",
    "fit_calibration",
    "read_judged",
    "save_calibration",
]
