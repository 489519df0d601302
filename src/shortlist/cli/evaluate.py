"""`shortlist evaluate`."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from shortlist.cli import options

if TYPE_CHECKING:
    from collections.abc import Generator

    from shortlist.evaluate import Dataset, Report
    from shortlist.library import Index
    from shortlist.models.runtimes.precision import Precision
    from shortlist.records import Note

CHUNK_SIZE = 448  # tokens: what was judged as one document stays one chunk wherever the encoder can read it whole


class SeveralMeasures(click.Command):
    """Lets `--measures` take all the measures that follow it, as in `--measures nDCG@10 R@100`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Repeat the option before each measure, which is what click can read."""
        spread: list[str] = []
        for arg in args:
            if len(spread) > 1 and spread[-2] == "--measures" and looks_like_a_measure(arg):
                spread.append("--measures")
            spread.append(arg)
        return super().parse_args(ctx, spread)


@click.command(
    cls=SeveralMeasures,
    epilog="""\b
Examples:
  shortlist evaluate beir/scifact
  shortlist evaluate beir/zhmix --measures nDCG@10 RR@10 R@100
  shortlist evaluate beir/trec-dl --split dl19 --run run.bm25.trec.gz
  shortlist evaluate beir/scifact --run splade.tsv --qrels nist.qrels --json
""",
)
@click.argument("directory", metavar="BEIR_DIR", type=click.Path(path_type=Path))
@click.option("--split", default="test", show_default=True, help="Judgments to take: qrels/SPLIT.tsv.")
@click.option(
    "--measures",
    multiple=True,
    default=("nDCG@10", "R@100"),
    show_default="nDCG@10 R@100",
    metavar="NAME…",
    help="nDCG@10, R@100, P@10, RR@10, AP, AP(rel=2), Success@5, Judged@10 and such; several may follow.",
)
@click.option(
    "--run",
    "run_path",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Judge this TREC or TSV run, and the run reranked, in place of Shortlist's own first stages.",
)
@click.option(
    "--qrels",
    "qrels_path",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Judgments of another file, BEIR's or TREC's format, in place of the split's.",
)
@click.option(
    "--index",
    "index_path",
    type=click.Path(file_okay=False, path_type=Path),
    help="Where the index of the set is kept. [default: in the user's cache, $SHORTLIST_CACHE]",
)
@options.depth_option
@options.model_option
@options.precision_option
@options.device_option
@options.json_option
def command(
    directory: Path,
    split: str,
    measures: tuple[str, ...],
    run_path: Path | None,
    qrels_path: Path | None,
    index_path: Path | None,
    depth: int,
    model: str,
    precision: Precision,
    device: str,
    as_json: bool,
) -> None:
    """Measure BM25, dense, hybrid, and hybrid with the second stage, side by side on one test set.

    BEIR_DIR holds corpus.jsonl, queries.jsonl and qrels/, each gzipped or not. The set is indexed the first time
    and only read again after that. Times are those of one query after the other.
    """
    from shortlist.cli.show import show_json
    from shortlist.evaluate import load_beir, parse_measure, read_run, rerank_run
    from shortlist.evaluate.finding import forget_finding, keep_finding
    from shortlist.models import load_reranker
    from shortlist.rerank import Rerank

    parsed = [parse_measure(measure) for measure in measures]
    reranker = load_reranker(model, precision, device)
    dataset = load_beir(directory, split, qrels=qrels_path)
    if run_path is not None:
        run = read_run(run_path)
        with told("Reranking", "queries") as on_progress:
            report = rerank_run(run, dataset, Rerank(reranker), depth, parsed, on_progress=on_progress)
    else:
        from shortlist.evaluate import evaluate

        with index_of(dataset, index_path) as index, told("Asking", "queries") as on_progress:
            longlist = index.retrieve(depth)
            forget_finding(index.directory.path, reranker)  # what is measured now must not step aside
            pipelines = {
                "bm25": index.retrieve(depth, method="bm25"),
                "dense": index.retrieve(depth, method="dense"),
                "hybrid": longlist,
                "hybrid+rerank": longlist >> Rerank(reranker),
            }
            report = evaluate(pipelines, dataset, parsed, on_progress=on_progress)
            keep_finding(index.directory.path, reranker, report)
    if as_json:
        show_json(report.to_json())
    else:
        show_report(report)
    if any(note.code == "query-failed" and note.data["queries"] == report.queries for note in notes_of(report)):
        sys.exit(1)  # a pipeline that answered nothing was not measured


def looks_like_a_measure(text: str) -> bool:
    """Whether this names a measure, or tries to: a wrong name should meet the message on measures."""
    from shortlist.errors import UsageError
    from shortlist.evaluate import parse_measure

    try:
        parse_measure(text)
    except UsageError:
        return "@" in text and not Path(text).exists()
    return True


def show_report(report: Report) -> None:
    """The table and what each pipeline gains over the one above it on stdout; notes on stderr."""
    from shortlist.cli.show import console, show_notes

    out = console()
    out.print(report)
    for first, second, measure, found in report.steps():
        p = "p < 0.001" if found.p < 0.001 else f"p = {found.p:.3f}"
        interval = f"95 % interval {found.low:+.4f} to {found.high:+.4f}"
        gain = f"{first} less {second}: {measure} {found.difference:+.4f} ({interval}, {p})"
        out.print(gain, markup=False, highlight=False, soft_wrap=True)
    show_notes([*report.notes, *notes_of(report)])


def notes_of(report: Report) -> list[Note]:
    """The notes of each pipeline, its name before each message."""
    return [
        replace(note, message=f"{pipeline.name}: {note.message}")
        for pipeline in report.pipelines
        for note in pipeline.notes
    ]


@contextmanager
def index_of(dataset: Dataset, path: Path | None) -> Generator[Index]:
    """The index of this set's documents: made the first time, or from where a stopped run left it.

    Raises:
        UsageError: the index at `path` holds other documents, which would be found in place of the set's.
    """
    from shortlist.library import Index

    with Index.open(path or kept_at(dataset), chunk_size=CHUNK_SIZE) as index:
        if path is not None and len(index):
            check_same_documents(index, dataset)
        with told("Indexing", "documents", total=len(dataset.documents)) as on_progress:
            index.add(dataset.documents, on_progress=lambda _, documents: on_progress(documents, None))
        yield index


def kept_at(dataset: Dataset) -> Path:
    """A directory of its own for each content of a corpus and each encoder."""
    from shortlist.models import load_encoder
    from shortlist.places import cache_directory

    made_by = hashlib.sha256(load_encoder().revision.encode())
    with dataset.documents.path.open("rb") as corpus:
        made_by.update(hashlib.file_digest(corpus, "sha256").digest())
    return cache_directory() / "evaluate" / f"{dataset.name}-{made_by.hexdigest()[:16]}"


def check_same_documents(index: Index, dataset: Dataset) -> None:
    """Refuse an index that holds documents from elsewhere."""
    from shortlist.errors import UsageError

    known = sum(index.document(document.id) is not None for document in dataset.documents)
    if known < len(index):
        raise UsageError(
            f"The index holds {len(index) - known} documents that are not in {dataset.name}, and would find them in "
            "place of the set's. Give --index an empty directory, or leave it out.",
        )


@contextmanager
def told(what: str, unit: str, total: int | None = None) -> Generator[Callable[[int, int | None], None]]:
    """A progress bar that takes (done, total)."""
    from shortlist.cli.progress import progress

    with progress(what, unit=unit, total=total) as advance:
        yield lambda done, total: advance(done, total=total)
