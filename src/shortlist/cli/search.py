"""`shortlist search`."""

from __future__ import annotations

import click

from shortlist.cli import options


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
@options.precision_option
@options.device_option
@options.json_option
def command(
    query: str,
    index_path: str,
    limit: int,
    where: str | None,
    as_json: bool,
    **_: object,  # settings: `options.given` reads them
) -> None:
    """Print the passages that answer QUERY, best first.

    What is not given is taken from SHORTLIST_* in the environment, then from `shortlist.toml`: `shortlist config`.
    """
    from shortlist.cli.show import show_json, show_ranking
    from shortlist.config import load_settings
    from shortlist.library import Index
    from shortlist.shapes import ranking_shape

    arguments = options.given()
    depth = max(int(load_settings(arguments)["pipeline.retrieve.depth"] or 1), limit)
    with Index.open(index_path, create=False, read_only=True) as index:
        find = index.pipeline(load_settings({**arguments, "pipeline.retrieve.depth": depth}), pack=False)
        ranking = find(query, where=where)
        shown = ranking[:limit]
        if as_json:
            show_json(ranking_shape(shown))
        else:
            show_ranking(shown, total=len(ranking))
