"""`shortlist context`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from shortlist.cli import options

if TYPE_CHECKING:
    from shortlist.library import Method


@click.command(
    epilog="""\b
Examples:
  shortlist context "How do I rotate the signing key?" --budget 2000
  shortlist context "签名密钥怎么轮换?" --tokenizer ~/models/qwen/tokenizer.json
  shortlist context "retention" --json | jq .passages[].source
"""
)
@click.argument("query")
@options.index_option
@click.option("--budget", type=click.IntRange(min=1), default=4000, show_default=True, help="Tokens of the prompt.")
@click.option(
    "--tokenizer",
    default="default",
    show_default=True,
    metavar="NAME|FILE",
    help="Counts the tokens: the packaged encoder's, or the answering model's own tokenizer.json.",
)
@click.option(
    "--order",
    type=click.Choice(["best", "document"]),
    default="best",
    show_default=True,
    help="Best passage first, or each document's passages in reading order.",
)
@options.depth_option
@options.where_option
@options.method_option
@options.rerank_option
@options.model_option
@options.json_option
def command(
    query: str,
    index_path: str,
    budget: int,
    tokenizer: str,
    order: str,
    depth: int,
    where: str | None,
    method: Method,
    rerank: bool,
    model: str,
    as_json: bool,
) -> None:
    """Pack what answers QUERY into BUDGET tokens, best first, with its sources.

    Standard output is the text for the prompt and nothing else; what was left out goes to standard error.
    """
    from shortlist.cli.show import show_context, show_json
    from shortlist.library import Index
    from shortlist.pack import Pack
    from shortlist.shapes import context_shape

    pack = Pack(budget, tokenizer, "document" if order == "document" else "best")
    with Index.open(index_path, create=False, read_only=True) as index:
        ranking = index.search(query, depth=depth, where=where, method=method, rerank=model if rerank else None)
        context = pack(ranking)
        if as_json:
            show_json(context_shape(context))
        else:
            show_context(context)
