"""`shortlist models check`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, TextIO

import click

from shortlist.cli import options
from shortlist.cli.names import complete_models

if TYPE_CHECKING:
    from rich.table import Table

    from shortlist.models.check import CheckReport, PrecisionReport


@click.command(
    name="check",
    epilog="""\b
Examples:
  shortlist models check BAAI/bge-reranker-v2-m3
  shortlist models check BAAI/bge-reranker-v2-m3 pairs.jsonl
  shortlist models check ~/models/my-reranker --record
""",
)
@click.argument("model", metavar="MODEL", shell_complete=complete_models)
@click.argument("file", type=click.File(encoding="utf-8", errors="replace"), required=False)
@click.option("--record", is_flag=True, help="Store what MODEL gives today as what it must give from now on.")
@click.option(
    "--tolerance",
    type=click.FloatRange(min=0),
    help="With --record: the largest difference that is none. [default: 0.01 of a logit, 0.02 of a cosine]",
)
@options.json_option
def command(model: str, file: TextIO | None, record: bool, tolerance: float | None, as_json: bool) -> None:
    """Check a model: does it load, and give its stored texts their stored scores?

    The texts stand in shortlist_check.json beside the model; the first is also scored whenever the model is loaded.
    Exit code 1 where a score differs.

    With FILE, a cross-encoder's precisions are compared on your own texts: rank correlation with exact (Kendall),
    largest difference of a score, share of exact's first ten that stay, and time. FILE has a line a query, {"query": …,
    "passages": […]}, or a pair, {"query": …, "text": …}; "-" is standard input.
    """
    if file is not None and record:
        raise click.UsageError("--record stores the model's own check texts; it takes no FILE.")
    if tolerance is not None and not record:
        raise click.UsageError("--tolerance is stored by --record; give both.")
    if file is not None:
        compare(model, file, as_json)
    else:
        check(model, record, tolerance, as_json)


def check(name: str, record: bool, tolerance: float | None, as_json: bool) -> None:
    """The stored texts, with the scores they got."""
    from shortlist.cli.show import show_json
    from shortlist.models.check import check_model, record_check
    from shortlist.shapes import record_shape

    if record:
        record_check(name, tolerance=tolerance)
    report = check_model(name)
    if as_json:
        show_json({**record_shape(report), "pairs": [record_shape(pair) for pair in report.pairs], "ok": report.ok})
    else:
        show_report(report)
    if not report.ok:
        sys.exit(1)


def show_report(report: CheckReport) -> None:
    """One line where all is well; else a table of what differs."""
    from rich import box
    from rich.table import Table

    from shortlist.cli.show import console, inert, show_table

    wrong = [pair for pair in report.pairs if not pair.ok]
    if wrong:
        table = Table(box=box.SIMPLE_HEAD, padding=(0, 1))
        table.add_column("query", overflow="fold")
        table.add_column("passage", overflow="fold")
        table.add_column("stored", justify="right")
        table.add_column("found", justify="right")
        for pair in wrong:
            table.add_row(inert(pair.query), inert(pair.passage), f"{pair.expected:.4f}", f"{pair.found:.4f}")
        show_table(table)
    told = (
        f"{len(wrong)} of {len(report.pairs)} stored scores differ by more than {report.tolerance:g}"
        if wrong
        else f"all {len(report.pairs)} stored scores are right, within {report.tolerance:g}"
        if report.pairs
        else "it loads and runs; no scores are stored (--record stores them)"
    )
    out = console()
    out.print(
        f"{report.name} {report.revision}: {'' if wrong else 'ok, '}{told}",
        highlight=False,
        markup=False,
        soft_wrap=True,
    )


def compare(name: str, file: TextIO, as_json: bool) -> None:
    """The table of a model's precisions."""
    from shortlist.cli.progress import waiting
    from shortlist.cli.show import quantity, show_json, show_table
    from shortlist.models.check import compare_precisions, read_samples
    from shortlist.shapes import record_shape

    samples = read_samples(file)
    pairs = sum(len(passages) for passages in samples.values())
    with waiting(f"comparing precisions on {quantity(pairs, 'pair')}"):
        reports = compare_precisions(name, samples)
    if as_json:
        shape = {"model": name, "queries": len(samples), "pairs": pairs}
        show_json({**shape, "precisions": [record_shape(report) for report in reports]})
    else:
        show_table(precision_table(reports))


def precision_table(reports: list[PrecisionReport]) -> Table:
    """A line a precision, with the one that "fast" stands for marked."""
    from rich import box
    from rich.table import Table

    def figure(value: float | None) -> str:
        return "–" if value is None else f"{value:.4f}"

    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1))
    table.add_column("precision")
    for name in ("Kendall tau", "largest difference", "top-10 overlap", "ms a pair"):
        table.add_column(name, justify="right")
    for report in reports:
        table.add_row(
            report.precision + (" (fast)" if report.chosen else ""),
            figure(report.kendall),
            figure(report.largest_difference),
            figure(report.top10_overlap),
            f"{report.ms_per_pair:.2f}",
        )
    return table
