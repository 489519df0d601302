"""`shortlist rerank`."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, TextIO, cast

import click

from shortlist.cli import options

if TYPE_CHECKING:
    from shortlist.models.runtimes.precision import Precision
    from shortlist.rerank.estimate import Estimate
    from shortlist.rerank.readers.windows import Windows


@click.command(
    epilog="""\b
Examples:
  shortlist rerank "Which key signs releases?" passages.txt
  jq -c .hits[] answer.json | shortlist rerank "签名密钥怎么轮换?" --json
  shortlist rerank "Which key signs releases?" passages.jsonl --model ~/models/ms-marco-MiniLM-L6
  shortlist rerank "Which key signs releases?" passages.txt --deadline 200 --threshold 0.2
  shortlist rerank "Which key signs releases?" passages.txt --estimate
"""
)
@click.argument("query")
@click.argument("file", type=click.File(encoding="utf-8", errors="replace"), default="-")
@options.model_option
@options.precision_option
@options.device_option
@click.option("--limit", "-n", type=click.IntRange(min=1), help="Results to show; all, if not given.")
@click.option("--depth", type=click.IntRange(min=1), help="Passages the model reads; the others follow unread.")
@options.windows_option
@click.option("--deadline", metavar="MS", type=click.FloatRange(min=0, min_open=True), help="Stop reading after MS.")
@click.option(
    "--risk",
    type=click.FloatRange(0, 1),
    help="Read no further when the chance that an unread passage would come first is below this.",
)
@click.option(
    "--threshold",
    type=click.FloatRange(0, 1),
    help="Leave out passages with a relevance below this; needs a calibrated model (shortlist calibrate).",
)
@click.option("--estimate", is_flag=True, help="Say how many pairs, tokens and seconds it would take, and stop.")
@options.json_option
def command(
    query: str,
    file: TextIO,
    model: str,
    precision: Precision,
    device: str,
    limit: int | None,
    depth: int | None,
    windows: Windows,
    deadline: float | None,
    risk: float | None,
    threshold: float | None,
    estimate: bool,
    as_json: bool,
) -> None:
    """Order the passages of FILE (or standard input) by how well they answer QUERY.

    A line is a passage, or a JSON object with "text". In a terminal a table is shown, elsewhere JSONL: each line
    given comes back with "rank", "index" and "score" added, and "relevance" from a calibrated model, best first.
    """
    from shortlist.cli.passages import read_passages
    from shortlist.cli.progress import waiting
    from shortlist.cli.show import quantity, show_json, show_jsonl, show_notes, show_ranking, to_terminal
    from shortlist.models import load_reranker
    from shortlist.rerank import Rerank
    from shortlist.shapes import reranked_shape

    passages = read_passages(file)
    stage = Rerank(
        load_reranker(model, precision, device),  # now, so that no deadline waits for it
        depth,
        windows=windows,
        deadline_ms=deadline,
        risk=risk,
        threshold=threshold,
        on_error="raise",
    )
    if estimate:
        with waiting("reading a few passages to time them"):
            found = stage.estimate(query, passages)
        show_estimate(query, found, as_json)
        return
    with waiting(f"reading {quantity(min(len(passages), depth or len(passages)), 'passage')}"):
        ranking = stage(query, passages)
    positions = {c.chunk.id: (c.rank_before or c.rank) - 1 for c in ranking}
    shown = ranking[:limit]
    if as_json:
        show_json(reranked_shape(shown, positions))
    elif to_terminal():
        show_ranking(shown, total=len(ranking))
    else:
        show_jsonl(
            {
                **(cast("dict[str, object]", c.origin) if isinstance(c.origin, dict) else {"text": c.chunk.text}),
                "rank": c.rank,
                "index": positions[c.chunk.id],
                "score": c.scores.get(ranking.scored_by),
                **({} if c.relevance is None else {"relevance": c.relevance}),
            }
            for c in shown
        )
        show_notes(ranking.notes)


def show_estimate(query: str, found: Estimate, as_json: bool) -> None:
    """What reading would cost."""
    from shortlist.cli.show import facts_table, quantity, show_json, show_table
    from shortlist.records import Ranking
    from shortlist.shapes import record_shape, reranked_shape

    if as_json:
        show_json({**reranked_shape(Ranking(query, model=found.model), {}), "estimate": record_shape(found)})
        return
    facts = {
        "candidates": f"{found.candidates:,}",
        "pairs": f"{found.pairs:,}",
        "tokens": "" if found.tokens is None else f"{found.tokens:,}",
        "seconds": f"about {about(found.seconds)}, measured on {quantity(found.measured, 'candidate')}",
    }
    show_table(facts_table(found.model, facts))


def about(seconds: float) -> str:
    """No more digits than an estimate has: "0.03", "2.5", "40", "1,200"."""
    digits = 1 - math.floor(math.log10(seconds)) if seconds > 0 else 0
    return f"{round(seconds, digits):,.{max(digits, 0)}f}"
