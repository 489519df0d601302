"""What an evaluation found of a reranker, kept with the index: there the second look steps aside if it hurts."""

from __future__ import annotations

from pathlib import Path

from shortlist.evaluate.report import Report
from shortlist.index.second_look import remember
from shortlist.models import load_reranker
from shortlist.rerank.readers import reader_of
from shortlist.stage import CrossEncoder


def keep_finding(index: Path, model: str | CrossEncoder, report: Report) -> None:
    """Keep what "hybrid+rerank" gained or lost against "hybrid", by the report's first measure.

    Args:
        index: directory of the index that was asked.
        model: the reranker, as `Rerank` takes it.
        report: of both pipelines on this index.
    """
    measure = next(iter(report["hybrid"].values))
    found = report.compare("hybrid+rerank", "hybrid", measure)
    finding = {
        "dataset": report.dataset,
        "split": report.split,
        "queries": found.queries,
        "measure": measure,
        "difference": found.difference,
        "low": found.low,
        "high": found.high,
    }
    remember(index, _name(model), finding)


def forget_finding(index: Path, model: str | CrossEncoder) -> None:
    """Forget what was found of this reranker, so that it can be measured again."""
    remember(index, _name(model), None)


def _name(model: str | CrossEncoder) -> str:
    return reader_of(load_reranker(model) if isinstance(model, str) else model).model_name
