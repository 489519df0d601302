"""The Markdown tables of benchmarks/README.md, from the lines that quality.py wrote."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from shortlist.evaluate import Comparison, compare_sets, mean

FIRST, SECOND = "hybrid+rerank", "hybrid"
MEASURE = "nDCG@10"
LANGUAGES = {"en": "English", "zh": "Chinese"}


@dataclass(frozen=True)
class Result:
    """One line of results."""

    key: str
    queries_asked: int | None
    language: str
    documents: int
    queries: int
    values: Mapping[str, Mapping[str, Mapping[str, float]]]  # pipeline → measure → query → value
    ms: Mapping[str, tuple[float | None, float | None]]  # pipeline → p50, p95
    index: Mapping[str, Any]
    notes: Sequence[str]

    @classmethod
    def from_json(cls, line: Mapping[str, Any]) -> Result:
        """From what quality.py wrote."""
        pipelines: list[Mapping[str, Any]] = line["pipelines"]
        notes = [note["message"] for entry in pipelines for note in entry["notes"]]
        return cls(
            key=line["key"],
            queries_asked=line["queries_asked"],
            language=line["language"],
            documents=line["documents"],
            queries=line["queries"],
            values={entry["name"]: entry["values"] for entry in pipelines},
            ms={entry["name"]: (entry["ms_per_query"]["p50"], entry["ms_per_query"]["p95"]) for entry in pipelines},
            index=line.get("index", {}),
            notes=[note["message"] for note in line["notes"]] + notes,
        )

    def mean(self, pipeline: str, measure: str) -> float:
        """The mean over queries."""
        return mean(self.values[pipeline][measure])

    def compared(self, first: str = FIRST, second: str = SECOND) -> Comparison:
        """The one against the other, query by query."""
        return compare_sets([(self.values[first][MEASURE], self.values[second][MEASURE])])


def tables(results: Sequence[Result]) -> str:
    """All tables: each language's sets, the gain of the second stage, the stored runs, the indexes, and the notes."""
    sets = [result for result in results if FIRST in result.values]
    runs = [result for result in results if "run" in result.values]
    parts = [
        part
        for language, name in LANGUAGES.items()
        if (of := [result for result in sets if result.language == language])
        for part in (set_table(name, of), gain_table(name, of))
    ]
    parts += [run_table(runs)] if runs else []
    parts += [index_table(sets)] if sets else []
    parts += [f"- {result.key}: {note}" for result in results for note in result.notes]
    return "\n\n".join(parts)


def set_table(language: str, results: Sequence[Result]) -> str:
    names = list(results[0].values)
    head = [f"{language}: nDCG@10 / R@100 · ms p50, p95", "documents", "queries", *names]
    rows: list[list[str]] = []
    for result in results:
        best = max(result.mean(name, MEASURE) for name in names)
        cells = [cell(result, name, best) for name in names]
        rows.append([result.key, f"{result.documents:,}", f"{result.queries:,}", *cells])
    if len(results) == 1:
        return markdown(head, rows)
    average = [f"{average_of(results, name, MEASURE):.3f} / {average_of(results, name, 'R@100'):.3f}" for name in names]
    rows.append(["**mean**", "", "", *average])
    return markdown(head, rows)


def cell(result: Result, pipeline: str, best: float) -> str:
    value = result.mean(pipeline, MEASURE)
    shown = f"**{value:.3f}**" if value == best else f"{value:.3f}"
    return f"{shown} / {result.mean(pipeline, 'R@100'):.3f} · {times(result.ms[pipeline])}"


def gain_table(language: str, results: Sequence[Result]) -> str:
    head = [f"{language}: {FIRST} less {SECOND}", MEASURE, "95 % interval", "p", ""]
    rows = [[result.key, *gain(result.compared())] for result in results]
    if len(results) == 1:
        return markdown(head, rows)
    pairs = [(result.values[FIRST][MEASURE], result.values[SECOND][MEASURE]) for result in results]
    rows.append([f"**mean of {len(results)} sets**", *gain(compare_sets(pairs))])
    return markdown(head, rows)


def gain(found: Comparison) -> list[str]:
    verdict = "" if found.low <= 0 <= found.high else "better" if found.low > 0 else "worse"
    p = "< 0.001" if found.p < 0.001 else f"{found.p:.3f}"
    return [f"{found.difference:+.4f}", f"{found.low:+.4f} … {found.high:+.4f}", p, verdict]


def run_table(results: Sequence[Result]) -> str:
    rows = [
        [
            result.key,
            f"{result.queries:,}",
            f"{result.mean('run', MEASURE):.4f}",
            f"{result.mean('run+rerank', MEASURE):.4f}",
            *gain(result.compared("run+rerank", "run")),
            times(result.ms["run+rerank"]),
        ]
        for result in results
    ]
    head = ["stored run, top 100", "queries", "run", "run+rerank", MEASURE, "95 % interval", "p", "", "ms p50, p95"]
    return markdown(head, rows)


CHANGED = ("dense", "hybrid", "hybrid+rerank", "run+cosine", "run+rerank")


def change_tables(before: Sequence[Result], after: Sequence[Result]) -> str:
    """What changed between two versions: each pipeline of each set, query by query, and the mean of each language."""
    older = {result.key: result for result in before}
    pairs = [(older[result.key], result) for result in after if result.key in older]
    return "\n\n".join(
        change_table(name, pipeline, of)
        for pipeline in CHANGED
        for language, name in LANGUAGES.items()
        if (
            of := [(a, b) for a, b in pairs if b.language == language and pipeline in a.values and pipeline in b.values]
        )
    )


def change_table(language: str, pipeline: str, pairs: Sequence[tuple[Result, Result]]) -> str:
    """One pipeline: before, after, and the difference with its interval."""
    values = [(b.values[pipeline][MEASURE], a.values[pipeline][MEASURE]) for a, b in pairs]
    rows = [
        [b.key, f"{a.mean(pipeline, MEASURE):.4f}", f"{b.mean(pipeline, MEASURE):.4f}", *gain(compare_sets([both]))]
        for (a, b), both in zip(pairs, values, strict=True)
    ]
    found = compare_sets(values)
    rows.append([f"**mean of {len(pairs)} sets**", f"{found.second:.4f}", f"{found.first:.4f}", *gain(found)])
    return markdown([f"{language}: {pipeline}", "before", "after", "change", "95 % interval", "p", ""], rows)


def index_table(results: Sequence[Result]) -> str:
    rows = [
        [
            result.key,
            f"{result.index['documents']:,}",
            f"{result.index['chunks']:,}",
            f"{result.index['seconds']:.0f}",
            f"{result.index['chunks'] / max(result.index['seconds'], 1e-9):.0f}",
            f"{result.index['bytes'] / 1e6:.0f}",
        ]
        for result in results
    ]
    return markdown(["index", "documents", "chunks", "seconds", "chunks a second", "MB"], rows)


def average_of(results: Sequence[Result], pipeline: str, measure: str) -> float:
    return sum(result.mean(pipeline, measure) for result in results) / len(results)


def times(ms: tuple[float | None, float | None]) -> str:
    return ", ".join("–" if value is None else f"{value:.0f}" for value in ms)


def markdown(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    align = ["---", *["---:"] * (len(head) - 1)]
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, align, *rows))
