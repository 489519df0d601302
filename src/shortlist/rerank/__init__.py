"""The second stage: a model reads the query together with each candidate."""

from shortlist.rerank.calibration import Calibration, Judged, calibrate
from shortlist.rerank.stage import Rerank

__all__ = ["Calibration", "Judged", "Rerank", "calibrate"]
