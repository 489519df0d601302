"""What an evaluation found: measures and times of each pipeline, side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from shortlist.errors import UsageError
from shortlist.evaluate.compare import Comparison, compare
from shortlist.evaluate.measures import Measure, judge, mean
from shortlist.evaluate.runs import Run
from shortlist.records import Note
from shortlist.shapes import notes_shape

if TYPE_CHECKING:
    from rich.table import Table


@dataclass(frozen=True, slots=True)
class Evaluated:
    """One pipeline's results on one test set."""

    name: str
    values: Mapping[str, Mapping[str, float]]  # measure → query → value
    run: Run  # the documents found, best first
    ms: tuple[float, ...] = ()  # of each query, in the order asked; empty for a stored run
    notes: tuple[Note, ...] = ()

    @property
    def measures(self) -> dict[str, float]:
        """The mean of each measure over the queries."""
        return {measure: mean(values) for measure, values in self.values.items()}

    def ms_per_query(self, percent: float) -> float | None:
        """The time in milliseconds that `percent` of the queries stayed within; None where none was taken."""
        import numpy as np

        return float(np.percentile(self.ms, percent)) if self.ms else None


@dataclass(frozen=True, slots=True)
class Report:
    """Several pipelines on one test set. Prints as a table."""

    dataset: str
    split: str
    queries: int
    pipelines: tuple[Evaluated, ...]
    notes: tuple[Note, ...] = ()  # on the data; each pipeline has its own

    def __getitem__(self, name: str) -> Evaluated:
        for pipeline in self.pipelines:
            if pipeline.name == name:
                return pipeline
        names = ", ".join(pipeline.name for pipeline in self.pipelines)
        raise UsageError(f"The report has no pipeline {name!r}. It has: {names}")

    @property
    def runs(self) -> dict[str, Run]:
        """The documents that each pipeline found, by its name."""
        return {pipeline.name: pipeline.run for pipeline in self.pipelines}

    def compare(self, first: str, second: str, measure: str | None = None, *, seed: int = 0) -> Comparison:
        """How much better the pipeline `first` is than `second`, by `measure` (the first one where none is given).

        Raises:
            UsageError: there is no such pipeline or measure.
        """
        one, other = self[first].values, self[second].values
        name = next(iter(one)) if measure is None else measure
        if name not in one:
            raise UsageError(f"The report has no measure {name!r}. It has: {', '.join(one)}")
        return compare(one[name], other[name], seed=seed)

    def steps(self) -> list[tuple[str, str, str, Comparison]]:
        """Each pipeline against the one before it: (first, second, measure, comparison), by the first measure."""
        names = [pipeline.name for pipeline in self.pipelines]
        measure = next(iter(self.pipelines[0].values)) if names else ""
        return [(first, second, measure, self.compare(first, second, measure)) for second, first in pairwise(names)]

    def to_json(self) -> dict[str, Any]:
        """The stable JSON shape of `shortlist evaluate --json`."""
        return {
            "dataset": self.dataset,
            "split": self.split,
            "queries": self.queries,
            "pipelines": [
                {
                    "name": pipeline.name,
                    "measures": pipeline.measures,
                    "ms_per_query": {"p50": pipeline.ms_per_query(50), "p95": pipeline.ms_per_query(95)},
                    "notes": notes_shape(pipeline.notes),
                }
                for pipeline in self.pipelines
            ],
            "comparisons": [
                {
                    "first": first,
                    "second": second,
                    "measure": measure,
                    "difference": found.difference,
                    "low": found.low,
                    "high": found.high,
                    "p": found.p,
                }
                for first, second, measure, found in self.steps()
            ],
            "notes": notes_shape(self.notes),
        }

    def __rich__(self) -> Table:
        from rich.table import Table
        from rich.text import Text

        measures = list(self.pipelines[0].values) if self.pipelines else []
        # Text, not markup: a name in [brackets] is shown as it is.
        table = Table(title=Text(f"{self.dataset}, {self.split}: {self.queries} queries"), title_justify="left")
        table.add_column("pipeline")
        for name in (*measures, "ms p50", "ms p95"):
            table.add_column(name, justify="right")
        best = {measure: max(pipeline.measures[measure] for pipeline in self.pipelines) for measure in measures}
        for pipeline in self.pipelines:
            means = pipeline.measures
            cells = [Text(f"{means[name]:.4f}", "bold" if means[name] == best[name] else "") for name in measures]
            table.add_row(Text(pipeline.name), *cells, *(_ms(pipeline.ms_per_query(percent)) for percent in (50, 95)))
        return table


def evaluated(
    name: str,
    orders: Mapping[str, Sequence[str]],
    qrels: Mapping[str, Mapping[str, int]],
    measures: Sequence[Measure],
    *,
    ms: Sequence[float] = (),
    notes: Sequence[Note] = (),
) -> Evaluated:
    """Judge the documents that one pipeline found, query → documents, best first."""
    values = {str(measure): judge(orders, qrels, measure) for measure in measures}
    return Evaluated(name, values, Run(name, orders), tuple(ms), tuple(notes))


def _ms(value: float | None) -> str:
    return "–" if value is None else f"{value:.1f}"
