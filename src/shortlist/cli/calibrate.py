"""`shortlist calibrate`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from shortlist.cli import options

if TYPE_CHECKING:
    from shortlist.models.runtimes.precision import Precision
    from shortlist.records import Ranking
    from shortlist.rerank.calibration import Calibration
    from shortlist.rerank.calibration.fit import Choice
    from shortlist.rerank.readers.windows import Windows


@click.command(
    epilog="""\b
Examples:
  shortlist calibrate default labels.jsonl
  shortlist calibrate ~/models/bge-reranker-base beir/handbook --split dev
  shortlist calibrate default labels.jsonl --method platt --json
"""
)
@click.argument("model", metavar="MODEL")
@click.argument("labels", type=click.Path(exists=True, path_type=Path))
@click.option("--split", default="test", show_default=True, help="Of a test set: judgments to take, qrels/SPLIT.tsv.")
@click.option(
    "--depth",
    type=click.IntRange(min=1),
    default=20,
    show_default=True,
    help="Of a test set: candidates a query, as the first stage finds them; those not judged count as not relevant.",
)
@options.precision_option
@options.device_option
@options.windows_option
@click.option(
    "--method",
    type=click.Choice(["auto", "platt", "isotonic"]),
    default="auto",
    show_default=True,
    help="A sigmoid, any rising curve, or what the data are enough for.",
)
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Write here, not where MODEL looks.")
@options.json_option
def command(
    model: str,
    labels: Path,
    split: str,
    depth: int,
    precision: Precision,
    device: str,
    windows: Windows,
    method: Choice,
    out: Path | None,
    as_json: bool,
) -> None:
    """Fit on LABELS how likely a passage answers at each score of MODEL, and keep it with the model.

    LABELS is a file of pairs that people judged, a line each: {"query": …, "text": …, "relevant": true}; or a test set
    in BEIR's layout. From then on results of MODEL have a relevance, and thresholds mean the same for every
    calibrated model. The errors shown are those on queries that a fit had not seen.
    """
    from shortlist.cli.show import facts_table, show_json, show_table
    from shortlist.models import load_reranker
    from shortlist.rerank import calibrate
    from shortlist.rerank.calibration import calibrate_rankings, read_judged, save_calibration
    from shortlist.rerank.readers import reader_of

    reranker = load_reranker(model, precision, device)
    if labels.is_dir():
        judged = judged_longlists(labels, split, depth)
        named = f"{labels.name} {split}"
        calibration = calibrate_rankings(reranker, judged, windows=windows, method=method, labels=named)
    else:
        calibration = calibrate(reranker, read_judged(labels), windows=windows, method=method, labels=labels.name)
    file = save_calibration(calibration, reader_of(reranker, windows).directory, out)
    if as_json:
        show_json({**calibration_shape(calibration), "file": str(file)})
    else:
        show_table(facts_table(calibration.model, {**facts(calibration), "kept in": str(file)}))


def judged_longlists(directory: Path, split: str, depth: int) -> Iterator[tuple[Ranking, Sequence[bool]]]:
    """What the first stage finds for each query of a test set, and which of it was judged to answer."""
    from shortlist.cli.evaluate import index_of
    from shortlist.cli.progress import progress
    from shortlist.evaluate import load_beir

    dataset = load_beir(directory, split)
    with index_of(dataset, None) as index, progress("Asking", unit="queries", total=len(dataset.queries)) as advance:
        find = index.retrieve(depth)
        for done, (query_id, query) in enumerate(dataset.queries.items(), 1):
            ranking, grades = find(query), dataset.qrels[query_id]
            yield ranking, [grades.get(candidate.chunk.doc_id, 0) > 0 for candidate in ranking]
            advance(done)


def calibration_shape(calibration: Calibration) -> dict[str, object]:
    """What a program wants to know; the curve itself stays in the file."""
    return {name: value for name, value in calibration.to_json().items() if name not in ("format", "knots")}


def facts(calibration: Calibration) -> dict[str, str]:
    """What a person wants to know."""
    share = calibration.relevant / calibration.pairs
    return {
        "method": calibration.method,
        "pairs": f"{calibration.pairs}, {calibration.relevant} of them relevant ({share:.1%})",
        "calibration error": f"{calibration.calibration_error:.3f} on unseen queries",
        "Brier score": f"{calibration.brier:.3f}; {calibration.brier_of_the_share:.3f} if the share is always given",
    }
