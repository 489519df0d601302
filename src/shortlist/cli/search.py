"""`shortlist search`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from shortlist.cli import options

if TYPE_CHECKING:
    from shortlist.library import Method


@click.command(
    epilog="""\b
Examples:
  shortlist search "How do I rotate the signing key?"
  shortlist search "签名密钥怎么轮换?" --limit 3
  shortlist search "retention" --where "year >= 2024" --json
"""
)
@click.argument("query")
@options.index_option
@click.option("--limit", "-n", type=click.IntRange(min=1), default=10, show_default=True, help="Results to show.")
@options.depth_option
@options.where_option
@options.method_option
@options.rerank_option
@options.model_option
@options.json_option
def command(
    query: str,
    index_path: str,
    limit: int,
    depth: int,
    where: str | None,
    method: Method,
    rerank: bool,
    model: str,
    as_json: bool,
) -> None:
    """Print the passages that answer QUERY, best first."""
    from shortlist.cli.show import show_json, show_ranking
    from shortlist.library import Index
    from shortlist.shapes import ranking_shape

    with Index.open(index_path, create=False, read_only=True) as index:
        ranking = index.search(
            query, depth=max(depth, limit), where=where, method=method, rerank=model if rerank else None
        )
        shown = ranking[:limit]
        if as_json:
            show_json(ranking_shape(shown))
        else:
            show_ranking(shown, total=len(ranking))
