"""Test sets, measures, paired comparisons, and pipelines side by side on the same queries."""

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
