import io
import json

import pytest
from rich.console import Console

from shortlist.errors import UsageError
from shortlist.evaluate import Evaluated, Report, Run
from shortlist.records import Note

VALUES = {"nDCG@10": {"q1": 1.0, "q2": 0.5}, "R@100": {"q1": 1.0, "q2": 1.0}}
LOWER = {"nDCG@10": {"q1": 0.25, "q2": 0.5}, "R@100": {"q1": 0.5, "q2": 1.0}}
REPORT = Report(
    dataset="[bold]handbook",
    split="test",
    queries=2,
    pipelines=(
        Evaluated("run", LOWER, Run("run", {"q1": ("a",), "q2": ("b",)})),
        Evaluated("run+rerank", VALUES, Run("run+rerank", {"q1": ("b",)}), (1.0, 3.0), (Note("x", "y", {"z": 1}),)),
    ),
)


def test_the_json_has_the_documented_shape() -> None:
    assert json.loads(json.dumps(REPORT.to_json())) == {
        "dataset": "[bold]handbook",
        "split": "test",
        "queries": 2,
        "pipelines": [
            {
                "name": "run",
                "measures": {"nDCG@10": 0.375, "R@100": 0.75},
                "ms_per_query": {"p50": None, "p95": None},
                "notes": [],
            },
            {
                "name": "run+rerank",
                "measures": {"nDCG@10": 0.75, "R@100": 1.0},
                "ms_per_query": {"p50": 2.0, "p95": pytest.approx(2.9)},
                "notes": [{"code": "x", "message": "y", "data": {"z": 1}}],
            },
        ],
        "comparisons": [
            {
                "first": "run+rerank",
                "second": "run",
                "measure": "nDCG@10",
                "difference": 0.375,
                "low": 0.0,
                "high": 0.75,
                "p": pytest.approx(1, abs=0.05),
            }
        ],
        "notes": [],
    }


def test_the_table_shows_each_pipeline_and_takes_no_name_for_markup() -> None:
    out = io.StringIO()
    Console(file=out, width=100).print(REPORT)
    text = out.getvalue()
    assert "[bold]handbook, test: 2 queries" in text
    assert [line.split("│")[1].strip() for line in text.splitlines() if "│" in line] == ["run", "run+rerank"]
    assert "0.7500" in text
    assert "2.9" in text


def test_two_pipelines_are_compared_by_the_measure_asked_for() -> None:
    assert REPORT.compare("run+rerank", "run").difference == 0.375
    assert REPORT.compare("run", "run+rerank", "R@100").difference == -0.25
    with pytest.raises(UsageError, match="It has: nDCG@10, R@100"):
        REPORT.compare("run", "run+rerank", "AP")
    with pytest.raises(UsageError, match=r"It has: run, run\+rerank"):
        REPORT.compare("run", "bm25")


def test_runs_stand_by_name() -> None:
    assert REPORT.runs["run+rerank"].orders == {"q1": ("b",)}
