"""`shortlist rerank`."""

from __future__ import annotations

from typing import TextIO, cast

import click

from shortlist.cli import options


@click.command(
    epilog="""\b
Examples:
  shortlist rerank "Which key signs releases?" passages.txt
  jq -c .hits[] answer.json | shortlist rerank "签名密钥怎么轮换?" --json
  shortlist rerank "Which key signs releases?" passages.jsonl --model ~/models/ms-marco-MiniLM-L6
"""
)
@click.argument("query")
@click.argument("file", type=click.File(encoding="utf-8", errors="replace"), default="-")
@options.model_option
@click.option("--limit", "-n", type=click.IntRange(min=1), help="Results to show; all, if not given.")
@click.option("--depth", type=click.IntRange(min=1), help="Passages the model reads; the others follow unread.")
@options.json_option
def command(query: str, file: TextIO, model: str, limit: int | None, depth: int | None, as_json: bool) -> None:
    """Order the passages of FILE (or standard input) by how well they answer QUERY.

    A line is a passage, or a JSON object with "text". In a terminal a table is shown, elsewhere JSONL: each line
    given comes back with "rank", "index" and "score" added, best first.
    """
    from shortlist.cli.passages import read_passages
    from shortlist.cli.show import show_json, show_jsonl, show_ranking, to_terminal
    from shortlist.rerank import Rerank
    from shortlist.shapes import reranked_shape

    passages = read_passages(file)
    ranking = Rerank(model, depth, on_error="raise")(query, passages)
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
            }
            for c in shown
        )
