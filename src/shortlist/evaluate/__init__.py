"""Test sets, measures, paired comparisons, and pipelines side by side on the same queries.

`shortlist.evaluate` is this package and the function too: Python keeps both under one name, so the package is callable.
"""

import sys
from types import ModuleType

from shortlist.evaluate.beir import Corpus, Dataset, load_beir, splits
from shortlist.evaluate.compare import Comparison, compare, compare_sets
from shortlist.evaluate.evaluate import DEFAULT_MEASURES, evaluate
from shortlist.evaluate.measures import Measure, judge, mean, parse_measure
from shortlist.evaluate.qrels import Qrels, read_qrels
from shortlist.evaluate.report import Evaluated, Report
from shortlist.evaluate.rerank_run import rerank_run
from shortlist.evaluate.runs import Run, read_run, write_run

__all__ = [
    "DEFAULT_MEASURES",
    "Comparison",
    "Corpus",
    "Dataset",
    "Evaluated",
    "Measure",
    "Qrels",
    "Report",
    "Run",
    "compare",
    "compare_sets",
    "evaluate",
    "judge",
    "load_beir",
    "mean",
    "parse_measure",
    "read_qrels",
    "read_run",
    "rerank_run",
    "splits",
    "write_run",
]


class _CallableRoom(ModuleType):
    """A module that is called as its function `evaluate`."""

    __call__ = staticmethod(evaluate)


sys.modules[__name__].__class__ = _CallableRoom
